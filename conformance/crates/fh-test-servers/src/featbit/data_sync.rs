//! The answer to `data-sync`, and the faults in it.

use std::sync::Arc;
use std::thread;

use crate::server::{Ending, Faults, Protocol};

use crate::featbit::environment_state::EnvironmentState;
use crate::featbit::fault::Fault;
use crate::featbit::outbox::Item;
use crate::featbit::payload::{self, EventType};
use crate::featbit::state::{Shared, State};
use crate::featbit::streaming::Socket;

/// A flag that no client can decode.
const BAD_FLAG: &str =
    r#"{"id":7,"key":["bad-entity"],"updatedAt":"yesterday","variations":"none"}"#;

/// The id of the segment of [`NULL_OPERATOR_FLAG`].
const NULL_OPERATOR_SEGMENT: &str = r#"{"id":"00000000-0000-4000-8000-000000000a01","name":"null-operator","included":["member"],"excluded":[],"rules":[],"isArchived":false,"updatedAt":"2020-01-01T00:00:00.001Z"}"#;

/// A flag that is `true` for members of the segment. The `op` of its condition is null, as FeatBit itself writes it.
const NULL_OPERATOR_FLAG: &str = r#"{"id":"00000000-0000-4000-8000-000000000a02","key":"null-operator","name":"null-operator","variationType":"boolean","variations":[{"id":"on","value":"true"},{"id":"off","value":"false"}],"targetUsers":[],"rules":[{"id":"rule","name":"members","dispatchKey":null,"includedInExpt":false,"conditions":[{"id":"condition","property":"User is in segment","op":null,"value":"[\"00000000-0000-4000-8000-000000000a01\"]"}],"variations":[{"id":"on","rollout":[0,1],"exptRollout":1}]}],"isEnabled":true,"disabledVariationId":"off","fallthrough":{"dispatchKey":null,"includedInExpt":false,"variations":[{"id":"off","rollout":[0,1],"exptRollout":1}]},"exptIncludeAllTargets":false,"tags":[],"isArchived":false,"updatedAt":"2020-01-01T00:00:00.001Z"}"#;

/// Queues the answer to a timestamp. A change is either in it or pushed after it, because the caller holds the lock of the state.
pub(crate) fn answer(state: &mut State, socket: &Socket, timestamp: i64) {
    let faults = &socket.faults;
    let Some(environment) = state.environment(&socket.environment) else { return };
    if faults.has(&Fault::InvalidJson) {
        socket.outbox.send(Item::Message("this is not JSON".to_owned()));
    }
    if faults.has(&Fault::PushBeforeFull)
        && timestamp == 0
        && let Some(flag) = environment.latest_flag()
    {
        let patch = payload::data_sync(EventType::Patch, &[&flag.text], &[]);
        socket.outbox.send(Item::Message(patch));
    }
    let message = message(environment, faults, timestamp);
    let item = match cut(faults) {
        Some((keep, ending)) => Item::Cut { message, keep, ending },
        None => Item::Message(message),
    };
    let delay = faults.find(|fault| match fault {
        Fault::DelaySync(time) => Some(*time),
        _ => None,
    });
    let outbox = Arc::clone(&socket.outbox);
    match delay {
        _ if faults.has(&Fault::HoldSync) => state.held.push((outbox, item)),
        None => outbox.send(item),
        Some(time) => {
            // Without a thread the answer never comes, which is a delay too.
            let _ = thread::Builder::new().stack_size(Shared::STACK).spawn(move || {
                thread::sleep(time);
                outbox.send(item);
            });
        }
    }
}

fn message(environment: &EnvironmentState, faults: &Faults<Fault>, timestamp: i64) -> String {
    let (event, mut flags, mut segments) = environment.newer_than(timestamp);
    if faults.has(&Fault::BadEntity) {
        flags.insert(flags.len() / 2, BAD_FLAG);
    }
    if faults.has(&Fault::NullOperator) {
        flags.push(NULL_OPERATOR_FLAG);
        segments.push(NULL_OPERATOR_SEGMENT);
    }
    let mut message = payload::data_sync(event, &flags, &segments);
    let size = faults.find(|fault| match fault {
        Fault::Oversize(size) => Some(*size),
        _ => None,
    });
    if let Some(missing) = size.and_then(|size| size.checked_sub(message.len())) {
        // Spaces are allowed after a JSON value, so only the size is wrong.
        message.push_str(&" ".repeat(missing));
    }
    message
}

fn cut(faults: &Faults<Fault>) -> Option<(usize, Ending)> {
    faults.find(|fault| match fault {
        Fault::CutMessage { keep, reset: true } => Some((*keep, Ending::Reset)),
        Fault::CutMessage { keep, reset: false } => Some((*keep, Ending::Close)),
        _ => None,
    })
}
