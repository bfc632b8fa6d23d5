//! The functions of the program, which threads of Java call.

use std::sync::Mutex;

use fh_binding::callbacks::{Callback, Event, Invocation, Progress, Pump, Registration, Seat};
use jni_sys::{jlong, jobject, jobjectArray, jvalue};
use serde_json::{Value, json};

use crate::classes::classes;
use crate::env::{Env, Global};
use crate::handles::Handles;

/// A function of the program: an object of the package's class `Callback`.
pub(crate) struct Function(Global);

pub(crate) type Registry = fh_binding::callbacks::Registry<Function>;

/// A call of a function.
pub(crate) struct Job(Invocation<Function>);

static PUMP: Pump<Job> = Pump::new(|seat| start(seat).is_some());

/// The threads that take calls, the calls in progress, and the registrations, by the numbers that Java has for them.
static SEATS: Handles<std::sync::Arc<Seat<Job>>> = Handles::new();
static CALLS: Handles<Mutex<Progress>> = Handles::new();
pub(crate) static REGISTRATIONS: Handles<Registration<Function>> = Handles::new();

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

impl Function {
    pub(crate) fn of(env: Env<'_>, object: jobject) -> Option<Self> {
        env.global(object).map(Self)
    }
}

/// Makes Java start a thread that takes calls.
fn start(seat: Seat<Job>) -> Option<()> {
    let classes = classes()?;
    let env = classes.vm.attached()?;
    let number = SEATS.add(std::sync::Arc::new(seat));
    env.call_static(classes.bridge.raw(), classes.start_thread.0, &[jvalue { j: number }]);
    if env.check().is_err() {
        env.clear_exception();
        SEATS.take(number);
        return None;
    }
    Some(())
}

/// Waits for the next call of a thread. Returns the function, the event as JSON, and the number of the call as text; null if the thread
/// should end.
pub(crate) fn next(env: Env<'_>, seat: jlong) -> Option<jobjectArray> {
    let place = SEATS.get(seat)?;
    let classes = classes()?;
    while let Some((Job(call), progress)) = place.next() {
        let Some((target, event)) = call.take() else {
            progress.finish();
            continue;
        };
        let function = env.local(target.function().0.raw());
        drop(target);
        let event = env.text(&json_of(&event).to_string());
        let number = CALLS.add(Mutex::new(progress));
        let text = env.text(&number.to_string());
        let array = env.array(classes.object.raw(), &[function, event, text]);
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
    let progress = progress.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    if has_failed {
        progress.fail();
    }
    progress.finish();
}

/// Returns an event as JSON.
fn json_of(event: &Event) -> Value {
    match event {
        Event::Change(change) => json!({
            "event": "change",
            "key": &*change.key,
            "old": change.old.as_ref().map(ToString::to_string),
            "new": change.new.as_ref().map(ToString::to_string),
            "wasLocked": change.was_locked,
            "isLocked": change.is_locked,
            "exists": change.exists,
            "version": change.version,
        }),
        Event::Readiness(change) => {
            json!({ "event": "readiness", "readiness": change.readiness.as_str(), "isFirst": change.is_first })
        }
        Event::Status(status) => json!({
            "event": "status",
            "readiness": status.readiness.as_str(),
            "connection": status.connection.as_str(),
            "problem": status.problem.as_ref().map(fh_client::Problem::as_str),
            "message": status.problem.as_ref().map(ToString::to_string),
        }),
        Event::NewState(state) => json!({
            "event": "newState",
            "isHeld": state.is_held,
            "keys": state.keys.iter().map(|key| &**key).collect::<Vec<_>>(),
        }),
        Event::Notice(notice) => {
            json!({ "event": "notice", "kind": notice.as_str(), "text": notice.to_string() })
        }
        Event::Raw(update) => json!({ "event": "raw", "json": &*update.json }),
        Event::Usage(_) | Event::Closed => json!({ "event": "closed" }),
    }
}
