//! Scenarios with many streams or writers at once.

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::Evaluated::{ByClient, ByServer};
use super::check::{Failure, Outcome, check, same, there};
use super::operations::figure;
use super::scenario_client::{ScenarioClient, by_key, version};
use super::{Bench, Setup};
use crate::server::wire::{EventStream, WireError};

/// The metric with the number of open streams.
const STREAMS: &str = "edge_sse_active_connections";

/// Returns the outcome of a thread; a panic counts as a failure.
fn joined(thread: thread::ScopedJoinHandle<'_, Outcome>) -> Outcome {
    thread.join().unwrap_or_else(|_| Err(Failure::wrong("a thread panicked", "a thread panicked")))
}

/// Reads events until the feature has the value `last`. Versions must rise, and all earlier values must satisfy `is_known`.
fn until(
    stream: &mut EventStream,
    feature: &str,
    last: &Value,
    is_known: impl Fn(&Value) -> bool,
) -> Outcome {
    let mut newest = -1;
    loop {
        let event = there("an event", stream.told()?)?;
        let seen = match &*event.name {
            "ack" => continue,
            "features" => there("the feature", by_key(&event.json()).remove(feature))?,
            "feature" => event.json(),
            other => {
                return Err(Failure::wrong(
                    "unexpected event",
                    format!("unexpected event {other}"),
                ));
            }
        };
        same("key", seen.get("key"), Some(&feature.into()))?;
        check!(version(&seen) > newest, "{seen} after version {newest}");
        newest = version(&seen);
        let value = seen.get("value").cloned().unwrap_or_default();
        if value == *last {
            return Ok(());
        }
        check!(is_known(&value), "{value} was never set");
    }
}

pub(super) fn no_gap(bench: &Bench<'_>) -> Outcome {
    let client = bench.any_state()?;
    let scratch = &client.feature_key("SCRATCH")?;
    for round in 0..100 {
        let key = client.dev(if round % 2 == 0 { ByClient } else { ByServer })?;
        let value = json!(format!("gap {round}"));
        let start = Barrier::new(2);
        thread::scope(|scope| {
            let writes = scope.spawn(|| {
                start.wait();
                client.set("SCRATCH", &value)
            });
            start.wait();
            let mut stream = client.open(&client.stream_request(&key))?;
            // The change must arrive, either in the list or as an event.
            let seen = until(&mut stream, scratch, &value, |_| true);
            joined(writes).and(seen)
        })?;
    }
    Ok(())
}

pub(super) fn order(bench: &Bench<'_>) -> Outcome {
    let client = bench.any_state()?;
    let scratch = &client.feature_key("SCRATCH")?;
    for key in [client.dev(ByClient)?, client.dev(ByServer)?] {
        let (mut stream, _) = client.stream(&key)?;
        let value = |n: usize| json!(format!("{n} of 50 for {}", key.len()));
        thread::scope(|scope| {
            let value = &value;
            let client = &client;
            let writes =
                scope.spawn(move || (1..=50).try_for_each(|n| client.set("SCRATCH", &value(n))));
            let all: Vec<Value> = (1..=50).map(value).collect();
            let seen = until(&mut stream, scratch, &value(50), |value| all.contains(value));
            joined(writes).and(seen)
        })?;
    }
    Ok(())
}

/// Opens `count` streams, half of them server-evaluated.
fn streams(client: &ScenarioClient, count: usize) -> Result<Vec<EventStream>, Failure> {
    let keys = [client.dev(ByClient)?, client.dev(ByServer)?];
    let keys = keys.iter().cycle().take(count);
    keys.map(|key| client.stream(key).map(|(stream, _)| stream)).collect()
}

pub(super) fn fan_out(bench: &Bench<'_>) -> Outcome {
    let client = bench.any_state()?;
    let mut streams = streams(&client, 1000)?;
    for round in 0..2 {
        let value = json!(format!("to all {round}"));
        client.set("SCRATCH", &value)?;
        for stream in &mut streams {
            // No event comes twice: the next event is always that of the next change.
            let event = client.updated(stream, "feature", "SCRATCH")?.json();
            same("value", event.get("value"), Some(&value))?;
        }
    }
    Ok(())
}

pub(super) fn slow_reader(bench: &Bench<'_>) -> Outcome {
    const CHANGES: usize = 48;
    const SIZE: usize = 256 << 10;
    let write_timeout = Some(Duration::from_secs(1));
    let client = bench.with(&Setup { write_timeout, ..Setup::default() })?;
    let mut slow = client.narrow(&client.stream_request(&client.dev(ByClient)?))?;
    let (mut fast, _) = client.stream(&client.dev(ByClient)?)?;
    for change in 0..CHANGES {
        let value = json!(format!("{change} {}", "x".repeat(SIZE)));
        client.set("SCRATCH", &value)?;
        let event = client.updated(&mut fast, "feature", "SCRATCH")?.json();
        check!(event.get("value") == Some(&value), "the fast stream received another value");
    }
    // Only the slow stream must be dropped.
    let deadline = Instant::now() + client.patience();
    while figure(&client, STREAMS)? > 1 {
        check!(Instant::now() < deadline, "the slow stream is not closed");
    }
    let mut received = 0;
    let ended = loop {
        match slow.told() {
            Ok(Some(event)) => received += event.data.len(),
            Ok(None) => break Ok(()),
            Err(WireError::Closed | WireError::Io(_)) => break Ok(()),
            Err(error) => break Err(error),
        }
    };
    ended?;
    let sent = CHANGES * SIZE;
    check!(received < sent / 2, "{received} of {sent} bytes reached the slow stream");
    client.set("SCRATCH", &json!("afterwards"))?;
    client.updated(&mut fast, "feature", "SCRATCH").map(|_| ())
}

/// Returns the number of open streams after the server has noticed all closed connections.
fn settled(client: &ScenarioClient) -> Result<u64, Failure> {
    let mut least = figure(client, STREAMS)?;
    let mut unchanged = 0;
    while unchanged < 20 {
        // A server notices a closed connection when it writes to it.
        client.set("SCRATCH", &json!(format!("{least} since {unchanged}")))?;
        let now = figure(client, STREAMS)?;
        unchanged = if now < least { 0 } else { unchanged + 1 };
        least = least.min(now);
    }
    Ok(least)
}

pub(super) fn disconnects(bench: &Bench<'_>) -> Outcome {
    let client = bench.any_state()?;
    let before = settled(&client)?;
    let open = streams(&client, 500)?;
    // The clients of the other half read nothing, so that their sockets are reset.
    let key = client.dev(ByClient)?;
    let unread = (0..500).map(|_| client.open(&client.stream_request(&key)));
    let unread = unread.collect::<Result<Vec<_>, _>>()?;
    check!(figure(&client, STREAMS)? >= before + 1000, "1000 streams are not counted");
    drop(open);
    drop(unread);
    let deadline = Instant::now() + client.patience();
    loop {
        let now = figure(&client, STREAMS)?;
        if now <= before {
            return client.is_alive();
        }
        check!(Instant::now() < deadline, "{now} streams are still counted");
        client.set("SCRATCH", &json!(format!("{now} are left")))?;
    }
}

pub(super) fn concurrent_writers(bench: &Bench<'_>) -> Outcome {
    const WRITERS: usize = 20;
    const TIMES: usize = 10;
    let client = bench.any_state()?;
    client.set("SCRATCH", &json!("before all"))?;
    let (mut stream, _) = client.stream(&client.dev(ByClient)?)?;
    let start = Barrier::new(WRITERS);
    let value = |writer: usize, time: usize| format!("{writer}.{time} {writer}.{time}");
    let writer_key = client.writer()?;
    thread::scope(|scope| {
        let writers: Vec<_> = (0..WRITERS)
            .map(|number| {
                let (client, start, value, writer_key) = (&client, &start, &value, &writer_key);
                scope.spawn(move || {
                    start.wait();
                    let mut newest = -1;
                    for time in 0..TIMES {
                        let body = json!({ "value": value(number, time) }).to_string();
                        let response = client.put(writer_key, "SCRATCH", &body)?;
                        same("status", response.status, 200)?;
                        // The read must see the own write or a later one.
                        let seen = client.feature(&client.dev(ByClient)?, "SCRATCH")?;
                        check!(version(&seen) > newest, "{seen} after version {newest}");
                        newest = version(&seen);
                        check!(
                            seen.get("value") != Some(&"before all".into()),
                            "the write is lost"
                        );
                    }
                    Ok(())
                })
            })
            .collect();
        writers.into_iter().try_for_each(joined)
    })?;
    let last = client
        .feature(&client.dev(ByClient)?, "SCRATCH")?
        .get("value")
        .cloned()
        .unwrap_or_default();
    let lasts: Vec<Value> = (0..WRITERS).map(|number| json!(value(number, TIMES - 1))).collect();
    check!(lasts.contains(&last), "{last} is not the last value of any writer");
    let all: Vec<Value> = (0..WRITERS)
        .flat_map(|number| (0..TIMES).map(move |time| json!(value(number, time))))
        .collect();
    until(&mut stream, &client.feature_key("SCRATCH")?, &last, |value| all.contains(value))
}
