//! The option `--profile`, which each system reads in its own way.

use clap::Args;
use fh_eval::{Profile, featbit};

use crate::failure::Failure;

/// The option that chooses the evaluation profile.
#[derive(Clone, Copy, Args)]
pub(crate) struct ProfileArgs {
    /// The evaluation profile. With few exceptions, `client` gives the results of most client SDKs, and `edge` gives the results
    /// of FeatureHub's Edge for server-evaluated keys, including its defects
    #[arg(long, value_name = "PROFILE", default_value = "client")]
    profile: ProfileName,
}

/// The name of a profile of one of the systems.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum ProfileName {
    Client,
    Edge,
    /// The answers of FeatBit's server. Only commands with `--system` take this profile and the next one.
    #[value(hide = true)]
    Server,
    /// The rules of FeatBit's draft of a specification.
    #[value(hide = true)]
    Draft,
}

impl ProfileArgs {
    /// Returns the profile for features of FeatureHub.
    pub(crate) fn of_featurehub(self) -> Result<Profile, Failure> {
        match self.profile {
            ProfileName::Client => Ok(Profile::Client),
            ProfileName::Edge => Ok(Profile::Edge),
            ProfileName::Server | ProfileName::Draft => Err(Failure::Input(
                "--profile server and draft are those of FeatBit: add --system featbit, or write --profile client or edge".to_string(),
            )),
        }
    }

    /// Returns the profile for flags of FeatBit.
    pub(crate) fn of_featbit(self) -> Result<featbit::Profile, Failure> {
        match self.profile {
            // The default.
            ProfileName::Client | ProfileName::Server => Ok(featbit::Profile::Server),
            ProfileName::Draft => Ok(featbit::Profile::Draft),
            ProfileName::Edge => Err(Failure::Input(
                "--profile edge is one of FeatureHub: write --profile server or draft".to_string(),
            )),
        }
    }

    /// Fails if the options choose a profile, which FeatureSignals does not have.
    pub(crate) fn of_featuresignals(self) -> Result<(), Failure> {
        match self.profile {
            // The default.
            ProfileName::Client => Ok(()),
            _ => Err(Failure::Input(
                "flags of FeatureSignals have no profiles: leave --profile out".to_string(),
            )),
        }
    }
}

/// Returns a parser of profile names. The help texts of options with this parser list the names.
pub(crate) fn profiles() -> impl clap::builder::TypedValueParser<Value = Profile> {
    use clap::builder::TypedValueParser;
    clap::builder::PossibleValuesParser::new(["client", "edge"])
        .try_map(|name| name.parse::<Profile>())
}
