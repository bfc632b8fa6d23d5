//! Applies received features to the feature set, and publishes them to readers.

use std::sync::Arc;

use fh_eval::SharedText;
use fh_eval::internal::{TOO_DENSE, is_too_dense};
use fh_repository::notice::Notice;
use fh_repository::problem::Problem;
use fh_repository::publication::{Cause, RawKind, RawUpdate};
use fh_repository::source::Source;

use super::access::Access;
use super::held::Held;
use super::state::FeatureHub;
use crate::action::{Action, SplitList};
use crate::config::Mode;
use crate::feature_set::{
    Answered, Authority, Effect, FeatureSet, Received, names_another, other_environment,
    read_answer, read_list, read_one,
};
use crate::kernel::{Kernel, State};
use crate::response_class::cut;

/// The result of applying the body of a poll.
pub(super) struct PollOutcome {
    /// The problem of the body; `None` if the body had no problem.
    pub(super) doubt: Option<Problem>,
    /// True if the body's etag describes the held features: each list was usable, none was empty, which may be due to a failure
    /// of the Edge, and none had an older version of a held feature.
    pub(super) is_whole: bool,
}

impl Kernel<FeatureHub> {
    /// Applies the body of a poll. Fails if the body cannot be parsed, holds no environment of the API keys, or holds no usable list for a
    /// new context or a new kind of key.
    pub(super) fn apply_answer(&mut self, body: &SharedText) -> Result<PollOutcome, Problem> {
        self.refuse_dense(body)?;
        let answered = read_answer(body).map_err(Problem::Malformed)?;
        if answered.is_empty() {
            // Before the first list, this response makes the client Failed. Later it changes no feature (D-68).
            self.own.access.refuse();
            return Err(Problem::NoEnvironments);
        }
        let several = self.config.keys.are_several() || answered.len() > 1;
        let first = self.own.feature_set.first_id();
        let is_another = |id: &str| names_another(&first, id);
        let mut lists: Vec<(Arc<str>, Answered<'_>)> = Vec::new();
        let mut unknown_environments: Option<(String, usize)> = None;
        for entry in answered {
            let id = match entry.id.as_deref().filter(|id| several || is_another(id)) {
                Some(id) if self.own.feature_set.knows(id) => Arc::from(id),
                Some(stranger) => {
                    // No key gives access to this environment, and no later list would remove its features.
                    unknown_environments.get_or_insert_with(|| (cut(stranger, 100), 0)).1 += 1;
                    self.status.foreign_features +=
                        entry.features.map_or(0, |all| all.len() as u64);
                    continue;
                }
                None => Arc::clone(&first),
            };
            // An entry without id belongs to the first environment. Another entry may have the id of the first environment.
            match lists.iter_mut().find(|(other, _)| other.eq_ignore_ascii_case(&id)) {
                Some((_, same)) => same.add(entry.features, entry.further),
                _ => lists.push((id, entry)),
            }
        }
        if let Some((first, count)) = unknown_environments {
            let what = format!(
                "environments that no API key of the client may read: {count}, the first is {first}"
            );
            self.notice(Notice::Ignored { what });
        }
        if lists.is_empty() {
            self.own.access.refuse();
            return Err(Problem::NoEnvironments);
        }
        for (id, entry) in &mut lists {
            // A list whose features all belong to other environments does not count as a list.
            entry.features = entry.features.take().and_then(|all| self.own(id, all));
        }
        self.count_further(lists.iter().map(|(_, entry)| entry.further).sum());
        let lists: Vec<(&Arc<str>, Option<&[Received<'_>]>)> =
            lists.iter().map(|(id, entry)| (id, self.usable(id, entry))).collect();
        let doubt = lists.iter().any(|(_, usable)| usable.is_none()).then_some(Problem::EmptyList);
        self.begin_anew(lists.iter().any(|(_, usable)| usable.is_some()))?;
        let (mut applied, now) = (None, self.now);
        for (id, features) in &lists {
            if let Some(features) = features {
                let effect =
                    self.own.feature_set.list(id, Some(body), features, Authority::Edge, now);
                applied = applied.max(Some(effect));
            }
        }
        self.received(Source::Polling, applied);
        let environment = (!several).then(|| self.own.feature_set.first_id());
        self.raw(Source::Polling, environment, RawKind::List, body.clone());
        // An Edge with a failure of its own may send an empty list with the etag of the features that it could not load.
        let empty = lists.iter().any(|(_, usable)| usable.is_none_or(<[_]>::is_empty));
        let is_whole = doubt.is_none() && !empty && !self.own.feature_set.holds_newer();
        Ok(PollOutcome { doubt, is_whole })
    }

    /// Fails if a message has so many small parts that reading it would take too much memory. The held features stay as they are.
    pub(super) fn refuse_dense(&self, message: &str) -> Result<(), Problem> {
        if is_too_dense(message) {
            return Err(Problem::TooLarge(self.config.limits.bytes));
        }
        Ok(())
    }

    /// Reports elements of a list that can be no features, beyond those that have diagnostics.
    fn count_further(&mut self, further: usize) {
        if further > 0 {
            let what =
                format!("{further} further elements of a list of features, which are no features");
            self.notice(Notice::Ignored { what });
        }
    }

    /// Returns true if an empty list may be due to a failure of the Edge. This is the case with several keys, and with server-evaluated
    /// keys.
    fn is_lenient(&self) -> bool {
        self.config.keys.are_several() || !self.evaluates_here()
    }

    /// Prepares for the first features of a new context or a new kind of key: drops the features of the previous context, because versions
    /// of two contexts must not be compared. Fails if the response holds no usable list, so that the old features do not become those of
    /// the new context. Does nothing if the held features are not marked as features of an earlier context.
    fn begin_anew(&mut self, says_something: bool) -> Result<(), Problem> {
        if self.own.held.of_earlier_context().is_none() {
            return Ok(());
        }
        if !says_something {
            return Err(Problem::EmptyList);
        }
        self.own.feature_set.forget();
        Ok(())
    }

    /// Removes the features that name another environment than `id`. The removed features are counted and reported in a notice. Returns
    /// `None` if features were removed and no other feature is left.
    fn own<'a>(&mut self, id: &str, mut features: Vec<Received<'a>>) -> Option<Vec<Received<'a>>> {
        let before = features.len();
        let mut stranger = None;
        features.retain(|feature| match other_environment(id, feature) {
            Some(said) => {
                stranger.get_or_insert(said);
                false
            }
            None => true,
        });
        let Some(stranger) = stranger else { return Some(features) };
        let refused = before - features.len();
        self.status.foreign_features += refused as u64;
        let what = format!(
            "features in a list or event of another environment: {refused}, the first feature names the environment {}",
            cut(&stranger, 100)
        );
        self.notice(Notice::Ignored { what });
        (!features.is_empty()).then_some(features)
    }

    /// Returns the features of an entry; `None` if the entry has no list, or if its list may be due to a failure of the Edge and would
    /// replace held features.
    fn usable<'b, 'a>(&self, id: &str, entry: &'b Answered<'a>) -> Option<&'b [Received<'a>]> {
        let features = entry.features.as_deref()?;
        let is_empty = features.is_empty() && self.is_lenient();
        let is_unreadable = !features.is_empty() && !features.iter().any(Received::is_feature);
        let doubtful = (is_empty || is_unreadable) && self.own.feature_set.holds(id);
        (!doubtful).then_some(features)
    }

    /// Applies the data of a stream's `features` event. Returns the problem of the list; `None` if the list has no problem. Fails if the
    /// data cannot be parsed, holds only features of other environments, or is no usable list for a new context or a new kind of key.
    pub(super) fn apply_list(&mut self, data: &SharedText) -> Result<Option<Problem>, Problem> {
        let (features, further) = read_list(data).map_err(Problem::Malformed)?;
        self.count_further(further);
        let id = self.own.feature_set.first_id();
        let features = self.own(&id, features).ok_or(Problem::NoEnvironments)?;
        let entry = Answered { id: None, features: Some(features), further };
        let usable = self.usable(&id, &entry);
        self.begin_anew(usable.is_some())?;
        let (applied, doubt) = match usable {
            Some(features) => {
                let set = &mut self.own.feature_set;
                (Some(set.list(&id, Some(data), features, Authority::Edge, self.now)), None)
            }
            None => (None, Some(Problem::EmptyList)),
        };
        self.without_etag(applied.unwrap_or(Effect::None));
        self.received(Source::Streaming, applied);
        self.raw(Source::Streaming, Some(id), RawKind::List, data.clone());
        Ok(doubt)
    }

    /// Applies the data of a stream's `feature` or `delete_feature` event, unless the data names another environment. Fails if the data is
    /// not a feature, or not a delete.
    pub(super) fn apply_one(&mut self, kind: RawKind, data: &str) -> Result<(), String> {
        let id = self.own.feature_set.first_id();
        let mut own = self.own(&id, vec![read_one(data)?]).unwrap_or_default();
        let Some(received) = own.pop() else { return Ok(()) };
        // Before the first list for a new context, the client holds no feature of that context. A single feature is then only checked,
        // against an empty feature set that is dropped afterwards.
        let is_early = self.own.held.of_earlier_context().is_some();
        let mut aside = is_early.then(|| FeatureSet::new(self.config.profile, &self.config.keys));
        let feature_set = aside.as_mut().unwrap_or(&mut self.own.feature_set);
        let effect = match kind {
            RawKind::Delete => feature_set.delete(&id, &received)?,
            RawKind::List | RawKind::Feature => {
                feature_set.feature(&id, &received, Authority::Edge)?
            }
        };
        self.without_etag(effect);
        if self.own.held.is_current() && effect != Effect::None {
            self.status.updated = Some(self.now);
            self.status.source = Some(Source::Streaming);
            self.serve_again(effect);
        }
        self.raw(Source::Streaming, Some(id), kind, data.into());
        Ok(())
    }

    /// Returns true if features of a store are accepted. A closed client accepts no features. Neither does a client whose held features are
    /// marked as features of an earlier context, because the client cannot know to which context a store's features belong; a notice
    /// reports this case. `is_list` is true for a list: an offline client gets features of its new context from lists of stores only, so it
    /// accepts a list.
    fn wants_stored(&mut self, source: &Source, is_list: bool) -> bool {
        if matches!(self.state, State::Stopped) {
            return false;
        }
        let is_only_source = is_list && self.config.mode == Mode::Offline;
        if self.own.held.of_earlier_context().is_some() && !is_only_source {
            self.ignore_stored(
                source,
                "the client has no features yet for its new context or its new kind of API key"
                    .to_string(),
            );
            return false;
        }
        true
    }

    fn store_authority(&self) -> Authority {
        if self.own.access.had_contact() { Authority::LateStore } else { Authority::Store }
    }

    /// Applies a store's list of an environment's features. If the list cannot be applied, a notice reports the reason, unless the client
    /// is closed.
    pub(super) fn stored(&mut self, source: &Source, environment: &Arc<str>, bytes: &[u8]) {
        if !self.wants_stored(source, true) {
            return;
        }
        let text = match stored_text(bytes) {
            Ok(text) => SharedText::from(text),
            Err(why) => return self.ignore_stored(source, why),
        };
        match read_list(&text) {
            Err(why) => self.ignore_stored(source, why),
            Ok((features, further)) => {
                self.apply_stored(source, environment, &text, &features, further);
            }
        }
    }

    /// Applies a list as [`Self::stored`] does, which was split into its elements before.
    pub(super) fn stored_list(
        &mut self,
        source: &Source,
        environment: &Arc<str>,
        list: &SplitList<'_>,
    ) {
        if !self.wants_stored(source, true) {
            return;
        }
        if let Err(why) = not_too_dense(list.text) {
            return self.ignore_stored(source, why);
        }
        let features = list.elements.iter().map(|json| Received::of_json(json));
        let features: Vec<Received<'_>> = features.collect();
        self.apply_stored(source, environment, &list.text.into(), &features, list.further);
    }

    fn apply_stored(
        &mut self,
        source: &Source,
        environment: &Arc<str>,
        text: &SharedText,
        features: &[Received<'_>],
        further: usize,
    ) {
        self.count_further(further);
        if self.own.held.of_earlier_context().is_some() {
            self.own.feature_set.forget();
            self.own.held = Held::Unserved;
        }
        let authority = self.store_authority();
        let set = &mut self.own.feature_set;
        let effect = set.list(environment, Some(text), features, authority, self.now);
        self.without_etag(effect);
        self.take_stored(source, effect);
        let id = Some(Arc::clone(environment));
        self.raw(source.clone(), id, RawKind::List, text.clone());
    }

    /// Applies a store's update of one feature, which is published if features are served already. If the update cannot be applied, a
    /// notice reports the reason, unless the client is closed. No notice reports an update that is outdated.
    pub(super) fn stored_feature(&mut self, source: &Source, environment: &Arc<str>, bytes: &[u8]) {
        if !self.wants_stored(source, false) {
            return;
        }
        let applied = stored_text(bytes).and_then(|text| Ok((text, read_one(text)?))).and_then(
            |(text, received)| {
                let authority = self.store_authority();
                Ok((text, self.own.feature_set.feature(environment, &received, authority)?))
            },
        );
        match applied {
            Err(why) => self.ignore_stored(source, why),
            Ok((text, effect)) => {
                self.without_etag(effect);
                if self.own.held.is_served() && effect != Effect::None {
                    self.serve_again(effect);
                }
                let id = Some(Arc::clone(environment));
                self.raw(source.clone(), id, RawKind::Feature, text.into());
            }
        }
    }

    /// Drops the etag if an update has changed the held features, because the etag does not describe them any more.
    fn without_etag(&mut self, effect: Effect) {
        if effect != Effect::None {
            self.own.etag = None;
        }
    }

    /// Serves the features of a store's list, unless features are served already and the list changed none. Newly served features make the
    /// client ready, but do not count as contact with the Edge.
    fn take_stored(&mut self, source: &Source, effect: Effect) {
        if self.own.held.is_served() && effect == Effect::None {
            return;
        }
        self.status.updated.get_or_insert(self.now);
        self.status.source = Some(source.clone());
        self.serve_current(effect);
        self.own.access.forget_refusal();
    }

    /// Records that the Edge has sent a list, and serves the held features unless they are served already. `applied` is the effect of the
    /// list; `None` if the list was not applied, so that the held features are as old as before.
    fn received(&mut self, source: Source, applied: Option<Effect>) {
        self.own.access = Access::Granted;
        if applied.is_some() {
            self.status.updated = Some(self.now);
            self.status.source = Some(source);
        } else {
            // If no list was applied before, the client serves features that a stream sent before its first list, or no features.
            self.status.updated.get_or_insert(self.now);
            self.status.source.get_or_insert(source);
        }
        let effect = applied.unwrap_or(Effect::None);
        if !self.own.held.is_current() || effect != Effect::None {
            self.serve_current(effect);
        }
    }

    /// Serves the held features as the features of the current context.
    fn serve_current(&mut self, effect: Effect) {
        if self.own.held.is_current() {
            self.serve_again(effect);
        } else {
            self.own.held = Held::Current;
            self.mark(Cause::First);
        }
    }

    /// Marks the served features for publication. `effect` decides the cause of the publication.
    pub(super) fn serve_again(&mut self, effect: Effect) {
        self.mark(match effect {
            Effect::Seen => Cause::Change,
            Effect::Invisible | Effect::None => Cause::Invisible,
        });
    }

    /// Marks the held features for publication at the end of the current input. If one input marks them several times, `First` takes
    /// precedence over `Change`, and `Change` over `Invisible`.
    fn mark(&mut self, cause: Cause) {
        self.own.unpublished = Some(match (self.own.unpublished, cause) {
            (Some(Cause::First), _) | (_, Cause::First) => Cause::First,
            (Some(Cause::Change), _) | (_, Cause::Change) => Cause::Change,
            (Some(Cause::Invisible) | None, Cause::Invisible) => Cause::Invisible,
        });
    }

    /// Publishes the held features if they are marked for publication.
    pub(super) fn publish_marked(&mut self) {
        let Some(cause) = self.own.unpublished.take() else { return };
        let (context, kept_for) = (self.evaluated_for(), self.kept_for());
        let actions = &mut self.actions;
        let notice = &mut |notice| actions.push_back(Action::Notice(notice));
        let rules = self.own.feature_set.rules(context, kept_for, notice);
        self.publish_rules(rules, cause);
    }

    fn raw(
        &mut self,
        source: Source,
        environment: Option<Arc<str>>,
        kind: RawKind,
        json: SharedText,
    ) {
        self.actions.push_back(Action::Raw(RawUpdate { source, environment, kind, json }));
    }
}

/// Returns the text of a store, or the reason why it is not read.
fn stored_text(bytes: &[u8]) -> Result<&str, String> {
    let text = std::str::from_utf8(bytes).map_err(|why| why.to_string())?;
    not_too_dense(text).map(|()| text)
}

fn not_too_dense(text: &str) -> Result<(), String> {
    if is_too_dense(text) { Err(format!("it has {TOO_DENSE}")) } else { Ok(()) }
}
