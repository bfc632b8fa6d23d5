//! A setting of a client, as the table has it.

use fh_client::System;

use crate::language::Language;

use super::form::Form;

/// A setting of a client.
#[derive(Debug)]
pub struct Setting {
    /// The name in `snake_case`, such as `stream_again_after`. Languages with `camelCase` spell it so.
    pub name: &'static str,
    /// What the setting does, in one or several sentences. The first one stands in the documentation of each language.
    pub about: &'static str,
    /// The form of the value, and what the value does.
    pub form: Form,
    /// The default, in the form of the settings document; `None` if there is none to show.
    pub default: Option<&'static str>,
    /// The languages that have the setting.
    pub languages: Languages,
    /// The only system whose clients have the setting; `None` if those of all systems have it.
    pub system: Option<System>,
    /// The setting that clients of FeatBit have in place of this one of FeatureHub.
    pub instead: Option<&'static str>,
    /// The functions of [`fh_client::ClientBuilder`] that set it, where their name is not the name of the setting.
    pub setters: &'static [&'static str],
}

/// The languages that have a setting. A language that is added has each setting of which nothing else is said.
#[derive(Debug, Clone, Copy)]
pub enum Languages {
    /// All languages but these. Each has the reason why it lacks the setting.
    AllBut(&'static [(Language, &'static str)]),
    /// These languages only, for this reason.
    Only(&'static [Language], &'static str),
}

impl Languages {
    /// Returns why a language lacks the setting, or `None` if it has the setting.
    #[must_use]
    pub fn lack(self, language: Language) -> Option<&'static str> {
        match self {
            Self::AllBut(lacking) => {
                lacking.iter().find(|(each, _)| *each == language).map(|(_, why)| *why)
            }
            Self::Only(languages, why) => (!languages.contains(&language)).then_some(why),
        }
    }
}

impl Setting {
    pub(super) const fn new(name: &'static str, form: Form, about: &'static str) -> Self {
        let languages = Languages::AllBut(&[]);
        Self {
            name,
            about,
            form,
            default: None,
            languages,
            system: None,
            instead: None,
            setters: &[],
        }
    }

    pub(super) const fn default(mut self, default: &'static str) -> Self {
        self.default = Some(default);
        self
    }

    pub(super) const fn lacking(mut self, why: &'static [(Language, &'static str)]) -> Self {
        self.languages = Languages::AllBut(why);
        self
    }

    pub(super) const fn only(mut self, languages: &'static [Language], why: &'static str) -> Self {
        self.languages = Languages::Only(languages, why);
        self
    }

    /// Leaves the setting to clients of FeatBit.
    pub(super) const fn of_featbit(mut self) -> Self {
        self.system = Some(System::FeatBit);
        self.setters = &["featbit"];
        self
    }

    /// Leaves the setting to clients of FeatureHub. Those of FeatBit have the setting `instead`, if any.
    pub(super) const fn of_featurehub(mut self, instead: Option<&'static str>) -> Self {
        self.system = Some(System::FeatureHub);
        self.instead = instead;
        self
    }

    pub(super) const fn setters(mut self, setters: &'static [&'static str]) -> Self {
        self.setters = setters;
        self
    }

    /// Returns true if clients of this system have the setting.
    #[must_use]
    pub fn is_of(&self, system: System) -> bool {
        self.system.is_none_or(|own| own == system)
    }

    /// Returns true if the setting is data, and therefore a member of the settings document.
    #[must_use]
    pub const fn is_data(&self) -> bool {
        !matches!(self.form, Form::Code)
    }
}
