//! The thread that calls listeners and observers (D-81): never the program's runtime, never the driver.

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Duration;

use fh_session::Hub;
use tokio::sync::watch;

/// Asks the thread to deliver, and to end. Dropping it does neither.
#[derive(Clone)]
pub(crate) struct Dispatcher {
    desk: Arc<Desk>,
    /// `None` if nobody is told anything.
    thread: Option<ThreadId>,
}

struct Desk {
    orders: Mutex<Orders>,
    bell: Condvar,
    /// The number of the last order that was carried out.
    done: watch::Sender<u64>,
}

#[derive(Default)]
struct Orders {
    /// The number of the last order.
    given: u64,
    /// Observers are to send what they hold, in about this time.
    flush: Option<Duration>,
    is_over: bool,
}

impl Desk {
    fn orders(&self) -> MutexGuard<'_, Orders> {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn order(&self, flush: Option<Duration>) -> u64 {
        let mut orders = self.orders();
        orders.given += 1;
        orders.flush = orders.flush.max(flush);
        let number = orders.given;
        drop(orders);
        self.bell.notify_one();
        number
    }
}

impl Dispatcher {
    /// One without a thread, which has never anything to deliver.
    pub(crate) fn idle() -> Self {
        // All that was ordered was carried out.
        let done = watch::Sender::new(u64::MAX);
        let desk = Desk { orders: Mutex::default(), bell: Condvar::new(), done };
        Self { desk: Arc::new(desk), thread: None }
    }

    /// Starts the thread.
    ///
    /// # Errors
    /// The platform gives no thread.
    pub(crate) fn start(hub: &Hub) -> io::Result<Self> {
        let desk = Arc::new(Desk {
            orders: Mutex::default(),
            bell: Condvar::new(),
            done: watch::Sender::new(0),
        });
        let (work, own) = (Arc::clone(&desk), hub.clone());
        let thread = thread::Builder::new()
            .name("fh-listeners".to_string())
            .spawn(move || deliver(&own, &work))?
            .thread()
            .id();
        let bell = Arc::clone(&desk);
        hub.set_waker(move || {
            bell.order(None);
        });
        Ok(Self { desk, thread: Some(thread) })
    }

    /// The thread delivers once more, and ends.
    pub(crate) fn end(&self) {
        let mut orders = self.desk.orders();
        orders.given += 1;
        orders.is_over = true;
        drop(orders);
        self.desk.bell.notify_one();
    }

    /// Waits until everything that happened before has been delivered. At once on the thread itself, which could only wait for
    /// itself.
    pub(crate) async fn delivered(&self) {
        self.carried_out(None).await;
    }

    /// The same, and observers have sent what they hold, in about this time.
    pub(crate) async fn flushed(&self, limit: Duration) {
        self.carried_out(Some(limit)).await;
    }

    async fn carried_out(&self, flush: Option<Duration>) {
        if Some(thread::current().id()) == self.thread {
            return;
        }
        let mut done = self.desk.done.subscribe();
        let order = self.desk.order(flush);
        // The thread's end is an answer, too.
        let _ = done.wait_for(|done| *done >= order).await;
    }
}

fn deliver(hub: &Hub, desk: &Desk) {
    let mut done = 0;
    loop {
        let orders = desk.orders();
        let mut orders = desk
            .bell
            .wait_while(orders, |orders| orders.given == done && !orders.is_over)
            .unwrap_or_else(PoisonError::into_inner);
        let (given, is_over, flush) = (orders.given, orders.is_over, orders.flush.take());
        drop(orders);
        match flush {
            Some(limit) => hub.flush_usage(limit),
            None => hub.deliver(),
        }
        done = given;
        // Who waits after the end need not.
        desk.done.send_replace(if is_over { u64::MAX } else { done });
        if is_over {
            return;
        }
    }
}
