//! Arguments of commands that evaluate a payload: environment, profile, time and context.

use clap::Args;
use fh_eval::featurehub::{Compiler, Environment};
use fh_eval::{Attributes, FeatureRef, Profile, Ruleset, Subject, Timestamp, featbit};

use crate::clock::ClockArgs;
use crate::context::ContextArgs;
use crate::failure::Failure;
use crate::payload::Payload;
use crate::percentages::Unhashed;
use crate::profile::ProfileArgs;
use crate::value_ids::{ValueIds, ValueIdsArgs};

/// The options that choose the environment, the profile and the time of an evaluation.
#[derive(Clone, Args)]
pub(crate) struct RulesArgs {
    /// The environment to evaluate: its id, or its name in a state file. This option is required if FILE contains several
    /// environments
    #[arg(long, value_name = "NAME")]
    pub(crate) environment: Option<String>,

    #[command(flatten)]
    profile: ProfileArgs,

    #[command(flatten)]
    value_ids: ValueIdsArgs,

    #[command(flatten)]
    clock: ClockArgs,
}

impl RulesArgs {
    /// Returns the profile for features of FeatureHub.
    pub(crate) fn profile(&self) -> Result<Profile, Failure> {
        self.profile.of_featurehub()
    }

    /// Returns the profile for flags of FeatBit.
    pub(crate) fn featbit_profile(&self) -> Result<featbit::Profile, Failure> {
        self.profile.of_featbit()
    }

    /// Fails if the options choose a profile, which FeatureSignals does not have.
    pub(crate) fn featuresignals_profile(&self) -> Result<(), Failure> {
        self.profile.of_featuresignals()
    }

    /// Returns the options that only features of FeatureHub have, each with true if it is given.
    pub(crate) fn of_featurehub_alone(&self) -> [(&'static str, bool); 2] {
        [
            ("--environment", self.environment.is_some()),
            ("--value-ids", self.value_ids_file().is_some()),
        ]
    }

    /// Returns the time of the evaluation.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Reads the ids of values that the options name.
    pub(crate) fn value_ids(&self) -> Result<ValueIds, Failure> {
        self.value_ids.read()
    }

    /// Returns the name of the file with the ids of values.
    pub(crate) fn value_ids_file(&self) -> Option<&str> {
        self.value_ids.file()
    }

    /// Compiles the features of the chosen environment.
    pub(crate) fn compile(&self, payload: &Payload) -> Result<Rules, Failure> {
        let environment = payload.environment(self.environment.as_deref(), "--environment")?;
        let ids = self.value_ids()?;
        Rules::compile(payload, &environment, self.profile()?, &ids)
    }
}

/// The compiled features of an environment.
pub(crate) struct Rules {
    pub(crate) ruleset: Ruleset,
    environment: Option<String>,
    /// The percentages of profile `edge` that hash unknown ids.
    unhashed: Unhashed,
}

impl Rules {
    /// Compiles the features of an environment. Under profile `edge`, percentages hash the ids of values that `ids` or the
    /// payload holds. A percentage of a feature whose value has no known id hashes the id of the feature, and
    /// [`Self::is_guess`] says so.
    pub(crate) fn compile(
        payload: &Payload,
        environment: &Environment<'_>,
        profile: Profile,
        ids: &ValueIds,
    ) -> Result<Self, Failure> {
        let id = environment.id.clone();
        if profile == Profile::Client {
            let ruleset = Compiler::new(profile).compile(environment);
            return Ok(Self { ruleset, environment: id, unhashed: Unhashed::default() });
        }
        let hash_ids = ids.of(payload, id.as_deref())?;
        // Without any id, no diagnostic per feature is needed, because the command's note says so.
        let compiler = match &hash_ids {
            Some(ids) => Compiler::new(profile).hash_ids(ids),
            None => Compiler::new(profile),
        };
        let is_known = |key: &str| hash_ids.as_ref().is_some_and(|ids| ids.contains_key(key));
        let unhashed = Unhashed::of(environment, profile, is_known);
        Ok(Self { ruleset: compiler.compile(environment), environment: id, unhashed })
    }

    /// Returns the feature with this key. If there is none, the error names the most similar key, if a key is similar.
    pub(crate) fn feature(&self, key: &str, payload: &Payload) -> Result<FeatureRef<'_>, Failure> {
        self.ruleset.get(key).ok_or_else(|| Failure::NotFound(self.no_such_feature(key, payload)))
    }

    /// Returns the error text for a missing feature.
    pub(crate) fn no_such_feature(&self, key: &str, payload: &Payload) -> String {
        let keys = self.ruleset.iter().map(|feature| feature.key());
        payload.no_such_feature(self.environment.as_deref(), key, keys)
    }

    /// Returns true if a percentage decides the value for this context, and hashes an id that is not known.
    pub(crate) fn is_guess(&self, key: &str, subject: &Subject<'_, Timestamp>) -> bool {
        self.unhashed.decides(key, subject)
    }
}

/// The options that describe the context of an evaluation.
#[derive(Clone, Args)]
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
