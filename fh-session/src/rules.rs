//! What the read side evaluates: the compiled features of all environments, and for whom they hold.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use fh_eval::{Attributes, Ruleset};

/// Where features came from. The names are those that published SDKs tag updates with (sdk-behaviour 2.2).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Source {
    /// A poll of the Edge.
    Polling,
    /// A stream of the Edge.
    Streaming,
    /// A snapshot file, or bytes given at the start.
    Snapshot,
    /// A store of this name, such as `redis-store` or `local-yaml-store`.
    Store(Arc<str>),
}

impl Source {
    /// The tag.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Polling => "polling",
            Self::Streaming => "streaming",
            Self::Snapshot => "snapshot",
            Self::Store(name) => name,
        }
    }

    /// Is it the Edge itself? Only its lists say which features there are (sdk-behaviour 2.2).
    #[must_use]
    pub const fn is_edge(&self) -> bool {
        matches!(self, Self::Polling | Self::Streaming)
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Compiled features, immutable. Of features with one key in several environments only the answering one is here (D-61).
#[derive(Debug, Clone, Default)]
pub struct Rules {
    ruleset: Ruleset,
    environments: Environments,
    evaluated_for: Option<Arc<ServerEvaluated>>,
}

/// Which environment each feature is from.
#[derive(Debug, Clone, Default)]
pub enum Environments {
    /// Not known.
    #[default]
    Unknown,
    /// All are from this one.
    One(Arc<str>),
    /// By the feature's key.
    Several(HashMap<Box<str>, Arc<str>>),
}

/// What an Edge added when it evaluated.
#[derive(Debug, Clone, Default)]
pub struct ServerEvaluated {
    /// The context it evaluated for.
    pub context: Arc<Attributes>,
    /// Another context that these values answer for until the Edge has evaluated for it
    /// ([`WhileSwitching::KeepValues`](crate::WhileSwitching::KeepValues)).
    pub kept_for: Option<Arc<Attributes>>,
    /// Ids of the strategies that matched (`v`), by the feature's key.
    pub strategies: HashMap<Box<str>, Box<str>>,
}

impl ServerEvaluated {
    /// Returns true if these values answer for this context.
    #[must_use]
    pub fn answers_for(&self, context: &Arc<Attributes>) -> bool {
        let is = |own: &Arc<Attributes>| Arc::ptr_eq(own, context) || own == context;
        is(&self.context) || self.kept_for.as_ref().is_some_and(is)
    }
}

impl Rules {
    /// Features that are evaluated here, for any context.
    #[must_use]
    pub const fn client_evaluated(ruleset: Ruleset, environments: Environments) -> Self {
        Self { ruleset, environments, evaluated_for: None }
    }

    /// Features that an Edge has evaluated for one context.
    #[must_use]
    pub const fn server_evaluated(
        ruleset: Ruleset,
        environments: Environments,
        evaluated: Arc<ServerEvaluated>,
    ) -> Self {
        Self { ruleset, environments, evaluated_for: Some(evaluated) }
    }

    /// Makes the values of an Edge answer for another context besides their own, or for no other.
    pub(crate) fn keep_for(&mut self, context: Option<Arc<Attributes>>) {
        if let Some(evaluated) = &mut self.evaluated_for
            && evaluated.kept_for != context
        {
            Arc::make_mut(evaluated).kept_for = context;
        }
    }

    /// The features.
    #[must_use]
    pub const fn ruleset(&self) -> &Ruleset {
        &self.ruleset
    }

    /// What the Edge added, if it evaluated.
    #[must_use]
    pub fn evaluated_for(&self) -> Option<&Arc<ServerEvaluated>> {
        self.evaluated_for.as_ref()
    }

    /// Which environments the features are from.
    #[must_use]
    pub const fn environments(&self) -> &Environments {
        &self.environments
    }

    /// The environment that a feature is from.
    #[must_use]
    pub fn environment_of(&self, feature: &str) -> Option<&Arc<str>> {
        match &self.environments {
            Environments::Unknown => None,
            Environments::One(id) => Some(id),
            Environments::Several(by_key) => by_key.get(feature),
        }
    }

    /// These rules without the features of these environments; `None` if there are none of theirs.
    #[must_use]
    pub fn without_environments(&self, environments: &[Arc<str>]) -> Option<Self> {
        let is_gone = |key: &str| {
            let id = self.environment_of(key);
            id.is_some_and(|id| environments.iter().any(|gone| gone.eq_ignore_ascii_case(id)))
        };
        let keys = self.ruleset.iter().map(|feature| feature.key());
        let gone: Vec<&str> = keys.filter(|key| is_gone(key)).collect();
        if gone.is_empty() {
            return None;
        }
        let mut left = self.clone();
        left.ruleset = if gone.len() == self.ruleset.len() {
            Ruleset::default()
        } else {
            gone.iter().fold(self.ruleset.clone(), |ruleset, key| ruleset.without(key))
        };
        if let Environments::Several(by_key) = &mut left.environments {
            by_key.retain(|key, _| !gone.contains(&&**key));
        }
        if let Some(evaluated) = &mut left.evaluated_for {
            Arc::make_mut(evaluated).strategies.retain(|key, _| !gone.contains(&&**key));
        }
        Some(left)
    }

    /// These rules with another set of features, for the same context and from the same environments.
    #[must_use]
    pub fn with_ruleset(&self, ruleset: Ruleset) -> Self {
        Self { ruleset, ..self.clone() }
    }
}
