//! Pools of contexts for server-evaluated keys (D-120).

use std::collections::HashSet;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::thread::{self, ThreadId};
use std::time::Duration;

use fh_client::testing::{CLIENT_KEY, Fault, MemoryEdge, SERVER_KEY};
use fh_client::transport::{BoxFuture, Response, Transport, TransportError, TransportRequest};
use fh_client::{
    Attributes, Client, ContextPool, ContextPoolError, Observer, Problem, Readiness, Reason, Stage,
    UsageEvent, UsageOptions,
};
use serde_json::json;
use tokio::runtime::Handle;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::support::{PATIENCE, quick, soon, started};

/// Returns an Edge with a feature that is `even` for users with an even number, and `odd` for all others.
fn edge() -> MemoryEdge {
    let edge = MemoryEdge::new();
    edge.set("PARITY", "odd");
    let even: Vec<String> = (0..300).step_by(2).map(|number| format!("user{number}")).collect();
    let rule =
        json!({"fieldName": "userkey", "type": "STRING", "conditional": "EQUALS", "values": even});
    edge.set_strategies("PARITY", &json!([{"value": "even", "attributes": [rule]}]));
    edge
}

fn user(number: usize) -> Attributes {
    Attributes::builder().user_key(format!("user{number}")).build()
}

fn parity(number: usize) -> &'static str {
    if number.is_multiple_of(2) { "even" } else { "odd" }
}

/// The time of each request on tokio's clock, and its user.
type Sent = Arc<Mutex<Vec<(Instant, String)>>>;

/// A transport to an Edge in memory that records the time and user of each request.
struct Timed(MemoryEdge, Sent);

impl Transport for Timed {
    fn send(&self, request: TransportRequest) -> BoxFuture<Result<Response, TransportError>> {
        let header = request.headers.iter().find(|(name, _)| name == "x-featurehub");
        let user = header.map(|(_, context)| context.replace("userkey=", "")).unwrap_or_default();
        self.1.lock().unwrap().push((Instant::now(), user));
        self.0.send(request)
    }
}

/// Returns an offline client on this test's runtime, whose clock is paused, and the requests of its pool.
fn timed(edge: &MemoryEdge) -> (Client, Sent) {
    let sent = Sent::default();
    let builder =
        edge.client_with(SERVER_KEY).offline().transport(Timed(edge.clone(), Arc::clone(&sent)));
    (builder.runtime(Handle::current()).start().unwrap(), sent)
}

#[test]
fn each_context_has_its_own_values() {
    let edge = edge();
    let client = started(edge.client_with(SERVER_KEY));
    let pool = client.context_pool(20).requests_per_second(1_000);
    thread::scope(|scope| {
        for worker in 0..4 {
            let pool = &pool;
            scope.spawn(move || {
                for number in (worker..60).step_by(4) {
                    let context = soon(pool.get(user(number))).unwrap();
                    // The pool may have evicted this context for another one. It then has no value, least of all another user's.
                    let detail = context.detail("PARITY");
                    match detail.reason {
                        Reason::NotReady => assert_eq!(detail.value, None),
                        _ => assert_eq!(context.string("PARITY").as_deref(), Some(parity(number))),
                    }
                }
            });
        }
    });
    assert_eq!(pool.live(), 20);
}

#[tokio::test(start_paused = true)]
async fn equal_attributes_share_a_context_and_the_least_recently_used_is_evicted() {
    let edge = edge();
    let (client, sent) = timed(&edge);
    let pool = client.context_pool(2);
    let zero = pool.get(user(0)).await.unwrap();
    let one = pool.get(user(1)).await.unwrap();
    let again = pool.get(user(0)).await.unwrap();
    assert_eq!(again.string("PARITY").as_deref(), Some("even"));
    assert_eq!(sent.lock().unwrap().len(), 2);
    let two = pool.get(user(2)).await.unwrap();
    // The context of user 1 was returned least recently.
    assert_eq!(one.client().readiness(), Readiness::Closed);
    one.client().closed().await;
    assert_eq!(one.detail("PARITY").reason, Reason::NotReady);
    assert_eq!(one.string("PARITY"), None);
    assert_eq!(zero.string("PARITY").as_deref(), Some("even"));
    assert_eq!(two.string("PARITY").as_deref(), Some("even"));
    assert_eq!(pool.live(), 2);
    // The pool makes a new context for user 1. The evicted one stays closed.
    let back = pool.get(user(1)).await.unwrap();
    assert_eq!(back.string("PARITY").as_deref(), Some("odd"));
    assert_eq!(one.detail("PARITY").reason, Reason::NotReady);
    // All contexts end with the pool, and have no values any more.
    drop(pool);
    back.client().closed().await;
    assert_eq!(back.detail("PARITY").reason, Reason::NotReady);
}

/// There are more callers than the pool has places, and more than it can serve in time. Callers are served in the order of arrival,
/// until their deadlines.
#[tokio::test(start_paused = true)]
async fn many_callers_are_served_in_order_until_their_deadlines() {
    let edge = edge();
    let (client, sent) = timed(&edge);
    let pool = client.context_pool(20).requests_per_second(10);
    let start = Instant::now();
    let mut crowd = JoinSet::new();
    for number in 0..200 {
        let pool = pool.clone();
        crowd
            .spawn(async move { (number, pool.get(user(number)).await.map(drop), Instant::now()) });
        // Each caller arrives before the next one.
        tokio::task::yield_now().await;
    }
    let mut outcomes = crowd.join_all().await;
    outcomes.sort_by_key(|(number, ..)| *number);
    let served = outcomes.iter().take_while(|(_, outcome, _)| outcome.is_ok()).count();
    // 10 requests at once and 10 more per second, within the 12 seconds of a poll's time limit.
    assert!((115..=130).contains(&served), "{served}");
    for (number, outcome, at) in &outcomes[served..] {
        let late = Err(ContextPoolError::Edge(Problem::TimedOut(Stage::Context)));
        assert_eq!((*outcome).clone(), late, "{number}");
        assert_eq!(at.duration_since(start).as_secs(), 12, "{number}");
    }
    let sent = sent.lock().unwrap().clone();
    for window in sent.windows(11) {
        assert!(window[10].0 - window[0].0 >= Duration::from_secs(1), "{window:?}");
    }
    let order: Vec<String> = sent.iter().map(|(_, user)| user.clone()).take(served).collect();
    let arrival: Vec<String> = (0..served).map(|number| format!("user{number}")).collect();
    assert_eq!(order, arrival);
}

#[tokio::test(start_paused = true)]
async fn a_silent_edge_is_a_timeout_and_the_context_stays() {
    let edge = edge();
    let (client, _) = timed(&edge);
    let pool = client.context_pool(1);
    edge.fail(Fault::Silence);
    let before = Instant::now();
    let late = pool.get(user(4)).await.unwrap_err();
    assert!(matches!(late, ContextPoolError::Edge(Problem::TimedOut(_))), "{late}");
    assert_eq!(before.elapsed().as_secs(), 12);
    assert_eq!(pool.live(), 1);
    edge.heal();
    let context = pool.get(user(4)).await.unwrap();
    assert_eq!(context.string("PARITY").as_deref(), Some("even"));
}

/// A caller that stops waiting frees its place for other callers.
#[tokio::test(start_paused = true)]
async fn a_cancelled_call_frees_its_place() {
    let edge = edge();
    let (client, _) = timed(&edge);
    let pool = client.context_pool(1);
    edge.fail_next(Fault::Silence);
    let second = Duration::from_secs(1);
    assert!(tokio::time::timeout(second, pool.get(user(1))).await.is_err());
    // The only place belongs to a member that no caller waits for any more, so it is evicted.
    let context = tokio::time::timeout(second, pool.get(user(2))).await.unwrap().unwrap();
    assert_eq!(context.string("PARITY").as_deref(), Some("even"));
    assert_eq!(pool.live(), 1);
}

/// A caller that arrives when a place becomes free does not overtake callers that already wait for one.
#[tokio::test(start_paused = true)]
async fn a_free_place_goes_to_the_caller_that_waits_longest() {
    let edge = edge();
    let (client, sent) = timed(&edge);
    let pool = client.context_pool(1);
    edge.fail_next(Fault::Silence);
    let second = Duration::from_secs(1);
    let mut holder = Box::pin(pool.get(user(1)));
    assert!(tokio::time::timeout(second, holder.as_mut()).await.is_err());
    let mut waiting = Box::pin(pool.get(user(2)));
    assert!(tokio::time::timeout(second, waiting.as_mut()).await.is_err());
    // The late caller runs before the waiting one is woken.
    drop(holder);
    let (waiting, late) = tokio::join!(waiting, pool.get(user(3)));
    assert_eq!(
        waiting.unwrap().client().readiness(),
        Readiness::Closed,
        "the late one has its place"
    );
    assert_eq!(late.unwrap().string("PARITY").as_deref(), Some("odd"));
    let users: Vec<String> = sent.lock().unwrap().iter().map(|(_, user)| user.clone()).collect();
    assert_eq!(users, ["user1", "user2", "user3"]);
}

#[test]
fn updates_reach_the_contexts_and_their_listeners() {
    let edge = MemoryEdge::new();
    edge.set("COLOUR", "red");
    let client = started(edge.client_with(SERVER_KEY).configure(quick));
    let pool = client
        .context_pool(5)
        .requests_per_second(1_000)
        .polling_interval(Duration::from_millis(20));
    let one = soon(pool.get(user(1))).unwrap();
    let two = soon(pool.get(user(2))).unwrap();
    let (tell, told) = channel();
    let _heard: Vec<_> = [&one, &two]
        .map(|context| {
            let tell = tell.clone();
            context.on_change("COLOUR", move |change| {
                tell.send((thread::current().id(), change.new.clone())).unwrap();
            })
        })
        .into();
    edge.set("COLOUR", "blue");
    let heard: Vec<_> = (0..2).map(|_| told.recv_timeout(PATIENCE).unwrap()).collect();
    assert_eq!(heard[0], heard[1], "on one thread");
    assert_eq!(heard[0].1.as_ref().unwrap().to_string(), "blue");
    assert_eq!(one.string("COLOUR").as_deref(), Some("blue"));
}

#[test]
fn a_listener_of_one_context_that_hangs_delays_neither_the_context_nor_others() {
    let edge = MemoryEdge::new();
    edge.set("COLOUR", "red");
    edge.set("LIMIT", 7);
    let client = started(edge.client_with(SERVER_KEY).configure(quick));
    let pool = client
        .context_pool(5)
        .requests_per_second(1_000)
        .polling_interval(Duration::from_millis(20));
    let [one, two] = [1, 2].map(|number| soon(pool.get(user(number))).unwrap());
    let ((enter, entered), (leave, may_leave)) = (channel(), channel::<()>());
    let may_leave = Mutex::new(may_leave);
    let _hangs = one.on_change("COLOUR", move |_| {
        enter.send(()).unwrap();
        let _ = may_leave.lock().unwrap().recv();
    });
    let (tell, told) = channel();
    let _called: Vec<_> = [&one, &two]
        .map(|context| {
            let (tell, user) = (tell.clone(), context.attributes().clone());
            context.on_change("LIMIT", move |_| tell.send(user.clone()).unwrap())
        })
        .into();
    edge.set("COLOUR", "blue");
    entered.recv_timeout(PATIENCE).unwrap();
    edge.set("LIMIT", 8);
    let called: Vec<_> = (0..2).map(|_| told.recv_timeout(PATIENCE).unwrap()).collect();
    assert_ne!(called[0], called[1]);
    assert!(one.client().flush(Duration::from_millis(20)).is_err());
    two.client().flush(PATIENCE).unwrap();
    drop(leave);
    one.client().flush(PATIENCE).unwrap();
}

/// Records the threads and names of events.
#[derive(Clone, Default)]
struct Noted(Arc<Mutex<Vec<(ThreadId, String)>>>);

impl Observer for Noted {
    fn observe(&self, event: &UsageEvent) {
        self.0.lock().unwrap().push((thread::current().id(), event.name().to_string()));
    }
}

#[test]
fn usage_is_observed_on_one_thread_for_all() {
    let edge = edge();
    let noted = Noted::default();
    let client = edge.client_with(SERVER_KEY).observer(noted.clone(), UsageOptions::default());
    let client = started(client);
    let pool = client.context_pool(50).requests_per_second(1_000);
    let contexts: Vec<_> = (0..30).map(|number| soon(pool.get(user(number))).unwrap()).collect();
    noted.0.lock().unwrap().clear();
    for context in &contexts {
        assert!(context.string("PARITY").is_some());
        soon(context.client().flushed(PATIENCE));
    }
    let noted = noted.0.lock().unwrap();
    assert!(noted.len() >= 30, "{}", noted.len());
    let threads: HashSet<ThreadId> = noted.iter().map(|(thread, _)| *thread).collect();
    assert_eq!(threads.len(), 1);
    assert!(!threads.contains(&thread::current().id()));
}

#[test]
fn new_api_keys_replace_all_contexts() {
    let edge = edge();
    let client = started(edge.client_with(SERVER_KEY));
    let pool = client.context_pool(5);
    let old = soon(pool.get(user(1))).unwrap();
    soon(client.set_api_keys(["memory/another-server-key"])).unwrap();
    let new = soon(pool.get(user(1))).unwrap();
    soon(old.client().closed());
    assert_eq!(old.detail("PARITY").reason, Reason::NotReady);
    assert_eq!(new.string("PARITY").as_deref(), Some("odd"));
    assert!(edge.requests().last().unwrap().target.contains("another-server-key"));
    // With a client-evaluated key the pool sends no request and keeps no context.
    soon(client.set_api_keys([CLIENT_KEY])).unwrap();
    let requests = edge.requests().len();
    let here = soon(pool.get(user(2))).unwrap();
    assert_eq!(here.string("PARITY").as_deref(), Some("even"));
    assert_eq!(edge.requests().len(), requests);
    // The contexts with the former keys have ended, so they send no more requests.
    assert_eq!(pool.live(), 0);
    soon(new.client().closed());
    assert_eq!(new.detail("PARITY").reason, Reason::NotReady);
}

#[test]
fn errors_of_a_pool() {
    let edge = edge();
    let client = started(edge.client_with(SERVER_KEY));
    let pool = client.context_pool(ContextPool::DEFAULT_LIMIT);
    let many = (0..40).fold(Attributes::builder(), |many, n| many.attribute(&format!("a{n}"), [n]));
    let error = soon(pool.get(many.build())).unwrap_err();
    assert!(matches!(error, ContextPoolError::Edge(Problem::Context(_))), "{error}");
    assert_eq!(pool.live(), 0);
    edge.fail(Fault::Status(403));
    let error = soon(pool.get(user(1))).unwrap_err();
    assert_eq!(error, ContextPoolError::Edge(Problem::Unauthorised(403)));
    client.close();
    assert_eq!(soon(pool.get(user(1))).unwrap_err(), ContextPoolError::Edge(Problem::Closed));
    assert_eq!(pool.live(), 0);
}
