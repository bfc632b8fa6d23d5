//! The history of changes that callers make on all servers while the database is killed and stopped, compared with the log.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use fh_edge::cluster::init;
use fh_test::wait::wait_until_async;
use fh_test_servers::postgres::Postgres;
use serde_json::Value;

use crate::servers::{CLIENT_KEY, Following, SERVER_KEY, Server, options, state};

/// The callers, which change values at the same time.
const CALLERS: usize = 6;
/// The number of changes that have to be made between two faults.
const BETWEEN: usize = 60;

/// The answers to changes of values, each of which is unique.
#[derive(Default)]
struct Answers {
    made: BTreeSet<String>,
    not_made: BTreeSet<String>,
    unknown: BTreeSet<String>,
}

/// The counts that faults wait for.
#[derive(Default)]
struct Progress {
    made: AtomicUsize,
    refused: AtomicUsize,
    is_over: AtomicUsize,
}

/// A caller on all servers in turn.
async fn call(
    number: usize,
    mut random: u64,
    servers: Arc<Vec<Server>>,
    progress: Arc<Progress>,
) -> Answers {
    let mut answers = Answers::default();
    let mut versions = vec![0; servers.len()];
    for count in 0.. {
        if progress.is_over.load(Ordering::Acquire) > 0 {
            break;
        }
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let at = random as usize % servers.len();
        let server = &servers[at];
        let value = format!("v{number}-{count}");
        let (status, body) = match random >> 32 & 3 {
            0 => server.patch("BANNER", &format!(r#"{{"value": "{value}"}}"#)).await,
            _ => server.put("BANNER", &format!(r#"{{"value": "{value}"}}"#)).await,
        };
        match status {
            200 => {
                answers.made.insert(value);
                progress.made.fetch_add(1, Ordering::AcqRel);
            }
            503 if body.contains("was not made") => {
                answers.not_made.insert(value);
                progress.refused.fetch_add(1, Ordering::AcqRel);
            }
            503 if body.contains("is not known") => {
                answers.unknown.insert(value);
                progress.refused.fetch_add(1, Ordering::AcqRel);
            }
            _ => panic!("{status} {body}"),
        }
        let version = server.feature(CLIENT_KEY, "BANNER").await["version"].as_i64().unwrap();
        assert!(versions[at] <= version, "a version fell on {}", server.name);
        versions[at] = version;
    }
    answers
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn each_answer_agrees_with_the_log() {
    let seed = std::env::var("FH_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed: u64 = seed.unwrap_or_else(|| u64::from(std::process::id()) * 0x9e37_79b9 + 1);
    println!("FH_SEED={seed}");
    let database = Arc::new(Postgres::new());
    init(&options(&database), Some(state())).await.unwrap();
    let mut servers = Vec::new();
    for name in ["one", "two", "three"] {
        servers.push(Server::start(&database, name).await);
    }
    let servers = Arc::new(servers);
    let mut streams = Vec::new();
    for server in servers.iter() {
        streams.push(Following::open(server, CLIENT_KEY).await);
        streams.push(Following::open(server, SERVER_KEY).await);
    }
    let progress = Arc::new(Progress::default());
    let callers = (0..CALLERS).map(|number| {
        let random = seed.wrapping_mul(number as u64 * 2 + 3) | 1;
        tokio::spawn(call(number, random, Arc::clone(&servers), Arc::clone(&progress)))
    });
    let callers: Vec<_> = callers.collect();
    let reach = async |counter: &AtomicUsize, more: usize| {
        let wanted = counter.load(Ordering::Acquire) + more;
        wait_until_async("progress", async || counter.load(Ordering::Acquire) >= wanted).await;
    };
    let on_thread = async |work: fn(&Postgres)| {
        let database = Arc::clone(&database);
        tokio::task::spawn_blocking(move || work(&database)).await.unwrap();
    };
    for (harm, refused, repair) in [
        // Killed, and started again before a caller gives up.
        (Postgres::kill as fn(&Postgres), 0, Postgres::start as fn(&Postgres)),
        // Killed until changes are refused.
        (Postgres::kill, CALLERS, Postgres::start),
        // Stopped with open connections until changes are refused.
        (Postgres::pause, CALLERS, Postgres::resume),
        // Stopped for a moment.
        (Postgres::pause, 0, Postgres::resume),
        (Postgres::kill, 0, Postgres::start),
    ] {
        reach(&progress.made, BETWEEN).await;
        on_thread(harm).await;
        reach(&progress.refused, refused).await;
        on_thread(repair).await;
    }
    reach(&progress.made, BETWEEN).await;
    progress.is_over.store(1, Ordering::Release);
    let mut all = Answers::default();
    for caller in callers {
        let Answers { made, not_made, unknown } = caller.await.unwrap();
        all.made.extend(made);
        all.not_made.extend(not_made);
        all.unknown.extend(unknown);
    }
    println!(
        "{} made, {} not made, {} unknown",
        all.made.len(),
        all.not_made.len(),
        all.unknown.len()
    );

    // The log is a chain, and each of its rows raises the revision by the number of its changes.
    let rows = database.sql("SELECT revision_before, revision, changes FROM fh_edge.log WHERE changes IS NOT NULL ORDER BY revision");
    let (mut logged, mut last, mut version) = (BTreeMap::new(), 1, 0);
    for row in rows.lines() {
        let mut columns = row.splitn(3, '|');
        let mut number = || columns.next().unwrap().parse::<usize>().unwrap();
        let (before, after) = (number(), number());
        let changes: Vec<Value> = serde_json::from_str(columns.next().unwrap()).unwrap();
        assert_eq!((before, after - before), (last, changes.len()));
        last = after;
        for change in changes {
            *logged.entry(change["value"]["value"].as_str().unwrap().to_owned()).or_insert(0) += 1;
            let next = change["entry"]["version"].as_i64().unwrap();
            assert!(version < next, "a version fell in the log");
            version = next;
        }
    }
    for value in &all.made {
        assert_eq!(logged.get(value), Some(&1), "{value} was answered with 200");
    }
    for value in &all.not_made {
        assert_eq!(logged.get(value), None, "{value} was answered as not made");
    }
    for value in &all.unknown {
        assert!(logged.get(value).is_none_or(|count| *count == 1), "{value}");
    }
    let answered = all.made.len() + all.unknown.len();
    assert!(logged.len() <= answered, "the log has changes that no caller made");

    // At the end all servers, streams and tables are equal.
    // The first server may wait before it connects again.
    wait_until_async("a change on the first server", async || {
        servers[0].put("BANNER", r#"{"value": "the last"}"#).await.0 == 200
    })
    .await;
    for stream in &mut streams {
        stream.until("BANNER", "the last").await;
        stream.versions_rise("BANNER");
    }
    for key in [CLIENT_KEY, SERVER_KEY] {
        let first = servers[0].poll(key).await;
        for server in servers.iter() {
            assert_eq!(server.poll(key).await, first);
        }
    }
    let at = options(&database);
    let exported = tokio::task::spawn_blocking(move || fh_edge::cluster::export(&at)).await;
    assert_eq!(exported.unwrap().unwrap(), servers[1].edge.handle().state().await.unwrap());
}
