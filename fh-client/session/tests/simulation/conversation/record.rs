//! A session that can record its conversation.

use std::collections::VecDeque;

use fh_repository::status::SessionStatus;
use fh_repository::time::Millis;
use fh_session::{Action, Config, Input, RequestId, Session};

use super::form::{self, Conversation, Step};
use super::shown;

/// A session, and the record of its conversation if one is wanted.
pub struct Recorder {
    session: Session,
    config: Config,
    seed: u64,
    recording: Option<Recording>,
    /// The recorded actions that the caller has not taken yet.
    actions: VecDeque<Action>,
}

struct Recording {
    conversation: Conversation,
    /// The requests that were sent. Their numbers are their positions, from 1.
    request_ids: Vec<RequestId>,
    status: SessionStatus,
    deadline: Option<u64>,
    contact: Option<u64>,
}

impl Recorder {
    pub fn new(config: Config, seed: u64) -> Self {
        let session = Session::new(config.clone(), seed);
        Self { session, config, seed, recording: None, actions: VecDeque::new() }
    }

    /// Begins the record. The session must not have got an input yet.
    pub fn record(&mut self, name: String) {
        let conversation = Conversation {
            name,
            seed: self.seed.to_string(),
            config: shown::settings(&self.config),
            steps: Vec::new(),
        };
        self.recording = Some(Recording {
            conversation,
            request_ids: Vec::new(),
            status: SessionStatus::default(),
            deadline: None,
            contact: None,
        });
    }

    /// Ends the record, and returns it.
    pub fn recorded(&mut self) -> Option<Conversation> {
        self.recording.take().map(|recording| recording.conversation)
    }

    /// Returns a session with the same settings and the same seed that has got no input yet.
    #[cfg(mutants)]
    pub fn anew(&self) -> Self {
        Self::new(self.config.clone(), self.seed)
    }

    /// Returns the last step of the record.
    #[cfg(mutants)]
    pub fn last_step(&self) -> Option<&Step> {
        self.recording.as_ref()?.conversation.steps.last()
    }

    /// Returns the id of a recorded request by its number; `None` if the session has sent fewer requests.
    #[cfg(mutants)]
    pub fn request_id(&self, number: u64) -> Option<RequestId> {
        let at = usize::try_from(number).ok()?.checked_sub(1)?;
        self.recording.as_ref()?.request_ids.get(at).copied()
    }

    pub fn handle(&mut self, now: Millis, input: Input<'_>) {
        let Some(recording) = &mut self.recording else { return self.session.handle(now, input) };
        let form = recording.input(&input);
        self.session.handle(now, input);
        let taken: Vec<Action> = std::iter::from_fn(|| self.session.poll()).collect();
        let actions = taken.iter().map(|action| recording.action(action)).collect();
        let deadline = self.session.deadline().map(Millis::as_u64);
        let contact = self.session.last_contact().map(Millis::as_u64);
        recording.conversation.steps.push(Step {
            at: now.as_u64(),
            input: form,
            actions,
            deadline: (deadline != recording.deadline).then_some(deadline),
            contact: contact.filter(|_| contact != recording.contact),
        });
        (recording.deadline, recording.contact) = (deadline, contact);
        self.actions.extend(taken);
    }

    pub fn poll(&mut self) -> Option<Action> {
        self.actions.pop_front().or_else(|| self.session.poll())
    }

    pub fn deadline(&self) -> Option<Millis> {
        self.session.deadline()
    }

    pub fn status(&self) -> &SessionStatus {
        self.session.status()
    }
}

impl Recording {
    /// Returns the number of a request that was sent.
    fn number(&self, request_id: RequestId) -> u64 {
        let at = self.request_ids.iter().rposition(|sent| *sent == request_id);
        at.expect("a request that was sent") as u64 + 1
    }

    fn input(&self, input: &Input<'_>) -> form::Input {
        match input {
            Input::Start => form::Input::Start,
            Input::Tick => form::Input::Tick,
            Input::Stop => form::Input::Stop,
            Input::Suspend => form::Input::Suspend,
            Input::Resume => form::Input::Resume,
            Input::Refresh(command_id) => form::Input::Refresh { command: command_id.0 },
            Input::FeatureRead => form::Input::FeatureRead,
            Input::Context(command_id, attributes) => form::Input::Context {
                command: command_id.0,
                attributes: shown::context(attributes),
            },
            Input::Keys(command_id, keys) => {
                form::Input::Keys { command: command_id.0, keys: shown::keys(keys.iter()) }
            }
            Input::Opened { request_id, head } => form::Input::Opened {
                request: self.number(*request_id),
                status: head.status,
                headers: shown::headers(head),
            },
            Input::Bytes { request_id, bytes } => {
                form::Input::Bytes { request: self.number(*request_id), bytes: shown::bytes(bytes) }
            }
            Input::Closed { request_id, end } => {
                let (end, text) = shown::end(*end);
                form::Input::Closed { request: self.number(*request_id), end, text }
            }
            Input::Stored { source, environment, features } => form::Input::Stored {
                source: shown::source(source),
                environment: environment.to_string(),
                features: shown::bytes(features),
            },
            Input::StoredFeature { source, environment, feature } => form::Input::StoredFeature {
                source: shown::source(source),
                environment: environment.to_string(),
                feature: shown::bytes(feature),
            },
            other => panic!("no form of {other:?}"),
        }
    }

    fn action(&mut self, action: &Action) -> form::Action {
        match action {
            Action::Send(request_id, request) => {
                self.request_ids.push(*request_id);
                form::Action::Send {
                    request: self.number(*request_id),
                    kind: shown::kind(request.kind),
                    url: request.url.expose().to_string(),
                    headers: request.headers.clone(),
                }
            }
            Action::Abort(request_id) => form::Action::Abort { request: self.number(*request_id) },
            Action::Publish(publication) => shown::publication(publication),
            Action::Revoke(environments) => form::Action::Revoke {
                environments: environments.iter().map(ToString::to_string).collect(),
            },
            Action::Status(status) => {
                let changed = shown::changed(&self.status, status);
                self.status = status.clone();
                form::Action::Status { changed }
            }
            Action::Notice(notice) => form::Action::Notice { notice: shown::notice(notice) },
            Action::Raw(update) => form::Action::Raw {
                source: shown::source(&update.source),
                environment: update.environment.as_ref().map(ToString::to_string),
                kind: shown::raw_kind(update.kind),
                json: shown::sha256([update.json.as_bytes()]),
            },
            Action::ReportReads => form::Action::ReportReads,
            Action::Connect(..) | Action::Write(..) => {
                unreachable!("a session with an Edge opens no socket")
            }
            Action::CommandDone(command_id, outcome) => form::Action::CommandDone {
                command: command_id.0,
                outcome: match outcome {
                    Ok(readiness) => form::Outcome::Readiness(readiness.as_str()),
                    Err(problem) => form::Outcome::Problem(shown::problem(problem)),
                },
            },
        }
    }
}
