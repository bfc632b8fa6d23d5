//! Servers behind a proxy.

use std::net::{SocketAddr, ToSocketAddrs as _};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::runtime::Handle;

use super::memory::Memory;
use super::proxy::Proxy;
use super::rewrite::Rewrite;
use crate::server::scenario::{Failure, Identifiers, Outcome, ServerLauncher, Setup, Subject};
use crate::server::wire::Base;

/// Starts servers of another launcher, each behind proxies with a rewrite.
pub(super) struct Rewritten<'l> {
    pub(super) launcher: &'l dyn ServerLauncher,
    pub(super) rewrite: &'static Rewrite,
    pub(super) runtime: Handle,
    /// The time that each answer and each event may take.
    pub(super) patience: Duration,
}

struct Behind {
    server: Box<dyn Subject>,
    base: Base,
    monitor: Base,
    patience: Duration,
    _proxies: [Proxy; 2],
}

fn broken(error: impl std::fmt::Display) -> Failure {
    Failure::wrong("the proxy", format!("the proxy: {error}"))
}

fn address(base: &Base) -> Result<SocketAddr, Failure> {
    let mut addresses = base.authority().to_socket_addrs().map_err(broken)?;
    addresses.find(SocketAddr::is_ipv4).ok_or_else(|| broken("the server has no IPv4 address"))
}

impl ServerLauncher for Rewritten<'_> {
    fn start(&self, setup: &Setup) -> Result<Box<dyn Subject>, Failure> {
        let server = self.launcher.start(setup)?;
        let memory = Arc::<Memory>::default();
        let before = |base: &Base| {
            let memory = Arc::clone(&memory);
            let proxy = Proxy::start(&self.runtime, address(base)?, self.rewrite, memory);
            let proxy = proxy.map_err(broken)?;
            let base = format!("http://{}{}", proxy.address, base.target(""));
            Ok::<_, Failure>((base.parse().map_err(broken)?, proxy))
        };
        let (base, of_base) = before(server.base())?;
        let (monitor, of_monitor) = before(server.monitor()?)?;
        let (patience, _proxies) = (self.patience, [of_base, of_monitor]);
        Ok(Box::new(Behind { server, base, monitor, patience, _proxies }))
    }
}

impl Subject for Behind {
    fn base(&self) -> &Base {
        &self.base
    }

    fn monitor(&self) -> Result<&Base, Failure> {
        Ok(&self.monitor)
    }

    fn identifiers(&self) -> &Identifiers {
        self.server.identifiers()
    }

    fn patience(&self) -> Duration {
        self.patience
    }

    fn serve(&self, state: &Value) -> Outcome {
        self.server.serve(state)
    }

    fn stop(&self) -> Outcome {
        self.server.stop()
    }

    fn start_again(&self) -> Outcome {
        self.server.start_again()
    }
}
