//! The error of a setting.

use std::fmt;

use crate::language::Language;

/// The error of a setting. Its text names the setting, says what is wrong, and what to write instead. It shows no value, because a value may
/// be a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SettingsError {
    /// The document is no JSON object. The text is the reason.
    Document(String),
    /// There is no setting with this name.
    Unknown {
        /// The name in the document.
        name: String,
        /// The name of the most similar setting, or where the settings are listed.
        advice: String,
    },
    /// The value of a setting has another form.
    Form {
        /// The name of the setting.
        name: String,
        /// The mistake.
        why: String,
        /// The form to write.
        expected: String,
    },
    /// The setting has no effect with the other settings, or without one of them.
    Together {
        /// The name of the setting.
        name: String,
        /// The mistake.
        why: String,
        /// What to write.
        advice: String,
    },
    /// The client cannot start with the settings of its HTTP.
    Start(fh_client::StartError),
}

impl SettingsError {
    /// Returns the error of a setting that has no effect with the others, or without one of them. The name has the spelling of this language.
    pub(super) fn together(language: Language, name: &str, why: &str, advice: String) -> Self {
        let name = language.spelling().spell(name);
        Self::Together { name, why: why.to_string(), advice }
    }
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Document(why) => write!(
                f,
                "the settings are no JSON object: {why}: write an object such as {{\"url\": \"https://edge.example\"}}"
            ),
            Self::Unknown { name, advice } => {
                write!(f, "{name}: there is no such setting: {advice}")
            }
            Self::Form { name, why, expected } => write!(f, "{name}: {why}: write {expected}"),
            Self::Together { name, why, advice } => write!(f, "{name}: {why}: {advice}"),
            Self::Start(why) => write!(f, "{why}"),
        }
    }
}

impl std::error::Error for SettingsError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Start(why) => Some(why),
            _ => None,
        }
    }
}

impl From<fh_client::StartError> for SettingsError {
    fn from(error: fh_client::StartError) -> Self {
        Self::Start(error)
    }
}
