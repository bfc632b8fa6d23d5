//! Arguments of commands that evaluate a payload: environment, profile, time and context.

use clap::Args;
use fh_eval::featurehub::Compiler;
use fh_eval::{Attributes, FeatureRef, Profile, Ruleset, Subject, Timestamp};

use crate::cli::ProfileArgs;
use crate::clock::ClockArgs;
use crate::context::ContextArgs;
use crate::failure::Failure;
use crate::payload::{Payload, no_such_feature};

/// The options that choose the environment, the profile and the time of an evaluation.
#[derive(Debug, Clone, Args)]
pub(crate) struct RulesArgs {
    /// The id of the environment to evaluate. This option is required if FILE contains several environments
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

    /// Returns the time of the evaluation.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Compiles the features of the chosen environment.
    pub(crate) fn compile(&self, payload: &Payload) -> Result<Ruleset, Failure> {
        let environment = payload.environment(self.environment.as_deref(), "--environment")?;
        Ok(Compiler::new(self.profile()).compile(&environment))
    }
}

/// The options that describe the context of an evaluation.
#[derive(Debug, Clone, Args)]
pub(crate) struct SubjectArgs {
    #[command(flatten)]
    context: ContextArgs,

    /// Evaluate without a context, so that no strategy matches and every feature has its default value
    #[arg(long, conflicts_with = "context")]
    no_context: bool,
}

impl SubjectArgs {
    /// Returns the context, or `None` with `--no-context`.
    pub(crate) fn attributes(&self) -> Option<Attributes> {
        (!self.no_context).then(|| self.context.attributes())
    }
}

/// Returns the subject of an evaluation with or without a context.
pub(crate) fn subject(attributes: Option<&Attributes>, now: Timestamp) -> Subject<'_, Timestamp> {
    attributes
        .map_or_else(|| Subject::without_context(now), |attributes| Subject::new(attributes, now))
}

/// Returns the feature with this key. If there is none, the error names the most similar key, if a key is similar.
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
