//! An immutable state of features and status.

use std::sync::Arc;

use fh_eval::Attributes;

use super::core::Core;
use crate::intercept::chain::Chain;
use crate::readiness::Readiness;
use crate::reason::Reason;
use crate::rules::Rules;
use crate::status::SessionStatus;
use crate::usage::observers::Observers;

/// The immutable state of a repository's features and of the client's status at one time. Several reads of one snapshot return values of
/// the same state.
///
/// Reads take no lock of the repository if there are no observers, and if no interceptor panics or returns a value that is refused, and if
/// the reason is not [`Reason::OtherContext`], and if the read is not the first one with a mistake that is reported.
/// `attributes` is the context of a read; `None` means a read without attributes. With a server-evaluated key, a read without a context
/// returns the served values for whichever context the Edge evaluated, unless the client is [`Readiness::NotReady`]. A read that no
/// interceptor overrides returns no value, with the reason [`Reason::OtherContext`], if the values are valid for another context than the
/// context of the read. While the client waits for the features of a new context, the reason is [`Reason::NotReady`].
///
/// A read counts as one use of the feature, unless its documentation or that of [`Observer`](crate::Observer) says otherwise. Reads of
/// features are also reported to passive polling.
#[derive(Clone)]
pub struct RepositorySnapshot {
    pub(super) core: Arc<Core>,
    pub(super) rules: Arc<Rules>,
    status: Arc<SessionStatus>,
    pub(super) chain: Arc<Chain>,
    pub(super) observers: Arc<Observers>,
    generation: u64,
    has_list: bool,
    /// True if the client evaluates the features and there are no interceptors and no observers.
    pub(super) is_plain: bool,
}

impl RepositorySnapshot {
    pub(crate) fn empty(core: Arc<Core>) -> Self {
        Self {
            core,
            rules: Arc::default(),
            status: Arc::default(),
            chain: Arc::default(),
            observers: Arc::default(),
            generation: 0,
            has_list: false,
            is_plain: true,
        }
    }

    /// Updates `is_plain` after a change of another field.
    fn seal(mut self) -> Self {
        self.is_plain = self.chain.is_empty()
            && self.observers.is_empty()
            && self.rules.evaluated_for().is_none();
        self
    }

    pub(crate) fn with_rules(&self, rules: Arc<Rules>, has_list: bool) -> Self {
        let generation = self.generation + 1;
        Self { rules, has_list, generation, ..self.clone() }.seal()
    }

    pub(crate) fn with_status(&self, status: Arc<SessionStatus>) -> Self {
        // With a server-evaluated key, reads without a context depend on readiness, so a change of readiness may change values.
        let changes_answers = self.status.readiness != status.readiness;
        let generation = self.generation + u64::from(changes_answers);
        Self { status, generation, ..self.clone() }
    }

    pub(crate) fn with_chain(&self, chain: Arc<Chain>) -> Self {
        Self { chain, generation: self.generation + 1, ..self.clone() }.seal()
    }

    pub(crate) fn with_observers(&self, observers: Arc<Observers>) -> Self {
        Self { observers, ..self.clone() }.seal()
    }

    pub(crate) const fn chain(&self) -> &Arc<Chain> {
        &self.chain
    }

    pub(crate) const fn observers(&self) -> &Arc<Observers> {
        &self.observers
    }

    pub(crate) const fn has_list(&self) -> bool {
        self.has_list
    }

    // ---- the state ----------------------------------------------------------------------------

    /// Returns the features of the snapshot.
    #[must_use]
    pub const fn rules(&self) -> &Arc<Rules> {
        &self.rules
    }

    /// Returns the status of the client at the time of the snapshot.
    #[must_use]
    pub const fn status(&self) -> &Arc<SessionStatus> {
        &self.status
    }

    /// Returns the readiness of the client at the time of the snapshot.
    #[must_use]
    pub fn readiness(&self) -> Readiness {
        self.status.readiness
    }

    /// Returns a number that increases whenever a read may return another value. While the number stays the same, values that were read
    /// earlier stay valid. Exceptions are values of features with rules on `now`, and overrides whose change was not reported by
    /// [`Repository::overrides_changed`](crate::Repository::overrides_changed).
    #[must_use]
    pub const fn generation(&self) -> u64 {
        self.generation
    }

    /// Returns true if a list of features has been published and is served. The reason for the missing value of an unknown key is then that
    /// the feature does not exist.
    pub(super) fn knows_all_features(&self) -> bool {
        self.has_list && self.is_served()
    }

    /// Returns true if the features are served, unless there are none yet. The Edge may refuse a client while the client waits for the
    /// features of a new context, so the readiness alone does not say it.
    fn is_served(&self) -> bool {
        self.readiness() != Readiness::NotReady && !self.status().is_withheld
    }

    /// Returns true if a read with this context may use the features. With a server-evaluated key, a read without a context may use them
    /// while they are served.
    pub(super) fn is_for(&self, attributes: Option<&Arc<Attributes>>) -> bool {
        match (self.rules.evaluated_for(), attributes) {
            (None, _) => true,
            (Some(_), None) => self.is_served(),
            (Some(by_edge), Some(attributes)) => by_edge.answers_for(attributes),
        }
    }

    /// Returns the reason why a context has no features. While the client waits for the features of a new context, it is not ready, also if
    /// it serves the former ones meanwhile.
    pub(super) fn reason_of_other_contexts(&self) -> Reason {
        let is_switching =
            self.rules.evaluated_for().is_some_and(|by_edge| by_edge.kept_for.is_some());
        if self.is_served() && !is_switching { Reason::OtherContext } else { Reason::NotReady }
    }
}

impl std::fmt::Debug for RepositorySnapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Snapshot")
            .field("features", &self.rules.ruleset().len())
            .field("readiness", &self.status.readiness)
            .field("generation", &self.generation)
            .finish_non_exhaustive()
    }
}
