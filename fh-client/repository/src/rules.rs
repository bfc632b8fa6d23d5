//! The compiled features of all environments, which readers evaluate, and the context for which they are valid.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use fh_eval::{Attributes, Ruleset};

use crate::system::System;

/// Compiled, immutable features, at most one for each key. If several environments have a feature with the same key, a session includes
/// only the feature of the earliest API key's environment.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    ruleset: Ruleset,
    environments: Environments,
    evaluated_for: Option<Arc<ServerEvaluated>>,
    system: System,
}

/// The environments to which a set of features belongs.
#[derive(Debug, Clone, Default)]
pub enum Environments {
    /// The environment of the features is unknown.
    #[default]
    Unknown,
    /// All features belong to one environment. The text is the id of the environment.
    One(Arc<str>),
    /// The features may belong to several environments. The map holds the id of the environment by feature key.
    Several(HashMap<Box<str>, Arc<str>>),
}

/// The data about features that an Edge has evaluated for a context.
#[derive(Debug, Clone, Default)]
pub struct ServerEvaluated {
    /// The context for which the Edge evaluated the features.
    pub context: Arc<Attributes>,
    /// Another context for which these values are served until the Edge has evaluated the features for that context. `None` if the
    /// values are served only for `context`.
    pub kept_for: Option<Arc<Attributes>>,
    /// The ids of the strategies that matched, by feature key. A feature has no entry if the Edge reports no strategy for it.
    pub strategies: HashMap<Box<str>, Box<str>>,
}

impl ServerEvaluated {
    /// Returns true if the values may be served for this context, because it equals [`Self::context`] or [`Self::kept_for`].
    #[must_use]
    pub fn answers_for(&self, context: &Arc<Attributes>) -> bool {
        let is = |own: &Arc<Attributes>| Arc::ptr_eq(own, context) || own == context;
        is(&self.context) || self.kept_for.as_ref().is_some_and(is)
    }
}

impl Rules {
    /// Creates rules from features that the client evaluates, for any context.
    #[must_use]
    pub const fn client_evaluated(ruleset: Ruleset, environments: Environments) -> Self {
        Self { ruleset, environments, evaluated_for: None, system: System::FeatureHub }
    }

    /// Returns the rules as those of this system. The default is FeatureHub.
    #[must_use]
    pub fn of_system(self, system: System) -> Self {
        Self { system, ..self }
    }

    /// Returns the system whose features these are.
    #[must_use]
    pub const fn system(&self) -> System {
        self.system
    }

    /// Creates rules from features that an Edge has evaluated for one context.
    #[must_use]
    pub const fn server_evaluated(
        ruleset: Ruleset,
        environments: Environments,
        evaluated: Arc<ServerEvaluated>,
    ) -> Self {
        let system = System::FeatureHub;
        Self { ruleset, environments, evaluated_for: Some(evaluated), system }
    }

    /// Returns the compiled features of all environments.
    #[must_use]
    pub const fn ruleset(&self) -> &Ruleset {
        &self.ruleset
    }

    /// Returns the data about the Edge's evaluation; `None` if the client evaluates the features.
    #[must_use]
    pub fn evaluated_for(&self) -> Option<&Arc<ServerEvaluated>> {
        self.evaluated_for.as_ref()
    }

    /// Returns the environments to which the features belong.
    #[must_use]
    pub const fn environments(&self) -> &Environments {
        &self.environments
    }

    /// Returns the id of the environment of the feature with this key; `None` if the environment is unknown. If all features belong to one
    /// environment, returns its id for any key.
    #[must_use]
    pub fn environment_of(&self, feature: &str) -> Option<&Arc<str>> {
        match &self.environments {
            Environments::Unknown => None,
            Environments::One(id) => Some(id),
            Environments::Several(by_key) => by_key.get(feature),
        }
    }

    /// Returns the rules without the features of the given environments; `None` if the rules have no such features.
    pub(crate) fn without_environments(&self, environments: &[Arc<str>]) -> Option<Self> {
        let is_gone = |key: &str| {
            let id = self.environment_of(key);
            id.is_some_and(|id| environments.iter().any(|gone| gone.eq_ignore_ascii_case(id)))
        };
        let keys = self.ruleset.iter().map(|feature| feature.key());
        let gone: HashSet<&str> = keys.filter(|key| is_gone(key)).collect();
        if gone.is_empty() {
            return None;
        }
        let mut left = self.clone();
        left.ruleset = if gone.len() == self.ruleset.len() {
            Ruleset::default()
        } else {
            self.ruleset.without(gone.iter().copied())
        };
        if let Environments::Several(by_key) = &mut left.environments {
            by_key.retain(|key, _| !gone.contains(&**key));
        }
        if let Some(evaluated) = &mut left.evaluated_for {
            Arc::make_mut(evaluated).strategies.retain(|key, _| !gone.contains(&**key));
        }
        Some(left)
    }
}
