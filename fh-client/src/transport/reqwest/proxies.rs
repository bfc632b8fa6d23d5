//! The proxies of a transport.

use std::sync::Arc;

use crate::transport::proxy::Proxy;
use crate::transport::proxy::environment::EnvironmentProxies;

/// The proxies of a transport.
#[derive(Clone)]
pub(super) enum Proxies {
    /// The proxies of environment variables, such as `HTTPS_PROXY`, and of the system's settings.
    Environment(Arc<EnvironmentProxies>),
    /// The proxy that the program has set; `None` if the program has disabled proxies.
    Set(Option<Proxy>),
}

impl Proxies {
    /// Returns the proxy for requests to this URL.
    pub(super) fn of(&self, destination: &reqwest::Url) -> Option<Proxy> {
        match self {
            Self::Environment(environment) => environment.proxy(destination),
            Self::Set(proxy) => proxy.clone(),
        }
    }
}
