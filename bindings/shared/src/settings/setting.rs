//! A setting of a client, as the table has it.

use fh_client::System;

use crate::language::Language;

use super::form::Form;
use super::systems::Systems;

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
    /// The systems whose clients have the setting.
    pub systems: Systems,
    /// The settings that clients of other systems have in place of this one.
    pub instead: &'static [(System, &'static str)],
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
            systems: Systems::All,
            instead: &[],
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

    /// Leaves the setting to clients of these systems.
    pub(super) const fn of(mut self, systems: &'static [System]) -> Self {
        self.systems = Systems::Only(systems);
        self
    }

    /// Names the settings that clients of other systems have in place of this one.
    pub(super) const fn instead(mut self, instead: &'static [(System, &'static str)]) -> Self {
        self.instead = instead;
        self
    }

    pub(super) const fn setters(mut self, setters: &'static [&'static str]) -> Self {
        self.setters = setters;
        self
    }

    /// Returns true if the setting is data, and therefore a member of the settings document.
    #[must_use]
    pub const fn is_data(&self) -> bool {
        !matches!(self.form, Form::Code)
    }
}
