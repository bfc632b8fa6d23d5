//! The times at which polls are sent, and the callers that get their results (sdk-behaviour 2.9.4).

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use fh_client::{Attributes, Connection, NotReady, Problem, Readiness, block_on};
use fh_fake_edge::{Behaviour, Closing, Route};

use super::{
    FEATURE, NEVER, PATIENCE, arrives, edge, held, not_earlier, quick, ready, refresh, seen,
    served, server_evaluated, until,
};

const INTERVAL: Duration = Duration::from_millis(100);

/// A refresh between two polls restarts the interval.
#[test]
fn a_refresh_restarts_the_interval() {
    let edge = edge();
    let client = ready(quick(&edge).polling(INTERVAL));
    let mut polls = 1;
    // The program refreshes for longer than the interval, and then no more.
    for _ in 0..5 {
        assert_eq!(refresh(&client), Ok(Readiness::Ready));
        polls = edge.recording().count(Route::Poll);
    }
    seen(&edge, Route::Poll, polls + 2);
    not_earlier(&edge.recording().gaps(Route::Poll)[polls - 1..], &[INTERVAL; 2]);
}

/// No timer is set if the client is closed during a request.
#[test]
fn closing_during_a_request() {
    let edge = edge();
    edge.behave_on(Route::Poll, held(Route::Poll, "go"));
    let client = quick(&edge).polling(Duration::from_millis(1)).start().unwrap();
    seen(&edge, Route::Poll, 1);
    client.close();
    block_on(client.closed());
    edge.signal("go");
    // The client closes the connection and opens no other one.
    edge.wait_until(PATIENCE, |seen| seen.open_connections() == 0).unwrap();
    let status = client.status();
    assert_eq!((status.connection, status.next_attempt), (Connection::Closed, None));
    assert_eq!((status.readiness, served(&client)), (Readiness::Closed, None));
    assert_eq!(edge.recording().count(Route::Poll), 1);
}

/// Closing ends the wait of all callers.
#[test]
fn closing_completes_waiters() {
    let edge = edge();
    edge.behave(Behaviour::silence());
    let client = quick(&edge).polling(NEVER).start().unwrap();
    let waiters = [client.clone(), client.clone()]
        .map(|client| std::thread::spawn(move || (client.wait_ready(PATIENCE), refresh(&client))));
    seen(&edge, Route::Poll, 1);
    client.close();
    for waiter in waiters {
        let outcome = waiter.join().unwrap();
        assert_eq!(outcome, (Err(NotReady::Closed), Err(Problem::Closed)));
    }
    // Closing again does nothing, and a refresh returns an error.
    client.close();
    assert_eq!(refresh(&client), Err(Problem::Closed));
}

/// Callers that refresh during a request share its result.
#[test]
fn refreshes_share_a_request() {
    let edge = edge();
    edge.script(Route::Poll, [Behaviour::healthy()], held(Route::Poll, "go"));
    let client = ready(quick(&edge).polling(NEVER));
    edge.set_value(FEATURE, "two");
    let refreshes = [client.clone(), client.clone(), client.clone()]
        .map(|client| std::thread::spawn(move || refresh(&client)));
    seen(&edge, Route::Poll, 2);
    // All refreshes were received: commands are performed in order, and the last one is answered at once.
    let last = client.refresh();
    edge.signal("go");
    assert_eq!(block_on(last), Ok(Readiness::Ready));
    for refresh in refreshes {
        assert_eq!(refresh.join().unwrap(), Ok(Readiness::Ready));
    }
    assert_eq!(served(&client).as_deref(), Some("two"));
    assert_eq!(edge.recording().most_in_flight(Route::Poll), 1);
}

/// A new context does not wait for the running request, whose late answer changes nothing.
#[test]
fn a_context_bypasses_the_request_that_is_out() {
    for stream in [false, true] {
        let route = if stream { Route::Stream } else { Route::Poll };
        let edge = edge();
        edge.evaluate_with(|context, mut features| {
            let user = context.get("userkey").and_then(|values| values.first());
            for feature in &mut features {
                feature["value"] = user.cloned().unwrap_or_else(|| "nobody".into()).into();
            }
            features
        });
        edge.script(route, [held(route, "late")], Behaviour::healthy());
        let builder = server_evaluated(&edge);
        let builder = if stream { builder.streaming() } else { builder.polling(NEVER) };
        let client = builder.start().unwrap();
        seen(&edge, route, 1);
        let fred = Attributes::builder().user_key("fred").build();
        let fred = block_on(client.set_context(fred)).unwrap();
        assert_eq!(fred.string(FEATURE).as_deref(), Some("fred"));
        edge.signal("late");
        // The connection of the former request is closed, even if its answer was not complete.
        edge.wait_until(PATIENCE, |seen| seen.requests[0].finished.is_some()).unwrap();
        assert_eq!(fred.string(FEATURE).as_deref(), Some("fred"));
        // Other contexts have no values (D-62).
        let jane = client.context().user_key("jane").build();
        assert_eq!(jane.string(FEATURE), None);
        let recording = edge.recording();
        assert_eq!(recording.count(route), 2);
        let headers: Vec<_> =
            recording.requests.iter().map(|seen| seen.request.header("x-featurehub")).collect();
        assert_eq!(headers, [None, Some("userkey=fred")]);
    }
}

/// Setting the same context again is no change.
#[test]
fn the_same_context_is_no_change() {
    let edge = edge();
    let client = ready(server_evaluated(&edge).polling(NEVER));
    for requests in [2, 2, 3, 3] {
        let user = if requests == 2 { "fred" } else { "jane" };
        let attributes = Attributes::builder().user_key(user).build();
        block_on(client.set_context(attributes)).unwrap();
        assert_eq!(edge.recording().count(Route::Poll), requests);
    }
}

/// Setting a context and removing it are both changes.
#[test]
fn an_emptied_context_is_a_change() {
    let edge = edge();
    let client = ready(server_evaluated(&edge).polling(NEVER));
    block_on(client.set_context(Attributes::builder().user_key("fred").build())).unwrap();
    block_on(client.set_context(Attributes::builder().build())).unwrap();
    let recording = edge.recording();
    let sent = |seen: &fh_fake_edge::SeenRequest| {
        (
            seen.request.header("x-featurehub").is_some(),
            seen.request.query_value("contextSha") != Some("0"),
        )
    };
    let sent: Vec<_> = recording.requests.iter().map(sent).collect();
    assert_eq!(sent, [(false, false), (true, true), (false, false)]);
}

/// A client-evaluated key sends no context.
#[test]
fn client_evaluated_keys_send_no_context() {
    let edge = edge();
    let client = ready(quick(&edge).polling(NEVER));
    block_on(client.set_context(Attributes::builder().user_key("fred").build())).unwrap();
    assert_eq!(edge.recording().count(Route::Poll), 1);
    assert_eq!(edge.recording().requests[0].request.header("x-featurehub"), None);
}

/// A network error ends the wait of all callers.
#[test]
fn trouble_ends_the_wait_of_all_callers() {
    let edge = edge();
    let client = ready(quick(&edge).polling(NEVER));
    edge.kill();
    assert!(matches!(refresh(&client), Err(Problem::Unreachable(_))));
    edge.listen_again().unwrap();
    assert_eq!(refresh(&client), Ok(Readiness::Ready));
    edge.behave_on(Route::Poll, Behaviour::new().close(Closing::Rst));
    assert!(matches!(refresh(&client), Err(Problem::Unreachable(_))));
    assert_eq!((client.readiness(), served(&client).as_deref()), (Readiness::Ready, Some("one")));
}

/// A read triggers a request in passive polling only, and returns the old value itself.
#[test]
fn reads_trigger_passive_polls_only() {
    let edge = edge();
    let builders = [quick(&edge).polling(NEVER), quick(&edge).streaming(), quick(&edge).once()];
    for builder in builders {
        let client = ready(builder);
        let before = client.status().requests;
        for _ in 0..100 {
            assert_eq!(served(&client).as_deref(), Some("one"));
        }
        // A request that a read causes would be sent before this command is performed.
        client.offer_features("nothing", fh_fake_edge::ENVIRONMENT, "[]");
        client.flush(PATIENCE).unwrap();
        assert_eq!(client.status().requests, before);
        client.close();
        block_on(client.closed());
    }
    let polls = edge.recording().count(Route::Poll);
    edge.behave_on(Route::Poll, held(Route::Poll, "go"));
    edge.signal("go");
    let client = ready(quick(&edge).passive(Duration::from_millis(1)));
    until(&client, "expired", |status| status.next_attempt.is_none());
    edge.set_value(FEATURE, "two");
    assert_eq!(served(&client).as_deref(), Some("one"));
    arrives(&client, "two");
    assert!(edge.recording().count(Route::Poll) >= polls + 2);
}

/// Many simultaneous readers trigger one request.
#[test]
fn concurrent_reads_share_a_passive_poll() {
    let edge = edge();
    edge.script(Route::Poll, [Behaviour::healthy()], held(Route::Poll, "go"));
    let client = ready(quick(&edge).passive(Duration::from_millis(1)));
    // Reads go on until one of them triggers a request, and for a while afterwards.
    let (begun, has_asked) = (Instant::now(), AtomicBool::new(false));
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                while !has_asked.load(Ordering::Relaxed) && begun.elapsed() < PATIENCE {
                    drop(client.string(FEATURE));
                }
                (0..1000).for_each(|_| drop(client.string(FEATURE)));
            });
        }
        seen(&edge, Route::Poll, 2);
        has_asked.store(true, Ordering::Relaxed);
    });
    assert_eq!(client.status().requests, 2);
    edge.set_value(FEATURE, "two");
    edge.signal("go");
    arrives(&client, "two");
    assert_eq!(edge.recording().most_in_flight(Route::Poll), 1);
}

/// A failed passive poll restarts the interval, so not each read repeats it.
#[test]
fn passive_trouble_waits_for_the_interval() {
    let edge = edge();
    edge.script(Route::Poll, [Behaviour::healthy(), Behaviour::status(500)], Behaviour::healthy());
    let client = ready(quick(&edge).passive(INTERVAL));
    edge.set_value(FEATURE, "two");
    arrives(&client, "two");
    not_earlier(&edge.recording().gaps(Route::Poll), &[INTERVAL; 2]);
}
