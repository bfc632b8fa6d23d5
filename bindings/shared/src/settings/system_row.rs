//! The row of the table that selects the system of the client's server, the systems that share settings, and how a draft becomes a client of
//! each system.

use std::time::Duration;

use fh_client::System;

use crate::language::Language::{self, Python, TypeScript};

use super::draft::Draft;
use super::error::SettingsError;
use super::form::{Form, choice};
use super::mode::Mode;
use super::setting::Setting;

pub(super) const FEATUREHUB: &[System] = &[System::FeatureHub];
pub(super) const FEATBIT: &[System] = &[System::FeatBit];
/// The systems whose servers may evaluate.
pub(super) const EVALUATING: &[System] = &[System::FeatureHub, System::FeatureSignals];
/// The systems whose servers send rules to clients.
pub(super) const SENDING_RULES: &[System] = &[System::FeatureHub, System::FeatBit];

/// The default interval between polls.
const INTERVAL: Duration = Duration::from_secs(180);

pub(super) const SYSTEM: Setting = Setting::new(
    "system",
    Form::Choice(&[
        choice(
            "featurehub",
            |d| d.of_system(System::FeatureHub),
            "FeatureHub, whose servers are Edges.",
        ),
        choice(
            "featbit",
            |d| d.of_system(System::FeatBit),
            "FeatBit. A client whose transport cannot open sockets polls.",
        ),
        choice(
            "featuresignals",
            |d| d.of_system(System::FeatureSignals),
            "FeatureSignals, whose server evaluates the flags for one context unless the client has a ruleset.",
        ),
    ]),
    "The system of the client's server.",
)
.default("\"featurehub\"")
.setters(&["featbit", "featuresignals"])
.lacking(&[
    (TypeScript, "its client has no sessions with other systems"),
    (Python, "it is the constructor `Client.featbit` or `Client.featuresignals`"),
]);

impl Draft {
    /// Applies the client's server and the way of fetching.
    pub(super) fn with_server(mut self, language: Language) -> Result<Self, SettingsError> {
        let url = self.url.take();
        if self.system == System::FeatureSignals {
            let own = std::mem::take(&mut self.featuresignals);
            self.builder = own.apply(self.builder, url, self.mode, self.interval, language)?;
            return Ok(self);
        }
        if let Some(url) = url {
            self.builder = self.builder.edge_url(url);
        }
        if self.system == System::FeatBit {
            self.builder = std::mem::take(&mut self.featbit).apply(self.builder);
        }
        if self.interval.is_some() && !matches!(self.mode, Some(Mode::Polling | Mode::Passive)) {
            let modes: &[&str] = match self.system {
                System::FeatureHub => &["polling", "passive"],
                _ => &["polling"],
            };
            let advice = language.advice("mode", modes);
            return Err(SettingsError::together(
                language,
                "interval",
                "the mode does not poll",
                advice,
            ));
        }
        if let Some(mode) = self.mode {
            self.builder = mode.apply(self.builder, self.interval.unwrap_or(INTERVAL));
        }
        Ok(self)
    }
}
