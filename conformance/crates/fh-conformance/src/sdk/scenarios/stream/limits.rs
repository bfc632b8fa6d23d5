//! Sizes and numbers of events that no healthy Edge sends. The memory of the adapter is read from the system, where the system shows it.

use std::time::Duration;

use fh_test_servers::featurehub::{Behaviour, Route};
use serde_json::Value;

use super::STREAMING;
use crate::protocol::Create;
use crate::sdk::{
    ExpectedAnswer, MemoryWatch, Scenario, Scene, SdkClient, Stop, Tempo, Verdict, check,
};

const MIB: u64 = 1024 * 1024;

/// The limit that clients get for an event.
const LIMIT: u64 = MIB;

/// The memory that a client may take beyond what the process had before.
const MOST_MEMORY: u64 = 64 * MIB;

/// The Edge pauses after each piece of the line, as every network does. Some platforms read as long as bytes are there, and only then notice that
/// the client has left the stream.
const PIECE: usize = 256 * 1024;
const PAUSE: Duration = Duration::from_millis(1);

/// The bytes that the buffers of the system may hold between the Edge and the client.
const BUFFERS: u64 = 32 * MIB;

pub(super) const OVERSIZE_EVENT: Scenario = Scenario {
    id: "C-STREAM-027",
    name: "oversize-event",
    needs: &["max_bytes"],
    given: "a ready client with a limit of 1 MiB",
    when: "the Edge sends an event of 128 MiB, and then a good update",
    then: "the client drops the event or reconnects, has the good value in the end, and takes at most 64 MiB of memory",
    decision: "D-74",
    bites: &["SizesAreTooLarge"],
    stage: |stage| {
        stage.with_feature_f();
        let large = begin("event: feature\ndata: ").fill(b'x', 128 * MIB).body("\n\n").live();
        stage.edge().script(Route::Stream, [large], Behaviour::healthy());
    },
    run: oversize_event,
    ..STREAMING
};

/// A stream that begins healthy and sends a text after the signal `go`.
fn begin(text: &str) -> Behaviour {
    Behaviour::sse().ack().features().wait_for_signal("go").body(text)
}

/// Creates a client with the limit, and waits until it is ready.
fn limited(scene: &Scene<'_>) -> Result<(SdkClient, Option<MemoryWatch>), Stop> {
    let memory = scene.watch_memory_if_shown()?;
    let client = scene.create(Create { max_bytes: Some(LIMIT), ..scene.streaming() })?;
    client.until_ready()?;
    Ok((client, memory))
}

fn oversize_event(scene: &Scene<'_>) -> Verdict {
    let (client, memory) = limited(scene)?;
    scene.edge().signal("go");
    good_value_arrives(scene, &client)?;
    bounded(memory)
}

fn good_value_arrives(scene: &Scene<'_>, client: &SdkClient) -> Verdict {
    scene.edge().set_value("F", "two");
    client.until_string("the good value", "F", "two")?;
    let expected = ExpectedAnswer::string("two").version(2);
    scene.answers("answer for F", client, "F", &expected)?;
    let watch = Tempo::watch(scene.tempo().retry, 5);
    scene.at_most("at most two further requests", Route::Stream, 3, watch)
}

/// Checks the largest memory of the adapter so far, where the system shows it.
fn bounded(memory: Option<MemoryWatch>) -> Verdict {
    let Some(memory) = memory else { return Ok(()) };
    let growth = memory.growth()?;
    check("memory", growth <= MOST_MEMORY, "at most 64 MiB more", || {
        format!("{} MiB more", growth / MIB)
    })
}

pub(super) const NEVER_ENDING_LINE: Scenario = Scenario {
    id: "C-STREAM-028",
    name: "never-ending-line",
    needs: &["max_bytes"],
    given: "a ready client with a limit of 1 MiB",
    when: "the Edge sends a line of 1 GiB without an end",
    then: "the client leaves the stream at the limit, reconnects, and takes at most 64 MiB of memory",
    decision: "D-74",
    bites: &["SizesAreTooLarge"],
    stage: |stage| {
        stage.with_feature_f();
        let line = begin("data: ").split(&[PIECE], PAUSE).fill(b'x', 1024 * MIB);
        let endless = line.hang();
        stage.edge().script(Route::Stream, [endless], Behaviour::healthy());
    },
    run: never_ending_line,
    ..STREAMING
};

fn never_ending_line(scene: &Scene<'_>) -> Verdict {
    let (client, memory) = limited(scene)?;
    scene.edge().signal("go");
    let seen =
        scene.until("the client leaves the stream", "an end of the first stream", |seen| {
            seen.of(Route::Stream).next().is_some_and(|first| first.finished.is_some())
        })?;
    let written = seen.of(Route::Stream).next().map_or(0, |first| first.written);
    let most = LIMIT + BUFFERS;
    check("bytes of the line", written <= most, "at most the limit and full buffers", || {
        format!("{} MiB", written / MIB)
    })?;
    good_value_arrives(scene, &client)?;
    bounded(memory)
}

pub(super) const EVENT_FLOOD: Scenario = Scenario {
    id: "C-STREAM-029",
    name: "event-flood",
    given: "a ready client, and a listener of F",
    when: "the Edge sends 10,000 updates of F at once",
    then: "the last value wins, the listener sees rising versions only, and the client takes at most 64 MiB of memory",
    decision: "sdk-behaviour 2.2, 2.5",
    bites: &["UpdatesLeak"],
    run: event_flood,
    ..STREAMING
};

fn event_flood(scene: &Scene<'_>) -> Verdict {
    const UPDATES: i64 = 10_000;
    let memory = scene.watch_memory_if_shown()?;
    let client = super::ready(scene)?;
    let listener = super::on_change(scene, &client, "F")?;
    for number in 1..=UPDATES {
        scene.edge().set_value("F", format!("update {number}"));
    }
    let last = format!("update {UPDATES}");
    let mut before = Value::Null;
    // A busy machine may need long for the updates, so the wait goes on as long as the value changes.
    while let Err(stop) = client.until_string("the last value", "F", last.as_str()) {
        let value = client.string("F")?;
        if value == before {
            return Err(stop);
        }
        before = value;
    }
    let expected = ExpectedAnswer::string(&last).version(UPDATES + 1);
    scene.answers("answer for F", &client, "F", &expected)?;
    if let Some(listener) = listener {
        let is_last = |value: &Value| value == last.as_str();
        listener.until_call("the listener sees the last value", &last, |call| {
            call.value.as_ref().is_some_and(is_last)
        })?;
        let versions: Vec<i64> = listener.calls().iter().filter_map(|call| call.version).collect();
        check(
            "the listener sees rising versions",
            versions.is_sorted_by(|one, next| one < next),
            "rising versions",
            || format!("{versions:?}"),
        )?;
    }
    bounded(memory)
}
