//! The output of a part: its log, or the terminal.
//!
//! Parts run side by side, so each of them writes into a log of its own. A command that is not a part writes to the terminal.

use std::cell::RefCell;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle, Scope, ScopedJoinHandle};
use std::time::Duration;

use crate::folders::target_folder;

/// The largest length of a log's name in bytes. File systems allow 255, and names of tests may be longer.
const LONGEST_NAME: usize = 120;

thread_local! {
    static CURRENT: RefCell<Output> = const { RefCell::new(Output::Terminal) };
}

/// The place for what a thread prints, and for the output of the programs that it runs.
#[derive(Clone)]
pub(crate) enum Output {
    Terminal,
    Log(Arc<Log>),
}

/// The log of a part.
pub(crate) struct Log {
    pub(crate) part: String,
    pub(crate) path: PathBuf,
    /// The time that each program of the part may take.
    limit: Duration,
    file: File,
}

/// Prints a line to the output of this thread.
macro_rules! say {
    ($($argument:tt)*) => {
        $crate::output::Output::current().write(&format!($($argument)*))
    };
}
pub(crate) use say;

impl Log {
    /// Creates the empty log of a part in the folder `logs` of the target folder.
    pub(crate) fn create(part: &str, limit: Duration) -> Result<Arc<Self>, String> {
        Self::create_in(&target_folder().join("logs"), part, limit)
    }

    pub(crate) fn create_in(
        folder: &Path,
        part: &str,
        limit: Duration,
    ) -> Result<Arc<Self>, String> {
        let is_plain = |c: char| c.is_ascii_alphanumeric();
        let words: Vec<&str> =
            part.split(|c| !is_plain(c)).filter(|word| !word.is_empty()).collect();
        let mut name = words.join("-").to_ascii_lowercase();
        name.truncate(LONGEST_NAME);
        let path = folder.join(format!("{name}.log"));
        let failed = |why: std::io::Error| format!("{}: {why}", path.display());
        fs::create_dir_all(folder).map_err(failed)?;
        // Programs write to the end of the file, also those that this program runs at the same time.
        let _ = fs::remove_file(&path);
        let file = File::options().create(true).append(true).open(&path).map_err(failed)?;
        Ok(Arc::new(Self { part: part.to_string(), path, limit, file }))
    }

    /// Returns the text of the log. Bytes that are not UTF-8 are replaced.
    pub(crate) fn text(&self) -> String {
        read(&self.path)
    }
}

/// Returns the text of a log, or an empty text if it cannot be read.
fn read(path: &Path) -> String {
    fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
}

impl Output {
    /// Returns the output of this thread.
    pub(crate) fn current() -> Self {
        CURRENT.with_borrow(Clone::clone)
    }

    /// Runs a function on this thread with this output.
    pub(crate) fn within<T>(self, work: impl FnOnce() -> T) -> T {
        let before = CURRENT.replace(self);
        let done = work();
        CURRENT.set(before);
        done
    }

    /// Writes a line. A closed terminal or a full disk does not end the run.
    pub(crate) fn write(&self, line: &str) {
        let _ = match self {
            Self::Terminal => writeln!(std::io::stdout().lock(), "{line}"),
            Self::Log(log) => writeln!(&log.file, "{line}"),
        };
    }

    /// Returns the time that a program may take.
    pub(crate) fn limit(&self) -> Option<Duration> {
        match self {
            Self::Terminal => None,
            Self::Log(log) => Some(log.limit),
        }
    }

    /// Returns the stream for a program's output.
    pub(crate) fn stream(&self) -> Result<Stdio, String> {
        match self {
            Self::Terminal => Ok(Stdio::inherit()),
            Self::Log(log) => {
                let file = log.file.try_clone();
                file.map(Stdio::from).map_err(|why| format!("{}: {why}", log.path.display()))
            }
        }
    }
}

/// A thread that copies a growing log to the terminal.
pub(crate) struct Follower {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Follower {
    /// The time between two looks at the log.
    const PERIOD: Duration = Duration::from_millis(100);

    pub(crate) fn start(log: Arc<Log>) -> Self {
        let (stop, stopped) = channel();
        let copy = move || {
            let Ok(mut file) = File::open(&log.path) else { return };
            loop {
                let is_last = stopped.recv_timeout(Self::PERIOD) != Err(RecvTimeoutError::Timeout);
                // A closed terminal does not end the run.
                let _ = std::io::copy(&mut file, &mut std::io::stdout().lock());
                if is_last {
                    return;
                }
            }
        };
        Self { stop: Some(stop), thread: Some(thread::spawn(copy)) }
    }
}

impl Drop for Follower {
    /// Copies what is left.
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic of the thread was printed.
            let _ = thread.join();
        }
    }
}

/// Starts a thread of a part. It has the output of the thread that starts it.
pub(crate) fn spawn<'scope, T: Send + 'scope>(
    scope: &'scope Scope<'scope, '_>,
    work: impl FnOnce() -> T + Send + 'scope,
) -> ScopedJoinHandle<'scope, T> {
    let output = Output::current();
    scope.spawn(move || output.within(work))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell::Run;

    #[test]
    fn programs_and_threads_write_into_the_log_of_their_part() {
        let folder = fh_test::Folder::new();
        let log =
            Log::create_in(folder.path(), "a test: of logs", Duration::from_secs(60)).unwrap();
        assert_eq!(log.path, folder.file("a-test-of-logs.log"));
        let limit = Duration::from_secs(60);
        assert!(Log::create_in(folder.path(), &"long ".repeat(100), limit).is_ok());
        Output::Log(Arc::clone(&log)).within(|| {
            say!("first");
            Run::new("sh -c").args(&["echo second; echo third >&2".to_string()]).go().unwrap();
            thread::scope(|scope| drop(spawn(scope, || say!("{}th", 4)).join()));
        });
        let text = log.text();
        let lines: Vec<&str> = text.lines().filter(|line| !line.contains('$')).collect();
        assert_eq!(lines, ["first", "second", "third", "4th"]);
        assert!(matches!(Output::current(), Output::Terminal));
    }
}
