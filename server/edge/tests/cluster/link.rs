//! A link between a server and the database, which a test cuts and stalls, and which may drop notifications.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Open,
    /// Connections stay open and are accepted, and nothing passes.
    Stalled,
    /// Connections end, and new ones end at once.
    Cut,
    /// A connection ends in place of each COMMIT.
    LosesCommits,
    /// A connection ends in place of each answer to a COMMIT.
    LosesAnswers,
}

/// The treatment of the database's notifications.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Notifications {
    Pass,
    Dropped,
}

/// A proxy at a port of 127.0.0.1.
pub(crate) struct Link {
    pub(crate) port: u16,
    target: watch::Sender<u16>,
    mode: watch::Sender<Mode>,
    accepting: JoinHandle<()>,
}

impl Link {
    /// Opens a link to this port of 127.0.0.1.
    pub(crate) async fn to(target: u16, notifications: Notifications) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (target, mode) = (watch::Sender::new(target), watch::Sender::new(Mode::Open));
        let (to, modes) = (target.subscribe(), mode.subscribe());
        let accepting = tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                drop(tokio::spawn(pass(near, to.clone(), notifications, modes.clone())));
            }
        });
        Self { port, target, mode, accepting }
    }

    pub(crate) fn set(&self, mode: Mode) {
        self.mode.send_replace(mode);
    }

    /// Ends all connections, and leads new ones to another port.
    pub(crate) fn lead_to(&self, target: u16) {
        self.target.send_replace(target);
    }

    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn pass(
    near: TcpStream,
    mut target: watch::Receiver<u16>,
    notifications: Notifications,
    mut mode: watch::Receiver<Mode>,
) {
    if mode.wait_for(|mode| *mode != Mode::Stalled).await.is_ok_and(|mode| *mode == Mode::Cut) {
        return;
    }
    let port = *target.borrow_and_update();
    let Ok(far) = TcpStream::connect(("127.0.0.1", port)).await else { return };
    let (near_read, near_write) = near.into_split();
    let (far_read, far_write) = far.into_split();
    tokio::select! {
        () = copy(near_read, far_write, Way::ToDatabase, mode.clone()) => {}
        () = copy(far_read, near_write, Way::ToServer(notifications), mode.clone()) => {}
        _ = mode.wait_for(|mode| *mode == Mode::Cut) => {}
        _ = target.changed() => {}
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    ToDatabase,
    ToServer(Notifications),
}

async fn copy(
    mut from: impl AsyncReadExt + Unpin,
    mut to: impl AsyncWriteExt + Unpin,
    way: Way,
    mut mode: watch::Receiver<Mode>,
) {
    let (mut held, mut buffer) = (Vec::new(), vec![0; 1 << 16]);
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        held.extend_from_slice(&buffer[..count]);
        let passes = |mode: &Mode| !matches!(mode, Mode::Stalled | Mode::Cut);
        let Ok(now) = mode.wait_for(passes).await.map(|mode| *mode) else { return };
        let end: &[u8] = match (now, way) {
            (Mode::LosesCommits, Way::ToDatabase) => b"; COMMIT",
            // The name of a command that the database has completed.
            (Mode::LosesAnswers, Way::ToServer(_)) => b"COMMIT\0",
            _ => &[],
        };
        if !end.is_empty() && held.windows(end.len()).any(|part| part == end) {
            return;
        }
        let passed = match way {
            Way::ToServer(Notifications::Dropped) => without_notifications(&mut held),
            _ => std::mem::take(&mut held),
        };
        if to.write_all(&passed).await.is_err() {
            return;
        }
    }
}

/// Takes the complete messages, each of which is a letter, its length without the letter, and its content. Drops those with the letter A.
fn without_notifications(held: &mut Vec<u8>) -> Vec<u8> {
    let mut passed = Vec::new();
    while let Some(length) = held.get(1..5) {
        let length = u32::from_be_bytes(length.try_into().unwrap()) as usize + 1;
        if held.len() < length {
            break;
        }
        let message = held.drain(..length);
        match message.as_slice()[0] {
            b'A' => {}
            _ => passed.extend(message),
        }
    }
    passed
}
