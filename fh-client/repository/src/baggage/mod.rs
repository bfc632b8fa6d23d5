//! Values of features that travel with a request. All services that read these values see the same values, even if a feature changes
//! meanwhile.
//!
//! The values are one entry, [`NAME`], of the baggage that OpenTelemetry passes from service to service:
//!
//! ```text
//! fhub=BANNER=hello%20there,LAYOUT,NEW_CHECKOUT=true
//! ```
//!
//! Items are written in the order of their keys. Values are percent-encoded, as are some characters of keys, and a key without a value
//! means null. The carrier of the baggage encodes the whole text once more. A space is written as `%20`; in a value, `+` is read as a space
//! as well.
//!
//! **The sender of a request controls its baggage.** Read baggage only if you trust the senders. A program that registers
//! [`BaggageOverrides`] (or the interceptor of `fh-opentelemetry`) lets every caller override the program's features: all features, or only
//! the features of an [`AllowedKeys`] list. Do this only behind a gateway that removes the baggage of untrusted callers.

mod flags;
mod format;
mod overrides;

pub use flags::{Added, Flags, LeftOut};
pub use format::{MOST_BYTES, NAME};
pub use overrides::{AllowedKeys, BaggageOverrides, intercept};
