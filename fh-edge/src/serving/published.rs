//! One generation of an environment: everything that a reader needs, immutable, behind one pointer.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use fh_eval::featurehub::{Compiler, Environment, HashIds};
use fh_eval::{Attributes, Evaluation, Profile, Ruleset, Subject, Timestamp, WorkBound};
use http::HeaderValue;
use serde_json::value::RawValue;
use uuid::Uuid;

use super::answer::List;
use super::answers::AnswerBudget;
use super::feature::ServedFeature;
use super::grant::Grants;
use super::moment::{Moment, Moments};
use super::view::View;
use crate::evaluations::Caller;

/// What SDKs call a session, and what a real Edge does.
const SESSION: &str = "session";
const SESSION_KEY: &str = "sessionkey";

/// Is there anything to serve?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// No state yet: GET answers 503, streams wait (edge-protocol 11.5, rule 2).
    Waiting,
    /// The features are these.
    Serving,
}

/// What an environment is set to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Settings {
    pub(crate) name: Arc<str>,
    pub(crate) cache_control: Option<HeaderValue>,
    pub(crate) stale: bool,
    pub(crate) profile: Profile,
}

/// One generation of an environment.
#[derive(Debug)]
pub(crate) struct Published {
    pub(crate) id: Uuid,
    /// Counts from 1 in each environment.
    pub(crate) generation: u64,
    pub(crate) phase: Phase,
    /// The server stops: streams say `bye` within this time.
    pub(crate) closing: Option<Duration>,
    pub(crate) settings: Settings,
    pub(crate) grants: Arc<Grants>,
    /// How long a stream whose key is gone waits whether it comes back (D-104).
    pub(crate) revocation_delay: Duration,
    /// All features, retired ones too, in the order of answers.
    pub(crate) features: Vec<Arc<ServedFeature>>,
    /// The same, compiled; without retired ones' special role.
    pub(crate) ruleset: Ruleset,
    /// When answers change although nothing is published.
    pub(crate) moments: Moments,
    /// How they stand.
    pub(crate) moment: Moment,
    /// When its features were given, since 1970: time that passes makes them no newer.
    pub(crate) published_at: Duration,
    /// In the order of [`Grants::views`].
    views: Box<[OnceLock<View>]>,
    /// The memory of evaluated answers.
    answers: Arc<AnswerBudget>,
}

/// Beyond this many changed features everything is compiled anew, which is cheaper.
const FEW: usize = 8;

impl Published {
    /// The first generation, before its features are known: GET answers 503, streams wait.
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
            moments: Moments::default(),
            moment: Moment::none(),
            published_at: since_1970(),
            answers: Arc::clone(answers),
        }
    }

    /// The generation after this one.
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
            moments: self.moments.clone(),
            moment: self.moment.clone(),
            published_at: self.published_at,
            views: views(&self.grants),
            answers: Arc::clone(&self.answers),
        }
    }

    /// Would nobody notice it in the place of the other?
    pub(crate) fn is_as(&self, other: &Self) -> bool {
        let features = self.features.iter().zip(&other.features);
        self.phase == other.phase
            && self.closing == other.closing
            && self.revocation_delay == other.revocation_delay
            && self.moment == other.moment
            && self.settings == other.settings
            && self.grants == other.grants
            && self.features.len() == other.features.len()
            && features.into_iter().all(|(one, other)| Arc::ptr_eq(one, other))
    }

    /// With other keys.
    pub(crate) fn with_grants(mut self, grants: Arc<Grants>) -> Self {
        self.views = views(&grants);
        self.grants = grants;
        self
    }

    /// With these features in the place of those with their ids.
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

    /// With these features in place of its own. Those that look the same stay the same object.
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

    /// With these features, and their rules as they are compiled already.
    pub(crate) fn with_compiled(
        mut self,
        features: Vec<Arc<ServedFeature>>,
        ruleset: Ruleset,
        settings: Settings,
        now: Timestamp,
    ) -> Self {
        self.ruleset = ruleset;
        self.moments = Moments::default();
        for feature in &features {
            self.moments.merge(&feature.moments);
        }
        self.moment = self.moments.moment(now);
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

    /// At a later time, everything else being equal.
    pub(crate) fn at(mut self, now: Timestamp) -> Self {
        self.moment = self.moments.moment(now);
        self
    }

    /// The ruleset of other features: only what changed is compiled, if that is little.
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
        let mut ruleset = self.ruleset.clone();
        for key in gone {
            ruleset = ruleset.without(key);
        }
        for feature in changed {
            let ids = hash_ids(std::slice::from_ref(feature));
            let compiled = feature.raw().and_then(|raw| compiler(profile, &ids).feature(&raw).ok());
            ruleset = match compiled {
                Some(compiled) => ruleset.with(&compiled),
                None => ruleset.without(&feature.key),
            };
        }
        ruleset
    }

    /// The view of a grant.
    pub(crate) fn view(&self, position: usize) -> Option<&View> {
        let key = self.grants.views().get(position)?;
        Some(self.views.get(position)?.get_or_init(|| View::new(self, key, &self.answers)))
    }

    /// A context as this environment reads it: where clients' rules hold, `sessionkey` is another name for a session that is
    /// not given (D-20). A real Edge knows only the former, SDKs send only the latter.
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

    /// Evaluates one feature.
    pub(crate) fn evaluate<'a>(
        &'a self,
        feature: &ServedFeature,
        attributes: &'a Attributes,
        now: Timestamp,
    ) -> Option<Evaluation<'a>> {
        Some(self.ruleset.get(&feature.key)?.evaluate(&Subject::new(attributes, now)))
    }

    /// Its rules under a profile, which may be another than its own.
    pub(crate) fn ruleset_as(&self, profile: Profile) -> Ruleset {
        if profile == self.settings.profile {
            return self.ruleset.clone();
        }
        compiled(&self.features, profile)
    }

    /// Appends a feature as an asker with this context sees it.
    pub(crate) fn write_evaluated(
        &self,
        feature: &ServedFeature,
        attributes: &Attributes,
        now: Timestamp,
        detail: super::Detail,
        out: &mut String,
    ) {
        let evaluation = self.evaluate(feature, attributes, now);
        feature.write_evaluated(out, evaluation.as_ref(), detail);
    }

    /// All at once is faster, unless most of it is not shown.
    fn is_evaluated_at_once(&self, view: &View) -> bool {
        view.features().len() * 2 > self.ruleset.len()
    }

    /// The work that evaluating a view can take.
    pub(super) fn work_of(&self, view: &View) -> WorkBound {
        if self.is_evaluated_at_once(view) {
            return WorkBound::of(self.ruleset.iter());
        }
        WorkBound::of(view.features().iter().filter_map(|feature| self.ruleset.get(&feature.key)))
    }

    /// The most steps that evaluating one feature takes for a context (D-115).
    pub(crate) fn steps_of(&self, feature: &ServedFeature, attributes: &Attributes) -> u64 {
        WorkBound::of(self.ruleset.get(&feature.key)).steps(attributes)
    }

    /// Writes everything that a view shows to a caller with this context, feature by feature, as long as the caller is there.
    pub(crate) fn write_view_for(
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

    /// Writes everything that a view shows to an asker with this context.
    pub(crate) fn write_view(
        &self,
        view: &View,
        attributes: &Attributes,
        now: Timestamp,
        list: &mut List,
    ) {
        let detail = view.key.detail;
        let mut rest = view.features().iter();
        let mut next = rest.next();
        if self.is_evaluated_at_once(view) {
            self.ruleset.evaluate_all(&Subject::new(attributes, now), |found, evaluation| {
                if let Some(feature) = next
                    && *feature.key == *found.key()
                {
                    feature.write_evaluated(list.next(), Some(&evaluation), detail);
                    next = rest.next();
                }
            });
        }
        // The ruleset may have some in another order: new ones come last there.
        for feature in next.into_iter().chain(rest) {
            self.write_evaluated(feature, attributes, now, detail, list.next());
        }
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

/// Profile `edge` hashes value ids where there are any, `client` never does (D-91).
fn compiler(profile: Profile, ids: &HashIds) -> Compiler<'_> {
    let compiler = Compiler::new(profile);
    if profile == Profile::Edge { compiler.hash_ids(ids) } else { compiler }
}

fn compiled(features: &[Arc<ServedFeature>], profile: Profile) -> Ruleset {
    let raws: Vec<Box<RawValue>> = features.iter().filter_map(|feature| feature.raw()).collect();
    let environment = Environment { id: None, features: raws.iter().map(AsRef::as_ref).collect() };
    compiler(profile, &hash_ids(features)).compile(&environment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_by_its_other_name() {
        let session = |profile, context: &[(&str, &str)]| {
            let settings =
                Settings { name: "dev".into(), cache_control: None, stale: false, profile };
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
