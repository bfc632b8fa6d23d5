//! Histories in which standbys are promoted and servers are restarted, for minutes. Memory, descriptors and connections stay flat.

use std::sync::Arc;
use std::time::{Duration, Instant};

use fh_test::memory::process;
use fh_test::wait::wait_until_async;
use fh_test_servers::postgres::Postgres;

use crate::calls::Random;
use crate::cluster::{Cluster, NAMES};
use crate::history::{Commits, run, seed};
use crate::link::{Link, Mode, Notifications};

const ALL: [usize; 3] = [0, 1, 2];
/// The number of changes that each server makes between two faults.
const BETWEEN: usize = 20;
/// The rounds before the resources are compared, in which each kind of fault has happened.
const WARM: usize = 4;

/// A standby of the primary, and the link over which it follows.
struct Standby {
    database: Arc<Postgres>,
    link: Link,
}

impl Standby {
    async fn of(cluster: &Cluster) -> Self {
        let link = Link::to(cluster.database().port(), Notifications::Pass).await;
        let port = link.port;
        let database = tokio::task::spawn_blocking(move || Postgres::standby(port)).await.unwrap();
        Self { database: Arc::new(database), link }
    }
}

/// The use of the machine by all servers, and by the test.
#[derive(Debug)]
struct Used {
    heap: isize,
    descriptors: usize,
    connections: String,
}

impl Used {
    async fn now(cluster: &Cluster) -> Self {
        let database = cluster.database();
        let query = "SELECT count(*) FROM pg_stat_activity WHERE application_name IN ('one', 'two', 'three')";
        let count = || database.sql(query);
        wait_until_async("a connection of each server", async || count() == "3").await;
        let descriptors = std::fs::read_dir("/proc/self/fd").unwrap().count();
        Self { heap: process::begin(), descriptors, connections: count() }
    }
}

/// Promotes a standby, in each second round one that lags, and restarts the servers in turn. Returns the host of the new primary.
async fn round(cluster: &Arc<Cluster>, number: usize, host: usize, seed: u64) {
    let other = 1 - host;
    let mut random = Random(seed.wrapping_add(number as u64) | 1);
    let standby = Standby::of(cluster).await;
    cluster.lead(other, &standby.database);
    let commits = if number.is_multiple_of(2) { Commits::Kept } else { Commits::Lost };
    let primary = cluster.database();
    if commits == Commits::Kept {
        let _ = primary.sql("ALTER SYSTEM SET synchronous_standby_names = '*'");
        let _ = primary.sql("SELECT pg_reload_conf()");
        wait_until_async("a synchronous standby", async || {
            primary.sql("SELECT sync_state FROM pg_stat_replication") == "sync"
        })
        .await;
    }
    // A primary that hangs accepts connections, and answers nothing.
    let hangs = random.below(2) == 0;
    let revision = |database: &Postgres| {
        database.sql("SELECT revision FROM fh_edge.cluster").parse::<u64>().unwrap()
    };
    run(cluster, seed.wrapping_add(number as u64), commits, async || {
        cluster.make(&ALL, BETWEEN).await;
        let at = random.below(3) as usize;
        cluster.set_links(at, if hangs { Mode::Cut } else { Mode::Stalled });
        cluster.refuse(&[at]).await;
        cluster.set_links(at, Mode::Open);
        cluster.make(&ALL, BETWEEN).await;
        if commits == Commits::Lost {
            standby.link.set(Mode::Stalled);
            cluster.make(&ALL, BETWEEN).await;
            assert!(revision(&standby.database) < revision(&primary), "the standby does not lag");
        }
        let (old, new) = (Arc::clone(&primary), Arc::clone(&standby.database));
        let promote = move || {
            if hangs {
                old.pause();
            } else {
                old.kill();
            }
            new.promote();
        };
        tokio::task::spawn_blocking(promote).await.unwrap();
        cluster.set_database(Arc::clone(&standby.database));
        cluster.make(&ALL, BETWEEN).await;
        primary.kill();
        for at in ALL {
            cluster.restart(at).await;
            cluster.make(&[at], BETWEEN).await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "it takes five minutes, or `FH_CLUSTER_SECONDS`: `cargo xtask prove \"cluster, deep\"` runs it"]
async fn standbys_are_promoted_and_servers_restarted() {
    let seed = seed();
    let seconds = std::env::var("FH_CLUSTER_SECONDS").ok().and_then(|text| text.parse().ok());
    let (begin, time) = (Instant::now(), Duration::from_secs(seconds.unwrap_or(300)));
    let cluster = Cluster::start(2).await;
    let mut before = None;
    let mut number = 0;
    while begin.elapsed() < time || number <= WARM {
        round(&cluster, number, number % 2, seed).await;
        let now = Used::now(&cluster).await;
        println!("round {number}: {now:?}");
        if number + 1 == WARM {
            before = Some(now);
        } else if let Some(before) = &before {
            assert!(now.heap < before.heap + before.heap / 4 + (1 << 20), "{before:?} {now:?}");
            assert!(now.descriptors <= before.descriptors + NAMES.len(), "{before:?} {now:?}");
            assert_eq!(now.connections, before.connections);
        }
        number += 1;
    }
}
