//! The thread that follows the changes of a state file.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use super::places::Places;
use super::state_file::{FileError, Loaded, Next, StateFile};
use crate::state::file::Options;

/// The intervals between checks of a state file, and the source of reports about its changes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// The pause before a check that is due soon, for example after a reported change, or while the file is changing. A change can be
    /// completed during this pause.
    pub(super) settle: Duration,
    /// The interval of checks while no change is reported.
    pub(super) usual: Duration,
    pub(super) hears: ChangeSource,
}

/// The source of reports about changes.
#[derive(Debug, Clone, Copy)]
pub(super) enum ChangeSource {
    /// The operating system, if it supports reports about folders.
    TheSystem,
    /// No source. Only the regular checks find changes.
    #[cfg_attr(not(test), expect(dead_code, reason = "used by tests only"))]
    Nothing,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            settle: Duration::from_millis(100),
            usual: Duration::from_secs(1),
            hears: ChangeSource::TheSystem,
        }
    }
}

impl Pace {
    const fn delay(self, next: Next) -> Duration {
        match next {
            Next::Soon => self.settle,
            Next::Later => self.usual,
        }
    }
}

/// A guard for the thread that follows a state file. Dropping the guard ends the thread without waiting for its end.
#[must_use = "dropping this value ends the watch of the file"]
pub struct Watch {
    path: PathBuf,
    signal: Arc<WatchSignal>,
}

/// The requests to the watching thread, and the condition variable that wakes it.
#[derive(Default)]
struct WatchSignal {
    requests: Mutex<WatchRequests>,
    condvar: Condvar,
}

#[derive(Debug, Clone, Default)]
struct WatchRequests {
    /// True if the file may have changed and is to be checked.
    check: bool,
    /// True if the file is to be read, even if it has not changed.
    reload: bool,
    /// The new options with which the file is read from now on; `None` if the options do not change.
    options: Option<Options>,
    end: bool,
}

impl WatchSignal {
    fn ring(&self, wish: impl FnOnce(&mut WatchRequests)) {
        wish(&mut self.lock());
        self.condvar.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, WatchRequests> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the thread has to end, reload or check the file, at most until `until`, and returns the pending requests. After a
    /// request to check the file, the call returns at the latest when the time `settle` has passed, in which a change can be completed.
    fn wait(&self, mut until: Instant, settle: Duration) -> WatchRequests {
        let mut requests = self.lock();
        loop {
            let now = Instant::now();
            if requests.end || requests.reload || until <= now {
                return std::mem::take(&mut *requests);
            }
            if requests.check {
                until = until.min(now + settle);
                requests.check = false;
            }
            let left = until.saturating_duration_since(now);
            (requests, _) =
                self.condvar.wait_timeout(requests, left).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl StateFile {
    /// Follows changes of the file on a thread. The thread calls `on_change` with the new content, or with the error if the file cannot be
    /// read or its content is not valid. An unchanged file is not reported again, except by [`Watch::reload`] and [`Watch::reload_with`].
    /// If the file changes several times within a short time, earlier contents may not be reported. A panic of `on_change` is logged, and
    /// the thread continues. The thread ends after the returned guard is dropped.
    ///
    /// If the operating system supports it, it reports changes in the file's folder, and in the folder of the file that a symbolic link
    /// points to. The file is also checked about every second. A changed file is read once two checks in a row find the same metadata, so
    /// that a half-written file is seldom read. Files that an editor replaces by renaming are recognized. So are symbolic links that are
    /// swapped, as in volumes of Kubernetes.
    ///
    /// # Errors
    /// Returns the error of the operating system if it refuses to start a thread.
    pub fn watch(
        self,
        on_change: impl FnMut(Result<Loaded, FileError>) + Send + 'static,
    ) -> std::io::Result<Watch> {
        Watch::start(self, Pace::default(), on_change)
    }
}

impl Watch {
    pub(super) fn start(
        mut file: StateFile,
        pace: Pace,
        mut on_change: impl FnMut(Result<Loaded, FileError>) + Send + 'static,
    ) -> std::io::Result<Self> {
        let signal = Arc::new(WatchSignal::default());
        let watch = Self { path: file.path.clone(), signal: Arc::clone(&signal) };
        std::thread::Builder::new().name("fh-state-file".to_owned()).spawn(move || {
            let ringing = Arc::clone(&signal);
            let mut places = match pace.hears {
                ChangeSource::TheSystem => {
                    Places::new(move || ringing.ring(|requests| requests.check = true))
                }
                ChangeSource::Nothing => None,
            };
            let mut follow =
                |file: &StateFile| places.as_mut().is_some_and(|places| places.follow(&file.path));
            follow(&file);
            // A change before the watch began is not reported, so the file is checked soon.
            let mut next = Next::Soon;
            loop {
                let requests = signal.wait(Instant::now() + pace.delay(next), pace.settle);
                if requests.end {
                    return;
                }
                if let Some(options) = requests.options {
                    file.options = options;
                }
                let read;
                (read, next) = match requests.reload {
                    true => (Some(file.read()), Next::Later),
                    false => file.check(SystemTime::now()),
                };
                if follow(&file) {
                    // Changes in the new folders were not reported so far, so the file is checked soon.
                    next = Next::Soon;
                }
                if let Some(read) = read
                    && catch_unwind(AssertUnwindSafe(|| on_change(read))).is_err()
                {
                    let path = file.path.display();
                    tracing::error!(%path, "the callback for a changed file panicked");
                }
            }
        })?;
        Ok(watch)
    }

    /// Makes the thread read the file, even if the file has not changed, and pass its content or the error to `on_change`. Each `${NAME}`
    /// is looked up again. Programs may call this function at SIGHUP.
    pub fn reload(&self) {
        self.signal.ring(|requests| requests.reload = true);
    }

    /// Sets the options of later reads. Then makes the thread read the file and pass its content or the error to `on_change`.
    pub fn reload_with(&self, options: Options) {
        self.signal.ring(|requests| {
            requests.reload = true;
            requests.options = Some(options);
        });
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.signal.ring(|requests| requests.end = true);
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").field("path", &self.path).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::mpsc;

    use super::*;

    /// Checks that frequent changes of another file in the same folder, such as a log, do not delay the check of the state file.
    #[test]
    fn a_busy_folder_does_not_delay_a_check() {
        let (signal, is_over) =
            (Arc::new(WatchSignal::default()), Arc::new(AtomicBool::new(false)));
        let (ringing, over) = (Arc::clone(&signal), Arc::clone(&is_over));
        let busy = std::thread::spawn(move || {
            while !over.load(Ordering::Relaxed) {
                ringing.ring(|requests| requests.check = true);
                std::thread::park_timeout(Duration::from_millis(1));
            }
        });
        let (sender, received) = mpsc::channel();
        std::thread::spawn(move || {
            let hour = Instant::now() + Duration::from_secs(3600);
            sender.send(signal.wait(hour, Duration::from_millis(300)))
        });
        let requests = received.recv_timeout(fh_test::wait::PATIENCE);
        is_over.store(true, Ordering::Relaxed);
        busy.join().unwrap();
        assert!(requests.is_ok_and(|requests| !requests.end && !requests.reload));
    }
}
