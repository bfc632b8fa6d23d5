//! The features of a session by environment, and the rules that readers evaluate.

mod answer;
mod environment;
mod foreign;
mod received;

#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use fh_eval::featurehub::Compiler;
use fh_eval::{Attributes, Profile, Ruleset, SharedText};
use fh_repository::notice::Notice;
use fh_repository::rules::{Environments, Rules, ServerEvaluated};
use fh_repository::time::Millis;

pub(crate) use answer::{
    Answered, environments as read_answer, list as read_list, one as read_one,
};
pub(crate) use environment::{Authority, Effect};
pub(crate) use foreign::{names_another, other_environment};
pub(crate) use received::Received;

use crate::key::{ApiKey, ApiKeys, KeyKind};
use environment::Environment;

/// The features of a session, by environment. The environments have the order of the API keys. Environments to which no key gives
/// access, and which only a store has sent, come last.
#[derive(Debug)]
pub(crate) struct FeatureSet {
    profile: Profile,
    kind: KeyKind,
    environments: Vec<Environment>,
    /// The feature keys for which a notice about several environments was sent, so that each key is reported at most once.
    reported: HashSet<Box<str>>,
}

/// The environments that were dropped, because the new keys do not give access to them.
#[derive(Debug)]
pub(crate) struct Closed {
    pub(crate) environments: Vec<Arc<str>>,
    /// True if at least one of these environments held features.
    pub(crate) had_features: bool,
}

/// Maximum number of feature keys for which a notice about several environments is sent. Further keys are not reported.
const MAX_REPORTED: usize = 1_000;

impl FeatureSet {
    pub(crate) fn new(profile: Profile, keys: &ApiKeys) -> Self {
        let mut feature_set =
            Self { profile, kind: keys.kind(), environments: Vec::new(), reported: HashSet::new() };
        feature_set.open(keys);
        feature_set
    }

    /// Keeps or adds the environments to which the keys give access, and drops all others. Returns the dropped environments.
    pub(crate) fn open(&mut self, keys: &ApiKeys) -> Closed {
        self.kind = keys.kind();
        let mut held = std::mem::take(&mut self.environments);
        for id in keys.iter().map(ApiKey::environment) {
            if self.find(id).is_some() {
                continue;
            }
            let known = held.iter().position(|other| other.id.eq_ignore_ascii_case(id));
            self.environments.push(match known {
                Some(at) => held.swap_remove(at),
                None => Environment::new(Arc::clone(id)),
            });
        }
        let had_features = held.iter().any(|environment| !environment.ruleset.is_empty());
        let environments = held.into_iter().map(|environment| environment.id).collect();
        Closed { environments, had_features }
    }

    /// Returns the compiler for features that were received with a key of this kind. With a server-evaluated key, the value that the Edge
    /// sends is the answer, so strategies in the payload are left out.
    const fn compiler(&self, kind: KeyKind) -> Compiler<'static> {
        let compiler = Compiler::new(self.profile);
        match kind {
            KeyKind::ClientEvaluated => compiler,
            KeyKind::ServerEvaluated => compiler.without_strategies(),
        }
    }

    fn find(&self, id: &str) -> Option<usize> {
        self.environments.iter().position(|held| held.id.eq_ignore_ascii_case(id))
    }

    /// Returns the environment with this id, which is added at the end if it is not in the set.
    fn environment(&mut self, id: &str) -> Option<&mut Environment> {
        let at = self.find(id).unwrap_or_else(|| {
            self.environments.push(Environment::new(id.into()));
            self.environments.len() - 1
        });
        self.environments.get_mut(at)
    }

    /// Returns the id of the first API key's environment.
    pub(crate) fn first_id(&self) -> Arc<str> {
        self.environments.first().map_or_else(|| "".into(), |first| Arc::clone(&first.id))
    }

    /// Returns true if a key gives access to this environment, or a store has added the environment.
    pub(crate) fn knows(&self, id: &str) -> bool {
        self.find(id).is_some()
    }

    /// Returns true if this environment holds features.
    pub(crate) fn holds(&self, id: &str) -> bool {
        self.find(id)
            .and_then(|at| self.environments.get(at))
            .is_some_and(|environment| !environment.ruleset.is_empty())
    }

    /// Returns true if no environment holds features.
    pub(crate) fn is_empty(&self) -> bool {
        self.environments.iter().all(|environment| environment.ruleset.is_empty())
    }

    /// Drops all features, and the record of deleted features.
    pub(crate) fn forget(&mut self) {
        for environment in &mut self.environments {
            *environment = Environment::new(Arc::clone(&environment.id));
        }
    }

    /// Applies a list of the features of an environment that arrives now, and returns the effect. The features may be parts of a message,
    /// which then stays in memory.
    pub(crate) fn list(
        &mut self,
        id: &str,
        message: Option<&SharedText>,
        features: &[Received<'_>],
        authority: Authority,
        now: Millis,
    ) -> Effect {
        let compiler = self.compiler(self.kind);
        self.environment(id)
            .map_or(Effect::None, |each| each.list(message, features, authority, now, compiler))
    }

    /// Returns true if the last list of the Edge for an environment had an older version of a held feature.
    pub(crate) fn holds_newer(&self) -> bool {
        self.environments.iter().any(Environment::holds_newer)
    }

    /// Applies an update of one feature of an environment, and returns the effect.
    ///
    /// # Errors
    /// An error if the JSON is not a feature. The error holds the reason.
    pub(crate) fn feature(
        &mut self,
        id: &str,
        received: &Received<'_>,
        authority: Authority,
    ) -> Result<Effect, String> {
        let compiler = self.compiler(self.kind);
        self.environment(id)
            .map_or(Ok(Effect::None), |each| each.feature(received, authority, compiler))
    }

    /// Applies a delete of an environment's feature, and returns the effect.
    ///
    /// # Errors
    /// An error if the JSON is not an object, or has neither an id nor a key. The error holds the reason.
    pub(crate) fn delete(&mut self, id: &str, received: &Received<'_>) -> Result<Effect, String> {
        self.environment(id).map_or(Ok(Effect::None), |each| each.delete(received))
    }

    /// Returns the rules that readers evaluate. `context` is the context for which an Edge has evaluated the features; `None` if the client
    /// evaluates them. If `context` and `kept_for` are given, the values are served for both contexts.
    pub(crate) fn rules(
        &mut self,
        context: Option<Arc<Attributes>>,
        kept_for: Option<Arc<Attributes>>,
        notice: &mut dyn FnMut(Notice),
    ) -> Rules {
        let several = self.environments.iter().filter(|each| !each.ruleset.is_empty()).count() > 1;
        let (ruleset, environments) = if several {
            let kind = match context {
                Some(_) => KeyKind::ServerEvaluated,
                None => KeyKind::ClientEvaluated,
            };
            self.merged(kind, notice)
        } else {
            let full = self.environments.iter().find(|each| !each.ruleset.is_empty());
            match full.or(self.environments.first()) {
                Some(only) => (only.ruleset.clone(), Environments::One(Arc::clone(&only.id))),
                None => (Ruleset::default(), Environments::Unknown),
            }
        };
        let Some(context) = context else {
            return Rules::client_evaluated(ruleset, environments);
        };
        let mut strategies = HashMap::new();
        for environment in self.environments.iter().rev() {
            // The strategies of the earliest environment are added last, so that they replace those of later environments.
            for feature in environment.ruleset.iter() {
                strategies.remove(feature.key());
            }
            strategies.extend(environment.strategies.clone());
        }
        let evaluated = Arc::new(ServerEvaluated { context, kept_for, strategies });
        Rules::server_evaluated(ruleset, environments, evaluated)
    }

    /// Returns the features of all environments in one ruleset. If several environments have a feature with the same key, the feature of
    /// the earliest environment is used.
    fn merged(&mut self, kind: KeyKind, notice: &mut dyn FnMut(Notice)) -> (Ruleset, Environments) {
        let mut from: HashMap<Box<str>, Arc<str>> = HashMap::new();
        let mut compilation = self.compiler(kind).begin(None);
        for environment in &self.environments {
            for feature in environment.ruleset.iter() {
                if let Some(answers) = from.get(feature.key()) {
                    if self.reported.len() < MAX_REPORTED
                        && self.reported.insert(feature.key().into())
                    {
                        notice(Notice::KeyInSeveralEnvironments {
                            feature: feature.key().to_string(),
                            answers: answers.to_string(),
                        });
                    }
                    continue;
                }
                from.insert(feature.key().into(), Arc::clone(&environment.id));
                compilation.add(feature.json());
            }
        }
        (compilation.finish(), Environments::Several(from))
    }
}
