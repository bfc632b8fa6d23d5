//! The adapters, one per engine. Each does what an application would do: the payload is loaded in the engine's own format,
//! the context is built once, and a single boolean flag is evaluated by key.
//!
//! Flipt's evaluation engine is left out, because it is in no registry.

#![forbid(unsafe_code)]

mod configcat;
mod eppo;
mod featbit;
mod growthbook;
mod launchdarkly;
mod ours;
mod yggdrasil;

pub use configcat::ConfigCat;
pub use eppo::Eppo;
pub use featbit::FeatBit;
pub use growthbook::GrowthBook;
pub use launchdarkly::LaunchDarkly;
pub use ours::{FhEval, FhEvalByHandle, NOW};
pub use yggdrasil::{Yggdrasil, YggdrasilCounting};
