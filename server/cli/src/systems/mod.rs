//! The systems from which flags come. What a system does in its own way stands in its folder.

mod featbit;
mod featurehub;
mod featuresignals;
pub(crate) mod flag_system;
mod flag_table;
mod flags;

use self::flag_system::FlagSystem;
use crate::system::System;

/// Returns what the system does in its own way.
pub(crate) fn of(system: System) -> &'static dyn FlagSystem {
    match system {
        System::Featurehub => &featurehub::Featurehub,
        System::Featbit => &featbit::Featbit,
        System::Featuresignals => &featuresignals::Featuresignals,
    }
}
