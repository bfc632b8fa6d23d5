//! Features of a payload, for commands that evaluate: which environment, by whose semantics, when, for whom.

use clap::Args;
use fh_eval::featurehub::Compiler;
use fh_eval::{Attributes, FeatureRef, Profile, Ruleset, Subject, Timestamp};

use crate::cli::ProfileArgs;
use crate::clock::ClockArgs;
use crate::context::ContextArgs;
use crate::failure::Failure;
use crate::payload::{Payload, no_such_feature};

/// What to evaluate, and how.
#[derive(Debug, Clone, Args)]
pub(crate) struct RulesArgs {
    /// The environment to look at, by id; required if FILE holds several
    #[arg(long, value_name = "ID")]
    pub(crate) environment: Option<String>,

    #[command(flatten)]
    profile: ProfileArgs,

    #[command(flatten)]
    clock: ClockArgs,
}

impl RulesArgs {
    pub(crate) const fn profile(&self) -> Profile {
        self.profile.profile
    }

    /// The time of the evaluation.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The features.
    pub(crate) fn compile(&self, payload: &Payload) -> Result<Ruleset, Failure> {
        let environment = payload.environment(self.environment.as_deref(), "--environment")?;
        Ok(Compiler::new(self.profile()).compile(&environment))
    }
}

/// For whom.
#[derive(Debug, Clone, Args)]
pub(crate) struct SubjectArgs {
    #[command(flatten)]
    context: ContextArgs,

    /// Evaluate without any context: no strategy is looked at
    #[arg(long, conflicts_with = "context")]
    no_context: bool,
}

impl SubjectArgs {
    /// The context; `None` if there is to be none.
    pub(crate) fn attributes(&self) -> Option<Attributes> {
        (!self.no_context).then(|| self.context.attributes())
    }
}

/// A subject with a context, or without one.
pub(crate) fn subject(attributes: Option<&Attributes>, now: Timestamp) -> Subject<'_, Timestamp> {
    attributes.map_or_else(|| Subject::nobody(now), |attributes| Subject::new(attributes, now))
}

/// The feature of this key; without one it says which may have been meant.
pub(crate) fn feature<'a>(
    ruleset: &'a Ruleset,
    key: &str,
    payload: &Payload,
) -> Result<FeatureRef<'a>, Failure> {
    ruleset.get(key).ok_or_else(|| {
        let keys = ruleset.iter().map(|feature| feature.key());
        Failure::NotFound(no_such_feature(&payload.name, key, keys))
    })
}
