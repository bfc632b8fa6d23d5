//! The state with which a client begins anew in a child process, and the life of both clients afterwards.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use fh_client::transport::{BoxFuture, Response, Transport, TransportError, TransportRequest};
use fh_client::{Attributes, Client, Connection, Readiness, Source, StartError, block_on};
use fh_test_servers::featurehub::{Behaviour, ENVIRONMENT, Feature, Route};

use crate::Test;
use crate::child::{PATIENCE, builder, builder_with, colour, edge, fork, seen, sees, started};

pub(crate) const TESTS: &[Test] = &[
    ("both_processes_see_the_next_changes", both_processes_see_the_next_changes),
    ("no_read_returns_to_a_default", no_read_returns_to_a_default),
    ("a_child_of_a_child", a_child_of_a_child),
    (
        "keys_headers_and_context_are_the_present_ones",
        keys_headers_and_context_are_the_present_ones,
    ),
    ("values_of_another_context_are_not_served", values_of_another_context_are_not_served),
    ("catch_and_release_goes_on", catch_and_release_goes_on),
    ("catching_that_has_ended_stays_off", catching_that_has_ended_stays_off),
    (
        "listeners_of_the_builder_get_the_changes_from_now_on",
        listeners_of_the_builder_get_the_changes_from_now_on,
    ),
    ("manual_delivery_goes_on", manual_delivery_goes_on),
    ("a_transport_of_the_program_is_replaced", a_transport_of_the_program_is_replaced),
    ("a_closed_client_stays_offline", a_closed_client_stays_offline),
];

fn both_processes_see_the_next_changes() {
    let edge = edge();
    let client = started(builder(&edge));
    let mut child = fork(|link| {
        let anew = client.after_fork().header("x-process", "child").start().unwrap();
        link.say(&colour(&anew));
        for text in ["blue", "green"] {
            sees(&anew, text);
            link.say(text);
        }
    });
    child.link.expect("red");
    seen(&edge, |recording| recording.live_streams() == 2);
    for text in ["blue", "green"] {
        edge.set_value("COLOUR", text);
        child.link.expect(text);
        sees(&client, text);
    }
    child.join();
    seen(&edge, |recording| recording.live_streams() == 1);
    edge.set_value("COLOUR", "white");
    sees(&client, "white");
    let recording = edge.recording();
    let streams: Vec<_> = recording.of(Route::Stream).collect();
    let processes: Vec<_> = streams.iter().map(|seen| seen.request.header("x-process")).collect();
    assert_eq!(processes, [None, Some("child")], "one stream each");
    assert_ne!(streams[0].connection, streams[1].connection);
    assert_eq!(
        recording.connections[streams[0].connection].requests, 1,
        "the child sent nothing there"
    );
    assert_eq!(streams[0].finished, None, "the parent's stream is unbroken");
    assert_eq!(recording.requests.len(), 2);
}

fn no_read_returns_to_a_default() {
    let edge = edge();
    let client = started(builder(&edge));
    edge.behave_on(Route::Stream, Behaviour::new().wait_for_signal("go").then_healthy());
    let mut child = fork(|link| {
        let anew = client.after_fork().start().unwrap();
        let status = anew.status();
        assert_eq!((colour(&anew).as_str(), status.readiness), ("red", Readiness::Ready));
        assert_eq!(status.source, Some(Source::Snapshot));
        assert!(status.data_age.unwrap() < PATIENCE, "{status}");
        link.say("served");
        sees(&anew, "blue");
        block_on(anew.status_when(|status| status.source == Some(Source::Streaming))).unwrap();
    });
    child.link.expect("served");
    edge.set_value("COLOUR", "blue");
    edge.signal("go");
    child.join();
}

fn a_child_of_a_child() {
    let edge = edge();
    let client = started(builder(&edge));
    let mut child = fork(|link| {
        let anew = started(client.after_fork());
        let mut grandchild = fork(|link| {
            let again = client_of(&anew);
            link.say(&colour(&again));
            sees(&again, "blue");
            link.say("blue");
        });
        grandchild.link.expect("red");
        link.say("ready");
        grandchild.link.expect("blue");
        grandchild.join();
        sees(&anew, "blue");
    });
    child.link.expect("ready");
    seen(&edge, |recording| recording.live_streams() == 3);
    edge.set_value("COLOUR", "blue");
    child.join();
    sees(&client, "blue");
    assert_eq!(edge.recording().count(Route::Stream), 3);
}

fn client_of(client: &Client) -> Client {
    client.after_fork().start().unwrap()
}

/// The id of another environment.
const OTHER: &str = "7d8b1f5c-0f6e-4d0f-9a43-1c2b6f0a9e11";

fn user(name: &str) -> Attributes {
    Attributes::builder().user_key(name).build()
}

fn keys_headers_and_context_are_the_present_ones() {
    let edge = edge();
    let other = edge.environment(OTHER);
    other.set_feature(Feature::string("COLOUR", "yellow"));
    let client = started(
        builder_with(&edge, &edge.server_key())
            .header("authorization", "Bearer first")
            .initial_context(user("fred")),
    );
    let other_key = edge.server_key().replace(ENVIRONMENT, OTHER);
    block_on(client.set_api_keys([&other_key])).unwrap();
    block_on(client.set_headers(vec![("authorization".into(), "Bearer second".into())])).unwrap();
    let mary = block_on(client.set_context(user("mary"))).unwrap();
    let before = edge.recording().requests.len();
    let child = fork(|_| {
        let anew = client.after_fork().start().unwrap();
        assert_eq!(colour(&anew), "yellow");
        let of =
            |attributes: &Arc<Attributes>| anew.context_of(Arc::clone(attributes)).string("COLOUR");
        assert_eq!(of(mary.attributes()).as_deref(), Some("yellow"));
        assert_eq!(of(&Arc::new(user("fred"))), None);
        block_on(anew.status_when(|status| status.source != Some(Source::Snapshot))).unwrap();
    });
    child.join();
    let recording = edge.recording();
    assert_eq!(recording.requests.len(), before + 1);
    let request = &recording.requests[before].request;
    assert_eq!(request.header("authorization"), Some("Bearer second"));
    assert!(request.header("x-featurehub").unwrap().contains("userkey=mary"), "{request:?}");
    assert_eq!(request.path, format!("/features/{other_key}"));
}

/// The Edge has not yet evaluated the newest context, so neither process may serve values for it.
fn values_of_another_context_are_not_served() {
    let edge = edge();
    let client = started(builder_with(&edge, &edge.server_key()).initial_context(user("fred")));
    edge.behave_on(Route::Stream, Behaviour::new().wait_for_signal("go").then_healthy());
    let (sender, waiting) = (client.clone(), edge.recording().requests.len());
    let switch = std::thread::spawn(move || block_on(sender.set_context(user("mary"))).map(drop));
    seen(&edge, |recording| recording.requests.len() > waiting);
    let mut child = fork(|link| {
        let anew = client.after_fork().start().unwrap();
        let of = |name: &str| anew.context_of(user(name)).string("COLOUR");
        assert_eq!((of("mary"), of("fred").as_deref()), (None, Some("red")));
        link.say("hidden");
        let mut watch = anew.watch();
        while of("mary").is_none() {
            block_on(watch.changed()).unwrap();
        }
    });
    child.link.expect("hidden");
    edge.signal("go");
    child.join();
    switch.join().unwrap().unwrap();
}

fn catch_and_release_goes_on() {
    let edge = edge();
    let client = started(builder(&edge));
    client.catch_updates();
    edge.set_value("COLOUR", "blue");
    block_on(client.status_when(|status| status.is_holding)).unwrap();
    let child = fork(|_| {
        let anew = client.after_fork().start().unwrap();
        block_on(anew.status_when(|status| status.is_holding)).unwrap();
        assert_eq!(colour(&anew), "red");
        anew.release();
        assert_eq!(colour(&anew), "blue");
    });
    child.join();
    assert_eq!(colour(&client), "red", "the parent releases for itself");
}

fn catching_that_has_ended_stays_off() {
    let edge = edge();
    let client = started(builder(&edge).catch_updates());
    client.stop_catching();
    let mut child = fork(|link| {
        let anew = client.after_fork().start().unwrap();
        link.say("ready");
        sees(&anew, "blue");
    });
    child.link.expect("ready");
    edge.set_value("COLOUR", "blue");
    child.join();
}

fn listeners_of_the_builder_get_the_changes_from_now_on() {
    let edge = edge();
    let (sender, changes) = std::sync::mpsc::channel();
    let client = started(builder(&edge).on_change("COLOUR", move |change| {
        let text =
            |value: &Option<_>| value.as_ref().map_or("none".to_string(), ToString::to_string);
        let _ = sender.send(format!("{} {}", text(&change.old), text(&change.new)));
    }));
    assert_eq!(changes.recv_timeout(PATIENCE).unwrap(), "none red");
    // A listener that is still within `send` holds the lock of the channel, and the child would wait for the lock for ever.
    client.flush(PATIENCE).unwrap();
    let mut child = fork(|link| {
        let anew = client.after_fork().start().unwrap();
        link.say("ready");
        assert_eq!(changes.recv_timeout(PATIENCE).unwrap(), "red blue");
        drop(anew);
    });
    child.link.expect("ready");
    edge.set_value("COLOUR", "blue");
    child.join();
    assert_eq!(changes.recv_timeout(PATIENCE).unwrap(), "red blue", "the parent's own listener");
}

fn manual_delivery_goes_on() {
    let edge = edge();
    let (waker, woken) = std::sync::mpsc::channel();
    let (sender, changes) = std::sync::mpsc::channel();
    let client = builder(&edge)
        .manual_delivery(move || {
            let _ = waker.send(());
        })
        .on_readiness(move |change| sender.send(change.readiness).unwrap())
        .start()
        .unwrap();
    client.wait_ready(PATIENCE).unwrap();
    let delivery = client.manual_delivery().unwrap();
    let child = fork(|_| {
        let anew = client.after_fork().start().unwrap();
        let delivery = anew.manual_delivery().unwrap();
        while changes.try_recv() != Ok(Readiness::Ready) {
            woken.recv_timeout(PATIENCE).unwrap();
            delivery.deliver();
        }
    });
    child.join();
    delivery.deliver();
    assert!(
        changes.try_iter().any(|now| now == Readiness::Ready),
        "the parent delivers for itself"
    );
}

/// A transport that counts the requests of its own, and of its replacements.
struct Counting {
    inner: Arc<dyn Transport>,
    sent: Arc<AtomicUsize>,
    replaced: Arc<AtomicUsize>,
}

impl Transport for Counting {
    fn send(&self, request: TransportRequest) -> BoxFuture<Result<Response, TransportError>> {
        self.sent.fetch_add(1, Ordering::SeqCst);
        self.inner.send(request)
    }

    fn after_fork(&self) -> Option<Arc<dyn Transport>> {
        let inner = self.inner.after_fork()?;
        let (sent, replaced) = (Arc::clone(&self.replaced), Arc::clone(&self.replaced));
        Some(Arc::new(Self { inner, sent, replaced }))
    }
}

/// A transport without a replacement for child processes.
struct Parental(Arc<dyn Transport>);

impl Transport for Parental {
    fn send(&self, request: TransportRequest) -> BoxFuture<Result<Response, TransportError>> {
        self.0.send(request)
    }
}

fn inner() -> Arc<dyn Transport> {
    let builder = fh_client::transport::ReqwestTransport::builder().no_proxy();
    // The function is called again for the transport of the child.
    Arc::new(builder.configure(|http| http.user_agent("configured")).build().unwrap())
}

fn a_transport_of_the_program_is_replaced() {
    let edge = edge();
    let (sent, replaced) = <(Arc<AtomicUsize>, Arc<AtomicUsize>)>::default();
    let (inner_of, counts) = (inner(), (Arc::clone(&sent), Arc::clone(&replaced)));
    let client = started(builder(&edge).transport(Counting { inner: inner_of, sent, replaced }));
    let child = fork(|_| {
        let anew = client.after_fork().start().unwrap();
        block_on(anew.status_when(|status| status.connection == Connection::Streaming)).unwrap();
        block_on(anew.status_when(|status| status.source == Some(Source::Streaming))).unwrap();
        let (sent, replaced) = (&counts.0, &counts.1);
        assert_eq!((sent.load(Ordering::SeqCst), replaced.load(Ordering::SeqCst)), (1, 1));
    });
    child.join();
    let recording = edge.recording();
    let agents: Vec<_> =
        recording.of(Route::Stream).map(|seen| seen.request.header("user-agent")).collect();
    assert_eq!(agents, [Some("configured"); 2]);

    let client = started(builder(&edge).transport(Parental(inner())));
    let child = fork(|_| {
        let failed = client.after_fork().start().map(drop);
        assert_eq!(failed, Err(StartError::TransportAfterFork));
        let anew = client.after_fork().transport(Parental(inner())).start().unwrap();
        assert_eq!(colour(&anew), "red");
    });
    child.join();
}

fn a_closed_client_stays_offline() {
    let edge = edge();
    let client = started(builder(&edge));
    client.close();
    block_on(client.closed());
    let child = fork(|_| {
        let anew = client.after_fork().start().unwrap();
        assert_eq!(colour(&anew), "red");
        block_on(anew.status_when(|status| status.connection == Connection::Offline)).unwrap();
    });
    child.join();
    assert_eq!(edge.recording().requests.len(), 1);
}
