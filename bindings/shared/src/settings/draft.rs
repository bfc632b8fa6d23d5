//! A client's builder while settings are applied, and the settings that take effect together.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use fh_client::{Attributes, ClientBuilder, SnapshotFile, System};

use crate::language::Language;

use super::error::SettingsError;
use super::featbit::FeatBit;
use super::featuresignals::FeatureSignals;
use super::http::Http;
use super::mode::Mode;

/// A client's builder while settings are applied in any order. [`Draft::finish`] applies those that take effect together.
pub struct Draft {
    pub(super) builder: ClientBuilder,
    pub(super) system: System,
    pub(super) url: Option<String>,
    pub(super) featbit: FeatBit,
    pub(super) featuresignals: FeatureSignals,
    pub(super) mode: Option<Mode>,
    pub(super) interval: Option<Duration>,
    pub(super) file: Option<PathBuf>,
    pub(super) max_age: Option<Duration>,
    pub(super) reads_at_start: bool,
    /// The first context, in the form that rules of the system read.
    pub(super) context: Option<Arc<Attributes>>,
    pub(super) connect: Option<Duration>,
    pub(super) http: Http,
}

impl fmt::Debug for Draft {
    /// Certificates and the URL of a proxy are secrets, so only the builder is shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Draft").field("builder", &self.builder).finish_non_exhaustive()
    }
}

impl Draft {
    /// Returns a draft with the settings that a builder has already.
    #[must_use]
    pub fn of(builder: ClientBuilder) -> Self {
        Self {
            builder,
            system: System::default(),
            url: None,
            featbit: FeatBit::default(),
            featuresignals: FeatureSignals::default(),
            mode: None,
            interval: None,
            file: None,
            max_age: None,
            reads_at_start: false,
            context: None,
            connect: None,
            http: Http::default(),
        }
    }

    /// Selects the system of the client's server.
    #[must_use]
    pub const fn of_system(mut self, system: System) -> Self {
        self.system = system;
        self
    }

    /// Returns the system of the client's server.
    #[must_use]
    pub const fn system(&self) -> System {
        self.system
    }

    /// Changes the builder.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(ClientBuilder) -> ClientBuilder) -> Self {
        self.builder = change(self.builder);
        self
    }

    /// Returns true if a setting selects how the client fetches features.
    #[must_use]
    pub const fn selects_fetching(&self) -> bool {
        self.mode.is_some() || self.interval.is_some()
    }

    /// Applies the settings that take effect together, and returns the builder. Errors use the spelling of this language.
    ///
    /// # Errors
    /// [`SettingsError::Together`] for a setting that has no effect with the others, and [`SettingsError::Start`] for a setting of the
    /// client's HTTP that cannot be used.
    pub fn finish(self, language: Language) -> Result<ClientBuilder, SettingsError> {
        let mut draft = self.with_server(language)?;
        let mut builder = draft.builder;
        if let Some(given) = draft.context.take() {
            builder = builder.initial_context(given);
        }
        let builder = match (draft.file.take(), draft.max_age) {
            (None, None) => builder,
            (Some(path), age) => {
                let mut file = SnapshotFile::new(path);
                if let Some(age) = age {
                    file = file.max_age(age);
                }
                if draft.reads_at_start {
                    file = file.read_at_start();
                }
                builder.snapshot_file(file)
            }
            (None, Some(_)) => {
                let advice = language.advice("snapshot_file", &["PATH"]);
                return Err(SettingsError::together(
                    language,
                    "snapshot_max_age",
                    "it needs a file",
                    advice,
                ));
            }
        };
        let Some(name) = draft.http.first_given() else { return Ok(builder) };
        #[cfg(feature = "reqwest")]
        {
            let _ = name;
            Ok(builder.transport(draft.http.transport(draft.connect)?))
        }
        #[cfg(not(feature = "reqwest"))]
        {
            let advice = "set it in the HTTP client that is given to this client".to_string();
            Err(SettingsError::together(
                language,
                name,
                "the platform sends the requests of this client",
                advice,
            ))
        }
    }
}
