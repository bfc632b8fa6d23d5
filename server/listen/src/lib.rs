#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

/// Items for other crates of this project. They may change or be removed in any version.
#[doc(hidden)]
pub mod internal {
    pub use crate::client_network::ClientNetwork;
    pub use crate::forwarded::proxy_header;
}

mod accept;
mod access;
mod app;
mod capacity;
mod certificate;
mod client_network;
mod connection;
mod connection_state;
mod connections;
mod descriptors;
mod forwarded;
mod guarded_io;
mod handler;
mod listener;
mod memory;
mod options;
mod phase;
mod proxies;
mod proxy_protocol;
mod shortcut;
mod stall;
mod timeouts;
mod tls;
mod warnings;

use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::time::{MissedTickBehavior, interval, timeout};
use tracing::{info, warn};

pub use access::{AccessLog, LoggedRequest, RequestLog};
pub use app::App;
pub use connections::Connections;
pub use descriptors::{ConnectionLimit, raise_descriptor_limit};
pub use listener::Listener;
pub use memory::{MemoryLimit, MemorySource};
pub use options::{ListenOptions, PerAddress};
pub use proxies::{FromProxy, InvalidNetwork, TrustedProxies};
pub use proxy_protocol::{ProxiedConnection, ProxyProtocol};
pub use shortcut::{Shortcut, ShortcutAnswer};
pub use tls::{Reloaded, Tls, TlsError, Transport};

use connection_state::ServerState;
use phase::Phase;

/// The result of [`serve`] after its shutdown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stopped {
    /// The number of connections that were still open at the end of the grace period, and were cut.
    pub cut: usize,
}

/// The interval at which the expiry of certificates is checked, if their files are not checked for new certificates.
const EXPIRY_CHECK: Duration = Duration::from_secs(3600);

/// The maximum time for which [`serve`] waits until cut connections have ended, because a handler may be running when its connection is
/// cut.
const CUTTING: Duration = Duration::from_secs(5);

/// Serves `app`, such as a router, on all `listeners` until `shutdown` resolves. Then the sockets are closed and idle connections end.
/// Requests in flight have the time [`ListenOptions::grace`] to end. Then their connections are cut. Handlers need the shutdown signal as
/// well, because they have to end their streams.
///
/// Dropping the returned future cuts all connections at once.
///
/// # Errors
/// Fails if `listeners` is empty. Failures of connections, and of accepting them, are not returned. Failures of accepting are counted in
/// [`Connections`] and logged at most once a minute. The failure to accept a peer that has gone is neither counted nor logged.
pub async fn serve<L>(
    listeners: L,
    app: impl Into<App>,
    options: ListenOptions,
    shutdown: impl Future<Output = ()>,
) -> io::Result<Stopped>
where
    L: IntoIterator<Item = Listener>,
{
    let listeners: Vec<Listener> = listeners.into_iter().collect();
    if listeners.is_empty() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "there is no socket to listen at"));
    }
    let grace = options.grace;
    let certificates = renew_certificates(&listeners, options.certificate_check);
    let cutter = ForceClose(Arc::new(ServerState::new(app.into(), options)));
    let server = &cutter.0;
    tokio::select! {
        () = shutdown => {}
        never = accept::accept(&listeners, server) => match never {},
        never = certificates => match never {},
    }
    drop(listeners);
    server.phases.advance(Phase::Draining);
    let _ = timeout(grace, server.fewer_than(1)).await;
    let cut = server.open();
    server.phases.advance(Phase::Cut);
    let _ = timeout(CUTTING, server.fewer_than(1)).await;
    Ok(Stopped { cut })
}

/// A guard that cuts all connections when it is dropped.
struct ForceClose(Arc<ServerState>);

impl Drop for ForceClose {
    fn drop(&mut self) {
        self.0.phases.advance(Phase::Cut);
    }
}

/// Checks certificates at intervals. Loads new certificates from their files if `every` is a time above zero. Logs a warning if a
/// certificate in use expires soon, and an error if it has expired, each at most once a day. The future never resolves.
fn renew_certificates(
    listeners: &[Listener],
    every: Option<Duration>,
) -> impl Future<Output = std::convert::Infallible> + use<> {
    let all = listeners.iter().filter_map(Listener::tls).filter(|tls| tls.reloads());
    let all: Vec<Tls> = all.cloned().collect();
    async move {
        if all.is_empty() {
            return std::future::pending().await;
        }
        let every = every.filter(|every| !every.is_zero());
        let mut ticks = interval(every.unwrap_or(EXPIRY_CHECK));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            for tls in &all {
                tls.log_expiry(SystemTime::now());
            }
            for tls in all.clone().into_iter().filter(|_| every.is_some()) {
                match tokio::task::spawn_blocking(move || tls.reload()).await {
                    Ok(Ok(Reloaded::Same)) => {}
                    Ok(Ok(Reloaded::Another)) => info!("a new certificate is in use"),
                    Ok(Err(error)) => {
                        warn!(%error, "the new certificate cannot be used; the previous certificate stays in use");
                    }
                    Err(error) => {
                        warn!(%error, "the certificate files could not be checked for changes");
                    }
                }
            }
        }
    }
}
