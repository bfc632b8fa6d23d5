//! The connections of a server. Each has a thread, which answers requests one after the other.

use std::io::{self, BufReader};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::server::http::{ReadRequest, Request, read};
use crate::server::lock::locked;
use crate::server::port::Port;
use crate::server::response::Response;
use crate::server::tcp::{Ending, drain, end};

/// The state of a connection after a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    /// The next request can be read.
    Continue,
    /// The connection has ended, or must be closed.
    Close,
}

/// The part of a server that depends on its protocol. All threads of a server share it.
pub(crate) trait Protocol: Send + Sync + 'static {
    /// Stack size of the thread of a connection.
    const STACK: usize = 512 * 1024;

    /// Records a new connection, and returns its number.
    fn accepted(&self) -> usize;

    /// Returns the answer to bytes that are no request. The connection is closed after it.
    fn invalid(&self, status: u16) -> Response;

    /// Answers a request.
    fn answer(
        own: &Arc<Self>,
        connection: &mut Connection<'_>,
        request: &Request,
    ) -> io::Result<Then>;
}

/// A connection, as the thread that serves it sees it.
#[derive(Debug)]
pub(crate) struct Connection<'a> {
    /// The socket, to which answers are written.
    pub(crate) socket: &'a Arc<TcpStream>,
    /// The bytes of the client.
    pub(crate) reader: BufReader<&'a TcpStream>,
    /// The number that [`Protocol::accepted`] returned.
    pub(crate) number: usize,
}

impl Connection<'_> {
    /// Writes an answer.
    pub(crate) fn respond(&self, request: &Request, response: &Response) -> io::Result<Then> {
        response.write(&mut &**self.socket, request.method != "HEAD")?;
        let is_last = response.keep.is_some() || request.has_token("connection", "close");
        Ok(if is_last { Then::Close } else { Then::Continue })
    }

    /// Answers nothing, and waits until the client gives up.
    pub(crate) fn hang(&mut self) -> io::Result<Then> {
        io::copy(&mut self.reader, &mut io::sink())?;
        Ok(Then::Close)
    }

    /// Resets the connection.
    pub(crate) fn reset(&self) -> Then {
        end(self.socket, Ending::Reset);
        Then::Close
    }
}

/// The port of a server, and its open connections.
#[derive(Debug)]
pub(crate) struct Listener<P> {
    port: Mutex<Port>,
    address: SocketAddr,
    connections: Arc<Mutex<Vec<Arc<TcpStream>>>>,
    protocol: Arc<P>,
}

impl<P: Protocol> Listener<P> {
    /// Listens on a port. The number 0 stands for any free port.
    pub(crate) fn start(port: u16, protocol: &Arc<P>) -> io::Result<Self> {
        let port = Port::reserve(port)?;
        let (address, port) = (port.address(), Mutex::new(port));
        let connections = Arc::default();
        let listener = Self { port, address, connections, protocol: Arc::clone(protocol) };
        listener.listen()?;
        Ok(listener)
    }

    /// Returns the address of the port.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Listens again after [`Listener::refuse`].
    pub(crate) fn listen(&self) -> io::Result<()> {
        let (protocol, connections) = (Arc::clone(&self.protocol), Arc::clone(&self.connections));
        locked(&self.port).listen(move |socket, _| start(&protocol, &connections, socket))
    }

    /// Refuses new connections. Open ones stay open.
    pub(crate) fn refuse(&self) {
        locked(&self.port).refuse();
    }

    /// Ends all connections.
    pub(crate) fn end_connections(&self) {
        for connection in std::mem::take(&mut *locked(&self.connections)) {
            // An error means that the client ended the connection first.
            let _ = connection.shutdown(Shutdown::Both);
        }
    }
}

/// Serves an accepted connection on a new thread.
fn start<P: Protocol>(
    protocol: &Arc<P>,
    connections: &Arc<Mutex<Vec<Arc<TcpStream>>>>,
    socket: TcpStream,
) {
    let number = protocol.accepted();
    // A message must not wait for the acknowledgement of earlier ones.
    let _ = socket.set_nodelay(true);
    let socket = Arc::new(socket);
    locked(connections).push(Arc::clone(&socket));
    let (own, open, own_socket) =
        (Arc::clone(protocol), Arc::clone(connections), Arc::clone(&socket));
    let forget = |open: &Mutex<Vec<Arc<TcpStream>>>, socket: &Arc<TcpStream>| {
        locked(open).retain(|known| !Arc::ptr_eq(known, socket));
    };
    let serve = move || {
        let reader = BufReader::new(&*own_socket);
        let mut connection = Connection { socket: &own_socket, reader, number };
        // An error means that the client ended the connection.
        while let Ok(Then::Continue) = next(&own, &mut connection) {}
        end(&own_socket, Ending::Close);
        drain(&own_socket);
        forget(&open, &own_socket);
    };
    let thread = thread::Builder::new().name("test-server".to_owned()).stack_size(P::STACK);
    if thread.spawn(serve).is_err() {
        // No thread is available. The socket is closed when the last handle is dropped.
        forget(connections, &socket);
    }
}

fn next<P: Protocol>(protocol: &Arc<P>, connection: &mut Connection<'_>) -> io::Result<Then> {
    let mut writer: &TcpStream = connection.socket;
    match read(&mut connection.reader, &mut writer)? {
        ReadRequest::Request(request) => P::answer(protocol, connection, &request),
        ReadRequest::Ended => Ok(Then::Close),
        ReadRequest::Invalid(status) => {
            protocol.invalid(status).write(&mut writer, true)?;
            Ok(Then::Close)
        }
    }
}
