//! One adapter per engine. Each is what an application would write: the payload given to the engine as it is, the context
//! built once, the single boolean call by key.
//!
//! Left out: flipt's evaluation engine, which is in no registry.

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
