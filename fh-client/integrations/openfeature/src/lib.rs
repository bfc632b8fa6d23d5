#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod context;
mod provider;
mod structure;
mod warnings;

pub use provider::FeatureHubProvider;
