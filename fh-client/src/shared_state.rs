//! The state that the handles of one client share: clients, contexts, builders of contexts, features and test updates.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock, mpsc as std_mpsc};
use std::time::Duration;

use fh_eval::Timestamp;
use fh_repository::Repository;
use fh_repository::problem::Problem;
use fh_repository::readiness::Readiness;
use fh_session::{ApiKeys, KeyKind};
use tokio::sync::{mpsc, oneshot};

use crate::command::{Command, CommandResult};
use crate::current_settings::CurrentSettings;
use crate::delivery::Delivery;
use crate::driver::DriverRuntime;
use crate::server::Server;
use crate::settings::ClientSettings;

/// The longest wait of the drop of the last handle for the log.
const LAST_NOTICES: Duration = Duration::from_secs(1);

/// The state that all handles share. The driver task ends after the last handle is dropped.
pub(crate) struct SharedState {
    pub(crate) repository: Repository,
    pub(crate) commands: mpsc::UnboundedSender<Command>,
    pub(crate) dispatcher: Delivery,
    pub(crate) runtime: DriverRuntime,
    pub(crate) settings: ClientSettings,
    pub(crate) current: Arc<CurrentSettings>,
    /// The time `savedAt` of the restored snapshot file. The driver sets the time. The cell is empty if no snapshot file was
    /// restored.
    pub(crate) restored: Arc<OnceLock<Timestamp>>,
    /// The events for FeatBit; `None` if the client reports none.
    #[cfg(feature = "featbit")]
    pub(crate) insights: Option<crate::featbit::Insights>,
    /// True once a read or an interceptor led to a notice, which the driver logs.
    pub(crate) has_notices: Arc<AtomicBool>,
    /// True once a handle has closed the client. The driver, and with it the repository, ends a moment later.
    pub(crate) is_closing: AtomicBool,
}

impl SharedState {
    /// Closes the client by sending this command to the driver. Has no effect if a handle has already closed the client.
    pub(crate) fn close(&self, command: Command) {
        if !self.is_closing.swap(true, Ordering::AcqRel) {
            self.send(command);
        }
    }

    /// Returns true once a handle has closed the client, or the readiness has become `Closed` because the driver ends.
    pub(crate) fn is_closed(&self) -> bool {
        self.is_closing.load(Ordering::Acquire) || self.repository.readiness() == Readiness::Closed
    }

    /// Sends a command to the driver. Once the driver has ended, the command is dropped without an error.
    pub(crate) fn send(&self, command: Command) {
        let _ = self.commands.send(command);
    }

    pub(crate) fn server(&self) -> Arc<Server> {
        self.current.server()
    }

    pub(crate) fn key_kind(&self) -> KeyKind {
        self.current.server().key_kind
    }

    /// Stores the new API keys and sends them to the driver under one lock, so that the client and the driver have the same
    /// keys after concurrent calls. The driver sends the outcome of the change to the returned receiver.
    pub(crate) fn change_keys(&self, keys: ApiKeys) -> oneshot::Receiver<CommandResult> {
        let (reply, settled) = oneshot::channel();
        self.current.change_keys(keys, |keys| self.send(Command::Keys(keys.clone(), reply)));
        settled
    }

    pub(crate) async fn perform_command(
        &self,
        command: impl FnOnce(oneshot::Sender<CommandResult>) -> Command,
    ) -> CommandResult {
        let (reply, settled) = oneshot::channel();
        self.send(command(reply));
        settled.await.unwrap_or(Err(Problem::Closed))
    }
}

impl Drop for SharedState {
    /// Waits until the driver has logged the notices about earlier reads, because the program may end next. A thread inside a tokio runtime
    /// does not wait, because the driver may need this thread.
    fn drop(&mut self) {
        if self.has_notices.load(Ordering::Acquire)
            && tokio::runtime::Handle::try_current().is_err()
        {
            let (reply, wait) = std_mpsc::channel();
            self.send(Command::Barrier(reply));
            let _ = wait.recv_timeout(LAST_NOTICES);
        }
    }
}
