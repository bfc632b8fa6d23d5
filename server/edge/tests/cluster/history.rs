//! Callers change, lock, replace and read the state on all servers, while the database and the links to it fail. Each answer is compared
//! with the log.

use std::sync::Arc;
use std::time::Instant;

use fh_edge::cluster::export;
use fh_test::wait::wait_until_async;
use fh_test_servers::postgres::Postgres;
use tokio::sync::watch;

use crate::calls::{Call, Load, Outcome, Random, What, caller, operator, send};
use crate::cluster::{Cluster, NAMES};
use crate::link::Mode;
use crate::model;
use crate::servers::{CLIENT_KEY, Rights, SERVER_KEY, options};
use crate::streams::{follow, has};

/// The callers, two on each server.
const CALLERS: usize = 2 * NAMES.len();
/// The number of changes that each server makes between two faults.
const BETWEEN: usize = 15;

/// Whether the database keeps all commits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Commits {
    Kept,
    /// A standby that lags is promoted.
    Lost,
}

/// Returns the seed of `FH_SEED`, or a new one, and prints it.
pub(crate) fn seed() -> u64 {
    let seed = std::env::var("FH_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(|| u64::from(std::process::id()) * 0x9e37_79b9 + 1);
    println!("FH_SEED={seed}");
    seed
}

/// Runs callers during these faults, and checks all answers. At the end servers, streams and tables are equal.
pub(crate) async fn run(
    cluster: &Arc<Cluster>,
    seed: u64,
    commits: Commits,
    faults: impl AsyncFnOnce(),
) {
    let begin = Instant::now();
    cluster.set_over(false);
    // The state at the begin is known.
    let first = Load {
        rights: Rights { lock: true, change: true, guest: true },
        values: [format!("{seed:x}-first"), "false".to_owned()],
        import: None,
        revisions: Vec::new(),
    };
    let loaded = send(cluster, &cluster.server(0), 0, What::Load(first.clone())).await;
    assert_eq!(loaded.outcome, Outcome::Status(200));
    let revision = cluster.server(0).revision().await;
    for at in 0..cluster.size() {
        assert_eq!(cluster.server(at).poll_at(CLIENT_KEY, &revision.to_string()).await.0, 200);
    }
    let (wanted, last) = watch::channel(None);
    let streams = (0..cluster.size()).flat_map(|at| [(at, CLIENT_KEY), (at, SERVER_KEY)]);
    let streams: Vec<_> = streams
        .map(|(at, key)| {
            let (cluster, mut last) = (Arc::clone(cluster), last.clone());
            tokio::spawn(async move {
                loop {
                    let held = follow(&cluster.server(at), key, &mut last).await;
                    if has(&held, &last) {
                        return (at, key, held);
                    }
                }
            })
        })
        .collect();
    let mut callers: Vec<_> = (0..CALLERS)
        .map(|number| {
            // Callers have different numbers in the lowest byte, so their values are different.
            let random = (seed.wrapping_mul(number as u64 * 2 + 3) << 8) | (number as u64 + 1);
            tokio::spawn(caller(Arc::clone(cluster), number, random))
        })
        .collect();
    callers.push(tokio::spawn(operator(Arc::clone(cluster), seed | 1)));
    faults().await;
    cluster.make(&[0, 1, 2], BETWEEN).await;
    cluster.set_over(true);
    let mut calls: Vec<Call> = Vec::new();
    for caller in callers {
        calls.extend(caller.await.unwrap());
    }
    // A server may wait before it connects again.
    let last = loop {
        let value = format!("{seed:x}-last-{}", cluster.tick());
        let what = What::Patch { value: value.clone(), versions: Vec::new() };
        calls.push(send(cluster, &cluster.server(0), 0, what).await);
        if calls.last().unwrap().outcome == Outcome::Status(200) {
            break value;
        }
    };
    wanted.send_replace(Some(last));
    for stream in streams {
        let (at, key, held) = stream.await.unwrap();
        for feature in cluster.server(at).features(key).await {
            assert_eq!(held[feature["key"].as_str().unwrap()], feature, "{key} on {}", NAMES[at]);
        }
    }
    for key in [CLIENT_KEY, SERVER_KEY] {
        let first = cluster.server(0).poll(key).await;
        for at in 1..cluster.size() {
            wait_until_async("equal servers", async || cluster.server(at).poll(key).await == first)
                .await;
        }
    }
    let at = options(&cluster.database());
    let exported = tokio::task::spawn_blocking(move || export(&at)).await.unwrap().unwrap();
    for at in 0..cluster.size() {
        assert_eq!(exported, cluster.server(at).edge.handle().state().await.unwrap());
    }
    match commits {
        Commits::Kept => {
            let counts = model::check(&cluster.database(), revision, &first, &calls);
            println!("{counts}, in {:.1} s", begin.elapsed().as_secs_f64());
        }
        Commits::Lost => {
            println!("{} calls, in {:.1} s", calls.len(), begin.elapsed().as_secs_f64());
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn each_answer_agrees_with_the_log() {
    let seed = seed();
    let mut random = Random(seed | 1);
    let cluster = Cluster::start(1).await;
    let of_database = async |work: fn(&Postgres)| {
        let database = cluster.database();
        tokio::task::spawn_blocking(move || work(&database)).await.unwrap();
    };
    let all = [0, 1, 2];
    // One server keeps its link.
    let kept = random.below(3) as usize;
    let (cut, stalled) = ((kept + 1) % 3, (kept + 2) % 3);
    run(&cluster, seed, Commits::Kept, async || {
        cluster.make(&all, BETWEEN).await;
        // The database is killed, and starts again before a caller gives up.
        of_database(Postgres::kill).await;
        of_database(Postgres::start).await;
        cluster.make(&all, BETWEEN).await;
        // Links fail, and the database is stopped until all changes are refused. It is killed then.
        cluster.set_links(cut, Mode::Cut);
        cluster.set_links(stalled, Mode::Stalled);
        cluster.make(&[kept], BETWEEN).await;
        of_database(Postgres::pause).await;
        cluster.refuse(&all).await;
        of_database(Postgres::kill).await;
        cluster.set_links(cut, Mode::Open);
        cluster.set_links(stalled, Mode::Open);
        of_database(Postgres::start).await;
        cluster.make(&all, BETWEEN).await;
        // A link fails for a moment, and others lose commits and answers to commits.
        cluster.set_links(cut, Mode::Stalled);
        cluster.set_links(stalled, Mode::LosesCommits);
        cluster.set_links(kept, Mode::LosesAnswers);
        tokio::join!(cluster.lose(stalled), cluster.lose(kept));
        all.iter().for_each(|at| cluster.set_links(*at, Mode::Open));
        cluster.make(&all, BETWEEN).await;
        of_database(Postgres::pause).await;
        of_database(Postgres::resume).await;
    })
    .await;
}
