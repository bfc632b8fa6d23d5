//! The driver of a session: one loop, over commands, the deadline, and the one request in flight. It runs on a tokio runtime: that of a
//! thread of its own, or one that the program gives.

mod clock;
mod command;
mod exchange;
mod perform;
mod runtime;
mod saving;

use std::collections::HashMap;
use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use fh_session::{ApiKey, ApiKeys, EdgeUrl, Errand, Hub, Input, Millis, Secrets, Session, Ticket};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::Sleep;

pub(crate) use self::clock::DriverClock;
pub(crate) use self::command::{Command, Settled, StoredShape};
pub(crate) use self::exchange::guarded;
use self::exchange::{Arrival, Exchange};
pub use self::runtime::MissingDriver;
pub(crate) use self::runtime::{DriverRuntime, Place, Runtime};
use self::saving::Saving;
use crate::board::Board;
use crate::delivery::Delivery;
use crate::journal::{Journal, Reporting};
use crate::snapshot::Keeper;
use crate::transport::Transport;

/// Ticks are at least so far apart, whatever the deadline says: a busy loop would be worse than a late retry.
const SHORTEST_TICK: Duration = Duration::from_millis(1);

/// Errands that were given up are swept away beyond so many.
const SWEEP_ABOVE: usize = 64;

/// What a driver is made of.
pub(crate) struct Parts {
    pub(crate) session: Session,
    pub(crate) hub: Hub,
    pub(crate) dispatcher: Delivery,
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) commands: mpsc::UnboundedReceiver<Command>,
    /// For tasks that have to ask the driver for something.
    pub(crate) desk: mpsc::WeakUnboundedSender<Command>,
    pub(crate) board: Arc<Board>,
    pub(crate) clock: DriverClock,
    pub(crate) edge: EdgeUrl,
    pub(crate) keys: ApiKeys,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) connect_timeout: Duration,
    pub(crate) request_timeout: Duration,
    pub(crate) keeper: Option<Keeper>,
    pub(crate) reporting: Reporting,
}

pub(crate) struct Driver {
    parts: Parts,
    journal: Journal,
    secrets: Secrets,
    exchange: Option<Exchange>,
    /// Exchanges that are over. They are dropped after the actions that followed, so that an Edge sees the end of a stream only when
    /// the client shows what it made of it.
    ended: Vec<Exchange>,
    waiting: HashMap<Errand, oneshot::Sender<Settled>>,
    errands: u64,
    /// A snapshot on its way to the file.
    saving: Saving,
    /// Test updates on their way.
    updates: JoinSet<()>,
    last_tick: Option<Millis>,
    /// Nothing is served after the end.
    forgets: bool,
}

/// What the loop waits for.
enum News {
    Command(Option<Command>),
    Deadline,
    Save,
    Saved(io::Result<()>),
    Measure,
    Arrival(Ticket, Arrival),
}

impl Driver {
    pub(crate) fn new(parts: Parts) -> Self {
        Self {
            journal: Journal::new(&parts.edge, &parts.keys, parts.reporting),
            secrets: secrets(parts.keys.iter(), &parts.headers),
            parts,
            exchange: None,
            ended: Vec::new(),
            waiting: HashMap::new(),
            errands: 0,
            saving: Saving::default(),
            updates: JoinSet::new(),
            last_tick: None,
            forgets: false,
        }
    }

    /// Gives the session something before it starts: no request follows.
    pub(crate) fn prepare(&mut self, input: Input<'_>) {
        self.handle(input);
    }

    /// A name for something that somebody may wait for.
    pub(crate) fn errand(&mut self) -> Errand {
        self.errands += 1;
        Errand(self.errands)
    }

    /// Runs until the client is closed, or all its handles are dropped.
    pub(crate) async fn run(mut self) {
        self.restore().await;
        self.handle(Input::Start);
        let mut timer = pin!(tokio::time::sleep(Duration::ZERO));
        loop {
            match self.news(timer.as_mut()).await {
                News::Command(Some(Command::Stop) | None) => break,
                News::Command(Some(Command::StopAndForget)) => {
                    self.forgets = true;
                    break;
                }
                News::Command(Some(command)) => self.obey(command),
                News::Deadline => {
                    self.last_tick = Some(self.parts.clock.now());
                    self.handle(Input::Tick);
                }
                News::Save => self.save(),
                News::Saved(outcome) => self.saved(outcome),
                News::Measure => self.journal.measure(&self.parts.hub, self.parts.clock.now()),
                News::Arrival(ticket, arrival) => self.arrived(ticket, arrival),
            }
        }
        self.handle(Input::Stop);
        self.save_last().await;
        // `drop` tells everybody.
    }

    /// Waits for whatever comes first. Commands go before time, and time before the network, so that a flood of events can
    /// neither keep a client from closing nor a deadline from being noticed.
    async fn news(&mut self, mut timer: Pin<&mut Sleep>) -> News {
        let clock = self.parts.clock;
        let deadline = self.parts.session.deadline().map(|deadline| {
            let earliest = self.last_tick.map(|tick| tick.after(SHORTEST_TICK)).unwrap_or_default();
            deadline.max(earliest)
        });
        let is_free = self.saving.is_free();
        let saving = self.parts.keeper.as_ref().filter(|_| is_free).and_then(Keeper::due);
        let measuring = self.journal.next_measurement();
        let next = [deadline, saving, measuring].into_iter().flatten().min();
        if let Some(next) = next {
            timer.as_mut().reset(clock.instant(next));
        }
        let is_due = |at: Option<Millis>| at.is_some_and(|at| at <= clock.now());
        poll_fn(|cx: &mut Context<'_>| {
            if let Poll::Ready(command) = self.parts.commands.poll_recv(cx) {
                return Poll::Ready(News::Command(command));
            }
            // Whether it has run out or not, it has to be asked, so that it wakes the loop.
            if next.is_some() {
                let _ = timer.as_mut().poll(cx);
            }
            if is_due(deadline) {
                return Poll::Ready(News::Deadline);
            }
            if is_due(saving) {
                return Poll::Ready(News::Save);
            }
            if is_due(measuring) {
                return Poll::Ready(News::Measure);
            }
            if let Poll::Ready(outcome) = self.saving.poll(cx) {
                return Poll::Ready(News::Saved(outcome));
            }
            while let Poll::Ready(Some(_)) = self.updates.poll_join_next(cx) {}
            if let Some(exchange) = &mut self.exchange
                && let Poll::Ready(arrival) = exchange.poll(cx)
            {
                return Poll::Ready(News::Arrival(exchange.ticket, arrival));
            }
            Poll::Pending
        })
        .await
    }
}

/// What nobody may read: the secrets of keys, and the values of headers.
pub(crate) fn secrets<'a>(
    keys: impl IntoIterator<Item = &'a ApiKey>,
    headers: &[(String, String)],
) -> Secrets {
    Secrets::of(keys).and_headers(headers.iter().map(|(_, value)| value.as_str()))
}

impl Drop for Driver {
    /// However the driver ends (closed, forgotten, or with the runtime that it ran in), everybody is told.
    fn drop(&mut self) {
        self.exchange = None;
        self.close();
    }
}
