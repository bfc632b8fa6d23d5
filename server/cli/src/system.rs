//! The systems from which flags come, and the options that choose one.

use clap::Args;
use fh_eval::{featbit, featurehub, featuresignals};

use crate::failure::Failure;
use crate::payload::is_state;

/// The system from which the flags come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum System {
    #[default]
    Featurehub,
    Featbit,
    Featuresignals,
}

/// The option that chooses the system.
#[derive(Clone, Copy, Args)]
pub(crate) struct SystemArgs {
    /// The system from which the flags come. With featbit, FILE holds the message `data-sync` of a server-side secret, a context
    /// is a user with the attributes `keyId` and `name`, and --profile is `server` (the default) or `draft`. With featuresignals,
    /// FILE holds the objects `flags`, `states` and `segments`, and a context has the attribute `key`
    #[arg(long, default_value = "featurehub")]
    pub(crate) system: System,
}

/// The option that names the user of another system than FeatureHub.
#[derive(Clone, Args)]
pub(crate) struct UserArgs {
    /// With --system featbit or featuresignals: a JSON file with the user or the context, as clients send it
    #[arg(long, value_name = "FILE", conflicts_with_all = ["context", "no_context"])]
    pub(crate) user: Option<String>,
}

impl System {
    const ALL: [Self; 3] = [Self::Featurehub, Self::Featbit, Self::Featuresignals];

    /// Returns the words for the flags of the system.
    const fn flags(self) -> &'static str {
        match self {
            Self::Featurehub => "features of FeatureHub",
            Self::Featbit => "flags of FeatBit",
            Self::Featuresignals => "flags of FeatureSignals",
        }
    }

    /// Returns the options that choose the system.
    pub(crate) const fn option(self) -> &'static str {
        match self {
            Self::Featurehub => "",
            Self::Featbit => "--system featbit",
            Self::Featuresignals => "--system featuresignals",
        }
    }

    /// Returns true if the system's payloads look like these bytes.
    fn reads(self, bytes: &[u8]) -> bool {
        match self {
            Self::Featurehub => featurehub::Document::parse(bytes).is_ok() || is_state_file(bytes),
            Self::Featbit => {
                use featbit::{Document, ParseError};
                matches!(
                    Document::parse(bytes),
                    Ok(_) | Err(ParseError::ForClients | ParseError::AgentBackup { .. })
                )
            }
            Self::Featuresignals => featuresignals::Document::parse(bytes).is_ok(),
        }
    }

    /// Returns the error for a payload that this system cannot read, if the payload is one of another system.
    pub(crate) fn of_another(self, name: &str, bytes: &[u8]) -> Option<Failure> {
        let other = Self::ALL.into_iter().find(|other| *other != self && other.reads(bytes))?;
        let advice = match (self, other) {
            (Self::Featurehub, _) => {
                format!(
                    "write `fh eval`, `fh explain` or `fh lint`, with the option {}",
                    other.option()
                )
            }
            (_, Self::Featurehub) => format!("leave {} out", self.option()),
            _ => format!("write {}", other.option()),
        };
        Some(Failure::Input(format!("{name} holds {}: {advice}", other.flags())))
    }
}

fn is_state_file(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok_and(is_state)
}

impl SystemArgs {
    /// Fails if an option of FeatureHub alone is given with another system. Each option has its name, and true if it is given.
    pub(crate) fn refuse(self, options: &[(&str, bool)]) -> Result<(), Failure> {
        match options.iter().find(|(_, is_given)| *is_given) {
            Some((name, _)) if self.system != System::Featurehub => Err(Failure::Input(format!(
                "{name} is for features of FeatureHub: leave it out with {}",
                self.system.option()
            ))),
            _ => Ok(()),
        }
    }
}

impl UserArgs {
    /// Fails if the options name a user, which FeatureHub does not have.
    pub(crate) fn refuse(&self) -> Result<(), Failure> {
        match &self.user {
            None => Ok(()),
            Some(_) => Err(no_user()),
        }
    }
}

/// Returns the error for the file of a user with features of FeatureHub.
pub(crate) fn no_user() -> Failure {
    Failure::Input(
        "--user names the file of a user of FeatBit or of a context of FeatureSignals: add --system featbit or --system featuresignals, or write --context userkey=USER"
            .to_string(),
    )
}
