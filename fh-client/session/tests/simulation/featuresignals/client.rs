//! A session under observation. Every step is checked against the invariants.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use fh_eval::{Attributes, Subject, Timestamp};
use fh_repository::problem::Problem;
use fh_repository::readiness::Readiness;
use fh_repository::rules::Rules;
use fh_repository::status::{Connection, SessionStatus};
use fh_repository::time::Millis;
use fh_session::featuresignals::Session;
use fh_session::{Action, CommandId, Input, RequestId};

use super::connection::Kind;
use super::limits::Limits;
use super::plan::{KEY, Plan};
use super::server::{User, Values};
use crate::invariant::{Broken, Invariant, hold};
use crate::random::Random;

/// Maximum duration of a command in milliseconds: the time limits of the requests of two polls, and slow timers.
const LONGEST_COMMAND: u64 = 180_000;
const MOST_ACTIONS: usize = 400;

/// What an input means, apart from its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fact {
    Tick,
    /// A command of the program.
    Command,
    /// An event of the network. The flag is true if the input completes a part, so that another part follows at once.
    Network {
        expects_part: bool,
    },
}

/// A command that waits, and the context that it sets.
struct Waiting {
    since: u64,
    context: Option<Arc<Attributes>>,
}

pub struct Client {
    pub session: Session,
    pub now: u64,
    pub poll: Option<RequestId>,
    pub stream: Option<RequestId>,
    pub limits: Limits,
    last_command: u64,
    commands: BTreeMap<CommandId, Waiting>,
    /// The context that was set last.
    pub newest: Arc<Attributes>,
    /// The context of the last poll.
    polled: Arc<Attributes>,
    pub rules: Option<Arc<Rules>>,
    status: SessionStatus,
    pub is_suspended: bool,
    keeps: bool,
    pub reached: BTreeSet<&'static str>,
}

/// What a step sends to the server.
#[derive(Debug, Default)]
pub struct Outside {
    pub aborted: Vec<RequestId>,
    pub sent: Vec<(RequestId, Kind)>,
    pub has_published: bool,
}

impl Client {
    pub fn new(plan: &Plan, random: &mut Random) -> Self {
        let session = Session::new(plan.config(), random.next());
        Self {
            status: session.status().clone(),
            session,
            now: 0,
            poll: None,
            stream: None,
            limits: Limits::new(plan),
            last_command: 0,
            commands: BTreeMap::new(),
            newest: Arc::default(),
            polled: Arc::default(),
            rules: None,
            is_suspended: false,
            keeps: plan.keeps,
            reached: BTreeSet::new(),
        }
    }

    /// Creates a command that waits from now on.
    pub fn command_id(&mut self, now: u64, context: Option<Arc<Attributes>>) -> CommandId {
        self.last_command += 1;
        self.commands.insert(CommandId(self.last_command), Waiting { since: now, context });
        CommandId(self.last_command)
    }

    pub fn has_commands(&self) -> bool {
        !self.commands.is_empty()
    }

    pub fn deadline(&self) -> Option<u64> {
        self.session.deadline().map(Millis::as_u64)
    }

    /// Returns the user and the values that the client serves.
    pub fn served(&self) -> Option<(User, Values)> {
        let rules = self.rules.as_ref()?;
        let subject = Subject::without_context(Timestamp::from_millis(0));
        let values = rules.ruleset().iter().map(|flag| {
            let value = flag.evaluate(&subject).string().unwrap_or_default().to_string();
            (flag.key().to_string(), value)
        });
        Some((User::of(&rules.evaluated_for()?.context), values.collect()))
    }

    /// Passes an input to the session, and checks the actions that follow.
    pub fn tell(&mut self, now: u64, input: Input<'_>, fact: Fact) -> Result<Outside, Broken> {
        self.now = self.now.max(now);
        let had_commands = self.has_commands();
        let former = self.status.clone();
        match &input {
            Input::Closed { request_id, .. } => {
                self.poll.take_if(|poll| poll == request_id);
                if self.stream.take_if(|stream| stream == request_id).is_some() {
                    self.limits.stream_ended(self.now);
                }
            }
            Input::Opened { request_id, head } if self.stream == Some(*request_id) => {
                self.limits.stream_opened(self.now, head);
            }
            Input::Opened { request_id, head } if self.poll == Some(*request_id) => {
                self.limits.poll_opened(head);
            }
            Input::Start | Input::Refresh(_) | Input::Context(..) | Input::Resume => {
                self.limits.commanded();
            }
            _ => {}
        }
        self.session.handle(Millis::new(now), input);
        if former.attempts > 0 && self.session.status().attempts == 0 {
            self.limits.returned();
        }
        let mut outside = Outside::default();
        let (mut actions, mut is_settling) = (0, false);
        while let Some(action) = self.session.poll() {
            actions += 1;
            hold(Invariant::Bounded, actions <= MOST_ACTIONS, || "too many actions".to_string())?;
            let is_outcome = matches!(action, Action::CommandDone(..));
            let was_stopped = former.connection == Connection::Closed;
            hold(Invariant::Stopped, !was_stopped || is_outcome, || format!("{action:?}"))?;
            hold(Invariant::Errands, is_outcome || !is_settling, || {
                format!("an outcome before {action:?}")
            })?;
            is_settling |= is_outcome;
            self.act(action, fact, had_commands, &mut outside)?;
        }
        let status = self.session.status().clone();
        hold(Invariant::Problem, status == self.status, || {
            format!("published {:?}, is {status:?}", self.status)
        })?;
        self.readiness(former.readiness, status.readiness)?;
        // The context that waited is polled for at once, or as soon as the limit of the request rate allows.
        let has_begun = outside.sent.iter().any(|(_, kind)| *kind != Kind::Stream);
        let is_next = has_begun || self.polled != self.newest;
        self.limits.failed(self.now, &former, &status, is_next)?;
        self.always()?;
        Ok(outside)
    }

    fn act(
        &mut self,
        action: Action,
        fact: Fact,
        had_commands: bool,
        outside: &mut Outside,
    ) -> Result<(), Broken> {
        match action {
            Action::Send(request_id, request) => {
                let kind = Kind::of(&request)?;
                let is_stream = kind == Kind::Stream;
                let is_wanted = !self.is_suspended
                    || (!is_stream && had_commands)
                    || (!is_stream && self.has_commands());
                hold(Invariant::Suspended, is_wanted, || format!("{kind:?}"))?;
                let live = if is_stream { &mut self.stream } else { &mut self.poll };
                hold(Invariant::OneRequest, live.is_none(), || {
                    format!("{kind:?} beside {live:?}")
                })?;
                *live = Some(request_id);
                let is_part = matches!(kind, Kind::Part(..));
                let continues = is_part && fact == Fact::Network { expects_part: true };
                if !is_stream && !continues {
                    self.polled = Arc::clone(&self.newest);
                }
                self.limits.sends(self.now, is_stream, continues)?;
                outside.sent.push((request_id, kind));
            }
            Action::Abort(request_id) => {
                if self.poll.take_if(|poll| *poll == request_id).is_some() {
                    self.limits.aborts_poll(self.now, fact)?;
                } else if self.stream.take_if(|stream| *stream == request_id).is_some() {
                    self.limits.aborts_stream(self.now, fact)?;
                } else {
                    let why = format!("aborts {request_id:?}, which is not in flight");
                    return Err(Broken { invariant: Invariant::OneRequest, why });
                }
                outside.aborted.push(request_id);
            }
            Action::Publish(publication) => {
                self.rules = Some(publication.rules);
                outside.has_published = true;
            }
            Action::Notice(notice) => {
                let polls_work = self.session.status().attempts == 0;
                hold(Invariant::Problem, polls_work, || format!("{notice:?} while polls fail"))?;
                self.reached.insert(match notice.as_str() {
                    "streams_refused" => "notice streams_refused",
                    other => other,
                });
            }
            Action::Status(status) => {
                let is_told =
                    status.problem.as_ref().is_some_and(|it| it.to_string().contains(KEY));
                hold(Invariant::Told, !is_told, || format!("{status:?}"))?;
                self.reached.insert(status.connection.as_str());
                self.reached.extend(status.problem.as_ref().map(Problem::as_str));
                self.status = status;
            }
            Action::CommandDone(command_id, outcome) => {
                let known = self.commands.remove(&command_id);
                hold(Invariant::Errands, known.is_some(), || format!("{command_id:?} again"))?;
                self.reached.extend(outcome.as_ref().err().map(Problem::as_str));
                self.done(known.and_then(|known| known.context), &outcome)?;
            }
            other => panic!("{other:?}"),
        }
        Ok(())
    }

    /// Checks the outcome of a command that set a context.
    fn done(
        &self,
        context: Option<Arc<Attributes>>,
        outcome: &Result<Readiness, Problem>,
    ) -> Result<(), Broken> {
        let Some(context) = context else { return Ok(()) };
        let is_served = || {
            let evaluated = self.rules.as_ref().and_then(|rules| rules.evaluated_for());
            evaluated.is_some_and(|evaluated| evaluated.context == context)
        };
        match outcome {
            Ok(_) => hold(Invariant::Told, is_served(), || "done without values".to_string()),
            Err(Problem::Superseded) => {
                hold(Invariant::Errands, context != self.newest, || "the newest one".to_string())
            }
            Err(_) => Ok(()),
        }
    }

    /// Checks that readiness changes only as it may, and that a client that is ready serves the values of its context.
    fn readiness(&self, before: Readiness, after: Readiness) -> Result<(), Broken> {
        use Readiness::{Closed, Failed, NotReady, Ready};
        let evaluated = self.rules.as_ref().and_then(|rules| rules.evaluated_for());
        let is_of_newest = evaluated.is_some_and(|evaluated| evaluated.context == self.newest);
        let may = before == after
            || match (before, after) {
                (NotReady | Failed, Ready) | (NotReady, Failed) | (_, Closed) => true,
                (Ready | Failed, NotReady) => !is_of_newest,
                _ => false,
            };
        hold(Invariant::Readiness, may, || format!("{before:?} to {after:?}"))?;
        let has_values = evaluated.is_some_and(|evaluated| evaluated.answers_for(&self.newest));
        hold(Invariant::Told, after != Ready || has_values, || {
            "ready without values of its context".to_string()
        })?;
        let is_kept = evaluated.is_some_and(|evaluated| evaluated.kept_for.is_some());
        hold(Invariant::Told, self.keeps || !is_kept, || "kept values".to_string())?;
        let is_new = after == Failed && before != Failed;
        hold(Invariant::Failed, !is_new || Limits::is_refusal(&self.status), || {
            format!("{:?}", self.status)
        })
    }

    /// Checks the invariants of every state.
    fn always(&self) -> Result<(), Broken> {
        let status = &self.status;
        let rests = match status.connection {
            Connection::Idle | Connection::Closed | Connection::Done => true,
            Connection::Suspended => self.is_suspended && self.poll.is_none(),
            _ => false,
        };
        let deadline = self.deadline();
        hold(Invariant::Deadline, deadline.is_none() == rests, || {
            format!("{deadline:?} while {}", status.connection)
        })?;
        let (polls, streams) = (self.poll.is_some(), self.stream.is_some());
        self.limits.deadline(deadline, polls, streams, self.now)?;
        let is_newest = self.session.newest_context() == Some(&self.newest);
        let is_closed = status.connection == Connection::Closed;
        hold(Invariant::Context, is_newest || is_closed, || {
            format!("{:?} is the newest context", self.session.newest_context())
        })?;
        for (command_id, waiting) in &self.commands {
            let waits = self.now.saturating_sub(waiting.since);
            let is_idle = status.connection == Connection::Idle;
            hold(Invariant::Errands, is_idle || waits <= LONGEST_COMMAND, || {
                format!("{command_id:?} waits {waits} ms")
            })?;
        }
        Ok(())
    }
}
