//! Threads of the tests that take calls from a pump, as the threads of another language do.

use std::thread;
use std::time::Duration;

use fh_binding::callbacks::{Callback, Event, Invocation, Pump, Seat};
use fh_client::Client;
use fh_client::testing::MemoryEdge;

pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A function of the tests.
pub(crate) struct Function(Box<dyn Fn(Event) -> Result<(), String> + Send + Sync>);

pub(crate) fn function(
    call: impl Fn(Event) -> Result<(), String> + Send + Sync + 'static,
) -> Function {
    Function(Box::new(call))
}

pub(crate) struct Job(Invocation<Function>);

static PUMP: Pump<Job> = Pump::new(|seat| {
    thread::spawn(move || work(&seat));
    true
});

impl From<Invocation<Function>> for Job {
    fn from(call: Invocation<Function>) -> Self {
        Self(call)
    }
}

impl Callback for Function {
    type Job = Job;

    fn pump() -> &'static Pump<Job> {
        &PUMP
    }
}

/// Takes jobs until there is none. A function that panics ends its thread.
fn work(seat: &Seat<Job>) {
    while let Some((Job(call), progress)) = seat.next() {
        if let Some((target, event)) = call.take()
            && (target.function().0)(event).is_err()
        {
            progress.fail();
        }
        progress.finish();
    }
}

/// Returns a client that has the features of an Edge.
pub(crate) fn started(edge: &MemoryEdge) -> Client {
    let client = edge.client().start().unwrap();
    client.wait_ready(PATIENCE).unwrap();
    client
}
