//! The lifecycle of an app on a phone: when its client is suspended, resumed and reconnected.
//!
//! A [`Lifecycle`] is a value without clocks, threads and clients. A binding passes it each event of the platform with the time, carries out
//! the [`Command`]s that it gets in their order, and passes [`Event::Time`] at [`Lifecycle::wakes_at`].
//!
//! ```
//! use std::time::Duration;
//! use fh_binding::lifecycle::{Command, Event, Lifecycle};
//!
//! let mut app = Lifecycle::default();
//! assert!(app.handle(Event::Started { screen: 1 }, Duration::ZERO).is_empty());
//! let stopped = Event::Stopped { screen: 1, is_replaced: false };
//! assert!(app.handle(stopped, Duration::from_secs(60)).is_empty());
//! assert_eq!(app.wakes_at(), Some(Duration::from_secs(61)));
//! assert_eq!(app.handle(Event::Time, Duration::from_secs(61)), [Command::Suspend]);
//! assert_eq!(app.handle(Event::Started { screen: 1 }, Duration::from_secs(90)), [Command::Resume, Command::Refresh]);
//! ```

use std::collections::BTreeSet;
use std::mem;
use std::time::Duration;

/// The time from the stop of the last screen to the suspension, so that a change of the screen does not count.
pub const LINGER: Duration = Duration::from_secs(1);
/// The minimum time between two reconnections because of the network. A reconnection sends at most two requests.
pub const PACE: Duration = Duration::from_secs(1);
/// The longest time between two events without a visible screen after which the connection counts as alive. A platform freezes a process
/// in the background without an event.
pub const SILENCE: Duration = Duration::from_secs(15);

const NONE: &[Command] = &[];
/// `resume` alone would keep the delay of an earlier failure.
const RETURN: &[Command] = &[Command::Resume, Command::Refresh];
/// `refresh` alone would keep an open stream, which may be dead.
const RECONNECT: &[Command] = &[Command::Suspend, Command::Resume, Command::Refresh];

/// An event of the platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// A screen of the app has become visible: an activity, or the app as a whole.
    Started {
        /// The number of the screen. A screen may be started again without a stop.
        screen: i64,
    },
    /// A screen is not visible any more.
    Stopped {
        /// The number of the screen. The lifecycle need not know it.
        screen: i64,
        /// True if the platform is about to start another screen in its place, as at a rotation.
        is_replaced: bool,
    },
    /// The process uses this network by default. The first one is the network that the client has used from its start.
    NetworkAvailable {
        /// The number of the network. Equal numbers are the same network.
        network: i64,
    },
    /// The process has no network.
    NetworkLost {
        /// The number of the network that was lost. The loss of a network that is not the default has no effect. `None` is any network.
        network: Option<i64>,
    },
    /// Time has passed.
    Time,
}

/// A function of the client that the binding calls. None of them blocks, and the binding does not wait for the result of a refresh.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// `suspend`
    Suspend,
    /// `resume`
    Resume,
    /// `refresh`
    Refresh,
}

impl Command {
    /// Returns the name of the client's function.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Suspend => "suspend",
            Self::Resume => "resume",
            Self::Refresh => "refresh",
        }
    }
}

/// The state of an app, whose client is connected at the beginning. A process that never shows a screen is never suspended. The binding
/// passes [`Event::Time`] at the beginning, from which the silence of a process without events counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lifecycle {
    screens: BTreeSet<i64>,
    phase: Phase,
    network: Network,
    reconnected_at: Option<Duration>,
    is_reconnection_due: bool,
    heard_at: Option<Duration>,
    /// True if the process may have been frozen since the last reconnection.
    may_have_been_frozen: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    Running,
    /// No screen is visible since this time.
    Leaving {
        since: Duration,
        is_replaced: bool,
    },
    Suspended,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Network {
    /// The platform has not reported the network that the client has used from its start.
    #[default]
    Unknown,
    Lost,
    Default(i64),
}

impl Lifecycle {
    /// Returns the commands that follow from an event. `now` is a time since any origin that also passes while the device sleeps: a
    /// connection from before a sleep may be dead.
    pub fn handle(&mut self, event: Event, now: Duration) -> &'static [Command] {
        // The stop of a screen from before the client shows that a screen was visible.
        let was_visible = !self.screens.is_empty() || matches!(event, Event::Stopped { .. });
        let silence = now.saturating_sub(self.heard_at.replace(now).unwrap_or(now));
        self.may_have_been_frozen |= !was_visible && silence > SILENCE;
        match event {
            Event::Started { screen } => {
                self.screens.insert(screen);
                let returns = match mem::take(&mut self.phase) {
                    Phase::Suspended => RETURN,
                    // The process was frozen before it was suspended.
                    Phase::Leaving { since, is_replaced: false }
                        if has_passed(LINGER, since, now) =>
                    {
                        RECONNECT
                    }
                    Phase::Leaving { .. } | Phase::Running if self.may_have_been_frozen => {
                        RECONNECT
                    }
                    Phase::Leaving { .. } | Phase::Running => return self.due(now),
                };
                self.connects(now);
                returns
            }
            Event::Stopped { screen, is_replaced } => {
                self.screens.remove(&screen);
                if self.screens.is_empty() && self.phase == Phase::Running {
                    self.phase = Phase::Leaving { since: now, is_replaced };
                }
                self.due(now)
            }
            Event::NetworkAvailable { network } => {
                let another = Network::Default(network);
                let before = mem::replace(&mut self.network, another);
                // A suspended client has no connection.
                let is_another = before != Network::Unknown && before != another;
                self.is_reconnection_due |=
                    (is_another || self.may_have_been_frozen) && self.phase != Phase::Suspended;
                self.due(now)
            }
            Event::NetworkLost { network } => {
                let is_default = network.is_none_or(
                    |lost| matches!(self.network, Network::Default(own) if own == lost),
                );
                if is_default || self.network == Network::Unknown {
                    self.network = Network::Lost;
                    self.is_reconnection_due = false;
                }
                self.due(now)
            }
            Event::Time => self.due(now),
        }
    }

    /// Returns the time at which the lifecycle needs [`Event::Time`].
    #[must_use]
    pub fn wakes_at(&self) -> Option<Duration> {
        let suspends_at = match self.phase {
            Phase::Leaving { since, .. } => Some(since.saturating_add(LINGER)),
            Phase::Running | Phase::Suspended => None,
        };
        let reconnects_at = self.reconnected_at.filter(|_| self.is_reconnection_due);
        suspends_at.into_iter().chain(reconnects_at.map(|at| at.saturating_add(PACE))).min()
    }

    /// Returns the commands whose time has come.
    fn due(&mut self, now: Duration) -> &'static [Command] {
        match self.phase {
            Phase::Leaving { since, .. } if has_passed(LINGER, since, now) => {
                self.phase = Phase::Suspended;
                self.is_reconnection_due = false;
                &[Command::Suspend]
            }
            _ if self.is_reconnection_due
                && self.reconnected_at.is_none_or(|at| has_passed(PACE, at, now)) =>
            {
                self.connects(now);
                RECONNECT
            }
            _ => NONE,
        }
    }

    fn connects(&mut self, now: Duration) {
        self.reconnected_at = Some(now);
        self.is_reconnection_due = false;
        self.may_have_been_frozen = false;
    }
}

/// Returns true if at least `length` has passed since `begin`. A clock that was set back has not passed anything.
fn has_passed(length: Duration, begin: Duration, now: Duration) -> bool {
    now.saturating_sub(begin) >= length
}
