//! The settings of clients of FeatureSignals.

use std::path::PathBuf;
use std::time::Duration;

use fh_client::ClientBuilder;
use fh_client::featuresignals::Settings;

use crate::language::Language;

use super::error::SettingsError;
use super::mode::Mode;

/// The default interval between polls.
const INTERVAL: Duration = Duration::from_secs(30);

/// The settings of a client of FeatureSignals. A field that is not given comes from an environment variable, or has the default of the client.
#[derive(Default)]
pub(super) struct FeatureSignals {
    pub(super) api_key: Option<String>,
    pub(super) environment: Option<String>,
    pub(super) reasons: bool,
    pub(super) flags: Option<Vec<String>>,
    pub(super) ruleset: Option<Vec<u8>>,
    pub(super) ruleset_file: Option<PathBuf>,
    pub(super) stream: Option<bool>,
    pub(super) stream_lifetime: Option<Duration>,
}

impl FeatureSignals {
    /// Makes a builder one of a client of FeatureSignals, which fetches flags in this way.
    ///
    /// # Errors
    /// [`SettingsError::Together`] for a setting that has no effect with the others.
    pub(super) fn apply(
        self,
        builder: ClientBuilder,
        url: Option<String>,
        mode: Option<Mode>,
        interval: Option<Duration>,
        language: Language,
    ) -> Result<ClientBuilder, SettingsError> {
        self.check(mode, interval, language)?;
        let settings = self.api_key.map_or_else(Settings::from_environment, Settings::new);
        let mut settings = settings.reasons(self.reasons);
        if let Some(url) = url {
            settings = settings.url(url);
        }
        if let Some(slug) = self.environment {
            settings = settings.environment(slug);
        }
        if let Some(keys) = self.flags {
            settings = settings.flags(keys);
        }
        if let Some(json) = self.ruleset {
            settings = settings.ruleset(json);
        }
        if let Some(path) = self.ruleset_file {
            settings = settings.ruleset_file(path);
        }
        if let Some(stream) = self.stream {
            settings = settings.stream(stream);
        }
        if let Some(time) = interval {
            settings = settings.interval(time);
        }
        if let Some(time) = self.stream_lifetime {
            settings = settings.stream_lifetime(time);
        }
        let builder = builder.featuresignals(settings);
        Ok(match mode {
            Some(mode) => mode.apply(builder, interval.unwrap_or(INTERVAL)),
            None => builder,
        })
    }

    fn check(
        &self,
        mode: Option<Mode>,
        interval: Option<Duration>,
        language: Language,
    ) -> Result<(), SettingsError> {
        if interval.is_some() && matches!(mode, Some(Mode::Once | Mode::Offline)) {
            let advice = language.advice("mode", &["polling"]);
            return Err(SettingsError::together(
                language,
                "interval",
                "the mode does not poll again",
                advice,
            ));
        }
        let streams = mode.map(|mode| mode == Mode::Streaming);
        if self.stream.zip(streams).is_some_and(|(stream, streams)| stream != streams) {
            let advice = "leave one of the two out".to_string();
            return Err(SettingsError::together(
                language,
                "stream",
                "the mode says otherwise",
                advice,
            ));
        }
        if self.ruleset.is_some() && self.ruleset_file.is_some() {
            let advice = "leave one of the two out".to_string();
            return Err(SettingsError::together(
                language,
                "ruleset_file",
                "there is a ruleset already",
                advice,
            ));
        }
        Ok(())
    }
}
