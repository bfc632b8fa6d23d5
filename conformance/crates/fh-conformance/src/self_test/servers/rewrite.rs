//! Rewrites: deliberate bugs of a server, made by changing what passes.

use super::event::Event;
use super::memory::{Memory, StreamMemory};
use super::message::Message;

/// A deliberate bug of a server.
#[derive(Debug, Clone, Copy)]
pub struct Rewrite {
    /// The name of the rewrite.
    pub name: &'static str,
    /// The behaviour that it breaks.
    pub breaks: &'static str,
    /// The ids of the scenarios that must fail under the rewrite. Other scenarios may fail as well.
    pub found_by: &'static [&'static str],
    /// Whether a scenario may find the rewrite by waiting in vain. If not, a timeout is no finding.
    pub effect: Effect,
    pub(super) hooks: Hooks,
}

/// The ways in which a rewrite shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Something wrong arrives.
    Wrong,
    /// Something does not arrive.
    Missing,
}

/// The places at which a rewrite changes what passes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hooks {
    /// Returns the requests that the server gets. Only the last one is answered to the client.
    pub(super) request: fn(&Message, &Memory) -> Vec<Message>,
    /// Changes the answer to a request, which is given as the client sent it.
    pub(super) answer: fn(&Message, &mut Message, &Memory),
    /// Returns the events that the client gets in place of one.
    pub(super) event: fn(&Message, Event, &mut StreamMemory, &Memory) -> Vec<Event>,
    /// How streams end when the server ends them.
    pub(super) end: StreamEnd,
    /// What happens to the server's connection when the client closes its own.
    pub(super) gone: ClientGone,
    /// What happens when the client reads more slowly than the server writes.
    pub(super) slow: SlowClient,
}

/// How streams end when the server ends them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StreamEnd {
    /// As the server ends them.
    Proper,
    /// The connection closes before the end of the body.
    Cut,
    /// They stay open.
    Never,
}

/// What happens to the server's connection when the client closes its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ClientGone {
    /// It is closed, too.
    Closed,
    /// It stays open and is read.
    Unnoticed,
}

/// What happens when a client reads more slowly than its server writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SlowClient {
    /// The server has to wait, too.
    Waits,
    /// What the client does not read is queued, however much it is.
    Queued,
}

/// The hooks of a rewrite that changes nothing.
pub(super) const NONE: Hooks = Hooks {
    request: |asked, _| vec![asked.clone()],
    answer: |_, _, _| {},
    event: |_, event, _, _| vec![event],
    end: StreamEnd::Proper,
    gone: ClientGone::Closed,
    slow: SlowClient::Waits,
};

/// The rewrite that changes nothing. All parts of the proxy work as with any other one.
pub(super) const NOTHING: Rewrite = Rewrite {
    name: "nothing",
    breaks: "nothing",
    found_by: &[],
    effect: Effect::Missing,
    hooks: NONE,
};

/// Returns a rewrite under which something wrong arrives.
pub(super) const fn wrong(
    name: &'static str,
    breaks: &'static str,
    found_by: &'static [&'static str],
    hooks: Hooks,
) -> Rewrite {
    Rewrite { name, breaks, found_by, effect: Effect::Wrong, hooks }
}

/// Returns a rewrite under which something does not arrive.
pub(super) const fn missing(
    name: &'static str,
    breaks: &'static str,
    found_by: &'static [&'static str],
    hooks: Hooks,
) -> Rewrite {
    Rewrite { name, breaks, found_by, effect: Effect::Missing, hooks }
}
