//! Items for the tool `fh` and for the tests of this workspace. They may change or go with any version.

use fh_eval::Timestamp;

pub use crate::change_store::DATA_THREAD;
pub use crate::origin::file::last_good::LastGood;
use crate::origin::relay::RelayOptions;
pub use crate::state::template::TEMPLATE;

/// Sets the clock of a relay that decides about [`RelayLimits::max_age`](crate::origin::relay::RelayLimits::max_age) and
/// [`RelayLimits::revoke_after`](crate::origin::relay::RelayLimits::revoke_after), so that a test need not wait.
#[must_use]
pub fn with_clock(
    options: RelayOptions,
    clock: impl Fn() -> Timestamp + Send + Sync + 'static,
) -> RelayOptions {
    options.clock(clock)
}
