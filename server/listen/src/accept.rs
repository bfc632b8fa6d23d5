//! Accepts connections, and starts a task for each connection that the limits allow.

use std::convert::Infallible;
use std::future::poll_fn;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tracing::{debug, warn};

use super::capacity::{Beyond, Place};
use super::connection::Protocols;
use super::connection_state::{ConnectionState, ServerState};
use super::{ListenOptions, Listener, Transport};

/// The maximum pause after the operating system failed to hand over a connection. The pause ends early if a connection closes, and at once
/// if a connection has closed since the last such wait.
const PAUSE: Duration = Duration::from_millis(250);
/// The minimum time between two warnings of the same kind in the log.
const QUIET: Duration = Duration::from_secs(60);
/// The idle time of a connection after which TCP keepalive checks whether the peer still exists.
const KEEPALIVE: Duration = Duration::from_secs(60);

/// Accepts connections of all listeners. The future never resolves; dropping it stops accepting.
pub(super) async fn accept(listeners: &[Listener], server: &Arc<ServerState>) -> Infallible {
    let protocols = Protocols::new(&server.options);
    let limit = server.options.max_connections.get();
    let mut limits = LimitWarnings::default();
    let mut refused = Warning::default();
    let mut first = 0;
    loop {
        if server.is_full() {
            limits.say(Beyond::Connections, limit, None);
            server.room().await;
        }
        match next(listeners, &mut first).await {
            Ok((stream, peer, listener)) => {
                let transport = listener.tls().map(|_| Transport::Tls);
                let state = match ConnectionState::admit(Arc::clone(server), peer, transport) {
                    Ok((state, Place::Regular)) => state,
                    Ok((state, Place::Reserved(beyond))) => {
                        limits.say(beyond, limit, Some(state.peer.ip()));
                        state
                    }
                    Err(beyond) => {
                        server.options.connections.count_refused();
                        limits.say(beyond, limit, Some(peer.ip()));
                        continue;
                    }
                };
                if let Err(error) = prepare(&stream, &server.options) {
                    debug!(peer = %state.peer, %error, "the options of an accepted connection cannot be set, so the connection is closed");
                    continue;
                }
                match listener.tls() {
                    None => drop(tokio::spawn(protocols.plain(stream, state))),
                    Some(tls) => {
                        let tls = tls.clone();
                        drop(tokio::spawn(protocols.clone().secure(stream, tls, state)));
                    }
                }
            }
            Err(error) if is_the_peers(&error) => {}
            Err(error) => {
                server.options.connections.accept_failed();
                refused.say(|| warn!(%error, "a connection cannot be accepted; the server tries again after a short pause"));
                let _ = timeout(PAUSE, server.one_closed()).await;
            }
        }
    }
}

/// Returns the next connection of any listener. Polling begins with the listener that follows the listener of the last connection, so that
/// a busy listener does not delay the others.
async fn next<'a>(
    listeners: &'a [Listener],
    first: &mut usize,
) -> io::Result<(TcpStream, SocketAddr, &'a Listener)> {
    let count = listeners.len().max(1);
    poll_fn(|context| {
        for turn in 0..count {
            let index = (*first + turn) % count;
            let Some(listener) = listeners.get(index) else { continue };
            if let Poll::Ready(accepted) = listener.poll_accept(context) {
                *first = (index + 1) % count;
                return Poll::Ready(accepted.map(|(stream, peer)| (stream, peer, listener)));
            }
        }
        Poll::Pending
    })
    .await
}

fn prepare(stream: &TcpStream, options: &ListenOptions) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let socket = SockRef::from(stream);
    socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(KEEPALIVE))?;
    #[cfg(any(target_os = "linux", target_os = "android"))]
    socket.set_tcp_user_timeout(options.write_timeout)?;
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    let _ = options;
    Ok(())
}

/// Returns true if accepting a connection failed because the peer of the connection had gone, or because the call was interrupted.
fn is_the_peers(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

/// Warnings about connections that exceed a limit. A warning about the same limit is logged at most once in [`QUIET`].
#[derive(Default)]
struct LimitWarnings {
    connections: Warning,
    per_address: Warning,
}

impl LimitWarnings {
    fn say(&mut self, beyond: Beyond, limit: usize, address: Option<IpAddr>) {
        match (beyond, address) {
            (Beyond::PerAddress, Some(address)) => self.per_address.say(|| {
                warn!(%address, "too many connections of one address (max-connections-per-address); if the address is that of a proxy, add the address to trusted-proxies");
            }),
            _ => self.connections.say(|| {
                warn!(connections = limit, "the limit of connections is reached; further connections wait, or serve only health checks (max-connections)");
            }),
        }
    }
}

#[derive(Default)]
struct Warning {
    last: Option<Instant>,
}

impl Warning {
    fn say(&mut self, what: impl FnOnce()) {
        if self.last.is_none_or(|last| last.elapsed() >= QUIET) {
            self.last = Some(Instant::now());
            what();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A busy listener does not delay the others.
    #[tokio::test]
    async fn each_listener_has_its_turn() {
        let listeners = [0, 1].map(|_| Listener::bind(([127, 0, 0, 1], 0).into()).unwrap());
        let ports = listeners.each_ref().map(|listener| listener.local_addr().unwrap().port());
        let mut peers = Vec::new();
        for port in ports.iter().cycle().take(6) {
            peers.push(TcpStream::connect(("127.0.0.1", *port)).await.unwrap());
        }
        let (mut first, mut taken) = (0, Vec::new());
        for _ in 0..6 {
            let (stream, ..) = next(&listeners, &mut first).await.unwrap();
            taken.push(stream.local_addr().unwrap().port());
        }
        assert_eq!(taken, [ports, ports, ports].concat());
    }

    #[tokio::test]
    async fn connections_are_prepared() {
        let listener = Listener::bind(([127, 0, 0, 1], 0).into()).unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let limit = Some(Duration::from_secs(7));
        prepare(&stream, &ListenOptions { write_timeout: limit, ..Default::default() }).unwrap();
        assert!(stream.nodelay().unwrap());
        let socket = SockRef::from(&stream);
        assert!(socket.keepalive().unwrap());
        #[cfg(any(target_os = "linux", target_os = "android"))]
        assert_eq!(socket.tcp_user_timeout().unwrap(), limit);
    }
}
