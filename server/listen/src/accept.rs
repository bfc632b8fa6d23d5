//! Accepts connections, and starts a task for each connection that the limits allow.

use std::convert::Infallible;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tracing::{debug, warn};

use super::capacity::{Beyond, Place};
use super::connection::Protocols;
use super::connection_state::{ConnectionState, ServerState};
use super::warnings::Warning;
use super::{ListenOptions, Listener, Transport};

/// The maximum pause after the operating system failed to hand over a connection. The pause ends early if a connection closes, and at once
/// if a connection has closed since the last such wait.
const PAUSE: Duration = Duration::from_millis(250);
/// The idle time of a connection after which TCP keepalive checks whether the peer still exists.
const KEEPALIVE: Duration = Duration::from_secs(60);

/// Accepts connections of all listeners. The future never resolves; dropping it stops accepting.
pub(super) async fn accept(listeners: &[Listener], server: &Arc<ServerState>) -> Infallible {
    let protocols = Protocols::new(&server.options);
    let refused = Warning::default();
    let mut first = 0;
    loop {
        if server.is_full() {
            server.warn_of_limit(Beyond::Connections, None);
            server.room().await;
        }
        match next(listeners, &mut first).await {
            Ok((stream, peer, listener)) => {
                let transport = listener.tls().map(|_| Transport::Tls);
                let state = match ConnectionState::admit(Arc::clone(server), peer, transport) {
                    Ok((state, Place::Regular)) => state,
                    Ok((state, Place::Reserved(beyond))) => {
                        server.warn_of_limit(beyond, Some(state.peer.ip()));
                        state
                    }
                    Err(beyond) => {
                        server.options.connections.count_refused();
                        server.warn_of_limit(beyond, Some(peer.ip()));
                        continue;
                    }
                };
                if let Err(error) = prepare(&stream, &server.options) {
                    debug!(peer = %state.peer, %error, "the options of an accepted connection cannot be set, so the connection is closed");
                    continue;
                }
                protocols.start(stream, listener.tls(), state);
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
