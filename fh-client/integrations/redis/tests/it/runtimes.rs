//! Calls from every runtime that a program may use, with a client on a thread of its own and with one on that runtime (D-119). Each call
//! succeeds, or is refused at once with a text that says what to do. A call that hangs fails the test, which names its place in the
//! table.
//!
//! The table is here and not in fh-client, because it contains the store's `flush`, which needs a real Redis.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use fh_client::transport::{BoxFuture, ReqwestTransport};
use fh_client::{Client, ClientBuilder, FlushError, NotReady, Readiness, StartError};
use fh_redis::RedisStore;
use fh_test::wait::PATIENCE;
use fh_test_servers::featurehub::{FakeEdge, Feature};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::{LocalSet, block_in_place, spawn_blocking};

use crate::server::Server;

/// Timeout of the tested waits. It is longer than [`PATIENCE`], so a wait that ends by its timeout counts as hanging.
const LIMIT: Duration = Duration::from_secs(3_600);

/// The runtime and the kind of thread or task from which a call is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Caller {
    NoRuntime,
    CurrentThread,
    CurrentThreadTask,
    MultiThreadOne,
    MultiThreadFour,
    /// In the future given to `block_on` of a multi-thread runtime.
    MultiThreadBlockOn,
    LocalSet,
    LocalSetOnMultiThread,
    SpawnBlocking,
    SpawnBlockingOnMultiThread,
    /// On a plain thread that has entered a runtime whose tasks run on other threads.
    Entered,
    /// In `fh_client::block_on` inside a runtime.
    NestedBlockOn,
    /// In tokio's `block_on` inside `block_in_place`.
    NestedBlockInPlace,
    WithoutTimers,
    /// The client was made by another test, whose runtime has ended.
    SecondTest,
}

/// The place where the client runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Default,
    /// On the caller's runtime. If the caller has none, or is a second test, on another runtime.
    Given,
}

/// The calls of the matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Call {
    Start,
    WaitReady,
    Ready,
    Flush,
    StoreFlush,
    Close,
    Drop,
}

const CALLS: [Call; 7] = [
    Call::Start,
    Call::WaitReady,
    Call::Ready,
    Call::Flush,
    Call::StoreFlush,
    Call::Close,
    Call::Drop,
];

/// The expected result of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// The call succeeded, and its effect was seen.
    Right,
    /// Refused with `InsideRuntime`, whose text says `.await`.
    Inside,
    /// The client is closed, and the call returns that error.
    Closed,
    /// The client was not started, and the error says what the runtime lacks.
    Lacking,
}

use Outcome::{Closed, Inside, Lacking, Right};

/// The result of each call, in the order of [`CALLS`].
const TABLE: [(Caller, Place, [Outcome; 7]); 30] = [
    (Caller::NoRuntime, Place::Default, [Right; 7]),
    (Caller::CurrentThread, Place::Default, [Right; 7]),
    (Caller::CurrentThreadTask, Place::Default, [Right; 7]),
    (Caller::MultiThreadOne, Place::Default, [Right; 7]),
    (Caller::MultiThreadFour, Place::Default, [Right; 7]),
    (Caller::MultiThreadBlockOn, Place::Default, [Right; 7]),
    (Caller::LocalSet, Place::Default, [Right; 7]),
    (Caller::LocalSetOnMultiThread, Place::Default, [Right; 7]),
    (Caller::SpawnBlocking, Place::Default, [Right; 7]),
    (Caller::SpawnBlockingOnMultiThread, Place::Default, [Right; 7]),
    (Caller::Entered, Place::Default, [Right; 7]),
    (Caller::NestedBlockOn, Place::Default, [Right; 7]),
    (Caller::NestedBlockInPlace, Place::Default, [Right; 7]),
    (Caller::WithoutTimers, Place::Default, [Right; 7]),
    (Caller::SecondTest, Place::Default, [Right; 7]),
    (Caller::NoRuntime, Place::Given, [Right; 7]),
    (Caller::CurrentThread, Place::Given, INSIDE),
    (Caller::CurrentThreadTask, Place::Given, INSIDE),
    (Caller::MultiThreadOne, Place::Given, INSIDE),
    (Caller::MultiThreadFour, Place::Given, INSIDE),
    (Caller::MultiThreadBlockOn, Place::Given, [Right; 7]),
    (Caller::LocalSet, Place::Given, INSIDE),
    (Caller::LocalSetOnMultiThread, Place::Given, [Right; 7]),
    (Caller::SpawnBlocking, Place::Given, [Right; 7]),
    (Caller::SpawnBlockingOnMultiThread, Place::Given, [Right; 7]),
    (Caller::Entered, Place::Given, [Right; 7]),
    (Caller::NestedBlockOn, Place::Given, [Right, Inside, Inside, Inside, Inside, Right, Right]),
    // These waits would end, but tokio cannot distinguish this thread from a worker.
    (Caller::NestedBlockInPlace, Place::Given, INSIDE),
    (Caller::WithoutTimers, Place::Given, [Lacking; 7]),
    // The first test has ended the runtime and thereby the client. Everything was delivered then.
    (Caller::SecondTest, Place::Given, [Right, Closed, Closed, Right, Right, Right, Right]),
];

/// The row in which blocking waits are refused, and all other calls succeed.
const INSIDE: [Outcome; 7] = [Right, Inside, Right, Inside, Inside, Right, Right];

fn current_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn multi_thread(workers: usize) -> Runtime {
    Builder::new_multi_thread().worker_threads(workers).enable_all().build().unwrap()
}

type Body = Box<dyn FnOnce() -> BoxFuture<()> + Send>;

/// Returns the runtime of the caller, and the runtime for the client if it is another one.
fn runtimes(caller: Caller) -> (Runtime, Option<Runtime>) {
    match caller {
        Caller::NoRuntime => (current_thread(), Some(multi_thread(1))),
        Caller::SecondTest => (current_thread(), Some(current_thread())),
        Caller::WithoutTimers => (Builder::new_current_thread().build().unwrap(), None),
        Caller::MultiThreadOne => (multi_thread(1), None),
        Caller::CurrentThread
        | Caller::CurrentThreadTask
        | Caller::LocalSet
        | Caller::SpawnBlocking
        | Caller::NestedBlockOn => (current_thread(), None),
        Caller::MultiThreadFour
        | Caller::MultiThreadBlockOn
        | Caller::LocalSetOnMultiThread
        | Caller::SpawnBlockingOnMultiThread
        | Caller::Entered
        | Caller::NestedBlockInPlace => (multi_thread(4), None),
    }
}

/// Runs this body as the caller.
fn run(caller: Caller, runtime: &Runtime, body: Body) {
    match caller {
        Caller::NoRuntime => fh_client::block_on(body()),
        Caller::CurrentThread
        | Caller::MultiThreadBlockOn
        | Caller::WithoutTimers
        | Caller::SecondTest => runtime.block_on(async { body().await }),
        Caller::CurrentThreadTask | Caller::MultiThreadOne | Caller::MultiThreadFour => {
            let task = runtime.spawn(async { body().await });
            runtime.block_on(task).unwrap();
        }
        Caller::LocalSet | Caller::LocalSetOnMultiThread => {
            let local = LocalSet::new();
            let task = local.spawn_local(async { body().await });
            runtime.block_on(local.run_until(task)).unwrap();
        }
        Caller::SpawnBlocking | Caller::SpawnBlockingOnMultiThread => runtime.block_on(async {
            spawn_blocking(|| Handle::current().block_on(async { body().await })).await.unwrap();
        }),
        Caller::Entered => {
            let _inside = runtime.enter();
            fh_client::block_on(async { body().await });
        }
        Caller::NestedBlockOn => {
            runtime.block_on(async { fh_client::block_on(async { body().await }) });
        }
        Caller::NestedBlockInPlace => {
            let task = runtime.spawn(async {
                block_in_place(|| Handle::current().block_on(async { body().await }));
            });
            runtime.block_on(task).unwrap();
        }
    }
}

fn of_wait(waited: Result<(), NotReady>) -> Outcome {
    match waited {
        Ok(()) => Right,
        Err(NotReady::Closed) => Closed,
        Err(inside @ NotReady::InsideRuntime) => {
            assert!(inside.to_string().contains("`ready().await`"), "{inside}");
            Inside
        }
        Err(other) => panic!("{other}"),
    }
}

fn of_flush(flushed: Result<(), FlushError>) -> Outcome {
    match flushed {
        Ok(()) => Right,
        Err(inside @ FlushError::InsideRuntime) => {
            assert!(inside.to_string().contains("`flushed(limit).await`"), "{inside}");
            Inside
        }
        Err(other) => panic!("{other}"),
    }
}

/// One cell of the table.
#[derive(Clone)]
struct Cell {
    caller: Caller,
    place: Place,
    call: Call,
    redis: String,
}

impl Cell {
    fn name(&self) -> String {
        format!("{:?}, {:?}, {:?}", self.caller, self.place, self.call)
    }

    fn builder(&self, edge: &FakeEdge, given: &Handle) -> ClientBuilder {
        let transport = ReqwestTransport::builder().no_proxy().build().unwrap();
        let builder = Client::builder(edge.url(), edge.client_key()).transport(transport);
        match self.place {
            Place::Default => builder,
            Place::Given => builder.runtime(given.clone()),
        }
    }

    fn store(&self, client: &Client) -> RedisStore {
        RedisStore::builder(self.redis.as_str()).prefix(self.name()).attach(client).unwrap()
    }

    /// Makes the call. Returns its outcome, and a handle of the client if the call leaves one.
    async fn made(self, start: impl Future<Output = Started>) -> (Outcome, Option<Client>) {
        let (client, store) = match start.await {
            Ok(started) => started,
            Err(lacking @ StartError::Runtime(_)) => {
                assert!(lacking.to_string().contains("`enable_all`"), "{lacking}");
                return (Lacking, None);
            }
            Err(other) => panic!("{other}"),
        };
        let outcome = match self.call {
            Call::Start => Right,
            Call::WaitReady => of_wait(client.wait_ready(LIMIT)),
            Call::Ready => of_wait(client.ready().await),
            Call::Flush => of_flush(client.flush(LIMIT)),
            Call::StoreFlush => {
                let _ = client.ready().await;
                of_flush(store.unwrap().flush(LIMIT))
            }
            Call::Close => {
                client.close();
                client.close();
                assert_eq!(client.readiness(), Readiness::Closed);
                Right
            }
            Call::Drop => {
                drop(client);
                return (Right, None);
            }
        };
        (outcome, Some(client))
    }

    /// Makes the call as the caller, and checks its effects from outside. Returns the outcome.
    fn outcome(self) -> Outcome {
        let edge = FakeEdge::start().unwrap();
        edge.set_feature(Feature::string("COLOUR", "red"));
        let (runtime, other) = runtimes(self.caller);
        let given = other.as_ref().unwrap_or(&runtime).handle().clone();
        let builder = self.builder(&edge, &given);
        let cell = self.clone();
        let starts = move || -> Started {
            let client = builder.start()?;
            let store = (cell.call == Call::StoreFlush).then(|| cell.store(&client));
            Ok((client, store))
        };
        let (tell, told) = channel();
        let cell = self.clone();
        if self.caller == Caller::SecondTest {
            // The first test, whose runtime ends with it.
            let first = other.unwrap();
            let started = first.block_on(async {
                let started = starts();
                started.as_ref().unwrap().0.ready().await.unwrap();
                started
            });
            drop(first);
            let body: Body = Box::new(move || {
                Box::pin(async move { tell.send(cell.made(async { started }).await).unwrap() })
            });
            run(self.caller, &runtime, body);
        } else {
            let body: Body = Box::new(move || {
                Box::pin(async move { tell.send(cell.made(async { starts() }).await).unwrap() })
            });
            run(self.caller, &runtime, body);
        }
        let (outcome, client) = told.recv().unwrap();
        if let (Call::Start, Some(client)) = (self.call, &client)
            && self.place == Place::Default
        {
            client.wait_ready(LIMIT).unwrap();
        }
        if let (Call::StoreFlush, Right, Place::Default) = (self.call, outcome, self.place) {
            let stored = redis::Client::open(self.redis.as_str()).unwrap();
            let environment = client.as_ref().unwrap().environments().remove(0);
            let list: Option<String> = redis::cmd("GET")
                .arg(format!("{}_{environment}", self.name()))
                .query(&mut stored.get_connection().unwrap())
                .unwrap();
            assert!(list.is_some_and(|list| list.contains("red")));
        }
        // After every call the client ends: it was closed, its last handle is dropped, or its runtime ends.
        if let (Call::Close, Some(client), Place::Default) = (self.call, &client, self.place) {
            fh_client::block_on(client.closed());
        }
        drop(runtime);
        if let (Call::Close, Some(client)) = (self.call, client) {
            fh_client::block_on(client.closed());
        }
        edge.wait_until(PATIENCE, |seen| seen.open_connections() == 0).unwrap();
        outcome
    }
}

type Started = Result<(Client, Option<RedisStore>), StartError>;

#[test]
fn each_call_in_each_runtime_is_right_or_refused_at_once() {
    let server = Server::start();
    let mut wrong = Vec::new();
    for (caller, place, row) in TABLE {
        for (call, expected) in CALLS.into_iter().zip(row) {
            let cell = Cell { caller, place, call, redis: server.url() };
            let name = cell.name();
            let (tell, told) = channel();
            let running = thread::spawn(move || {
                let _ = tell.send(cell.outcome());
            });
            match told.recv_timeout(PATIENCE) {
                Ok(outcome) if outcome == expected => {}
                Ok(outcome) => wrong.push(format!("{name}: {outcome:?}, not {expected:?}")),
                Err(RecvTimeoutError::Timeout) => wrong.push(format!("{name}: hangs")),
                Err(RecvTimeoutError::Disconnected) => {
                    let why = running.join().unwrap_err();
                    let why = why.downcast_ref::<String>().cloned().unwrap_or_default();
                    wrong.push(format!("{name}: {why}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}
