//! The threads that call functions of the program.

use std::sync::Arc;
use std::thread;

use fh_binding::callbacks::{Callback, Invocation, Pump, Seat};
use fh_binding::logs::Sink;
use fh_binding::operations::{Task, event, written};

use crate::function::{Function, NativeFunction};

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

/// The function that gets the log records.
pub(crate) static SINK: Sink<dyn NativeFunction> = Sink::empty();

impl Callback for Function {
    type Job = Job;

    fn pump() -> &'static Pump<Job> {
        &PUMP
    }
}

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
            Self::Logs => SINK.waiting().is_none_or(|(sink, records)| sink.call(records)),
        }
    }
}
