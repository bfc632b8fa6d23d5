//! The runtime of a driver: a thread of the client's own, or a runtime that the program gives.

use std::fmt;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread;
use std::time::Duration;

use fh_repository::time::Millis;
use tokio::runtime::{EnterGuard, Handle, Id};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::DriverClock;

/// The runtime on which a client's driver runs.
#[derive(Debug, Clone, Default)]
pub(crate) enum Runtime {
    /// A new thread of the client's own. The start of the client replaces this value by [`Self::Thread`].
    #[default]
    OwnThread,
    /// A thread that a client and the clients made from it share.
    Thread(SharedThread),
    /// A runtime of the program, which the program must keep running.
    Given(Handle),
}

impl Runtime {
    /// Replaces [`Self::OwnThread`] by a thread that this client shares with the clients made from it. Other values stay the same.
    pub(crate) fn settle(&mut self) {
        if matches!(self, Self::OwnThread) {
            *self = Self::Thread(SharedThread::default());
        }
    }

    /// Checks that a runtime given by the program has the drivers that a client needs.
    ///
    /// # Errors
    /// [`MissingDriver`], which names the drivers that the runtime lacks.
    pub(crate) fn check(&self) -> Result<(), MissingDriver> {
        match self {
            Self::OwnThread | Self::Thread(_) => Ok(()),
            Self::Given(handle) => missing_drivers(handle).map_or(Ok(()), Err),
        }
    }

    /// Returns a handle that runs one driver or another task, and starts the client's thread if that thread is not running.
    ///
    /// # Errors
    /// An [`io::Error`] if the thread or its runtime cannot be made.
    pub(crate) fn place(&self) -> io::Result<Place> {
        let thread = match self {
            Self::OwnThread => Arc::new(DriverThread::start()?),
            Self::Thread(shared) => shared.get_or_start()?,
            Self::Given(handle) => return Ok(Place { handle: handle.clone(), thread: None }),
        };
        Ok(Place { handle: thread.handle.clone(), thread: Some(thread) })
    }
}

/// The thread of a client and of the clients that are made from it. The thread ends when the last of their drivers and other
/// tasks has ended.
#[derive(Clone, Default)]
pub(crate) struct SharedThread(Arc<Mutex<Weak<DriverThread>>>);

impl SharedThread {
    fn get_or_start(&self) -> io::Result<Arc<DriverThread>> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(thread) = held.upgrade() {
            return Ok(thread);
        }
        let thread = Arc::new(DriverThread::start()?);
        *held = Arc::downgrade(&thread);
        Ok(thread)
    }
}

impl fmt::Debug for SharedThread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedThread").finish_non_exhaustive()
    }
}

/// A thread with a current-thread runtime. Dropping this value ends the thread, without waiting for it.
struct DriverThread {
    handle: Handle,
    _end: oneshot::Sender<()>,
}

impl DriverThread {
    fn start() -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let (end, ended) = oneshot::channel::<()>();
        let run = move || {
            // No value is ever sent. The wait ends when the sender is dropped.
            let _ = runtime.block_on(ended);
            // A name lookup that hangs must not keep the thread running.
            runtime.shutdown_background();
        };
        // No client joins the thread, because closing a client must not block (D-81).
        thread::Builder::new().name("fh-client".to_string()).spawn(run)?;
        Ok(Self { handle, _end: end })
    }
}

/// The handle of a runtime for one driver or task. If the runtime is that of a client's own thread, this value keeps the
/// thread running until the driver or task has ended.
pub(crate) struct Place {
    handle: Handle,
    thread: Option<Arc<DriverThread>>,
}

impl Place {
    /// Enters the runtime, so that time is measured by the runtime's clock while the guard exists.
    pub(crate) fn enter(&self) -> EnterGuard<'_> {
        self.handle.enter()
    }

    /// Returns the clock and the id of the runtime, which the client's handles need.
    pub(crate) fn seen_from_outside(&self, clock: DriverClock) -> DriverRuntime {
        // A runtime's handle keeps the runtime's file descriptors open. Therefore a closed client must not hold the handle of
        // its own thread's runtime.
        let given = self.thread.is_none().then(|| self.handle.clone());
        DriverRuntime { id: self.handle.id(), given, clock }
    }

    /// Runs a future as a task of the runtime. If the runtime is that of a client's own thread, the thread runs at least until
    /// the task has ended.
    pub(crate) fn run<F>(self, work: F) -> JoinHandle<F::Output>
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        let Self { handle, thread } = self;
        handle.spawn(async move {
            let outcome = work.await;
            drop(thread);
            outcome
        })
    }
}

/// The clock and the id of a driver's runtime, which the client's handles use.
pub(crate) struct DriverRuntime {
    id: Id,
    given: Option<Handle>,
    clock: DriverClock,
}

impl DriverRuntime {
    /// Returns the present time of the session, measured with the same clock as in the driver.
    pub(crate) fn now(&self) -> Millis {
        match &self.given {
            // The time of the given runtime may be paused, and so may the time of the caller's runtime. Entering the given
            // runtime selects its time.
            Some(handle) => {
                let _inside = handle.enter();
                self.clock.now()
            }
            None => self.clock.now_by_the_system(),
        }
    }

    /// Returns the present time of the session by the system's clock, even if the time of the given runtime is paused. Takes no lock.
    pub(crate) fn now_by_the_system(&self) -> Millis {
        self.clock.now_by_the_system()
    }

    /// Returns true if this thread runs tasks of the driver's runtime, so that blocking the thread could block the driver.
    ///
    /// Returns false on a thread of [`spawn_blocking`](tokio::task::spawn_blocking), and in the future that
    /// [`Runtime::block_on`](tokio::runtime::Runtime::block_on) of a multi-thread runtime runs, because neither runs tasks.
    pub(crate) fn runs_on_this_thread(&self) -> bool {
        tokio::runtime::worker_index().is_some()
            && Handle::try_current().is_ok_and(|current| current.id() == self.id)
    }
}

/// The drivers that a client needs, but that the tokio runtime given to the client lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MissingDriver {
    /// The runtime lacks timers. Call [`enable_time`](tokio::runtime::Builder::enable_time) when you build the runtime.
    Time,
    /// The runtime lacks I/O, which the cargo feature `reqwest` needs. Call [`enable_io`](tokio::runtime::Builder::enable_io)
    /// when you build the runtime.
    Io,
    /// The runtime lacks timers and I/O. Call [`enable_all`](tokio::runtime::Builder::enable_all) when you build the runtime.
    TimeAndIo,
}

impl fmt::Display for MissingDriver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Time => "timers (`enable_time`)",
            Self::Io => "I/O (`enable_io`)",
            Self::TimeAndIo => "timers and I/O (`enable_all`)",
        })
    }
}

/// Returns the drivers that a runtime lacks, or `None` if the runtime lacks no driver. tokio has no function that reports the
/// drivers of a runtime, but tokio panics if a missing driver is used. Therefore this function uses the drivers and catches the
/// panics.
fn missing_drivers(handle: &Handle) -> Option<MissingDriver> {
    let _inside = handle.enter();
    let panics = |used: fn()| catch_unwind(AssertUnwindSafe(used)).is_err();
    match (panics(use_timers), panics(use_io)) {
        (false, false) => None,
        (true, false) => Some(MissingDriver::Time),
        (false, true) => Some(MissingDriver::Io),
        (true, true) => Some(MissingDriver::TimeAndIo),
    }
}

fn use_timers() {
    drop(tokio::time::sleep(Duration::ZERO));
}

#[cfg(feature = "reqwest")]
fn use_io() {
    // If no socket can be opened, the I/O driver cannot be tested, and the transport reports the error later.
    if let Ok(socket) = std::net::UdpSocket::bind((std::net::Ipv4Addr::LOCALHOST, 0))
        && socket.set_nonblocking(true).is_ok()
    {
        drop(tokio::net::UdpSocket::from_std(socket));
    }
}

#[cfg(not(feature = "reqwest"))]
fn use_io() {}
