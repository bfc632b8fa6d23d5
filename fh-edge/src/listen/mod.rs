//! Runs a router on sockets, within limits that a router itself cannot hold (D-99).
//!
//! [`serve`] is for programs whose only server is the Edge, and for everybody who has no reverse proxy in front. It
//! holds the time and size of heads, the time that handshakes, idle connections and peers that do not read may take,
//! and the number of connections ([`ListenOptions`]); it speaks TLS and HTTP/2, tells handlers the peer's address
//! ([`ConnectInfo`](axum::extract::ConnectInfo) of [`SocketAddr`](std::net::SocketAddr)), and ends in good order. A
//! stream on which nothing happens has no timer, and takes little more memory than hyper itself needs.
//!
//! A program that mounts the Edge's router in a server of its own has to hold those limits itself: `axum::serve` has
//! none of them.
//!
//! What stays with the handlers: the size of bodies and the time that reading them takes, and ending their streams at
//! shutdown. An HTTP/2 connection may carry many streams, so their number has to be limited there, too.
//!
//! ```no_run
//! use axum::{Router, routing::get};
//! use fh_edge::listen::{ListenOptions, Listener, serve};
//!
//! # async fn run() -> std::io::Result<()> {
//! let router = Router::new().route("/", get(|| async { "here" }));
//! let listener = Listener::bind(([127, 0, 0, 1], 8903).into())?;
//! let shutdown = std::future::pending(); // a signal, in a real program
//! serve([listener], router, ListenOptions::default(), shutdown).await?;
//! # Ok(())
//! # }
//! ```

mod accept;
mod access;
mod app;
mod capacity;
mod certificate;
mod connections;
mod descriptors;
mod drive;
mod guard;
mod handler;
mod link;
mod listener;
mod memory;
mod options;
mod patience;
mod phase;
mod proxies;
mod stall;
mod tls;
mod transport;

use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::time::{MissedTickBehavior, interval, timeout};
use tracing::{info, warn};

pub use access::AccessLog;
pub use app::App;
pub use connections::{Connections, ListenerFigures};
pub use descriptors::raise_descriptor_limit;
pub use listener::Listener;
pub use options::{ListenOptions, PerAddress};
pub use proxies::{NotANetwork, TrustedProxies};
pub use tls::{Reloaded, Tls, TlsError};
pub use transport::Transport;

use link::Server;
use phase::Phase;

/// How serving ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stopped {
    /// Connections that were still open at the end of the grace period and were cut.
    pub cut: usize,
}

/// How often it is looked whether certificates expire, where their files are not looked at.
const EXPIRY_CHECK: Duration = Duration::from_secs(3600);

/// For handlers that are polled just now to be let go of.
const CUTTING: Duration = Duration::from_secs(5);

/// Serves `app`, such as a router, at all `listeners` until `shutdown` resolves. Then the sockets are closed, idle connections end, and
/// requests in flight have [`ListenOptions::grace`] to end before their connections are cut. Streams have to be ended
/// by the handlers, who need the signal as well.
///
/// When the returned future is dropped, everything is cut at once.
///
/// # Errors
/// There is no listener. What happens to connections, or when accepting them, is no error of the server's: it is logged,
/// and counted in [`Connections`].
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
    let cutter = Cutter(Arc::new(Server::new(app.into(), options)));
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

struct Cutter(Arc<Server>);

impl Drop for Cutter {
    fn drop(&mut self) {
        self.0.phases.advance(Phase::Cut);
    }
}

/// Looks at the files of certificates now and then, and logs when those in use expire.
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
                    Ok(Err(error)) => warn!(%error, "the certificate in use stays"),
                    Err(error) => warn!(%error, "certificates were not looked at"),
                }
            }
        }
    }
}
