//! Faults of a server and of the way to it: a client keeps its values, and comes back.

use std::time::Duration;

use fh_client::{Backoff, Config, Notice, Problem, Readiness};
use fh_test_servers::featuresignals::{Fault, Route, Times};

use super::{builder, server, settings};
use crate::support::{PATIENCE, soon, started, until};

/// Runs one fault against a client that starts into it and against a client that is ready when it begins. Both must have the newest value
/// once the fault is over, and the client that was ready keeps its values.
fn survives(name: &str, route: Route, times: Times, fault: &Fault) {
    for is_ready_before in [false, true] {
        let server = server();
        let settings = settings(&server).stream(route == Route::Stream);
        let client = if is_ready_before {
            let client = started(builder(settings));
            server.arm(fault.clone(), route, times);
            client
        } else {
            server.arm(fault.clone(), route, times);
            builder(settings).start().unwrap()
        };
        let mara = client.context().user_key("mara").attribute("country", "NZ").build();
        // The fault may fail the first attempts for the context.
        let _ = soon(client.set_context(&mara));
        until(&client, |_| mara.string("new-checkout").as_deref() == Some("two pages"));
        server.environment().enable("new-checkout", false).unwrap();
        let status = until(&client, |status| {
            let text = mara.string("new-checkout");
            assert!(text.is_some(), "{name}: values are kept");
            text.as_deref() == Some("one page") && status.readiness == Readiness::Ready
        });
        assert!(!status.to_string().contains("Edge"), "{name}: {status}");
    }
}

#[test]
fn every_fault_that_ends_is_survived() {
    let status = |status, retry_after| Fault::Status { status, retry_after };
    for (name, times, fault) in [
        ("401", Times::Next(2), Fault::Unauthorized),
        ("403", Times::Next(2), Fault::Forbidden),
        ("429", Times::Next(1), Fault::TooManyRequests { retry_after: Some(1) }),
        ("500", Times::Next(2), status(500, None)),
        ("503 with Retry-After", Times::Next(1), status(503, Some(1))),
        ("404", Times::Next(2), status(404, None)),
        ("silence", Times::Next(1), Fault::Silence),
        ("reset", Times::Next(2), Fault::Reset),
        ("truncated", Times::Next(2), Fault::Truncate { keep: 5 }),
        ("list", Times::Next(2), Fault::List),
        ("page of HTML", Times::Next(2), Fault::Page),
        ("no answer for a flag", Times::Next(2), Fault::Json(r#"{"new-checkout": {}}"#.into())),
        ("late", Times::Next(2), Fault::Delay(Duration::from_millis(50))),
    ] {
        survives(name, Route::Any, times, &fault);
        if !matches!(fault, Fault::Json(_)) {
            survives(name, Route::Bulk, times, &fault);
        }
    }
    for (name, times, fault) in [
        ("streams refused for good", Times::UntilCleared, Fault::StreamingUnsupported),
        ("streams refused twice", Times::Next(2), Fault::StreamingUnsupported),
        ("stream cut", Times::UntilCleared, Fault::CutStream { events: 0 }),
        ("stream not found", Times::UntilCleared, status(404, None)),
        ("silent stream", Times::UntilCleared, Fault::Silence),
        ("stream of HTML", Times::UntilCleared, Fault::Page),
    ] {
        survives(name, Route::Stream, times, &fault);
    }
}

#[test]
fn a_key_that_is_refused_fails_with_the_sentence_of_the_server() {
    let server = server();
    server.environment().revoke_keys();
    let minute = Duration::from_secs(60);
    let slow = move |config: &mut Config| {
        config.refused = Backoff { initial: minute, cap: 10 * minute, jitter: 0.5 };
    };
    let client = builder(settings(&server)).configure(slow).start().unwrap();
    let error = client.wait_ready(PATIENCE).unwrap_err().to_string();
    assert!(error.contains("the server answered with status 401: "), "{error}");
    assert_eq!((client.readiness(), server.record().requests.len()), (Readiness::Failed, 1));
    server.environment().restore_keys();
    soon(client.refresh()).unwrap();
    assert_eq!(client.readiness(), Readiness::Ready);
    // The server also answers 401 if it cannot load its flags, so that a client that has values keeps them and comes back.
    server.arm(Fault::Unauthorized, Route::Any, Times::Next(2));
    let status = until(&client, |status| status.problem.is_some());
    assert!(matches!(status.problem, Some(Problem::Rejected { status: 401, .. })), "{status}");
    assert_eq!(
        (status.readiness, client.string("new-checkout").as_deref()),
        (Readiness::Ready, Some("one page"))
    );
    until(&client, |status| status.problem.is_none());
}

#[test]
fn another_environment_is_refused_with_the_sentence_of_the_server() {
    let server = server();
    let client = builder(settings(&server).environment("staging")).start().unwrap();
    let error = client.wait_ready(PATIENCE).unwrap_err().to_string();
    assert!(error.contains("API key does not belong to environment staging"), "{error}");
}

#[test]
fn a_flag_that_is_gone_between_the_map_and_its_answer_is_gone() {
    let server = server();
    server.put_flag(r#"{"key": "gone", "default_value": 1}"#).unwrap();
    server.environment().put_state("gone", r#"{"enabled": true}"#).unwrap();
    let client = started(builder(settings(&server).reasons(true)));
    assert!(client.exists("gone"));
    server.arm(Fault::Gone { flag_key: "gone".into() }, Route::Bulk, Times::UntilCleared);
    until(&client, |_| !client.exists("gone"));
    assert!(client.exists("new-checkout"));
}

#[test]
fn refused_streams_are_reported_once() {
    let server = server();
    server.arm(Fault::StreamingUnsupported, Route::Stream, Times::UntilCleared);
    let (heard, notices) = std::sync::mpsc::channel();
    let client = builder(settings(&server).stream(true))
        .on_notice(move |notice: &Notice| heard.send(notice.to_string()).unwrap())
        .start()
        .unwrap();
    let notice = notices.recv_timeout(PATIENCE).unwrap();
    assert!(notice.starts_with("the server refuses streams: the client polls"), "{notice}");
    until(&client, |status| status.problem == Some(Problem::NoStreaming));
    let streams = server.record().requests_to("/v1/stream/").len();
    let polls = server.record().requests.len() + 5;
    server.wait_for(PATIENCE, |record| record.requests.len() > polls).unwrap();
    assert_eq!((server.record().requests_to("/v1/stream/").len(), streams), (3, 3));
    assert!(notices.try_recv().is_err());
}
