//! Faults of sockets: what the server does wrong on the next attempts to open one.

use std::time::Duration;

use crate::server::milliseconds;
use serde::Deserialize;

/// One way in which the server misbehaves. Several faults apply to one socket if a test arms several.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, rename_all = "camelCase", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum Fault {
    /// The token is refused: 101, then close 4003.
    RefuseToken,
    /// The secret cannot be looked up: 101, then close 1011. A token that is refused anyway is closed with 4003.
    StoreOutage,
    /// The server's clock is off by this many milliseconds, for its headers and for tokens. While it is armed, all answers are affected.
    ClockOffset(i64),
    /// The upgrade is answered with this status, and with `Retry-After` in seconds. Plain requests are not affected.
    UpgradeStatus {
        /// The status, such as 429, 500 or 404.
        status: u16,
        /// The value of `Retry-After`.
        retry_after: Option<u32>,
    },
    /// A proxy drops the header `Upgrade`, so that the server answers a plain request.
    DropUpgrade,
    /// A proxy resets the connection of an upgrade.
    ResetUpgrade,
    /// A proxy never answers an upgrade.
    NeverAnswerUpgrade,
    /// A proxy drops the header `Date` of the answer to an upgrade, so that a client cannot compare clocks there.
    DropDate,
    /// The upgrade is answered after this time.
    DelayUpgrade(#[serde(deserialize_with = "milliseconds")] Duration),
    /// The socket is opened, and ended at once, with this close code or without a close frame.
    CloseAtOnce {
        /// The code of the close frame.
        code: Option<u16>,
    },
    /// The server sends this many messages and nothing more, not even a pong. The connection stays open. With 0 it is silent from the
    /// opening, with 1 after its answer to `data-sync`.
    SilentAfter(u32),
    /// The first answer to `data-sync` is cut: its header announces the complete message, but only this many bytes follow.
    CutMessage {
        /// Number of bytes of the message that are sent.
        keep: usize,
        /// True if the connection is then reset, false if it is closed.
        reset: bool,
    },
    /// Each answer to `data-sync` has one flag that no client can decode, among good ones.
    BadEntity,
    /// A frame that is no JSON comes before each answer to `data-sync`.
    InvalidJson,
    /// Each answer to `data-sync` has a flag with a segment condition whose `op` is null, and the segment.
    NullOperator,
    /// Each answer to `data-sync` has at least this many bytes.
    Oversize(usize),
    /// A patch with the newest flag comes before each full.
    PushBeforeFull,
    /// Each message is sent in frames of at most this many bytes, with a WebSocket ping after the first one.
    Fragment(usize),
    /// Each answer to `data-sync` comes after this time. Patches are not delayed.
    DelaySync(#[serde(deserialize_with = "milliseconds")] Duration),
    /// No answer to `data-sync` is sent until the test releases it. Patches are not held.
    HoldSync,
}

/// Returns the sum of the offsets of the server's clock.
pub(crate) fn clock_offset_ms<'a>(faults: impl Iterator<Item = &'a Fault>) -> i64 {
    let offset = |fault: &Fault| match fault {
        Fault::ClockOffset(ms) => Some(*ms),
        _ => None,
    };
    faults.filter_map(offset).sum()
}
