//! A file of local features, and a thread that looks whether it has changed.

use std::fs::Metadata;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use super::yaml_file::{self, FlagValues, YamlProblem};

/// How often a file is usually looked at.
pub const WATCH_INTERVAL: Duration = Duration::from_millis(500);

/// A file that was changed within this time may change again without showing it: clocks of file systems are coarse.
const COARSE: Duration = Duration::from_secs(2);

/// A file, and what was last found in it.
pub(crate) struct WatchedFile {
    path: PathBuf,
    state: Mutex<State>,
    /// Rung when a watch is to end.
    bell: Condvar,
}

struct State {
    look: Look,
    problem: Option<YamlProblem>,
    is_closed: bool,
    /// How many threads wait for the bell, or look.
    #[cfg(test)]
    waiting: usize,
}

/// Ends a watch when it is dropped. The thread ends soon, and is not waited for.
#[must_use = "the file is watched no longer than this lives"]
pub struct YamlWatch {
    file: Arc<WatchedFile>,
    is_over: Arc<AtomicBool>,
}

impl Drop for YamlWatch {
    fn drop(&mut self) {
        let state = self.file.state();
        self.is_over.store(true, Ordering::Release);
        drop(state);
        self.file.bell.notify_all();
    }
}

impl std::fmt::Debug for YamlWatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("YamlWatch").field("path", &self.file.path).finish_non_exhaustive()
    }
}

impl WatchedFile {
    /// Reads a file; one that is missing or bad is empty.
    pub(crate) fn open(path: PathBuf) -> (Self, FlagValues) {
        let mut look = Look::default();
        let (values, problem) = match look.first(&path) {
            Ok(values) => (values, None),
            Err(problem) => (FlagValues::default(), Some(problem)),
        };
        if let Some(problem) = &problem {
            log(problem, "overrides nothing");
        }
        let state = Mutex::new(State {
            look,
            problem,
            is_closed: false,
            #[cfg(test)]
            waiting: 0,
        });
        (Self { path, state, bell: Condvar::new() }, values)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn problem(&self) -> Option<YamlProblem> {
        self.state().problem.clone()
    }

    /// Ends all watches.
    pub(crate) fn close(&self) {
        self.state().is_closed = true;
        self.bell.notify_all();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Calls with what stands in the file, after each change for the better.
    pub(crate) fn watch(
        file: &Arc<Self>,
        interval: Duration,
        on_values: impl Fn(&FlagValues) + Send + 'static,
    ) -> YamlWatch {
        let is_over = Arc::new(AtomicBool::new(false));
        let watch = YamlWatch { file: Arc::clone(file), is_over: Arc::clone(&is_over) };
        let own = Arc::clone(file);
        let spawned = std::thread::Builder::new()
            .name("fh-local-yaml".to_owned())
            .spawn(move || own.follow(interval, &is_over, on_values));
        if let Err(error) = spawned {
            tracing::warn!(path = %file.path.display(), %error, "the file is not watched");
        }
        watch
    }

    fn follow(&self, interval: Duration, is_over: &AtomicBool, on_values: impl Fn(&FlagValues)) {
        let mut state = self.state();
        #[cfg(test)]
        {
            state.waiting += 1;
        }
        loop {
            (state, _) = self
                .bell
                .wait_timeout_while(state, interval, |state| {
                    !state.is_closed && !is_over.load(Ordering::Acquire)
                })
                .unwrap_or_else(PoisonError::into_inner);
            if state.is_closed || is_over.load(Ordering::Acquire) {
                return;
            }
            let values = state.look(&self.path);
            if let Some(values) = values {
                drop(state);
                // A panic in a user's code must not end the watch.
                if catch_unwind(AssertUnwindSafe(|| on_values(&values))).is_err() {
                    tracing::warn!(path = %self.path.display(), "the code that was told of the change panicked");
                }
                state = self.state();
            }
        }
    }
}

impl State {
    /// Looks at the file once; what stands in it, if that is new and good.
    fn look(&mut self, path: &Path) -> Option<FlagValues> {
        match self.look.again(path, SystemTime::now())? {
            Ok(values) => {
                self.problem = None;
                Some(values)
            }
            Err(problem) => {
                log(&problem, "what it said before still holds");
                self.problem = Some(problem);
                None
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

/// What a file looks like from outside; `None`: there is none.
type Outside = Option<Signature>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Signature {
    changed: Option<SystemTime>,
    bytes: u64,
    number: u64,
}

impl Signature {
    fn of(path: &Path) -> Outside {
        std::fs::metadata(path).ok().map(|found| Self {
            changed: found.modified().ok(),
            bytes: found.len(),
            number: number(&found),
        })
    }

    /// May the file be changed without looking different?
    fn is_fresh(&self, now: SystemTime) -> bool {
        let age = self.changed.map(|changed| now.duration_since(changed));
        // A time in the future says nothing.
        !matches!(age, Some(Ok(age)) if age > COARSE)
    }
}

#[cfg(unix)]
fn number(found: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(found)
}

#[cfg(not(unix))]
fn number(_: &Metadata) -> u64 {
    0
}

/// What was seen of a file so far.
#[derive(Debug, Default)]
struct Look {
    /// At the last look.
    seen: Outside,
    /// When it was last read.
    read: Outside,
    /// What stood in it then.
    content: Option<u64>,
}

impl Look {
    /// Reads the file for the first time.
    fn first(&mut self, path: &Path) -> Result<FlagValues, YamlProblem> {
        self.seen = Signature::of(path);
        self.read = self.seen;
        let bytes = yaml_file::read(path);
        self.content = bytes.as_ref().ok().map(|bytes| hash(bytes));
        FlagValues::parse(path, &bytes?)
    }

    /// Looks again; `None` if there is nothing new, or it has not come to rest.
    fn again(&mut self, path: &Path, now: SystemTime) -> Option<Result<FlagValues, YamlProblem>> {
        let outside = Signature::of(path);
        let rests = outside == std::mem::replace(&mut self.seen, outside);
        let is_known = outside == self.read && !outside.is_some_and(|found| found.is_fresh(now));
        if !rests || is_known {
            return None;
        }
        let bytes = yaml_file::read(path);
        if Signature::of(path) != outside {
            // It changed while it was read. The next look sees that.
            return None;
        }
        let is_same_place = std::mem::replace(&mut self.read, outside) == outside;
        let content = bytes.as_ref().ok().map(|bytes| hash(bytes));
        let is_same = std::mem::replace(&mut self.content, content) == content;
        if is_same && (content.is_some() || is_same_place) {
            return None;
        }
        Some(bytes.and_then(|bytes| FlagValues::parse(path, &bytes)))
    }
}

fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests;
