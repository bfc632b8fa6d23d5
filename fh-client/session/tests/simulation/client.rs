//! A session under observation. Every step is checked against the invariants.

mod lockstep;
mod request;
mod served;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use fh_eval::Attributes;
use fh_repository::problem::{Problem, Stage};
use fh_repository::publication::{Cause, Publication};
use fh_repository::rules::Rules;
use fh_repository::status::{Connection, SessionStatus};
use fh_repository::time::Millis;
use fh_session::{Action, CommandId, Config, ContextHeader, EdgeUrl, Input, Mode, RequestId};

use crate::conversation::Recorder;
use crate::edge::ReceivedRequest;
use crate::invariant::{Broken, Invariant, hold};
use crate::spec::{Expected, Fact, Outcome, Phase, Shown, Spec};
use crate::world::{NAMES, USERS};

/// Maximum duration of a command in milliseconds: five redirects, the first event of a stream, and the delay of a slow timer.
const LONGEST_ERRAND: u64 = 300_000;
/// Maximum number of actions of one step, without outcomes of commands and further actions for the events of a chunk.
const MOST_ACTIONS: usize = 40;

pub struct Client {
    pub session: Recorder,
    pub spec: Spec,
    users: Vec<(Arc<Attributes>, ContextHeader)>,
    /// The latest time that was passed to the session.
    pub now: u64,
    pub live: Option<RequestId>,
    /// Number of redirects that the live request has followed.
    hops: u64,
    sent: Vec<u64>,
    command_ids: Vec<(CommandId, u64)>,
    last_errand: u64,
    pub published: Option<Publication>,
    /// The features that were served last: environment and JSON by key.
    pub served: BTreeMap<String, (String, String)>,
    /// True if the context or the keys have changed since then.
    is_another: bool,
    status: SessionStatus,
    /// Problems and connections that were shown.
    pub reached: BTreeSet<&'static str>,
}

/// The requests that a step sends and aborts.
#[derive(Default)]
pub struct Outside {
    pub aborted: Option<RequestId>,
    pub sent: Option<(RequestId, ReceivedRequest)>,
}

impl Client {
    pub fn new(config: Config, keys: usize, seed: u64) -> Self {
        let users = USERS
            .iter()
            .map(|user| {
                let builder = Attributes::builder();
                let attributes = match user {
                    Some(user) => builder.user_key(*user).build(),
                    None => builder.build(),
                };
                let header = ContextHeader::of(&attributes).unwrap_or_default();
                (Arc::new(attributes), header)
            })
            .collect();
        Self {
            session: Recorder::new(config.clone(), seed),
            spec: Spec::new(config, keys),
            users,
            now: 0,
            live: None,
            hops: 0,
            sent: Vec::new(),
            command_ids: Vec::new(),
            last_errand: 0,
            published: None,
            served: BTreeMap::new(),
            is_another: false,
            status: SessionStatus::default(),
            reached: BTreeSet::new(),
        }
    }

    pub fn attributes(&self, user: usize) -> Arc<Attributes> {
        Arc::clone(&self.users[user].0)
    }

    pub fn rules(&self) -> Option<&Arc<Rules>> {
        self.published.as_ref().map(|published| &published.rules)
    }

    /// Creates a command that waits from now on.
    pub fn command_id(&mut self, world: u64) -> CommandId {
        self.last_errand += 1;
        let command_id = CommandId(self.last_errand);
        self.command_ids.push((command_id, world));
        command_id
    }

    /// Records that the context may have changed.
    pub fn switch(&mut self) {
        self.is_another |= !self.spec.evaluates_here();
    }

    pub fn other_keys(&mut self) {
        self.is_another = true;
    }

    /// Hands an input to the session, and checks the actions that follow against the invariants.
    pub fn tell(
        &mut self,
        world: u64,
        handed: u64,
        input: Input<'_>,
        fact: &Fact<'_>,
    ) -> Result<Outside, Broken> {
        self.now = self.now.max(handed);
        let was_stopped = self.spec.phase == Phase::Stopped;
        let before = self.session.status().readiness;
        let updated = self.session.status().updated;
        let by_store = matches!(fact, Fact::Stored { .. } | Fact::StoredFeature);
        let held = self.published.clone().filter(|_| by_store && !self.spec.several());
        self.session.handle(Millis::new(handed), input);
        let mut actions = Vec::new();
        while let Some(action) = self.session.poll() {
            actions.push(action);
            let events = if let Fact::Bytes(chunk) = fact { chunk.marks.len() } else { 0 };
            let most = MOST_ACTIONS + self.command_ids.len() + 4 * events;
            hold(Invariant::Bounded, actions.len() <= most, || {
                format!("{} actions", actions.len())
            })?;
        }
        let status = self.session.status().clone();
        let shown = Shown {
            readiness: status.readiness,
            connection: status.connection,
            problem: status.problem.clone(),
            published: actions.iter().any(|action| matches!(action, Action::Publish(_))),
            first: actions
                .iter()
                .any(|action| matches!(action, Action::Publish(it) if it.cause == Cause::First)),
            report_reads: actions.iter().any(|action| matches!(action, Action::ReportReads)),
        };
        if was_stopped {
            let only_settled = actions
                .iter()
                .all(|action| matches!(action, Action::CommandDone(_, Err(Problem::Closed))));
            hold(Invariant::Stopped, only_settled, || format!("{actions:?}"))?;
        }
        let settled =
            actions.iter().skip_while(|action| !matches!(action, Action::CommandDone(..)));
        let last = settled.clone().all(|action| matches!(action, Action::CommandDone(..)));
        hold(Invariant::Errands, last, || format!("completed before other actions: {actions:?}"))?;
        self.one_request(&actions)?;
        self.spec.step(self.now, fact, &shown);
        self.always(&status)?;
        let mut outside = Outside::default();
        let mut done = Expected::default();
        for action in actions {
            match action {
                Action::Send(request_id, request) => {
                    done.send = Some(request.kind);
                    outside.sent = Some((request_id, self.request(&request)?));
                }
                Action::Abort(request_id) => {
                    done.abort = true;
                    outside.aborted = Some(request_id);
                }
                Action::Publish(publication) => {
                    done.first |= publication.cause == Cause::First;
                    self.publication(publication)?;
                }
                Action::Revoke(environments) => {
                    let gone = |id: &str| environments.iter().any(|gone| **gone == *id);
                    done.revoked = NAMES.into_iter().filter(|id| gone(id)).collect();
                    self.served.retain(|_, (environment, _)| !gone(environment));
                }
                Action::Status(status) => {
                    self.reached.insert(status.connection.as_str());
                    self.reached.extend(status.problem.as_ref().map(Problem::as_str));
                    self.status = status;
                }
                Action::ReportReads => done.report_reads = true,
                Action::CommandDone(command_id, outcome) => {
                    let outcome = match outcome {
                        Ok(_) => Outcome::Well,
                        Err(Problem::Superseded) => Outcome::Superseded,
                        Err(Problem::TimedOut(Stage::Context)) => Outcome::TooLate,
                        Err(_) => Outcome::Ill,
                    };
                    self.settled(command_id)?;
                    done.settled.push((command_id, outcome));
                }
                _ => {}
            }
        }
        self.answers_for_kept()?;
        if let Some(held) = held.filter(|_| self.spec.contacted) {
            self.only_added(&held.rules)?;
        }
        if shown.published && self.spec.serves() && !self.spec.several() {
            self.spec.held = Some(!self.served.is_empty());
        }
        self.readiness(before, fact, &status)?;
        let is_as_old = self.spec.expected.doubted && !self.spec.expected.renewed;
        hold(
            Invariant::Age,
            !is_as_old || updated.is_none_or(|at| status.updated == Some(at)),
            || format!("updated at {:?}, expected {updated:?}", status.updated),
        )?;
        self.lockstep(&done, &status)?;
        hold(Invariant::Problem, self.status == status, || {
            format!("reported {:?}, is {status:?}", self.status)
        })?;
        for (command_id, since) in &self.command_ids {
            let started = self.spec.phase != Phase::Idle;
            hold(Invariant::Errands, !started || world - since <= LONGEST_ERRAND, || {
                format!("{command_id:?} waits since {since}")
            })?;
        }
        Ok(outside)
    }

    /// Checks that one request is in flight at a time, that it is aborted before the next one is sent, and that at most two are sent within
    /// the pace.
    fn one_request(&mut self, actions: &[Action]) -> Result<(), Broken> {
        for action in actions {
            match action {
                Action::Send(request_id, _) => {
                    hold(Invariant::OneRequest, self.live.is_none(), || {
                        format!("{request_id:?} sent while {:?} is live", self.live)
                    })?;
                    self.live = Some(*request_id);
                    self.sent.push(self.now);
                    if let [.., before_last, _, last] = self.sent.as_slice() {
                        let pace = self.spec.config.pace.as_millis() as u64;
                        let apart = last - before_last;
                        hold(Invariant::Pace, apart >= pace, || {
                            format!("three requests within {apart} ms")
                        })?;
                    }
                }
                Action::Abort(request_id) => {
                    hold(Invariant::OneRequest, self.live == Some(*request_id), || {
                        format!("aborts {request_id:?}, {:?} is live", self.live)
                    })?;
                    self.live = None;
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Checks the invariants of every state.
    fn always(&self, status: &SessionStatus) -> Result<(), Broken> {
        let mode = self.spec.config.mode;
        let passive = matches!(mode, Mode::Passive(_));
        let deadline = self.session.deadline().map(Millis::as_u64);
        match (deadline, status.connection) {
            (Some(deadline), _) => {
                // The longest delay that a server can request is one day (D-75).
                let ahead = deadline.saturating_sub(self.now);
                hold(Invariant::NotTooLate, ahead <= 86_400_000, || format!("{ahead} ms ahead"))?;
            }
            (None, Connection::Resting) if passive => {}
            (None, Connection::Done) if mode == Mode::Once => {}
            (None, Connection::Halted) => {
                // No other response of an Edge stops a client (D-114).
                hold(Invariant::Deadline, status.is_stale, || format!("halted, but {status:?}"))?;
            }
            (None, Connection::Suspended) if self.spec.suspended => {}
            (None, Connection::Idle | Connection::Offline | Connection::Closed) => {}
            (None, connection) => {
                return Err(Broken {
                    invariant: Invariant::Deadline,
                    why: format!("none while {connection}"),
                });
            }
        }
        Ok(())
    }

    fn settled(&mut self, command_id: CommandId) -> Result<(), Broken> {
        let known = self.command_ids.iter().position(|(waiting, _)| *waiting == command_id);
        let Some(known) = known else {
            return Err(Broken {
                invariant: Invariant::Errands,
                why: format!("{command_id:?} completed again"),
            });
        };
        self.command_ids.remove(known);
        Ok(())
    }
}

/// Returns the URL of the Edge.
pub fn home() -> EdgeUrl {
    EdgeUrl::parse("http://edge").unwrap()
}
