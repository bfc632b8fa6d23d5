//! Replays recorded inputs to a session that may behave differently.

use std::panic::{AssertUnwindSafe, catch_unwind};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use fh_eval::Attributes;
use fh_repository::source::Source;
use fh_repository::time::Millis;
use fh_session::{ApiKeys, CommandId, End, Input, ResponseHead};

use super::form::{self, Conversation};
use super::record::Recorder;

/// Returns the position of the first step in which a session does something else than the recorded one; `None` if there is no such step. A panic counts as another behaviour.
pub fn first_difference(session: &Recorder, conversation: &Conversation) -> Option<usize> {
    let mut session = session.anew();
    session.record(String::new());
    conversation.steps.iter().position(|step| {
        let replayed =
            catch_unwind(AssertUnwindSafe(|| hand_in(&mut session, step.at, &step.input)));
        !matches!(replayed, Ok(Some(()))) || session.last_step() != Some(step)
    })
}

/// Hands a recorded input to a session. Returns `None` if the input belongs to a request that the session has not sent.
fn hand_in(session: &mut Recorder, at: u64, input: &form::Input) -> Option<()> {
    let now = Millis::new(at);
    match input {
        form::Input::Start => session.handle(now, Input::Start),
        form::Input::Tick => session.handle(now, Input::Tick),
        form::Input::Stop => session.handle(now, Input::Stop),
        form::Input::Suspend => session.handle(now, Input::Suspend),
        form::Input::Resume => session.handle(now, Input::Resume),
        form::Input::FeatureRead => session.handle(now, Input::FeatureRead),
        form::Input::Refresh { command } => {
            session.handle(now, Input::Refresh(CommandId(*command)));
        }
        form::Input::Context { command, attributes } => {
            let attributes = attributes
                .iter()
                .fold(Attributes::builder(), |builder, (name, values)| {
                    builder.attribute(name, values.as_slice())
                })
                .build();
            session.handle(now, Input::Context(CommandId(*command), attributes.into()));
        }
        form::Input::Keys { command, keys } => {
            let keys = ApiKeys::parse(keys).expect("valid keys");
            session.handle(now, Input::Keys(CommandId(*command), keys));
        }
        form::Input::Opened { request, status, headers } => {
            let request_id = session.request_id(*request)?;
            let head = headers
                .iter()
                .fold(ResponseHead::new(*status), |head, (name, value)| head.header(name, value));
            session.handle(now, Input::Opened { request_id, head: &head });
        }
        form::Input::Bytes { request, bytes } => {
            let request_id = session.request_id(*request)?;
            session.handle(now, Input::Bytes { request_id, bytes: &decoded(bytes) });
        }
        form::Input::Closed { request, end, text } => {
            let request_id = session.request_id(*request)?;
            let text = text.as_deref().unwrap_or_default();
            let end = match *end {
                "complete" => End::Complete,
                "broken" => End::Broken(text),
                "tls" => End::Tls(text),
                _ => End::ConnectTimeout,
            };
            session.handle(now, Input::Closed { request_id, end });
        }
        form::Input::Stored { source, environment, features } => {
            let (environment, features) = (environment.as_str().into(), decoded(features));
            let source = stored_by(source);
            session.handle(now, Input::Stored { source, environment, features: &features });
        }
        form::Input::StoredFeature { source, environment, feature } => {
            let (environment, feature) = (environment.as_str().into(), decoded(feature));
            let source = stored_by(source);
            session.handle(now, Input::StoredFeature { source, environment, feature: &feature });
        }
    }
    Some(())
}

fn decoded(base64: &str) -> Vec<u8> {
    BASE64_STANDARD.decode(base64).expect("recorded base64")
}

fn stored_by(source: &form::Source) -> Source {
    match source {
        form::Source::Polling => Source::Polling,
        form::Source::Streaming => Source::Streaming,
        form::Source::Snapshot => Source::Snapshot,
        form::Source::Store(name) => Source::Store(name.as_str().into()),
    }
}
