//! The forms of the values of settings.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use fh_client::{Attributes, Backoff, Limits, System};

use crate::language::Language;

use super::draft::Draft;
use super::http::Proxy;
use super::systems::Systems;

/// The form of a setting's value, with the function that applies a value. A binding converts a value of its language to the type that the
/// function takes; the [settings document](super) has one conversion for JSON.
#[derive(Debug, Clone, Copy)]
#[expect(missing_docs, reason = "each variant is described with its value")]
pub enum Form {
    /// True or false.
    Flag(fn(Draft, bool) -> Draft),
    /// A duration from zero. Programs write seconds as a number.
    Seconds(fn(Draft, Duration) -> Draft),
    /// The shortest and the longest of a range of durations.
    Range(fn(Draft, Duration, Duration) -> Draft),
    /// A whole number from 0.
    Count(fn(Draft, usize) -> Draft),
    /// A text, with an example of it.
    Text { example: &'static str, set: fn(Draft, String) -> Draft },
    /// Several texts, with an example of one.
    Texts { example: &'static str, set: fn(Draft, Vec<String>) -> Draft },
    /// One of these words.
    Choice(&'static [Choice]),
    /// The path of a file.
    Path(fn(Draft, PathBuf) -> Draft),
    /// Names of headers with their values.
    Headers(fn(Draft, Vec<(String, String)>) -> Draft),
    /// The attributes of a context.
    Context(fn(Draft, Arc<Attributes>) -> Draft),
    /// A JSON document, or its text.
    Json(fn(Draft, Vec<u8>) -> Draft),
    /// A PEM text.
    Pem(fn(Draft, Vec<u8>) -> Draft),
    /// The URL of a proxy, or false for no proxy.
    Proxy(fn(Draft, Proxy) -> Draft),
    /// The members of [`BACKOFF`](super::BACKOFF). Those that are missing have the values of this default.
    Backoff { default: Backoff, set: fn(Draft, Backoff) -> Draft },
    /// The members of [`LIMITS`](super::LIMITS).
    Limits(fn(Draft, Limits) -> Draft),
    /// A function or an object of the program, which no document can hold. Each language has its own form.
    Code,
}

/// A word that a program can choose.
#[derive(Debug, Clone, Copy)]
pub struct Choice {
    /// The word, which is the same in all languages.
    pub word: &'static str,
    /// What it means.
    pub about: &'static str,
    /// The systems whose clients have the word.
    pub systems: Systems,
    /// Applies it.
    pub set: fn(Draft) -> Draft,
}

impl Form {
    /// Returns the form in the words of a language, such as `seconds as a number from 0`, for errors: "write …".
    #[must_use]
    pub fn words(&self, language: Language) -> String {
        let is_python = language == Language::Python;
        let or = |python: &str, other: &str| (if is_python { python } else { other }).to_string();
        if let Some(words) = self.words_of_types(language) {
            return words.to_string();
        }
        match self {
            Self::Flag(_) => or("True or False", "true or false"),
            Self::Seconds(_) => {
                or("seconds as a number from 0, or a timedelta", "seconds as a number from 0")
            }
            Self::Range(_) => or(
                "two durations, the shorter one first, such as (0.1, 1)",
                "two numbers of seconds, the shorter one first, such as [0.1, 1]",
            ),
            Self::Count(_) => "a whole number from 0".to_string(),
            Self::Text { example, .. } if is_python => format!("a str such as \"{example}\""),
            Self::Text { example, .. } => format!("a text such as \"{example}\""),
            Self::Texts { example, .. } if is_python => {
                format!("each one as a str such as \"{example}\"")
            }
            Self::Texts { example, .. } => format!("a list of texts such as [\"{example}\"]"),
            Self::Choice(choices) => {
                one_of(choices.iter().map(|choice| format!("\"{}\"", choice.word)))
            }
            Self::Path(_) => "a path".to_string(),
            Self::Headers(_) => or(
                "a mapping of names to values, such as {\"x-team\": \"shop\"}",
                "an object of names and values, such as {\"x-team\": \"shop\"}",
            ),
            Self::Context(_) => or(
                "a mapping of attributes, such as {\"userkey\": \"mara\"}",
                "an object of attributes, such as {\"userkey\": \"mara\"}",
            ),
            Self::Json(_) => or("JSON as str or bytes, or its dict or list", "JSON, or its text"),
            Self::Pem(_) => or("a PEM text as str or bytes", "a PEM text"),
            Self::Proxy(_) => or(
                "a str such as \"http://proxy.example:3128\", or False for no proxy",
                "a text such as \"http://proxy.example:3128\", or false for no proxy",
            ),
            Self::Backoff { .. } => or(
                "fh_client.Backoff(initial, cap)",
                "an object such as {\"initial\": 1, \"cap\": 30, \"jitter\": 0.5}",
            ),
            Self::Limits(_) => {
                or("fh_client.Limits(...)", "an object such as {\"poll\": 12, \"bytes\": 16777216}")
            }
            Self::Code => "a function or an object".to_string(),
        }
    }

    /// Returns the form in the types of Kotlin or Swift; `None` in another language, or if the form has the same words in all languages.
    const fn words_of_types(&self, language: Language) -> Option<&'static str> {
        Some(match (self, language) {
            (Self::Seconds(_), Language::Kotlin) => {
                "a Duration from 0, such as Duration.ofSeconds(30)"
            }
            (Self::Seconds(_), Language::Swift) => "a Duration from 0, such as .seconds(30)",
            (Self::Range(_), Language::Kotlin) => {
                "two Durations, the shorter one first, such as Duration.ofMillis(100) and Duration.ofSeconds(1)"
            }
            (Self::Range(_), Language::Swift) => {
                "a range of Durations, such as .milliseconds(100) ... .seconds(1)"
            }
            (Self::Headers(_), Language::Kotlin) => {
                "a Map of names and values, such as mapOf(\"x-team\" to \"shop\")"
            }
            (Self::Headers(_), Language::Swift) => {
                "a dictionary of names and values, such as [\"x-team\": \"shop\"]"
            }
            (Self::Context(_), Language::Kotlin) => {
                "a Map of attributes, such as mapOf(\"userkey\" to \"mara\")"
            }
            (Self::Context(_), Language::Swift) => {
                "a dictionary of attributes, such as [\"userkey\": \"mara\"]"
            }
            _ => return None,
        })
    }

    /// Returns the unit of the value, or `None` if it has none.
    #[must_use]
    pub const fn unit(&self) -> Option<&'static str> {
        match self {
            Self::Seconds(_) | Self::Range(_) => Some("seconds"),
            Self::Count(_) => Some("events"),
            _ => None,
        }
    }
}

/// Returns a word that clients of all systems have.
pub(super) const fn choice(
    word: &'static str,
    set: fn(Draft) -> Draft,
    about: &'static str,
) -> Choice {
    Choice { word, about, set, systems: Systems::All }
}

/// Returns a word that only clients of these systems have.
pub(super) const fn choice_of(
    systems: &'static [System],
    word: &'static str,
    set: fn(Draft) -> Draft,
    about: &'static str,
) -> Choice {
    Choice { word, about, set, systems: Systems::Only(systems) }
}

/// Returns words as an enumeration, such as `"a", "b" or "c"`.
pub(super) fn one_of(words: impl Iterator<Item = String>) -> String {
    let words: Vec<String> = words.collect();
    match words.split_last() {
        Some((last, others)) if !others.is_empty() => format!("{} or {last}", others.join(", ")),
        _ => words.concat(),
    }
}
