//! The handle with which an interceptor reports that its overrides have changed.

use std::fmt;
use std::sync::Weak;

use super::{Inner, Repository};

/// A handle with which an interceptor reports that it may return other values than before; see [`Interceptor::registered`](crate::Interceptor::registered).
/// The handle does not keep the repository alive.
#[derive(Clone)]
pub struct OverrideChanges(Weak<Inner>);

impl OverrideChanges {
    pub(crate) const fn new(repository: Weak<Inner>) -> Self {
        Self(repository)
    }

    /// Makes change listeners compare their values again, as [`Repository::overrides_changed`] does. Has no effect after the repository was
    /// closed or dropped.
    pub fn notify(&self) {
        if let Some(inner) = self.0.upgrade() {
            Repository { inner }.overrides_changed();
        }
    }
}

impl fmt::Debug for OverrideChanges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OverrideChanges").finish_non_exhaustive()
    }
}
