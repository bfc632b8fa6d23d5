//! Functions for the tests and the bindings of this workspace. Any version of this crate may change or remove them.

use fh_repository::publication::RawUpdate;

pub use fh_repository::{GivenAttributes, RepositorySnapshot};

use crate::client::Client;

/// Notifies the listeners of [`Client::on_raw`] of this update, as if the client had received it.
pub fn notify_raw(client: &Client, update: RawUpdate) {
    client.shared().repository.raw(update);
}

/// Calls a function with the present features of a client.
#[inline]
pub fn with_repository<R>(client: &Client, read: impl FnOnce(&RepositorySnapshot) -> R) -> R {
    read(&client.shared().repository.read())
}

/// Returns a seed as a client draws it at its start.
#[must_use]
pub fn seed() -> u64 {
    crate::seed::seed()
}

/// The proxy that the default transport of this process uses for a URL.
#[cfg(feature = "reqwest")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsedProxy {
    /// The host of the proxy. An IPv6 address is in brackets.
    pub host: String,
    /// The port of the proxy.
    pub port: u16,
    /// The environment variable that holds the proxy, or `the system's settings`.
    pub source: &'static str,
}

/// Returns the proxy that the default transport of this process uses for this URL, and a warning if some entries of `NO_PROXY`
/// cannot be read.
#[cfg(feature = "reqwest")]
#[must_use]
pub fn used_proxy(url: &str) -> (Option<UsedProxy>, Option<String>) {
    let environment = crate::transport::proxy::environment::EnvironmentProxies::of_process();
    let proxy = reqwest::Url::parse(url).ok().and_then(|url| environment.proxy(&url));
    let used = proxy.map(|proxy| UsedProxy {
        host: proxy.host().to_string(),
        port: proxy.port(),
        source: proxy.source(),
    });
    (used, environment.ignored())
}
