//! A poll: the map of the flags, then the answers for named flags in parts. All parts are published together or not at all.

use std::sync::Arc;

use fh_eval::internal::{TOO_DENSE, is_too_dense};
use fh_eval::{Attributes, Ruleset};
use fh_repository::notice::Notice;
use fh_repository::problem::Problem;
use fh_repository::publication::{Cause, Publication};
use fh_repository::rules::{Rules, ServerEvaluated};
use fh_repository::source::Source;
use fh_repository::system::System;
use fh_repository::time::Millis;

use super::Session;
use crate::action::{Action, RequestId, ResponseHead};
use crate::context_header::sha256_hex;
use crate::featuresignals::answers::{self, Bulk, FlagMap};
use crate::featuresignals::config::Reasons;
use crate::featuresignals::context::{bulk_body, has_attributes};
use crate::response_class::cut;

/// Maximum number of flags that the server answers in one request.
const PART: usize = 100;
/// Number of flags above which a notice advises to name the flags.
const MANY: usize = 1_000;

/// A poll in flight, and the answers of its earlier requests.
pub(super) struct Flight {
    pub(super) request_id: RequestId,
    /// The time at which the request in flight is given up.
    pub(super) until: Millis,
    /// The time at which the answer to the request in flight must be complete.
    pub(super) complete_until: Millis,
    /// The head of the answer; `None` before it has arrived.
    pub(super) head: Option<ResponseHead>,
    /// The part of the answer's body that has arrived so far.
    pub(super) body: Vec<u8>,
    pub(super) refresh: Refresh,
}

/// The progress of a poll.
pub(super) struct Refresh {
    context: Arc<Attributes>,
    /// True if the values come from answers for named flags.
    wants_reasons: bool,
    step: Step,
    /// The flags whose answers are asked for.
    flag_keys: Vec<Box<str>>,
    /// The bodies that have arrived: the map, or the parts.
    bodies: Vec<Vec<u8>>,
    /// The size of the bodies.
    pub(super) bytes: usize,
}

/// The request of a poll that is in flight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Map,
    Part,
}

/// The answers that are served.
pub(super) struct Held {
    ruleset: Ruleset,
    context: Arc<Attributes>,
    /// The digest of the bodies; `None` for answers of an earlier client.
    digest: Option<String>,
}

impl Flight {
    /// Returns true if the head of an error has arrived.
    pub(super) fn is_error(&self) -> bool {
        self.head.as_ref().is_some_and(|head| head.status != 200)
    }
}

impl std::fmt::Debug for Flight {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Flight")
            .field("request_id", &self.request_id)
            .field("until", &self.until)
            .field("step", &self.refresh.step)
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// The next request of a poll.
pub(super) enum NextRequest {
    Map,
    /// The answers for the flags of this body are asked for.
    Part(String),
}

impl Refresh {
    /// Returns the next request of the poll.
    pub(super) fn next_request(&self) -> NextRequest {
        match self.step {
            Step::Map => NextRequest::Map,
            Step::Part => {
                let keys = self.flag_keys.chunks(PART).nth(self.bodies.len()).unwrap_or_default();
                NextRequest::Part(bulk_body(keys, &self.context))
            }
        }
    }

    pub(super) const fn context(&self) -> &Arc<Attributes> {
        &self.context
    }

    /// Compiles the answers of the bodies. If `only` is given, the other flags are left out.
    fn compile(&self, only: Option<&[Box<str>]>) -> Result<Ruleset, String> {
        match (self.step, self.bodies.as_slice()) {
            (Step::Map, [map]) => Ok(FlagMap::parse(map)?.compile(only)),
            // The body of a server without flags is the empty map.
            (_, bodies) => {
                let parts = bodies.iter().map(|body| Bulk::parse(body));
                Ok(answers::compile(&parts.collect::<Result<Vec<_>, _>>()?))
            }
        }
    }
}

impl Session {
    /// Returns a poll for the current context, of which no request was sent.
    pub(super) fn new_refresh(&self) -> Refresh {
        let context = Arc::clone(&self.context);
        let wants_reasons = self.config.reasons == Reasons::Always || has_attributes(&context);
        let (step, flag_keys) = match &self.config.flags {
            Some(flags) if wants_reasons => (Step::Part, flags.clone()),
            _ => (Step::Map, Vec::new()),
        };
        Refresh { context, wants_reasons, step, flag_keys, bodies: Vec::new(), bytes: 0 }
    }

    /// Handles the complete body of an answer with status 200.
    pub(super) fn answered(&mut self, mut refresh: Refresh, body: Vec<u8>) {
        if std::str::from_utf8(&body).is_ok_and(is_too_dense) {
            return self.trouble(Problem::TooLarge(self.config.limits.bytes), None);
        }
        match refresh.step {
            Step::Map if refresh.wants_reasons => {
                match FlagMap::parse(&body) {
                    Err(why) => return self.malformed(&why),
                    Ok(map) => refresh.flag_keys = map.keys(),
                }
                self.note_many(refresh.flag_keys.len());
                refresh.step = Step::Part;
                if !refresh.flag_keys.is_empty() {
                    return self.send(refresh);
                }
            }
            Step::Map => {}
            // A wrong part ends the poll before the other parts are asked for.
            Step::Part => {
                if let Err(why) = Bulk::parse(&body) {
                    return self.malformed(&why);
                }
            }
        }
        refresh.bytes = refresh.bytes.saturating_add(body.len());
        refresh.bodies.push(body);
        if refresh.bodies.len() * PART < refresh.flag_keys.len() {
            self.send(refresh);
        } else {
            self.complete(&refresh);
        }
    }

    fn malformed(&mut self, why: &str) {
        self.trouble(Problem::Malformed(cut(why, 300)), None);
    }

    /// Publishes the answers of a poll if they differ from those that are served.
    fn complete(&mut self, refresh: &Refresh) {
        let context = &refresh.context;
        let digest: String = refresh.bodies.iter().map(|body| sha256_hex(body)).collect();
        let is_known = self.is_served && self.holds(context);
        if is_known && self.held.as_ref().is_some_and(|held| held.digest.as_ref() == Some(&digest))
        {
            self.received(Source::Polling);
            return self.good();
        }
        let ruleset = match refresh.compile(self.config.flags.as_deref()) {
            Ok(ruleset) => ruleset,
            Err(why) => return self.malformed(&why),
        };
        let cause = if is_known { Cause::Change } else { Cause::First };
        self.serve(ruleset, Arc::clone(context), Some(digest), cause, Source::Polling);
        self.good();
    }

    /// Serves these values of a context.
    fn serve(
        &mut self,
        ruleset: Ruleset,
        context: Arc<Attributes>,
        digest: Option<String>,
        cause: Cause,
        source: Source,
    ) {
        let rules = self.evaluated(ruleset.clone(), Arc::clone(&context), None);
        self.held = Some(Held { ruleset, context, digest });
        self.publish(rules, cause, source);
    }

    /// Serves answers of an earlier client for the current context, until the server has answered.
    pub(super) fn stored_answers(&mut self, source: Source, bytes: &[u8]) {
        if self.has_contact {
            return;
        }
        let is_read = !std::str::from_utf8(bytes).is_ok_and(is_too_dense);
        let bulk = if is_read { Bulk::parse(bytes) } else { Err(format!("it has {TOO_DENSE}")) };
        match bulk {
            Ok(bulk) => {
                let (ruleset, context) = (answers::compile(&[bulk]), Arc::clone(&self.context));
                self.serve(ruleset, context, None, Cause::First, source);
            }
            Err(why) => {
                self.actions.push_back(Action::Notice(Notice::StoreIgnored { source, why }));
            }
        }
    }

    /// Serves the values of an earlier context for the current one as well, until its own values arrive.
    pub(super) fn keep_values(&mut self) {
        let (Some(held), Some(newest)) = (&self.held, self.newest_context()) else { return };
        let (ruleset, context) = (held.ruleset.clone(), Arc::clone(&held.context));
        let rules = self.evaluated(ruleset, context, Some(Arc::clone(newest)));
        let rules = Arc::new(rules.of_system(System::FeatureSignals));
        let cause = Cause::Invisible;
        self.actions.push_back(Action::Publish(Publication { rules, cause }));
    }

    /// Returns true if the values that are served are those of this context.
    pub(super) fn holds(&self, context: &Attributes) -> bool {
        self.held.as_ref().is_some_and(|held| *held.context == *context)
    }

    fn evaluated(
        &self,
        ruleset: Ruleset,
        context: Arc<Attributes>,
        kept_for: Option<Arc<Attributes>>,
    ) -> Rules {
        let evaluated = ServerEvaluated { context, kept_for, ..ServerEvaluated::default() };
        Rules::server_evaluated(ruleset, self.environments(), Arc::new(evaluated))
    }

    fn note_many(&mut self, count: usize) {
        if count > MANY && !std::mem::replace(&mut self.many_was_noticed, true) {
            self.actions.push_back(Action::Notice(Notice::ManyFlags { count }));
        }
    }

    /// Aborts the poll in flight, if there is one. The caller sets the next state.
    pub(super) fn give_up(&mut self) {
        self.actions.extend(self.state.request_id().map(Action::Abort));
    }
}
