//! The adapters, one per engine. Each does what an application would do: the payload is loaded in the engine's own format,
//! the context is built once, and a single boolean flag is evaluated by key.
//!
//! Flipt's evaluation engine is left out, because it is in no registry.

#![forbid(unsafe_code)]

#[cfg(any(feature = "bench", feature = "systems"))]
mod featbit;
#[cfg(any(feature = "bench", feature = "systems"))]
mod ours;
#[cfg(feature = "bench")]
mod peers;

#[cfg(any(feature = "bench", feature = "systems"))]
pub use featbit::FeatBit;
#[cfg(any(feature = "bench", feature = "systems"))]
pub use ours::{FhEval, FhEvalByHandle, NOW};
#[cfg(feature = "bench")]
pub use peers::{ConfigCat, Eppo, GrowthBook, LaunchDarkly, Yggdrasil, YggdrasilCounting};
