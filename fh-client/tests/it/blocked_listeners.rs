//! Listeners that do not return.

use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use fh_client::UsageOptions;
use tokio::runtime::Handle;

use crate::handles::{Tells, edge};
use crate::support::{PATIENCE, soon, started};

/// A gate at which calls hang until the test opens it.
struct Gate {
    entered: mpsc::Sender<()>,
    may_leave: Mutex<mpsc::Receiver<()>>,
}

impl Gate {
    fn new() -> (Self, mpsc::Receiver<()>, mpsc::Sender<()>) {
        let ((entered, is_entered), (leave, may_leave)) = (mpsc::channel(), mpsc::channel());
        (Self { entered, may_leave: Mutex::new(may_leave) }, is_entered, leave)
    }

    fn hang(&self) {
        self.entered.send(()).unwrap();
        let _ = self.may_leave.lock().unwrap().recv();
    }
}

#[test]
fn a_hanging_listener_delays_neither_listeners_nor_observers() {
    let edge = edge();
    let client = edge.client().start().unwrap();
    client.wait_ready(PATIENCE).unwrap();
    let (first, first_entered, first_leave) = Gate::new();
    let (second, second_entered, second_leave) = Gate::new();
    let _first = client.on_raw(move |_| first.hang());
    let _second = client.on_change("COLOUR", move |_| second.hang());
    let (told, changes) = mpsc::channel();
    let _changes = client.on_change("LIMIT", move |change| drop(told.send(change.new.clone())));
    let (told, uses) = mpsc::channel();
    let _observer = client.observe(Arc::new(Tells(told)), UsageOptions::default());
    edge.set("COLOUR", "blue");
    first_entered.recv_timeout(PATIENCE).unwrap();
    second_entered.recv_timeout(PATIENCE).unwrap();
    // Both listeners hang, and everything else continues.
    for limit in [8, 9] {
        edge.set("LIMIT", limit);
        let change = changes.recv_timeout(PATIENCE).unwrap();
        assert_eq!(change.map(|value| value.to_string()), Some(limit.to_string()));
        assert_eq!(client.number("LIMIT"), Some(f64::from(limit)));
        assert!(uses.recv_timeout(PATIENCE).unwrap().starts_with("LIMIT"));
    }
    // A flush times out while listeners hang.
    assert!(client.flush(Duration::from_millis(50)).is_err());
    drop((first_leave, second_leave));
    client.flush(PATIENCE).unwrap();
    client.close();
    soon(client.closed());
}

#[test]
fn listeners_that_block_all_threads_let_the_others_wait_until_one_returns() {
    let edge = edge();
    let client = started(edge.client());
    let (enter, entered) = mpsc::channel();
    let leave: Vec<_> = (0..64)
        .map(|_| {
            let (gate, is_entered, leave) = Gate::new();
            let enter = enter.clone();
            client
                .on_change("COLOUR", move |_| {
                    enter.send(()).unwrap();
                    gate.hang();
                })
                .detach();
            (is_entered, leave)
        })
        .collect();
    let (told, changes) = mpsc::channel();
    let _changes = client.on_change("LIMIT", move |change| drop(told.send(change.new.clone())));
    assert!(!client.status().are_listeners_waiting);
    edge.set("COLOUR", "blue");
    for blocked in 1..=64 {
        entered.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("{blocked} listeners block"));
    }
    assert!(client.status().are_listeners_waiting);
    assert!(client.status().to_string().contains("listeners block all threads"));
    edge.set("LIMIT", 8);
    soon(edge.delivered());
    assert_eq!(changes.try_recv(), Err(mpsc::TryRecvError::Empty));
    drop(leave);
    let change = changes.recv_timeout(PATIENCE).unwrap();
    assert_eq!(change.map(|value| value.to_string()).as_deref(), Some("8"));
    client.flush(PATIENCE).unwrap();
    assert!(!client.status().are_listeners_waiting);
}

#[tokio::test(start_paused = true)]
async fn a_program_that_does_not_deliver_is_reported_after_ten_seconds() {
    let edge = edge();
    let (told, mut notices) = tokio::sync::mpsc::unbounded_channel();
    let client = edge
        .client()
        .runtime(Handle::current())
        .manual_delivery(|| {})
        .on_notice(move |notice| told.send(notice.to_string()).unwrap())
        .start()
        .unwrap();
    client.ready().await.unwrap();
    let delivery = client.manual_delivery().unwrap();
    let second = async || {
        tokio::time::advance(Duration::from_secs(1)).await;
        tokio::task::yield_now().await;
    };
    for _ in 0..20 {
        delivery.deliver();
        second().await;
    }
    assert!(!client.status().are_listeners_waiting);
    edge.set("COLOUR", "blue");
    let mut seconds = 0;
    while !client.status().are_listeners_waiting {
        assert!(seconds < 60, "not reported");
        second().await;
        seconds += 1;
    }
    assert!(seconds >= 10, "{seconds}");
    delivery.deliver();
    assert!(notices.try_recv().unwrap().starts_with("the program has not delivered for 10 s"));
    assert!(!client.status().are_listeners_waiting);
}

/// The clock of the client is the paused one of the test.
#[tokio::test(start_paused = true)]
async fn a_listener_that_blocks_is_named_after_ten_seconds() {
    let edge = edge();
    let (gate, entered, leave) = Gate::new();
    let (told, mut notices) = tokio::sync::mpsc::unbounded_channel();
    let client = edge
        .client()
        .runtime(Handle::current())
        .on_notice(move |notice| told.send(notice.to_string()).unwrap())
        .start()
        .unwrap();
    client.ready().await.unwrap();
    let _blocked = client.on_change("COLOUR", move |_| gate.hang());
    let before = tokio::time::Instant::now();
    edge.set("COLOUR", "blue");
    // The clock stands still meanwhile.
    tokio::task::spawn_blocking(move || entered.recv_timeout(PATIENCE)).await.unwrap().unwrap();
    let month = Duration::from_secs(30 * 24 * 3600);
    let notice = tokio::time::timeout(month, notices.recv()).await.unwrap().unwrap();
    assert!(notice.starts_with("a listener of the feature COLOUR has not returned for 10 s"));
    assert!(before.elapsed() >= Duration::from_secs(10));
    drop(leave);
}
