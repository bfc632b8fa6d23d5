//! The check that a client has only settings of its system.

use fh_client::System;

use crate::language::Language;

use super::error::SettingsError;
use super::form::{Choice, Form, one_of};
use super::setting::Setting;
use super::systems::Systems;

/// The advice to give API keys to a client of FeatureHub in Python, whose constructor has no keyword for them.
pub const KEYS_OF_PYTHON: &str = "write the API keys as arguments after the URL";

/// The settings that a program has given to a client. They are checked when the system of the client is known.
#[derive(Debug, Default)]
pub struct GivenSettings(Vec<Given>);

impl GivenSettings {
    /// Adds a setting, with the word that the program has chosen if the setting has words.
    pub fn add(&mut self, setting: &'static Setting, word: Option<&str>) {
        let choice = match setting.form {
            Form::Choice(choices) => choices.iter().find(|choice| Some(choice.word) == word),
            _ => None,
        };
        self.0.push(Given { setting, choice });
    }

    /// Checks that clients of this system have the settings and the words. Errors use the spelling of this language.
    ///
    /// # Errors
    /// [`SettingsError::Together`] names the first setting that clients of this system do not have.
    pub fn check(&self, system: System, language: Language) -> Result<(), SettingsError> {
        self.0.iter().try_for_each(|given| given.check(system, language))
    }
}

#[derive(Debug)]
struct Given {
    setting: &'static Setting,
    choice: Option<&'static Choice>,
}

impl Given {
    fn check(&self, system: System, language: Language) -> Result<(), SettingsError> {
        let (systems, noun) = match self.choice {
            _ if !self.setting.systems.have(system) => (self.setting.systems, "setting"),
            Some(choice) if !choice.systems.have(system) => (choice.systems, "value"),
            _ => return Ok(()),
        };
        let instead = self.setting.instead.iter().find(|(each, _)| *each == system);
        // A client is one of FeatureHub unless the program selects another system.
        let has_forgotten = system == System::FeatureHub && instead.is_none();
        let why = if has_forgotten {
            format!("only a client of {} has this {noun}", systems.names())
        } else {
            format!("a client of {} has no such {noun}", system.name())
        };
        let advice = match instead {
            _ if noun == "value" => format!("write {}", self.setting.words_of(system, language)),
            Some((_, "api_keys")) if language == Language::Python => KEYS_OF_PYTHON.to_string(),
            Some((_, other)) => format!("write {}", language.spelling().spell(other)),
            None if has_forgotten => selection(systems, language),
            None => "leave it out".to_string(),
        };
        Err(SettingsError::together(language, self.setting.name, &why, advice))
    }
}

/// Returns the advice to select the first of these systems.
fn selection(systems: Systems, language: Language) -> String {
    let system = System::ALL.into_iter().find(|system| systems.have(*system));
    let name = system.unwrap_or_default().as_str();
    match language {
        Language::Python => format!("create the client with Client.{name}"),
        _ => language.advice("system", &[name]),
    }
}

impl Setting {
    /// Returns the words of the setting that clients of this system have, such as `"server" or "draft"`.
    fn words_of(&self, system: System, language: Language) -> String {
        let Form::Choice(choices) = self.form else { return String::new() };
        let own = choices.iter().filter(|choice| choice.systems.have(system));
        one_of(own.map(|choice| language.word(self.name, choice.word)))
    }
}
