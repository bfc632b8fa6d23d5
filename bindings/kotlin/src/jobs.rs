//! The jobs of the threads of Java: calls of functions of the program, operations that end later, and log records.

use std::sync::{Arc, Mutex, PoisonError};

use fh_binding::callbacks::{Callback, Invocation, Progress, Pump, Seat};
use fh_binding::logs::Sink;
use fh_binding::operations::{Task, event, written};
use jni_sys::{jlong, jobject, jobjectArray, jvalue};

use crate::classes::{attached, classes};
use crate::env::Env;
use crate::functions::Function;
use crate::handles::Handles;

/// A job of a thread of Java.
pub(crate) enum Job {
    /// A call of a function with an event.
    Call(Invocation<Function>),
    /// A step of an operation.
    Poll(Arc<Task<Function>>),
    /// The log records that wait.
    Logs,
}

pub(crate) static PUMP: Pump<Job> = Pump::new(|seat| start(seat).is_some());

/// The function that gets the log records.
pub(crate) static SINK: Sink<Function> = Sink::empty();

impl Callback for Function {
    type Job = Job;

    fn pump() -> &'static Pump<Job> {
        &PUMP
    }
}

/// The threads that take jobs, and the calls in progress, by the numbers that Java has for them.
static SEATS: Handles<Arc<Seat<Job>>> = Handles::new();
static CALLS: Handles<Mutex<Progress>> = Handles::new();

impl From<Invocation<Function>> for Job {
    fn from(call: Invocation<Function>) -> Self {
        Self::Call(call)
    }
}

/// Makes Java start a thread that takes jobs.
fn start(seat: Seat<Job>) -> Option<()> {
    let (classes, env) = attached()?;
    let number = SEATS.add(Arc::new(seat));
    if !classes.call(env, classes.start_thread, &[jvalue { j: number }]) {
        SEATS.take(number);
        return None;
    }
    Some(())
}

impl Job {
    /// Returns the function that Java calls for the job, as a new reference, and the text for it. A step that does not end its operation, and a
    /// call whose registration has ended, need no function.
    fn run(self, env: Env<'_>) -> Option<(jobject, String)> {
        match self {
            Self::Call(call) => {
                let (target, given) = call.take()?;
                Some((env.local(target.function().object().raw()), event(&given)))
            }
            Self::Poll(task) => {
                let (done, answer) = task.step()?;
                Some((env.local(done.object().raw()), written(answer)))
            }
            Self::Logs => {
                let (sink, records) = SINK.waiting()?;
                Some((env.local(sink.object().raw()), records))
            }
        }
    }
}

/// Waits for the next call of a thread. Returns the function, the text for it, and the number of the call as text; null if the thread should
/// end.
pub(crate) fn next(env: Env<'_>, seat: jlong) -> Option<jobjectArray> {
    let place = SEATS.get(seat)?;
    let classes = classes()?;
    while let Some((job, progress)) = place.next() {
        let Some((function, text)) = job.run(env) else {
            progress.finish();
            continue;
        };
        let text = env.text(&text);
        let number = CALLS.add(Mutex::new(progress));
        let call = env.text(&number.to_string());
        let array = env.array(classes.object.raw(), [function, text, call].into_iter());
        if array.is_none() {
            // Memory is short. The call fails, and the exception ends the thread.
            CALLS.take(number);
        }
        return array;
    }
    SEATS.take(seat);
    None
}

/// Ends a call.
pub(crate) fn finish(call: jlong, has_failed: bool) {
    let Some(progress) = CALLS.take(call) else { return };
    let progress = progress.into_inner().unwrap_or_else(PoisonError::into_inner);
    if has_failed {
        progress.fail();
    }
    progress.finish();
}
