//! Values of features that travel with a request, so that all services that take part in it see the same ones, even if a feature
//! changes on the way (sdk-behaviour 5.4).
//!
//! They are one entry, [`NAME`], of the baggage that OpenTelemetry hands from service to service:
//!
//! ```text
//! fhub=BANNER=hello%20there,LAYOUT,NEW_CHECKOUT=true
//! ```
//!
//! Items are sorted by key; a value is percent-encoded; a key alone is null. What carries the baggage encodes all of it once more. A space
//! is written as `%20`, and `+` and `%20` are both read as one.
//!
//! **Whoever sends a request chooses what stands in its baggage.** Reading it is therefore never on by itself: a program that makes
//! [`BaggageOverrides`] (or the one of `fh-opentelemetry`) and registers it lets every caller override its features, all of them or those of
//! an [`AllowedKeys`] list. Do so behind a gateway that strips baggage of strangers, or not at all.

mod flags;
mod format;
mod overrides;

pub use flags::{Added, Flags, LeftOut};
pub use overrides::{AllowedKeys, BaggageOverrides, intercept};

/// The name of the baggage entry.
pub const NAME: &str = "fhub";

/// How large all baggage of a request may be (W3C Baggage, 3.3.2): receivers drop all of it if it is larger.
pub const MOST_BYTES: usize = 8192;
