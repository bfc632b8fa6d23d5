//! Parsers of the texts that rules compare, the order of texts, and regular expressions.

pub mod address;
pub mod date;
pub mod datetime;
#[cfg(feature = "featbit")]
pub(crate) mod dotnet_double;
pub(crate) mod double;
#[cfg(feature = "featuresignals")]
pub(crate) mod go_double;
pub(crate) mod lower_case;
pub mod number;
pub(crate) mod order;
#[cfg(feature = "patterns")]
pub mod pattern;
pub mod version;
