//! A server of HTTP/2 in front of an Edge.
use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener as StdListener};
use std::pin::pin;
use std::sync::Arc;
use std::thread;

use hyper::body::Incoming;
use hyper::header::{CONNECTION, HOST, TRANSFER_ENCODING};
use hyper::http::uri::PathAndQuery;
use hyper::service::service_fn;
use hyper::{Request, Response, Uri, Version, client, server};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, oneshot};
use tokio_rustls::TlsAcceptor;

/// A server that speaks HTTP/2 only, and forwards each request to another address, such as that of an Edge, in HTTP/1.1.
///
/// If an answer does not begin, the client's connection ends. If it breaks off, the stream of the request is reset. Dropping the server ends
/// the listener and all connections.
#[derive(Debug)]
pub struct Http2Front {
    address: SocketAddr,
    _stop: oneshot::Sender<Infallible>,
}

impl Http2Front {
    /// Starts the server on a free port of 127.0.0.1, with TLS if there is a configuration for it.
    ///
    /// # Errors
    /// If no port or no thread is available.
    pub fn start(to: SocketAddr, config: Option<ServerConfig>) -> io::Result<Self> {
        let listener = StdListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let acceptor = config.map(|mut config| {
            config.alpn_protocols = vec![b"h2".to_vec()];
            TlsAcceptor::from(Arc::new(config))
        });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (stop, stopped) = oneshot::channel::<Infallible>();
        thread::Builder::new().name("http2-front".to_owned()).spawn(move || {
            runtime.block_on(async {
                let Ok(listener) = TcpListener::from_std(listener) else { return };
                tokio::select! {
                    () = accept(&listener, to, acceptor) => {}
                    _ = stopped => {}
                }
            });
        })?;
        Ok(Self { address, _stop: stop })
    }

    /// Returns the address of the server.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

async fn accept(listener: &TcpListener, to: SocketAddr, acceptor: Option<TlsAcceptor>) {
    while let Ok((socket, _)) = listener.accept().await {
        let acceptor = acceptor.clone();
        tokio::spawn(async move {
            match acceptor {
                Some(acceptor) => {
                    if let Ok(secured) = acceptor.accept(socket).await {
                        serve(secured, to).await;
                    }
                }
                None => serve(socket, to).await,
            }
        });
    }
}

/// Serves a connection until it ends, or until an answer does not begin.
async fn serve(socket: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, to: SocketAddr) {
    let over = Arc::new(Notify::new());
    let ends = Arc::clone(&over);
    let service = service_fn(move |request| {
        let ends = Arc::clone(&ends);
        async move {
            if let Some(answer) = forward(request, to).await {
                return Ok::<_, Infallible>(answer);
            }
            ends.notify_one();
            // The end of the connection ends this request.
            std::future::pending().await
        }
    });
    let builder = server::conn::http2::Builder::new(TokioExecutor::new());
    let connection = pin!(builder.serve_connection(TokioIo::new(socket), service));
    tokio::select! {
        _ = connection => {}
        () = over.notified() => {}
    }
}

/// Sends a request on a connection of its own, and returns the answer. Its body is forwarded as it arrives.
async fn forward(mut request: Request<Incoming>, to: SocketAddr) -> Option<Response<Incoming>> {
    let socket = TcpStream::connect(to).await.ok()?;
    let handshake = client::conn::http1::handshake(TokioIo::new(socket)).await;
    let (mut sender, connection) = handshake.ok()?;
    tokio::spawn(connection);
    let host = request.uri().authority().and_then(|host| host.as_str().parse().ok());
    request.headers_mut().extend(host.map(|host| (HOST, host)));
    let path = request.uri().path_and_query().cloned();
    *request.uri_mut() = Uri::from(path.unwrap_or_else(|| PathAndQuery::from_static("/")));
    *request.version_mut() = Version::HTTP_11;
    let mut answer = sender.send_request(request).await.ok()?;
    for name in [CONNECTION, TRANSFER_ENCODING] {
        answer.headers_mut().remove(name);
    }
    *answer.version_mut() = Version::HTTP_2;
    Some(answer)
}
