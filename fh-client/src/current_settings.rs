//! The settings of a running client that the program can replace: the API keys of its server, the headers and the context.

#[cfg(feature = "featbit")]
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::{ArcSwap, ArcSwapOption};
use fh_eval::Attributes;
use fh_session::ApiKeys;

use crate::server::Server;

/// The names and values of a client's headers.
type Headers = Vec<(String, String)>;

/// The present API keys, headers and context of a client. Reads take no lock, because a forked child process reads the settings of its parent,
/// and a lock that another thread of the parent held at the fork stays locked in the child.
pub(crate) struct CurrentSettings {
    server: ArcSwap<Server>,
    /// The lock of changes of the keys, so that all changes take effect in the same order everywhere.
    key_change: Mutex<()>,
    /// The headers with which the program replaced those of the builder; `None` if it replaced none.
    headers: ArcSwapOption<Headers>,
    /// The context of a server-evaluated key that was set last; `None` before the driver has started.
    context: ArcSwapOption<Attributes>,
    /// The difference in milliseconds between the server's clock and this machine's.
    #[cfg(feature = "featbit")]
    clock_offset: AtomicI64,
}

impl CurrentSettings {
    pub(crate) fn new(server: Server) -> Self {
        Self {
            server: ArcSwap::from_pointee(server),
            key_change: Mutex::new(()),
            headers: ArcSwapOption::empty(),
            context: ArcSwapOption::empty(),
            #[cfg(feature = "featbit")]
            clock_offset: AtomicI64::new(0),
        }
    }

    pub(crate) fn server(&self) -> Arc<Server> {
        self.server.load_full()
    }

    /// Calls `send` with the new keys and then stores the keys, both under one lock.
    pub(crate) fn change_keys(&self, keys: ApiKeys, send: impl FnOnce(&ApiKeys)) {
        let _change = self.key_change.lock().unwrap_or_else(PoisonError::into_inner);
        send(&keys);
        self.server.store(Arc::new(self.server.load().with_keys(keys)));
    }

    pub(crate) fn headers(&self) -> Option<Arc<Headers>> {
        self.headers.load_full()
    }

    pub(crate) fn set_headers(&self, headers: &Headers) {
        self.headers.store(Some(Arc::new(headers.clone())));
    }

    #[cfg(feature = "featbit")]
    pub(crate) fn clock_offset(&self) -> i64 {
        self.clock_offset.load(Ordering::Relaxed)
    }

    #[cfg(feature = "featbit")]
    pub(crate) fn set_clock_offset(&self, millis: i64) {
        self.clock_offset.store(millis, Ordering::Relaxed);
    }

    pub(crate) fn context(&self) -> Option<Arc<Attributes>> {
        self.context.load_full()
    }

    pub(crate) fn set_context(&self, context: &Arc<Attributes>) {
        let is_same = self.context.load().as_ref().is_some_and(|held| Arc::ptr_eq(held, context));
        if !is_same {
            self.context.store(Some(Arc::clone(context)));
        }
    }
}
