//! Applies the answers of a poll, and serves them. All parts of a poll are published together or not at all.

use std::mem;
use std::sync::Arc;

use fh_eval::featuresignals::{Compiler, Document};
use fh_eval::internal::{TOO_DENSE, is_too_dense};
use fh_eval::{Attributes, Ruleset};
use fh_repository::notice::Notice;
use fh_repository::problem::Problem;
use fh_repository::publication::Cause;
use fh_repository::rules::{Environments, Rules, ServerEvaluated};
use fh_repository::source::Source;

use super::answers::{self, Bulk, FlagMap};
use super::config::Reasons;
use super::context::has_attributes;
use super::refresh::{Held, PART, Refresh, Step};
use super::state::FeatureSignals;
use crate::context_header::sha256_hex;
use crate::ignored::Ignored;
use crate::kernel::{Kernel, State};
use crate::response_class::cut;

/// Number of flags above which a notice advises to name the flags.
const MANY: usize = 1_000;

impl Kernel<FeatureSignals> {
    /// Returns a poll for the current context, of which no request was sent.
    pub(super) fn new_refresh(&self) -> Refresh {
        let context = Arc::clone(&self.own.context);
        let wants_reasons = self.config.reasons == Reasons::Always || has_attributes(&context);
        let (step, flag_keys) = match &self.config.flags {
            Some(flags) if wants_reasons => (Step::Part, flags.clone()),
            _ => (Step::Map, Vec::new()),
        };
        Refresh { context, wants_reasons, step, flag_keys, bodies: Vec::new(), bytes: 0 }
    }

    /// Handles the complete body of an answer with status 200.
    pub(super) fn answer_arrived(&mut self, mut refresh: Refresh, body: Vec<u8>) {
        if std::str::from_utf8(&body).is_ok_and(is_too_dense) {
            return self.poll_failed(Problem::TooLarge(self.config.limits.bytes), None);
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
                    return self.send_refresh(refresh);
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
            self.send_refresh(refresh);
        } else {
            self.complete(&refresh);
        }
    }

    fn malformed(&mut self, why: &str) {
        self.poll_failed(Problem::Malformed(cut(why, 300)), None);
    }

    /// Publishes the answers of a poll if they differ from those that are served.
    fn complete(&mut self, refresh: &Refresh) {
        let context = &refresh.context;
        let digest: String = refresh.bodies.iter().map(|body| sha256_hex(body)).collect();
        let is_known = self.own.is_served && self.holds(context);
        if is_known
            && self.own.held.as_ref().is_some_and(|held| held.digest.as_ref() == Some(&digest))
        {
            self.received(Source::Polling);
            return self.poll_succeeded();
        }
        let ruleset = match refresh.compile(self.config.flags.as_deref()) {
            Ok(ruleset) => ruleset,
            Err(why) => return self.malformed(&why),
        };
        let cause = if is_known { Cause::Change } else { Cause::First };
        self.serve(ruleset, Arc::clone(context), Some(digest), cause, Source::Polling);
        self.poll_succeeded();
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
        self.own.held = Some(Held { ruleset, context, digest });
        self.serve_rules(rules, cause, source);
    }

    /// Serves answers of an earlier client for the current context, until the server has answered.
    pub(super) fn stored_answers(&mut self, source: Source, bytes: &[u8]) {
        if self.own.has_contact {
            return;
        }
        let is_read = !std::str::from_utf8(bytes).is_ok_and(is_too_dense);
        let bulk = if is_read { Bulk::parse(bytes) } else { Err(format!("it has {TOO_DENSE}")) };
        match bulk {
            Ok(bulk) => {
                let (ruleset, context) = (answers::compile(&[bulk]), Arc::clone(&self.own.context));
                self.serve(ruleset, context, None, Cause::First, source);
            }
            Err(why) => self.ignore_stored(&source, why),
        }
    }

    /// Serves the values of an earlier context for the current one as well, until its own values arrive.
    pub(super) fn keep_values(&mut self) {
        let (Some(held), Some(newest)) = (&self.own.held, self.newest_context()) else { return };
        let (ruleset, context) = (held.ruleset.clone(), Arc::clone(&held.context));
        let rules = self.evaluated(ruleset, context, Some(Arc::clone(newest)));
        self.publish_rules(rules, Cause::Invisible);
    }

    /// Returns true if the values that are served are those of this context.
    pub(super) fn holds(&self, context: &Attributes) -> bool {
        self.own.held.as_ref().is_some_and(|held| *held.context == *context)
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
        if count > MANY && !mem::replace(&mut self.own.many_was_noticed, true) {
            self.notice(Notice::ManyFlags { count });
        }
    }

    /// Serves a ruleset that the client evaluates itself, or the answers of an earlier client. What cannot be read is reported, and changes
    /// nothing.
    pub(super) fn stored(&mut self, source: Source, bytes: &[u8]) {
        if matches!(self.state, State::Stopped) {
            return;
        }
        if self.is_remote() {
            return self.stored_answers(source, bytes);
        }
        let document = match Document::parse(bytes) {
            Ok(document) => document,
            Err(why) => {
                return self.ignore_stored(&source, why.to_string());
            }
        };
        let ruleset = Compiler::new().compile(&document);
        let mut ignored = Ignored::default();
        for diagnostic in ruleset.diagnostics() {
            ignored.add_diagnostic(diagnostic);
        }
        for what in ignored.into_texts() {
            self.notice(Notice::Ignored { what });
        }
        let rules = Rules::client_evaluated(ruleset, self.environments());
        let cause = if self.own.is_served { Cause::Change } else { Cause::First };
        self.serve_rules(rules, cause, source);
    }

    /// Serves these flags from now on.
    fn serve_rules(&mut self, rules: Rules, cause: Cause, source: Source) {
        self.publish_rules(rules, cause);
        self.received(source);
    }

    /// Records that values were received or confirmed.
    fn received(&mut self, source: Source) {
        self.own.is_served = true;
        self.own.is_failed = false;
        self.status.updated = Some(self.now);
        self.status.source = Some(source);
        self.status.problem = None;
        self.status.attempts = 0;
    }

    fn environments(&self) -> Environments {
        Environments::One(Arc::clone(self.config.endpoint.environment()))
    }
}
