//! A proxy between clients and a server, which rewrites what passes.

use std::future::{Future as _, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use socket2::SockRef;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};

use super::answer_side::{AnswerSide, Next};
use super::memory::Memory;
use super::request_side::{Pending, RequestSide};
use super::rewrite::{ClientGone, Rewrite, SlowClient};

/// The size of the sockets' buffers. Small ones keep the proxy from holding what a slow client does not read.
const BUFFER: u32 = 64 * 1024;
/// The time for which a client may go on sending after its server closed the connection. Closing at once would cost it the answer.
const LINGER: Duration = Duration::from_secs(10);

/// A proxy on a local port. It ends when this value is dropped.
#[derive(Debug)]
pub(super) struct Proxy {
    /// The address of the proxy.
    pub(super) address: SocketAddr,
    accepting: AbortHandle,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// The values that all connections of a proxy share.
#[derive(Debug, Clone)]
struct Shared {
    server: SocketAddr,
    rewrite: &'static Rewrite,
    memory: Arc<Memory>,
}

impl Proxy {
    /// Starts a proxy in front of a server.
    pub(super) fn start(
        runtime: &Handle,
        server: SocketAddr,
        rewrite: &'static Rewrite,
        memory: Arc<Memory>,
    ) -> io::Result<Self> {
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let _inside = runtime.enter();
        let listener = TcpListener::from_std(listener)?;
        let shared = Shared { server, rewrite, memory };
        let accepting = runtime.spawn(accept(listener, shared)).abort_handle();
        Ok(Self { address, accepting })
    }
}

/// Accepts connections until the task is aborted, which closes them.
async fn accept(listener: TcpListener, shared: Shared) {
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        if let Ok((client, _)) = listener.accept().await {
            let shared = shared.clone();
            connections.spawn(async move {
                // The client sees a closed connection if the server cannot be reached.
                let _ = connect(client, &shared).await;
            });
        }
    }
}

/// The direction that ends first.
enum First {
    Requests(io::Result<()>),
    Answers,
}

async fn connect(client: TcpStream, shared: &Shared) -> io::Result<()> {
    let socket = TcpSocket::new_v4()?;
    socket.set_recv_buffer_size(BUFFER)?;
    let server = socket.connect(shared.server).await?;
    SockRef::from(&client).set_send_buffer_size(BUFFER as usize)?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let pending = Pending::default();
    let Shared { rewrite, memory, .. } = shared.clone();
    let requests = RequestSide::new(rewrite, Arc::clone(&memory), pending.clone());
    let answers = AnswerSide::new(rewrite, memory, pending);
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let gone = rewrite.hooks.gone;
    let up = pass_requests(from_client, to_server, requests, gone);
    let down = async {
        match rewrite.hooks.slow {
            SlowClient::Waits => pass_answers(from_server, to_client, answers, gone).await,
            SlowClient::Queued => queue_answers(from_server, to_client, answers).await,
        }
    };
    let (mut up, mut down) = (std::pin::pin!(up), std::pin::pin!(down));
    let first = poll_fn(|context| match up.as_mut().poll(context) {
        Poll::Ready(passed) => Poll::Ready(First::Requests(passed)),
        Poll::Pending => down.as_mut().poll(context).map(|()| First::Answers),
    });
    match first.await {
        First::Requests(Ok(())) => down.await,
        // A reset connection closes the server's at once.
        First::Requests(Err(error)) => return Err(error),
        First::Answers => {
            let _ = tokio::time::timeout(LINGER, up).await;
        }
    }
    Ok(())
}

/// Passes requests until the client ends its direction.
async fn pass_requests(
    mut client: OwnedReadHalf,
    mut server: OwnedWriteHalf,
    mut side: RequestSide,
    gone: ClientGone,
) -> io::Result<()> {
    let mut buffer = [0; 16 * 1024];
    let mut is_open = true;
    loop {
        let count = match (client.read(&mut buffer).await, gone) {
            (Ok(count), _) => count,
            (Err(_), ClientGone::Unnoticed) => 0,
            (Err(error), ClientGone::Closed) => return Err(error),
        };
        let bytes = match buffer.get(..count) {
            Some([]) | None => side.end(),
            Some(bytes) => side.take(bytes),
        };
        // What a server no longer reads is read here, so that the client can send it.
        is_open = is_open && server.write_all(&bytes).await.is_ok();
        if count == 0 {
            match gone {
                ClientGone::Closed => drop(server),
                // Dropping it would end the direction to the server.
                ClientGone::Unnoticed => server.forget(),
            }
            return Ok(());
        }
    }
}

/// Passes answers until the server ends its direction, or the client takes no more.
async fn pass_answers(
    mut server: OwnedReadHalf,
    mut client: OwnedWriteHalf,
    mut side: AnswerSide,
    gone: ClientGone,
) {
    let mut buffer = [0; 16 * 1024];
    loop {
        // A reset of the server ends the client's direction as well.
        let count = server.read(&mut buffer).await.unwrap_or(0);
        let bytes = match buffer.get(..count) {
            Some([]) | None => side.end(),
            Some(bytes) => side.take(bytes),
        };
        let is_sent = client.write_all(&bytes).await.is_ok();
        match side.next {
            Next::Close => return,
            Next::StayOpen => std::future::pending().await,
            Next::GoOn => {}
        }
        if count == 0 || (!is_sent && gone == ClientGone::Closed) {
            return;
        }
    }
}

/// Passes answers, and queues those that the client does not read.
async fn queue_answers(
    mut server: OwnedReadHalf,
    mut client: OwnedWriteHalf,
    mut side: AnswerSide,
) {
    let (queue, mut queued) = mpsc::unbounded_channel::<Vec<u8>>();
    let writing = tokio::spawn(async move {
        while let Some(bytes) = queued.recv().await {
            if client.write_all(&bytes).await.is_err() {
                return;
            }
        }
    });
    let mut buffer = [0; 16 * 1024];
    loop {
        let count = server.read(&mut buffer).await.unwrap_or(0);
        let bytes = match buffer.get(..count) {
            Some([]) | None => side.end(),
            Some(bytes) => side.take(bytes),
        };
        if queue.send(bytes).is_err() || count == 0 || side.next == Next::Close {
            break;
        }
    }
    drop(queue);
    // The queue ends, and with it the task.
    let _ = writing.await;
}
