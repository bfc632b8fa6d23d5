//! The state of a client of FeatBit, beside that of the kernel.

use std::sync::Arc;

use fh_eval::Timestamp;

use super::clock::ServerClock;
use super::full::FullSync;
use super::open_socket::Repeats;
use super::store::Store;

pub(super) struct FeatBit {
    /// The time of day of the last input, by the clock of this machine.
    pub(super) wall: Timestamp,
    pub(super) store: Store,
    pub(super) environment: Arc<str>,
    pub(super) clock: ServerClock,
    /// True once the server has sent or confirmed flags.
    pub(super) has_contact: bool,
    /// The cursor of the last request on a socket, while it is not certain that its answer has arrived: a patch may be the answer, or a change
    /// that the server pushed before it. Until then, further requests ask from this cursor again, so that no change is lost.
    pub(super) unanswered: Option<i64>,
    /// The cursor before a patch that could not be read in full. Requests ask from it until an answer could be read.
    pub(super) unread: Option<i64>,
    pub(super) repeats: Repeats,
    pub(super) full: FullSync,
    /// True if the last poll asked for everything.
    pub(super) polls_all: bool,
    /// True once a full message or the full body of a poll was applied. Before that, requests ask for everything.
    pub(super) has_full: bool,
    /// True once there are flags to serve, from the server or from a bootstrap document.
    pub(super) is_served: bool,
    /// True while the server refuses the secret, and no flags were served before.
    pub(super) is_failed: bool,
    /// Number of the last sockets, in a row, that brought no message because something on the way blocks sockets.
    pub(super) barren: u8,
    /// Number of the last sockets, in a row, that could not be opened because the server seemed to be away, at most [`MOST_BARREN`]. One
    /// more if a poll was answered after them.
    pub(super) away: u8,
    /// The reason of the proxy that refuses the tunnel of a socket, while the client polls for this reason.
    pub(super) obstacle: Option<String>,
    /// False if the transport cannot open sockets.
    pub(super) has_sockets: bool,
    /// True if the notice that sockets are blocked was reported, and no socket has brought a message since.
    pub(super) was_noticed: bool,
}

/// The purpose of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Socket,
    Poll,
    /// The answer shows the server's clock.
    Clock,
}
