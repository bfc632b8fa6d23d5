//! The driver of a session. The driver is one loop that handles commands, deadlines and the events of the request in flight,
//! for example. It runs on the tokio runtime of a client's thread, or on a runtime that the program gives.

mod arrival;
mod blocked_calls;
mod clock;
mod closing;
mod exchange;
#[cfg(feature = "featbit")]
mod messages;
mod perform;
mod protocol;
mod running_write;
mod runtime;
mod saving;
#[cfg(feature = "featbit")]
mod socket;
mod updater;

use std::collections::{HashMap, VecDeque};
use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use fh_eval::Timestamp;
use fh_repository::Repository;
use fh_repository::time::Millis;
use fh_session::{CommandId, Input, RequestId, Secrets};
use tokio::sync::{mpsc, oneshot};
#[cfg(feature = "featbit")]
use tokio::task::JoinHandle;
use tokio::task::JoinSet;
use tokio::time::Sleep;

use self::arrival::Arrival;
use self::blocked_calls::BlockedCalls;
pub(crate) use self::clock::DriverClock;
use self::closing::close_and_empty;
use self::exchange::{Exchange, InFlight};
pub(crate) use self::protocol::Protocol;
use self::running_write::Saving;
pub use self::runtime::MissingDriver;
pub(crate) use self::runtime::{DriverRuntime, Place, Runtime};
use crate::command::{Command, CommandResult};
use crate::current_settings::CurrentSettings;
use crate::delivery::Delivery;
use crate::reporting::Reporting;
use crate::server::Server;
use crate::snapshot_file::SnapshotWriter;
use crate::status_log::StatusLog;
use crate::transport::Transport;
use crate::wall_clock::WallClock;

/// The minimum time between two ticks of the session. It applies even if the session's deadline is earlier, because a busy loop
/// is worse than a late retry.
const SHORTEST_TICK: Duration = Duration::from_millis(1);

/// The number of waiting callers above which the driver removes the callers that no longer wait for their result.
const SWEEP_ABOVE: usize = 64;

/// The number of times that the driver lets other tasks run before it reports its end. The HTTP client needs one turn; the others
/// are for runtimes with several threads, on which another thread may run the task.
const SHUTDOWN_TURNS: usize = 8;

/// The time for which a client that ends sends the events for FeatBit that wait.
#[cfg(feature = "featbit")]
const LAST_INSIGHTS: Duration = Duration::from_secs(2);

/// The values that are needed to create a driver.
pub(crate) struct Parts {
    pub(crate) session: Box<dyn Protocol>,
    pub(crate) repository: Repository,
    pub(crate) dispatcher: Delivery,
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) commands: mpsc::UnboundedReceiver<Command>,
    /// A sender for tasks of the driver that send commands back to the driver.
    pub(crate) command_sender: mpsc::WeakUnboundedSender<Command>,
    /// The time `savedAt` of the restored snapshot file. The driver sets the time, and the client's handles read it. The cell
    /// is empty if no snapshot file was restored.
    pub(crate) restored: Arc<OnceLock<Timestamp>>,
    pub(crate) clock: DriverClock,
    /// The clock that gives the time of day.
    pub(crate) wall: WallClock,
    pub(crate) server: Server,
    /// The settings that the client's handles read. The driver stores changed headers and contexts here.
    pub(crate) current: Arc<CurrentSettings>,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) connect_timeout: Duration,
    pub(crate) request_timeout: Duration,
    /// The maximum size of a message on a socket, in bytes.
    #[cfg(feature = "featbit")]
    pub(crate) message_limit: usize,
    /// The events for FeatBit, and the task that sends them; `None` if the client reports none.
    #[cfg(feature = "featbit")]
    pub(crate) insights: Option<(crate::featbit::Insights, JoinHandle<()>)>,
    pub(crate) snapshot_writer: Option<SnapshotWriter>,
    pub(crate) reporting: Reporting,
}

pub(crate) struct Driver {
    parts: Parts,
    status_log: StatusLog,
    secrets: Secrets,
    /// The servers and the headers of the last requests, each once in a row, the latest last. The problem that the status shows
    /// may come from one of these requests.
    sent: VecDeque<(Server, Vec<(String, String)>)>,
    /// The requests in flight, of which a session with FeatureSignals has two: a stream and a poll.
    exchanges: Vec<(RequestId, InFlight)>,
    /// Exchanges that have ended or were aborted. The driver drops them after it has performed all pending actions. Therefore
    /// the client already shows the new status when the Edge sees that the client has ended a stream.
    ended: Vec<(RequestId, InFlight)>,
    waiting: HashMap<CommandId, oneshot::Sender<CommandResult>>,
    command_ids: u64,
    /// The write of the snapshot file that is running, if there is one, and the callers that wait for a write.
    saving: Saving,
    /// The tasks that send test updates.
    updates: JoinSet<()>,
    last_tick: Option<Millis>,
    blocked_calls: BlockedCalls,
    /// True if the driver removes the features when it ends.
    forgets: bool,
}

/// An event that the driver's loop handles, such as a command, a deadline or the arrival of a response.
enum DriverEvent {
    Command(Option<Command>),
    Deadline,
    Save,
    Saved(io::Result<()>),
    Measure,
    CheckCalls,
    Arrival(RequestId, Arrival),
}

impl Driver {
    pub(crate) fn new(mut parts: Parts) -> Self {
        write_names_in_lower_case(&mut parts.headers);
        Self {
            status_log: StatusLog::new(&parts.server, parts.reporting),
            secrets: Server::secrets([(&parts.server, &*parts.headers)].into_iter()),
            sent: VecDeque::new(),
            parts,
            exchanges: Vec::new(),
            ended: Vec::new(),
            waiting: HashMap::new(),
            command_ids: 0,
            saving: Saving::default(),
            updates: JoinSet::new(),
            last_tick: None,
            blocked_calls: BlockedCalls::default(),
            forgets: false,
        }
    }

    /// Gives the session a context or stored features before the driver starts. The session sends no request as a result.
    pub(crate) fn prepare(&mut self, input: Input<'_>) {
        self.handle(input);
    }

    /// Returns a new command id. The session uses the id to report the outcome of the command.
    pub(crate) fn command_id(&mut self) -> CommandId {
        self.command_ids += 1;
        CommandId(self.command_ids)
    }

    /// Returns a sender of commands to this driver, which does not keep the client alive.
    #[cfg(feature = "featuresignals")]
    pub(crate) fn command_sender(&self) -> mpsc::WeakUnboundedSender<Command> {
        self.parts.command_sender.clone()
    }

    /// Runs the driver until the client is closed or all its handles are dropped.
    pub(crate) async fn run(mut self) {
        self.restore().await;
        self.handle(Input::Start);
        let mut timer = pin!(tokio::time::sleep(Duration::ZERO));
        loop {
            match self.next_event(timer.as_mut()).await {
                DriverEvent::Command(Some(Command::Stop) | None) => break,
                DriverEvent::Command(Some(Command::StopAndForget)) => {
                    self.forgets = true;
                    break;
                }
                DriverEvent::Command(Some(command)) => self.obey(command),
                DriverEvent::Deadline => {
                    self.last_tick = Some(self.parts.clock.now());
                    self.handle(Input::Tick);
                }
                DriverEvent::Save => self.save(),
                DriverEvent::Saved(outcome) => self.saved(outcome),
                DriverEvent::Measure => {
                    self.status_log.measure(&self.parts.repository, self.parts.clock.now());
                }
                DriverEvent::CheckCalls => self.check_calls(),
                DriverEvent::Arrival(request_id, arrival) => self.arrived(request_id, arrival),
            }
        }
        self.handle(Input::Stop);
        self.save_last().await;
        #[cfg(feature = "featbit")]
        self.send_last_insights().await;
        shut_connections_down().await;
        // The driver's `drop` reports the end to handles and listeners.
    }

    /// Waits for the next event. Commands are handled before deadlines, and deadlines before the network. Therefore a flood of
    /// network events cannot keep the client from closing, nor delay a deadline.
    async fn next_event(&mut self, mut timer: Pin<&mut Sleep>) -> DriverEvent {
        let clock = self.parts.clock;
        let deadline = self.parts.session.deadline().map(|deadline| {
            let earliest = self.last_tick.map(|tick| tick.after(SHORTEST_TICK)).unwrap_or_default();
            deadline.max(earliest)
        });
        let is_free = self.saving.is_free();
        let saving =
            self.parts.snapshot_writer.as_ref().filter(|_| is_free).and_then(SnapshotWriter::due);
        let measuring = self.status_log.next_measurement();
        let checking = self.blocked_calls.next_check();
        let next = [deadline, saving, measuring, checking].into_iter().flatten().min();
        if let Some(next) = next {
            timer.as_mut().reset(clock.instant(next));
        }
        let is_due = |at: Option<Millis>| at.is_some_and(|at| at <= clock.now());
        poll_fn(|cx: &mut Context<'_>| {
            if let Poll::Ready(command) = self.parts.commands.poll_recv(cx) {
                return Poll::Ready(DriverEvent::Command(command));
            }
            // The timer is polled even if it has expired, so that it wakes the loop.
            if next.is_some() {
                let _ = timer.as_mut().poll(cx);
            }
            if is_due(deadline) {
                return Poll::Ready(DriverEvent::Deadline);
            }
            if is_due(saving) {
                return Poll::Ready(DriverEvent::Save);
            }
            if is_due(measuring) {
                return Poll::Ready(DriverEvent::Measure);
            }
            if is_due(checking) {
                return Poll::Ready(DriverEvent::CheckCalls);
            }
            if let Poll::Ready(outcome) = self.saving.poll(cx) {
                return Poll::Ready(DriverEvent::Saved(outcome));
            }
            while let Poll::Ready(Some(_)) = self.updates.poll_join_next(cx) {}
            // The latest request is polled first, so that a stream cannot hold up a poll.
            for (request_id, exchange) in self.exchanges.iter_mut().rev() {
                if let Poll::Ready(arrival) = exchange.poll(cx) {
                    return Poll::Ready(DriverEvent::Arrival(*request_id, arrival));
                }
            }
            Poll::Pending
        })
        .await
    }
}

#[cfg(feature = "featbit")]
impl Driver {
    /// Sends the events that wait, at most for two seconds.
    async fn send_last_insights(&mut self) {
        if let Some((insights, sending)) = &mut self.parts.insights {
            insights.queue().close();
            let _ = tokio::time::timeout(LAST_INSIGHTS, sending).await;
        }
    }
}

/// Lets the tasks of aborted connections run, which shut their sockets down. A forked child process may have inherited a socket.
/// If this process ended before the shutdown, the connection would stay open as long as the child runs.
async fn shut_connections_down() {
    for _ in 0..SHUTDOWN_TURNS {
        tokio::task::yield_now().await;
    }
}

/// Writes the names of headers in lower case, as transports receive them.
fn write_names_in_lower_case(headers: &mut [(String, String)]) {
    for (name, _) in headers {
        name.make_ascii_lowercase();
    }
}

impl Drop for Driver {
    /// Closes the repository and wakes all waiting callers. This happens no matter what ended the driver, for example a
    /// command, the drop of the last handle, or the shutdown of the runtime.
    fn drop(&mut self) {
        self.exchanges.clear();
        #[cfg(feature = "featbit")]
        if let Some((insights, sending)) = self.parts.insights.take() {
            sending.abort();
            insights.queue().abandon();
        }
        self.close();
        close_and_empty(&mut self.parts.commands);
    }
}
