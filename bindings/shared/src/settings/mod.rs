//! The settings of a client: [one table](SETTINGS) of their names, units, defaults, choices and texts, and the settings document, in which a
//! binding passes them on.
//!
//! A client is one of FeatureHub unless `system` selects another system, such as `"system": "featbit"`. A setting that clients of the system do
//! not have is an error.
//!
//! A settings document is a JSON object whose members are the data settings of the table, in camelCase. Durations are seconds as numbers. A
//! member that is null has its default. The JSON Schema of a document is `docs/reference/client-settings.schema.json`.
//!
//! ```
//! use fh_binding::settings::builder_from_json;
//! let polling = builder_from_json(
//!     r#"{"url": "https://edge.example", "apiKeys": ["environment/key*"], "mode": "polling", "interval": 30}"#,
//! );
//! assert!(polling.is_ok());
//! let error = builder_from_json(r#"{"interval": 30}"#).unwrap_err();
//! assert_eq!(
//!     error.to_string(),
//!     r#"interval: the mode does not poll: write "mode": "polling" or "mode": "passive""#,
//! );
//! ```

mod alike;
mod document;
mod draft;
mod error;
mod featbit;
mod featbit_rows;
mod featuresignals;
mod featuresignals_rows;
mod form;
mod given;
mod groups;
mod http;
mod http_rows;
mod language_rows;
mod mode;
mod mode_row;
mod seconds;
mod setting;
mod system_row;
mod systems;
mod table;

pub use self::alike::alike;
pub use self::document::{apply_json, apply_json_of, builder_from_json};
pub use self::draft::Draft;
pub use self::error::SettingsError;
pub use self::form::{Choice, Form};
pub use self::given::{GivenSettings, KEYS_OF_PYTHON};
pub use self::groups::{BACKOFF, LIMITS, Member, Unit};
pub use self::http::Proxy;
pub use self::seconds::duration;
pub use self::setting::{Languages, Setting};
pub use self::systems::Systems;
pub use self::table::SETTINGS;
