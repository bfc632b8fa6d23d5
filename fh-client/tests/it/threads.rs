//! The threads that clients share (D-119).

use std::cell::RefCell;
use std::iter;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::{self, ThreadId};

use fh_client::testing::{MemoryEdge, SERVER_KEY};
use fh_client::transport::{BoxFuture, Response, Transport, TransportError, TransportRequest};
use fh_client::{Attributes, Client, ClientBuilder, NotReady, Problem, Readiness};
use fh_test_servers::featurehub::{Behaviour, FakeEdge, Feature, Route};

use crate::support::{PATIENCE, quick, seen, soon, started, transport};

thread_local! {
    /// Dropped when its thread ends.
    static ENDS: RefCell<Option<Ends>> = const { RefCell::new(None) };
}

/// A value that reports the end of its thread.
struct Ends(Sender<ThreadId>);

impl Drop for Ends {
    fn drop(&mut self) {
        let _ = self.0.send(thread::current().id());
    }
}

/// An Edge that records the threads on which it was used, and reports when they end.
struct Watched {
    edge: MemoryEdge,
    threads: Arc<Mutex<Vec<ThreadId>>>,
    ends: Sender<ThreadId>,
}

impl Transport for Watched {
    fn send(&self, request: TransportRequest) -> BoxFuture<Result<Response, TransportError>> {
        self.threads.lock().unwrap().push(thread::current().id());
        let ends = self.ends.clone();
        ENDS.with_borrow_mut(|held| {
            held.get_or_insert_with(|| Ends(ends));
        });
        self.edge.send(request)
    }
}

struct Rig {
    builder: ClientBuilder,
    threads: Arc<Mutex<Vec<ThreadId>>>,
    ended: Receiver<ThreadId>,
}

impl Rig {
    fn new() -> Self {
        let edge = MemoryEdge::new();
        edge.set("COLOUR", "red");
        let (ends, ended) = channel();
        let threads = Arc::<Mutex<Vec<ThreadId>>>::default();
        let watched = Watched { edge: edge.clone(), threads: Arc::clone(&threads), ends };
        let builder = edge.client_with(SERVER_KEY).once().transport(watched).configure(quick);
        Self { builder, threads, ended }
    }

    /// Returns the thread of the last request.
    fn last(&self) -> ThreadId {
        *self.threads.lock().unwrap().last().unwrap()
    }

    /// Waits until the client is ready, and returns its thread.
    fn started(&self, client: Client) -> (Client, ThreadId) {
        client.wait_ready(PATIENCE).unwrap();
        let thread = self.last();
        (client, thread)
    }

    fn ended(&self) -> ThreadId {
        self.ended.recv_timeout(PATIENCE).unwrap()
    }
}

fn user(name: &str) -> Attributes {
    Attributes::builder().user_key(name).build()
}

#[test]
fn isolated_clients_run_on_the_thread_of_the_client_they_come_from() {
    let rig = Rig::new();
    let (client, thread) = rig.started(rig.builder.clone().start().unwrap());
    let (one, of_one) = rig.started(client.isolated(user("one")).unwrap());
    let (two, of_two) = rig.started(one.isolated(user("two")).unwrap());
    assert_eq!((of_one, of_two), (thread, thread));
    // Clones of a builder make clients with threads of their own.
    let (other, of_other) = rig.started(rig.builder.clone().start().unwrap());
    assert_ne!(of_other, thread);
    drop(other);
    assert_eq!(rig.ended(), of_other);

    // The thread outlives the first client, and ends with the last.
    client.close();
    soon(client.closed());
    one.close();
    soon(one.closed());
    assert_eq!(soon(two.refresh()), Ok(Readiness::Ready));
    assert_eq!(rig.last(), thread);
    assert!(rig.ended.try_recv().is_err());
    drop(two);
    assert_eq!(rig.ended(), thread);

    // Later clients share a new thread.
    let (three, of_three) = rig.started(client.isolated(user("three")).unwrap());
    let (four, of_four) = rig.started(one.isolated(user("four")).unwrap());
    assert_ne!(of_three, thread);
    assert_eq!(of_four, of_three);
    drop((three, four));
    assert_eq!(rig.ended(), of_three);
}

#[test]
fn on_its_own_thread_a_wait_is_refused() {
    /// A transport that waits for its own client.
    struct Waits(MemoryEdge, Arc<Mutex<Option<Client>>>, Sender<Result<(), NotReady>>);
    impl Transport for Waits {
        fn send(&self, request: TransportRequest) -> BoxFuture<Result<Response, TransportError>> {
            if let Some(client) = &*self.1.lock().unwrap() {
                self.2.send(client.wait_ready(PATIENCE)).unwrap();
            }
            self.0.send(request)
        }
    }
    let edge = MemoryEdge::new();
    let held = Arc::<Mutex<Option<Client>>>::default();
    let (tell, told) = channel();
    let client = edge.client().once().transport(Waits(edge.clone(), Arc::clone(&held), tell));
    let client = started(client);
    *held.lock().unwrap() = Some(client.clone());
    soon(client.refresh()).unwrap();
    assert_eq!(told.recv_timeout(PATIENCE).unwrap(), Err(NotReady::InsideRuntime));
    held.lock().unwrap().take();
}

/// Starts clients until one opens no connection but takes a pooled one. The pool gets a connection back a moment after its response.
fn sharing(edge: &FakeEdge, start: impl Fn() -> Client) -> Client {
    let clients = iter::repeat_with(|| {
        let before = edge.recording().connections.len();
        let client = start();
        let shares = edge.recording().connections.len() == before;
        if !shares {
            client.close();
            soon(client.closed());
        }
        shares.then_some(client)
    });
    clients.take(100).flatten().next().unwrap()
}

/// Pooled connections belong to the runtime that opened them, which is that of the client that ends.
#[test]
fn a_transport_that_two_clients_share_of_which_one_ends() {
    let edge = FakeEdge::start().unwrap();
    edge.set_feature(Feature::string("COLOUR", "red"));
    let shared = transport();
    let builder = || {
        Client::builder(edge.url(), edge.client_key())
            .transport(shared.clone())
            .configure(quick)
            .polling(PATIENCE * 100)
    };
    let one = started(builder());
    let other = sharing(&edge, || started(builder()));
    let opened = edge.recording().connections.len();
    one.close();
    soon(one.closed());
    edge.set_value("COLOUR", "blue");
    // The runtime that ends may still hold the pooled connection, with which one request breaks.
    let refreshed = iter::repeat_with(|| soon(other.refresh())).take(2).find(Result::is_ok);
    assert_eq!(refreshed, Some(Ok(Readiness::Ready)));
    assert_eq!(other.string("COLOUR").as_deref(), Some("blue"));
    seen(&edge, |seen| seen.connections.len() == opened + 1 && seen.open_connections() == 1);

    // A request that is in flight breaks, as after a network failure. The next one uses a new connection.
    let third = sharing(&edge, || started(builder()));
    let before = edge.recording().count(Route::Poll);
    edge.script(Route::Poll, [Behaviour::silence()], Behaviour::healthy());
    edge.set_value("COLOUR", "green");
    thread::scope(|scope| {
        let refreshing = scope.spawn(|| soon(third.refresh()));
        edge.wait_for_requests(Route::Poll, before + 1, PATIENCE).unwrap();
        other.close();
        let broken = refreshing.join().unwrap();
        assert!(matches!(broken, Err(Problem::Unreachable(_))), "{broken:?}");
    });
    assert!(third.is_ready());
    assert_eq!(soon(third.refresh()), Ok(Readiness::Ready));
    assert_eq!(third.string("COLOUR").as_deref(), Some("green"));
}
