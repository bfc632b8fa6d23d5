//! A generation: one immutable version of everything that an environment serves, behind one pointer.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use fh_eval::featurehub::{Compiler, HashIds};
use fh_eval::{
    Attributes, Evaluation, Feature, Profile, Ruleset, Subject, TimeRules, Timestamp, WorkBound,
};
use http::HeaderValue;
use uuid::Uuid;

use super::answer::{Answer, List};
use super::answers::AnswerBudget;
use super::feature::ServedFeature;
use super::grant::Grants;
use super::time_state::TimeState;
use super::view::{Shown, View};
use super::view_key::{Detail, ViewKey};
use crate::clock::now;
use crate::evaluations::Caller;

/// The attribute in which SDKs send the session.
const SESSION: &str = "session";
/// The attribute from which a FeatureHub Edge reads the session of the default percentage key.
const SESSION_KEY: &str = "sessionkey";

/// The phase of an environment, which depends on whether its features are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// The features are not loaded yet, or a relay has dropped them because they expired or the key was refused. A GET of this environment
    /// alone with a valid key is answered with status 503, and new streams wait.
    Waiting,
    /// The features are known and served.
    Serving,
}

/// The settings of an environment: its name, the `cache-control` header of its answers, the profile of its evaluations, whether the
/// environment is stale, and the warnings that it accepts.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Settings {
    pub(crate) name: Arc<str>,
    pub(crate) cache_control: Option<HeaderValue>,
    pub(crate) stale: bool,
    pub(crate) profile: Profile,
    /// The names of the checks whose warnings are accepted, by feature key. Features without such names are left out.
    pub(crate) accepted: Arc<BTreeMap<Arc<str>, BTreeSet<String>>>,
}

/// One generation: an immutable version of everything that an environment serves.
#[derive(Debug)]
pub(crate) struct Published {
    pub(crate) id: Uuid,
    /// The number of this generation, counted from 1 in each cell.
    pub(crate) generation: u64,
    pub(crate) phase: Phase,
    /// The time within which the streams of the cell end with `bye`. It is `None` until the server begins to stop, or until a relay ends
    /// the cell's upstream connection.
    pub(crate) closing: Option<Duration>,
    pub(crate) settings: Settings,
    pub(crate) grants: Arc<Grants>,
    /// The time for which streams stay open after their key was removed, because the key may come back.
    pub(crate) revocation_delay: Duration,
    /// All features in the order in which answers list them, including retired features.
    pub(crate) features: Vec<Arc<ServedFeature>>,
    /// The compiled rules of all features that could be compiled, including retired features.
    pub(crate) ruleset: Ruleset,
    /// The rules on `now`. As time passes, they may change answers although no feature is changed.
    pub(crate) time_rules: TimeRules,
    /// The outcome of the rules on `now` in this generation.
    pub(crate) time_state: TimeState,
    /// The time at which the features and settings were last set, or else the time at which the first generation was made, as a duration
    /// since 1970. A generation that only a rule on `now` causes keeps this time.
    pub(crate) published_at: Duration,
    /// The views, in the order of [`Grants::views`].
    views: Box<[OnceLock<View>]>,
    /// The memory limit that the evaluated answers of all views share.
    answers: Arc<AnswerBudget>,
}

/// The largest number of added, changed and removed features for which only the added and changed ones are compiled. If there are more,
/// compiling all features is assumed to be cheaper.
const FEW: usize = 8;

impl Published {
    /// Makes the first generation of a cell, in [`Phase::Waiting`] and without features.
    pub(crate) fn waiting(
        id: Uuid,
        settings: Settings,
        grants: Arc<Grants>,
        answers: &Arc<AnswerBudget>,
    ) -> Self {
        Self {
            id,
            generation: 1,
            phase: Phase::Waiting,
            closing: None,
            settings,
            views: views(&grants),
            grants,
            revocation_delay: Duration::ZERO,
            features: Vec::new(),
            ruleset: Ruleset::default(),
            time_rules: TimeRules::default(),
            time_state: TimeState::none(),
            published_at: since_1970(),
            answers: Arc::clone(answers),
        }
    }

    /// Copies this generation and gives the copy the next number. The copy has no rendered views yet.
    pub(crate) fn next(&self) -> Self {
        Self {
            id: self.id,
            generation: self.generation + 1,
            phase: self.phase,
            closing: self.closing,
            settings: self.settings.clone(),
            grants: Arc::clone(&self.grants),
            revocation_delay: self.revocation_delay,
            features: self.features.clone(),
            ruleset: self.ruleset.clone(),
            time_rules: self.time_rules.clone(),
            time_state: self.time_state.clone(),
            published_at: self.published_at,
            views: views(&self.grants),
            answers: Arc::clone(&self.answers),
        }
    }

    /// Returns true if this generation and `other` have the same feature objects in the same order, and agree in everything else that
    /// clients can see.
    pub(crate) fn is_as(&self, other: &Self) -> bool {
        let features = self.features.iter().zip(&other.features);
        self.phase == other.phase
            && self.closing == other.closing
            && self.revocation_delay == other.revocation_delay
            && self.time_state == other.time_state
            && self.settings == other.settings
            && self.grants == other.grants
            && self.features.len() == other.features.len()
            && features.into_iter().all(|(one, other)| Arc::ptr_eq(one, other))
    }

    /// Replaces the API keys of the environment and their rights.
    pub(crate) fn with_grants(mut self, grants: Arc<Grants>) -> Self {
        self.views = views(&grants);
        self.grants = grants;
        self
    }

    /// Replaces the features whose ids occur in `changed`. Ids that the environment does not have are ignored.
    pub(crate) fn with_changed(self, changed: Vec<ServedFeature>, now: Timestamp) -> Self {
        let settings = self.settings.clone();
        let mut features: Vec<Arc<ServedFeature>> = self.features.clone();
        for feature in changed {
            if let Some(place) = features.iter_mut().find(|known| known.id == feature.id) {
                *place = Arc::new(feature);
            }
        }
        self.with(features, settings, now)
    }

    /// Replaces all features and the settings. If a new feature looks like the old one with its id ([`ServedFeature::looks_like`]), the old
    /// object is kept.
    pub(crate) fn with_features(
        self,
        features: Vec<ServedFeature>,
        settings: Settings,
        now: Timestamp,
    ) -> Self {
        let known: HashMap<Uuid, &Arc<ServedFeature>> =
            self.features.iter().map(|feature| (feature.id, feature)).collect();
        let features = features.into_iter().map(|feature| match known.get(&feature.id) {
            Some(old) if old.looks_like(&feature) => Arc::clone(old),
            _ => Arc::new(feature),
        });
        let features = features.collect();
        self.with(features, settings, now)
    }

    /// Replaces all features, the settings and the ruleset, and sets [`Phase::Serving`]. `ruleset` must be the compiled rules of
    /// `features`.
    pub(crate) fn with_compiled(
        mut self,
        features: Vec<Arc<ServedFeature>>,
        ruleset: Ruleset,
        settings: Settings,
        now: Timestamp,
    ) -> Self {
        self.time_rules = TimeRules::of(&ruleset);
        self.time_state = TimeState::at(now, &self.time_rules);
        self.ruleset = ruleset;
        self.features = features;
        self.settings = settings;
        self.phase = Phase::Serving;
        self.published_at = since_1970();
        self
    }

    fn with(self, features: Vec<Arc<ServedFeature>>, settings: Settings, now: Timestamp) -> Self {
        let ruleset = self.recompiled(&features, settings.profile);
        self.with_compiled(features, ruleset, settings, now)
    }

    /// Replaces the outcome of the rules on `now` with the outcome at this time.
    pub(crate) fn at(mut self, now: Timestamp) -> Self {
        self.time_state = TimeState::at(now, &self.time_rules);
        self
    }

    /// Returns the ruleset of these features, in their order. If at most [`FEW`] features were added, changed or removed, only the added
    /// and changed ones are compiled. All features are compiled if there were no compiled features before, if the profile has changed, or
    /// if a feature was moved, or was added before others.
    fn recompiled(&self, features: &[Arc<ServedFeature>], profile: Profile) -> Ruleset {
        let before: HashMap<Uuid, &Arc<ServedFeature>> =
            self.features.iter().map(|feature| (feature.id, feature)).collect();
        let stays = |feature: &&Arc<ServedFeature>| {
            before.get(&feature.id).is_some_and(|old| Arc::ptr_eq(old, feature))
        };
        let changed: Vec<&Arc<ServedFeature>> =
            features.iter().filter(|each| !stays(each)).collect();
        let now: HashSet<&str> = features.iter().map(|feature| &*feature.key).collect();
        let gone: Vec<&str> =
            self.features.iter().map(|old| &*old.key).filter(|key| !now.contains(key)).collect();
        let is_little = changed.len() + gone.len() <= FEW && !self.ruleset.is_empty();
        if !is_little || self.settings.profile != profile {
            return compiled(features, profile);
        }
        let mut ruleset = self.ruleset.without(gone);
        for feature in changed {
            ruleset = with_served(&ruleset, feature, profile);
        }
        // `Ruleset::with` keeps the order of known features, and adds new ones last. In another order, one pass over the ruleset could not
        // write an answer.
        let keys = features.iter().map(|feature| &*feature.key);
        let is_in_order = ruleset
            .iter()
            .map(|compiled| compiled.key())
            .eq(keys.filter(|key| ruleset.get(key).is_some()));
        if is_in_order { ruleset } else { compiled(features, profile) }
    }

    /// Returns the view at a position of [`Grants::views`], or `None` if there is no such position. The first call makes the view.
    pub(crate) fn view(&self, position: usize) -> Option<&View> {
        let key = self.grants.views().get(position)?;
        Some(self.views.get(position)?.get_or_init(|| self.make_view(key)))
    }

    fn make_view(&self, key: &ViewKey) -> View {
        let seen = self.features.iter().filter(|feature| feature.is_visible(&key.filters));
        let shown = Shown {
            generation: self.generation,
            time_state: self.time_state.clone(),
            profile: self.settings.profile,
            features: seen.cloned().collect(),
        };
        let is_evaluated_at_once = self.evaluates_at_once(&shown.features);
        View::new(self.id, key, shown, is_evaluated_at_once, &self.answers)
    }

    /// Returns the attributes with which this environment evaluates. Under profile `client`, the values of `sessionkey` also count as those
    /// of `session` if `session` is missing. For the default percentage key, a FeatureHub Edge reads `sessionkey`, while SDKs send
    /// `session`.
    pub(crate) fn as_read(&self, attributes: Attributes) -> Attributes {
        let session = match (self.settings.profile, attributes.get(SESSION)) {
            (Profile::Client, None) => attributes.get(SESSION_KEY),
            _ => None,
        };
        let Some(session) = session else { return attributes };
        let given = attributes.iter();
        let all =
            given.chain([(SESSION, session)]).fold(Attributes::builder(), |all, (name, values)| {
                all.attribute(name, values.collect::<Vec<_>>())
            });
        all.build()
    }

    /// Evaluates one feature for these attributes. Returns `None` if the feature could not be compiled.
    pub(crate) fn evaluate<'a>(
        &'a self,
        feature: &ServedFeature,
        attributes: &'a Attributes,
        now: Timestamp,
    ) -> Option<Evaluation<'a>> {
        Some(self.ruleset.get(&feature.key)?.evaluate(&Subject::new(attributes, now)))
    }

    /// Returns true if time can change the evaluations of a feature.
    pub(crate) fn reads_clock(&self, feature: &ServedFeature) -> bool {
        self.ruleset.get(&feature.key).is_some_and(|compiled| compiled.reads_clock())
    }

    /// Returns the ruleset of all features under this profile. If the profile differs from the environment's profile, this call compiles
    /// the features.
    pub(crate) fn ruleset_as(&self, profile: Profile) -> Ruleset {
        if profile == self.settings.profile {
            return self.ruleset.clone();
        }
        compiled(&self.features, profile)
    }

    /// Appends the JSON of a feature, as evaluated for these attributes, to `out`.
    pub(crate) fn write_evaluated(
        &self,
        feature: &ServedFeature,
        attributes: &Attributes,
        now: Timestamp,
        detail: Detail,
        out: &mut String,
    ) {
        let evaluation = self.evaluate(feature, attributes, now);
        feature.write_evaluated(out, evaluation.as_ref(), detail);
    }

    /// Returns true if the features of a view are evaluated in one pass over all features of the ruleset. This is the case if the view has
    /// more than half as many features as the ruleset, because the pass is then assumed to be faster than single evaluations. The ruleset
    /// must also contain all features of the view, in the order of the view.
    fn evaluates_at_once(&self, features: &[Arc<ServedFeature>]) -> bool {
        let mut compiled = self.ruleset.iter();
        features.len() * 2 > self.ruleset.len()
            && features.iter().all(|feature| compiled.any(|found| *found.key() == *feature.key))
    }

    /// Returns the largest number of steps that evaluating a view once for a context can take.
    pub(crate) fn steps_of_view(&self, view: &View, attributes: &Attributes) -> u64 {
        view.work.get_or_init(|| self.work_of(view)).steps(attributes)
    }

    /// Returns an upper bound, in evaluation steps, of the work of [`Self::write_view`] and [`Self::write_view_for`].
    fn work_of(&self, view: &View) -> WorkBound {
        if view.is_evaluated_at_once {
            return WorkBound::of(self.ruleset.iter());
        }
        WorkBound::of(view.features().iter().filter_map(|feature| self.ruleset.get(&feature.key)))
    }

    /// Returns the largest number of steps that evaluating one feature for a context can take.
    pub(crate) fn steps_of(&self, feature: &ServedFeature, attributes: &Attributes) -> u64 {
        WorkBound::of(self.ruleset.get(&feature.key)).steps(attributes)
    }

    /// Returns the cached answer for a context, or evaluates the view feature by feature and caches the answer. This function is for large
    /// evaluations (`Effort::Large`), which run on another thread than the request.
    ///
    /// `context` is the text of the context in the request, and `tag` is the part of etags that identifies the context. Returns `None` if
    /// the caller disconnects before the evaluation ends.
    pub(crate) fn answer_for(
        &self,
        view: &View,
        (context, tag): (&str, &str),
        attributes: &Attributes,
        caller: &Caller,
    ) -> Option<Arc<Answer>> {
        // Another request with this context may have made the answer while this one waited in the queue.
        if let Some(known) = view.evaluated_if_made(context) {
            return Some(known);
        }
        let answer = view.render(tag, |list| {
            self.write_view_for(view, attributes, now(), caller, list);
        });
        if caller.has_left() {
            return None;
        }
        let answer = Arc::new(answer);
        view.keep(context, Arc::clone(&answer));
        Some(answer)
    }

    /// Appends all features of a view, as evaluated for these attributes, to `list`. The function returns early if the caller disconnects.
    pub(super) fn write_view_for(
        &self,
        view: &View,
        attributes: &Attributes,
        now: Timestamp,
        caller: &Caller,
        list: &mut List,
    ) {
        for feature in view.features() {
            if caller.has_left() {
                return;
            }
            self.write_evaluated(feature, attributes, now, view.key.detail, list.next());
        }
    }

    /// Appends all features of a view, as evaluated for these attributes, to `list`.
    pub(crate) fn write_view(
        &self,
        view: &View,
        attributes: &Attributes,
        now: Timestamp,
        list: &mut List,
    ) {
        let detail = view.key.detail;
        if !view.is_evaluated_at_once {
            for feature in view.features() {
                self.write_evaluated(feature, attributes, now, detail, list.next());
            }
            return;
        }
        let mut rest = view.features().iter();
        let mut next = rest.next();
        self.ruleset.evaluate_all(&Subject::new(attributes, now), |found, evaluation| {
            if let Some(feature) = next
                && *feature.key == *found.key()
            {
                feature.write_evaluated(list.next(), Some(&evaluation), detail);
                next = rest.next();
            }
        });
    }
}

fn since_1970() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

fn views(grants: &Grants) -> Box<[OnceLock<View>]> {
    grants.views().iter().map(|_| OnceLock::new()).collect()
}

fn hash_ids(features: &[Arc<ServedFeature>]) -> HashIds {
    let ids = features
        .iter()
        .filter_map(|feature| Some((feature.key.to_string(), feature.value_id.clone()?)));
    ids.collect()
}

/// Compiles a feature alone, with its JSON, so that it can be explained.
pub(crate) fn explainable(feature: &Arc<ServedFeature>, profile: Profile) -> Option<Feature> {
    let ids = hash_ids(std::slice::from_ref(feature));
    compiler(profile, &ids).feature_of(&feature.parts(), feature.json()).ok()
}

/// Returns the compiler of a profile. Under profile `edge`, percentages hash the id of a feature's value record if `ids` contains it. Under
/// profile `client`, percentages never hash these ids.
fn compiler(profile: Profile, ids: &HashIds) -> Compiler<'_> {
    let compiler = Compiler::new(profile);
    if profile == Profile::Edge { compiler.hash_ids(ids) } else { compiler }
}

/// Returns a ruleset in which a feature has the rules with which it is served. If the feature cannot be compiled, the result does not
/// contain it.
pub(crate) fn with_served(
    ruleset: &Ruleset,
    feature: &Arc<ServedFeature>,
    profile: Profile,
) -> Ruleset {
    let ids = hash_ids(std::slice::from_ref(feature));
    let compiler = compiler(profile, &ids).without_json();
    match compiler.feature_of(&feature.parts(), feature.json()) {
        Ok(compiled) => ruleset.with(&compiled),
        Err(_) => ruleset.without([&*feature.key]),
    }
}

fn compiled(features: &[Arc<ServedFeature>], profile: Profile) -> Ruleset {
    let ids = hash_ids(features);
    let mut compilation = compiler(profile, &ids).without_json().begin(None);
    for feature in features {
        compilation.add_parts(&feature.parts(), feature.json());
    }
    compilation.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessionkey_stands_for_a_missing_session() {
        let session = |profile, context: &[(&str, &str)]| {
            let settings = Settings {
                name: "dev".into(),
                cache_control: None,
                stale: false,
                profile,
                accepted: Arc::default(),
            };
            let published =
                Published::waiting(Uuid::nil(), settings, Arc::default(), &AnswerBudget::new(0));
            let given = context
                .iter()
                .fold(Attributes::builder(), |all, (name, value)| all.attribute(name, *value));
            let read = published.as_read(given.build());
            assert!(context.iter().all(|(name, _)| read.get(name).is_some()), "nothing goes");
            read.get(SESSION).map(|values| values.collect::<Vec<_>>().join(","))
        };
        let other = [("userkey", "fred"), (SESSION_KEY, "s")];
        assert_eq!(session(Profile::Client, &other).as_deref(), Some("s"));
        assert_eq!(session(Profile::Edge, &other), None);
        let both = [(SESSION_KEY, "s"), (SESSION, "t")];
        assert_eq!(session(Profile::Client, &both).as_deref(), Some("t"));
        assert_eq!(session(Profile::Client, &[("userkey", "fred")]), None);
    }
}
