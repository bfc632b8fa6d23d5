//! The handle with which an interceptor reports that its overrides have changed.

use std::fmt;
use std::sync::Arc;

/// A handle with which an interceptor reports that it may return other values than before; see [`Interceptor::registered`](crate::Interceptor::registered).
/// The handle does not keep the repository alive.
#[derive(Clone)]
pub struct OverrideChanges(Arc<dyn Fn() + Send + Sync>);

impl OverrideChanges {
    /// Returns a handle that calls this function, which must not keep the repository alive.
    pub(crate) fn new(notify: impl Fn() + Send + Sync + 'static) -> Self {
        Self(Arc::new(notify))
    }

    /// Makes change listeners compare their values again, as [`Repository::overrides_changed`](crate::Repository::overrides_changed) does.
    /// A call after the repository was closed or dropped has no effect.
    pub fn notify(&self) {
        (self.0)();
    }
}

impl fmt::Debug for OverrideChanges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OverrideChanges").finish_non_exhaustive()
    }
}
