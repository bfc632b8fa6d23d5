//! The threads that call functions of the program.

use std::sync::Arc;
use std::thread;

use fh_binding::callbacks::{Invocation, Pump, Seat};
use fh_binding::operations::{Task, event, written};

use crate::function::{Function, NativeFunction};
use crate::logs;

/// A job of a thread.
pub(crate) enum Job {
    /// A call of a function with an event.
    Call(Invocation<Function>),
    /// A step of an operation.
    Poll(Arc<Task<Arc<dyn NativeFunction>>>),
    /// The log records that wait.
    Logs,
}

pub(crate) static PUMP: Pump<Job> = Pump::new(start);

impl From<Invocation<Function>> for Job {
    fn from(call: Invocation<Function>) -> Self {
        Self::Call(call)
    }
}

/// Starts a thread that takes jobs. A function that panics fails its job, and ends the thread.
fn start(seat: Seat<Job>) -> bool {
    let work = move || {
        while let Some((job, progress)) = seat.next() {
            if !job.run() {
                progress.fail();
            }
            progress.finish();
        }
    };
    thread::Builder::new().name("fh-listeners".to_string()).spawn(work).is_ok()
}

impl Job {
    /// Calls the function of the job. Returns false if the function has failed.
    fn run(self) -> bool {
        match self {
            Self::Call(call) => {
                let Some((target, given)) = call.take() else { return true };
                target.function().0.call(event(&given))
            }
            Self::Poll(task) => task.step().is_none_or(|(done, answer)| done.call(written(answer))),
            Self::Logs => logs::SINK.waiting().is_none_or(|(sink, records)| sink.call(records)),
        }
    }
}
