//! The faults.

use fh_test_servers::featbit::{Fault, Times};

/// A fault of a server that was healthy until a client was ready.
#[derive(Clone, Copy)]
pub(super) struct ServerFault {
    pub(super) name: &'static str,
    pub(super) begin: Begin,
    /// The sockets to which the fault applies. After some seconds, it ends in any case.
    pub(super) times: Times,
    /// The fault of sockets. `None` if the beginning alone is the fault.
    pub(super) fault: Option<fn() -> Fault>,
}

/// The beginning of a fault.
#[derive(Clone, Copy)]
pub(super) enum Begin {
    /// The open socket is reset, so that the client opens another one.
    Drop,
    /// The open socket stays open and becomes silent.
    Silence,
    /// The server restarts with older data, as after a restored backup.
    OlderData,
}

const fn dropped(name: &'static str, times: Times, fault: fn() -> Fault) -> ServerFault {
    ServerFault { name, begin: Begin::Drop, times, fault: Some(fault) }
}

const ALL: Times = Times::UntilCleared;

fn status(status: u16, retry_after: Option<u32>) -> Fault {
    Fault::UpgradeStatus { status, retry_after }
}

/// The faults, in the order of the table.
pub(super) const FAULTS: [ServerFault; 23] = [
    dropped("4003 once", Times::Next(1), || Fault::RefuseToken),
    dropped("4003 always", ALL, || Fault::RefuseToken),
    dropped("the server's clock 120 s ahead", ALL, || Fault::ClockOffset(120_000)),
    dropped("1011", ALL, || Fault::StoreOutage),
    dropped("upgrade answered 429, Retry-After 3", ALL, || status(429, Some(3))),
    dropped("upgrade answered 500", ALL, || status(500, None)),
    dropped("upgrade answered 404", ALL, || status(404, None)),
    dropped("a proxy drops Upgrade", ALL, || Fault::DropUpgrade),
    dropped("a proxy resets the upgrade", ALL, || Fault::ResetUpgrade),
    dropped("a proxy never answers the upgrade", ALL, || Fault::NeverAnswerUpgrade),
    dropped("closed at once, ten times", Times::Next(10), || Fault::CloseAtOnce { code: None }),
    dropped("silence after the upgrade", ALL, || Fault::SilentAfter(0)),
    dropped("silence after data-sync", ALL, || Fault::SilentAfter(1)),
    ServerFault {
        name: "silence in a conversation",
        begin: Begin::Silence,
        times: ALL,
        fault: None,
    },
    dropped("a cut message", ALL, || Fault::CutMessage { keep: 40, reset: false }),
    dropped("a cut message and a reset", ALL, || Fault::CutMessage { keep: 40, reset: true }),
    dropped("a bad entity", ALL, || Fault::BadEntity),
    dropped("a frame that is no JSON", ALL, || Fault::InvalidJson),
    dropped("a null operator", ALL, || Fault::NullOperator),
    dropped("a patch before the full", ALL, || Fault::PushBeforeFull),
    dropped("frames of 3 bytes", ALL, || Fault::Fragment(3)),
    ServerFault {
        name: "older data after a restart",
        begin: Begin::OlderData,
        times: ALL,
        fault: None,
    },
    // The limit of our client is 64 MiB.
    dropped("a message of 65 MiB", Times::Next(2), || Fault::Oversize(65 * 1024 * 1024)),
];
