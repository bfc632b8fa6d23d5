//! Compressed responses.

use std::io::Write;

use fh_test_servers::featurehub::{Behaviour, ENVIRONMENT, Request, Route};
use flate2::Compression;
use flate2::write::GzEncoder;

use super::event_stream::{FIRST, UPDATED, feature, has_updated_value, ready_with_first_value};
use super::first_request::{end, first_request};
use crate::sdk::{ExpectedAnswer, SCENARIO, Scenario, Scene, Stage, Verdict, check};

pub(super) const GZIP: Scenario = Scenario {
    id: "P-027",
    name: "gzip",
    tier: 1,
    requires: &["transport.poll", "http.gzip"],
    given: "an Edge that compresses polls and streams with gzip for clients that accept it",
    when: "a client polls, or opens a stream",
    then: "polls accept gzip, and the client has the values, those of a stream as they arrive",
    decision: "sdk-behaviour 2.3",
    bites: &["NothingIsCompressed"],
    stage: compressed,
    run: gzip,
    ..SCENARIO
};

fn compressed(stage: &Stage) {
    let list = format!("[{}]", feature(1, FIRST));
    let environments = format!("[{{\"id\":\"{ENVIRONMENT}\",\"features\":{list}}}]");
    let poll = Parts::of(&environments, "");
    let stream = Parts::of(
        &format!("event: features\ndata: {list}\n\n"),
        &format!("event: feature\ndata: {}\n\n", feature(2, UPDATED)),
    );
    let edge = stage.edge();
    edge.behave_on(
        Route::Poll,
        Behaviour::choose(move |request| {
            let head = Behaviour::status(200).header("content-type", "application/json");
            if accepts_gzip(request) {
                let head = head.header("content-encoding", "gzip");
                head.body(poll.first.clone()).body(poll.second.clone())
            } else {
                head.body(environments.clone())
            }
        }),
    );
    edge.behave_on(
        Route::Stream,
        Behaviour::choose(move |request| {
            if accepts_gzip(request) {
                let head = Behaviour::sse().header("content-encoding", "gzip");
                let first = head.body(stream.first.clone()).wait_for_signal("update");
                first.body(stream.second.clone()).hang()
            } else {
                let list = Behaviour::sse().event("features", &list).wait_for_signal("update");
                list.event("feature", &feature(2, UPDATED)).hang()
            }
        }),
    );
}

fn accepts_gzip(request: &Request) -> bool {
    request.header_lines("accept-encoding").any(|line| line.contains("gzip"))
}

/// A compressed text in two parts, the first of which can be decoded alone.
struct Parts {
    first: Vec<u8>,
    second: Vec<u8>,
}

impl Parts {
    fn of(first: &str, second: &str) -> Self {
        // Writing to memory cannot fail.
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        let _ = encoder.write_all(first.as_bytes()).and_then(|()| encoder.flush());
        let first = std::mem::take(encoder.get_mut());
        let _ = encoder.write_all(second.as_bytes());
        Self { first, second: encoder.finish().unwrap_or_default() }
    }
}

fn gzip(scene: &Scene<'_>) -> Verdict {
    let request = first_request(scene, scene.polling())?;
    check("accept-encoding of the poll", accepts_gzip(&request), "gzip", || {
        request.header("accept-encoding").unwrap_or("none").to_owned()
    })?;
    let client = scene.create(scene.polling())?;
    client.until_ready()?;
    scene.answers("value of a compressed poll", &client, "F", &ExpectedAnswer::string(FIRST))?;
    if !scene.can("transport.stream") {
        return Ok(());
    }
    end(scene, &client)?;
    let client = ready_with_first_value(scene)?;
    scene.edge().signal("update");
    has_updated_value(scene, &client)
}
