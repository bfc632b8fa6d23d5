//! Clients of FeatureSignals. The server evaluates the flags for the context of the client, or the client evaluates a ruleset for any number of
//! contexts. Reads, listeners, interceptors and observers are the same as for FeatureHub.
//!
//! ```no_run
//! use fh_client::{Client, featuresignals};
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let settings = featuresignals::Settings::new("fs_srv_0123456789").url("http://localhost:8080").environment("production");
//! let client = Client::featuresignals(settings).start()?;
//! let mara = client.context().user_key("mara").attribute("country", "NZ").activate().await?;
//! let detail = mara.detail("new-checkout");
//! println!("{:?} by {}", detail.value, detail.reason);
//! # Ok(()) }
//! ```

mod ruleset_file;
mod settings;

pub use fh_session::featuresignals::{EndpointError, KeyError};

pub(crate) use self::ruleset_file::{RulesetFile, check_file, source};
pub use self::settings::Settings;
pub(crate) use self::settings::{Fetching, Origin};
