//! The threads that call functions of the program.

use std::sync::Arc;
use std::thread;

use fh_binding::callbacks::{Event, Invocation, Pump, Seat};
use fh_binding::operations::{event, written};

use crate::function::Function;
use crate::logs;
use crate::operation::Task;

/// A job of a thread.
pub(crate) enum Job {
    /// A call of a function with an event.
    Call(Invocation<Function>),
    /// A step of an operation.
    Poll(Arc<Task>),
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
    /// Does the job. Returns false if a function of the program has failed.
    fn run(self) -> bool {
        match self {
            Self::Call(call) => {
                let Some((target, given)) = call.take() else { return true };
                let text = match &given {
                    Event::Closed => "closed".to_string(),
                    _ => event(&given).to_string(),
                };
                target.function().0.call(text)
            }
            Self::Poll(task) => task.poll().is_none_or(|(done, answer)| done.call(written(answer))),
            Self::Logs => logs::waiting().is_none_or(|(sink, records)| sink.call(records)),
        }
    }
}
