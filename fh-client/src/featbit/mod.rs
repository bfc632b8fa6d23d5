//! Clients of FeatBit servers with server-side secrets. Reads, contexts, listeners, interceptors and observers are the same as for
//! FeatureHub.
//!
//! ```no_run
//! use std::time::Duration;
//! use fh_client::{Client, featbit};
//! let settings = featbit::Settings::new("ERERESIiMzNERFVVVVVVVQW62PD83Zn0ahZXCGdyiVDg").streaming_url("ws://localhost:5100");
//! let client = Client::featbit(settings).start()?;
//! client.wait_ready(Duration::from_secs(5))?;
//! let bob = client.context().user_key("bob").attribute("plan", "pro").build();
//! if bob.is_enabled("new-checkout") {
//!     println!("the new checkout is on for bob");
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod insights;
mod settings;

pub use fh_eval::featbit::Profile;
pub use fh_session::featbit::{EndpointError, SecretError};

pub use self::insights::{InsightCounters, TrackError};
pub(crate) use self::insights::{Insights, Sender};
pub use self::settings::Settings;
pub(crate) use self::settings::{FullSync, Reporting};
