//! Lines on stdin that release held updates.

use std::io::{self, BufRead, Read};
use std::thread;

use tokio::sync::mpsc::{Receiver, channel};

/// The largest size of a line, in bytes. A longer line is split.
const LONGEST: u64 = 64 * 1024;
/// The largest number of queued lines.
const MOST: usize = 16;

/// The features that a line on stdin releases.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Release {
    /// All features with a held update.
    All,
    /// The features with these keys.
    Only(Vec<String>),
}

/// The releases that lines on stdin request. There are none if stdin is not read.
pub(super) struct Releases(Option<Receiver<Release>>);

impl Releases {
    /// Returns releases that never come, because stdin is not read.
    pub(super) const fn none() -> Self {
        Self(None)
    }

    /// Starts a thread that reads stdin, because a blocking read cannot be cancelled.
    pub(super) fn from_stdin() -> Self {
        let (sender, releases) = channel(MOST);
        let reader = thread::Builder::new().name("fh-stdin".to_string()).spawn(move || {
            let mut input = io::stdin().lock();
            let mut line = String::new();
            // Stops at the end of input or at an error, for example at a line that is not UTF-8.
            while let Ok(1..) = input.by_ref().take(LONGEST).read_line(&mut line) {
                if sender.blocking_send(Release::of(&line)).is_err() {
                    return;
                }
                line.clear();
            }
        });
        // If the thread cannot be started, the user cannot release updates, but the rest of the command works.
        Self(reader.is_ok().then_some(releases))
    }

    /// Returns the next release. After the end of input, waits forever.
    pub(super) async fn next(&mut self) -> Release {
        if let Some(releases) = &mut self.0 {
            match releases.recv().await {
                Some(release) => return release,
                None => self.0 = None,
            }
        }
        std::future::pending().await
    }
}

impl Release {
    fn of(line: &str) -> Self {
        let names: Vec<String> = line
            .split([',', ' ', '\t', '\r', '\n'])
            .filter(|name| !name.is_empty())
            .map(str::to_string)
            .collect();
        if names.is_empty() { Self::All } else { Self::Only(names) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines() {
        assert_eq!(Release::of("\r\n"), Release::All);
        let names = ["A", "B"].map(str::to_string).to_vec();
        assert_eq!(Release::of(" A, B\n"), Release::Only(names));
    }
}
