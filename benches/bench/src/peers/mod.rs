//! The engines that only `bench` measures.

mod configcat;
mod eppo;
mod growthbook;
mod launchdarkly;
mod yggdrasil;

pub use configcat::ConfigCat;
pub use eppo::Eppo;
pub use growthbook::GrowthBook;
pub use launchdarkly::LaunchDarkly;
pub use yggdrasil::{Yggdrasil, YggdrasilCounting};
