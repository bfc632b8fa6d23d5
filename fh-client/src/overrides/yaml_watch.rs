//! A local features file, and the threads that check whether the file has changed.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use fh_files::{ChangeDetector, FileChange};

use super::yaml_file::{FlagValues, MOST_BYTES, YamlProblem};

/// The usual interval between two checks of a watched file: 500 ms.
pub const WATCH_INTERVAL: Duration = Duration::from_millis(500);

/// The minimum time between two checks of a file. Shorter intervals count as this time.
const SHORTEST_INTERVAL: Duration = Duration::from_millis(1);

/// A local features file and its last valid content.
pub(crate) struct WatchedFile {
    path: PathBuf,
    state: Mutex<State>,
    /// Notifies the watching threads when a watch must end.
    condvar: Condvar,
}

struct State {
    detector: ChangeDetector,
    /// The time of the last check by a watch; `None` before the first such check. All watches of a file share this time.
    /// Without this shared time, a second watch could check too early, and treat a half-written file as unchanged.
    checked: Option<Instant>,
    /// The last valid content of the file; empty before the first valid content.
    values: Arc<FlagValues>,
    /// A number that increases by 1 with each new valid content of the file.
    generation: u64,
    problem: Option<YamlProblem>,
    is_closed: bool,
    /// The number of threads that have started to watch.
    #[cfg(test)]
    waiting: usize,
}

/// A guard that ends the watch of a file when the guard is dropped. The watching thread ends soon after; dropping the guard
/// does not wait for the thread.
#[must_use = "dropping the guard ends the watch of the file"]
pub struct YamlWatch {
    file: Arc<WatchedFile>,
    is_over: Arc<AtomicBool>,
}

impl Drop for YamlWatch {
    fn drop(&mut self) {
        let state = self.file.state();
        self.is_over.store(true, Ordering::Release);
        drop(state);
        self.file.condvar.notify_all();
    }
}

impl std::fmt::Debug for YamlWatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("YamlWatch").field("path", &self.file.path).finish_non_exhaustive()
    }
}

impl WatchedFile {
    /// Reads the file at this path. A missing or invalid file counts as empty, and `problem` returns the reason.
    pub(crate) fn open(path: PathBuf) -> (Self, Arc<FlagValues>) {
        let mut detector = ChangeDetector::new(MOST_BYTES);
        let (values, problem) = match FlagValues::of(&path, detector.first(&path)) {
            Ok(values) => (values, None),
            Err(problem) => (FlagValues::default(), Some(problem)),
        };
        if let Some(problem) = &problem {
            log(problem, "no values of the file are used");
        }
        let values = Arc::new(values);
        (Self::new(path, detector, Arc::clone(&values), problem), values)
    }

    /// Returns a file that a forked child process watches in place of its parent. The first check of a watch reads the file, because the file
    /// may have changed since the parent read it.
    pub(crate) fn of_parent(path: &Path) -> Self {
        Self::new(path.to_path_buf(), ChangeDetector::new(MOST_BYTES), Arc::default(), None)
    }

    fn new(
        path: PathBuf,
        detector: ChangeDetector,
        values: Arc<FlagValues>,
        problem: Option<YamlProblem>,
    ) -> Self {
        let state = Mutex::new(State {
            detector,
            checked: None,
            values,
            generation: 0,
            problem,
            is_closed: false,
            #[cfg(test)]
            waiting: 0,
        });
        Self { path, state, condvar: Condvar::new() }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn problem(&self) -> Option<YamlProblem> {
        self.state().problem.clone()
    }

    /// Ends all watches of the file.
    pub(crate) fn close(&self) {
        self.state().is_closed = true;
        self.condvar.notify_all();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts a thread that checks the file at each `interval`, unless another watch has just checked the file, and calls
    /// `on_values` after each change of the file to a valid content. If no thread can be started, a warning is logged.
    pub(crate) fn watch(
        file: &Arc<Self>,
        interval: Duration,
        on_values: impl Fn(&FlagValues) + Send + 'static,
    ) -> YamlWatch {
        let interval = interval.max(SHORTEST_INTERVAL);
        let is_over = Arc::new(AtomicBool::new(false));
        let seen = file.state().generation;
        let watch = YamlWatch { file: Arc::clone(file), is_over: Arc::clone(&is_over) };
        let own = Arc::clone(file);
        let spawned = std::thread::Builder::new()
            .name("fh-local-yaml".to_owned())
            .spawn(move || own.follow(interval, &is_over, seen, on_values));
        if let Err(error) = spawned {
            tracing::warn!(path = %file.path.display(), %error, "the thread that watches the local features file cannot be started, so changes of the file are not noticed");
        }
        watch
    }

    fn follow(
        &self,
        interval: Duration,
        is_over: &AtomicBool,
        mut seen: u64,
        on_values: impl Fn(&FlagValues),
    ) {
        let mut state = self.state();
        #[cfg(test)]
        {
            state.waiting += 1;
        }
        loop {
            (state, _) = self
                .condvar
                .wait_timeout_while(state, interval, |state| {
                    !state.is_closed && !is_over.load(Ordering::Acquire)
                })
                .unwrap_or_else(PoisonError::into_inner);
            if state.is_closed || is_over.load(Ordering::Acquire) {
                return;
            }
            if state.checked.is_none_or(|checked| checked.elapsed() >= interval) {
                state.check(&self.path);
            }
            if seen != state.generation {
                seen = state.generation;
                let values = Arc::clone(&state.values);
                drop(state);
                // A panic in the caller's code must not end the watch.
                if catch_unwind(AssertUnwindSafe(|| on_values(&values))).is_err() {
                    tracing::warn!(
                        path = %self.path.display(),
                        "the callback for changes of the file panicked"
                    );
                }
                state = self.state();
            }
        }
    }
}

impl State {
    /// Checks the file once. If the file has a new content, stores its values, or the problem if the content is not valid.
    fn check(&mut self, path: &Path) {
        self.checked = Some(Instant::now());
        let FileChange::New(found) = self.detector.again(path, SystemTime::now()) else { return };
        match FlagValues::of(path, found) {
            Ok(values) => {
                self.problem = None;
                self.values = Arc::new(values);
                self.generation += 1;
            }
            Err(problem) => {
                log(
                    &problem,
                    "the local features file cannot be used, so its last valid values stay in use",
                );
                self.problem = Some(problem);
            }
        }
    }
}

fn log(problem: &YamlProblem, consequence: &str) {
    if problem.is_missing() {
        tracing::debug!("{problem}; {consequence}");
    } else {
        tracing::warn!("{problem}; {consequence}");
    }
}

#[cfg(test)]
mod tests;
