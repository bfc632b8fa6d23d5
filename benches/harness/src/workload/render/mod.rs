//! The payload in each engine's own format.

pub mod configcat;
pub mod eppo;
pub mod featbit;
pub mod featurehub;
pub mod featuresignals;
pub mod flipt;
pub mod growthbook;
pub mod launchdarkly;
pub mod statsig;
pub mod unleash;
