//! The check that a client has only settings of its system.

use fh_client::System;

use crate::language::Language;

use super::error::SettingsError;
use super::form::{Choice, Form, one_of};
use super::setting::Setting;

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
    /// [`SettingsError::Together`] names the first setting that belongs to the other system.
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
        let name = language.spelling().spell(self.setting.name);
        if self.setting.is_of(system) {
            return match self.choice {
                Some(choice) if !choice.is_of(system) => Err(SettingsError::Together {
                    name,
                    why: match system {
                        System::FeatBit => "a client of FeatBit has no such value",
                        _ => "only a client of FeatBit has this value",
                    },
                    advice: format!("write {}", self.setting.words_of(system)),
                }),
                _ => Ok(()),
            };
        }
        Err(match system {
            System::FeatBit => SettingsError::Together {
                name,
                why: "a client of FeatBit has no such setting",
                advice: match self.setting.instead {
                    Some(other) => format!("write {}", language.spelling().spell(other)),
                    None => "leave it out".to_string(),
                },
            },
            _ => SettingsError::Together {
                name,
                why: "only a client of FeatBit has this setting",
                advice: match language {
                    Language::Python => "create the client with Client.featbit".to_string(),
                    _ => format!("write {}", language.written("system", "\"featbit\"")),
                },
            },
        })
    }
}

impl Setting {
    /// Returns the words of the setting that clients of this system have, such as `"server" or "draft"`.
    fn words_of(&self, system: System) -> String {
        let Form::Choice(choices) = self.form else { return String::new() };
        one_of(choices.iter().filter(|choice| choice.is_of(system)).map(|choice| choice.word))
    }
}
