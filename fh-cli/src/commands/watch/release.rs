//! What somebody who watches held-back updates says is to be released: a line each.

use std::io::{self, BufRead, Read};
use std::thread;

use tokio::sync::mpsc::{Receiver, channel};

/// More than the names of all features take.
const LONGEST: u64 = 64 * 1024;
/// Lines that may wait.
const MOST: usize = 16;

/// What to release.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Release {
    /// Everything that is held.
    All,
    /// These features.
    Only(Vec<String>),
}

/// Lines of the standard input, if anybody listens to it.
pub(super) struct Releases(Option<Receiver<Release>>);

impl Releases {
    /// Nobody is asked.
    pub(super) const fn none() -> Self {
        Self(None)
    }

    /// Reads the standard input from now on, on a thread of its own: reading cannot be given up.
    pub(super) fn from_stdin() -> Self {
        let (tell, told) = channel(MOST);
        let reader = thread::Builder::new().name("fh-stdin".to_string()).spawn(move || {
            let mut input = io::stdin().lock();
            let mut line = String::new();
            // The end, and what is no text, end it.
            while let Ok(1..) = input.by_ref().take(LONGEST).read_line(&mut line) {
                if tell.blocking_send(Release::of(&line)).is_err() {
                    return;
                }
                line.clear();
            }
        });
        // Without a thread nothing can be released, and all else works.
        Self(reader.is_ok().then_some(told))
    }

    /// The next one; never if there is none any more.
    pub(super) async fn next(&mut self) -> Release {
        if let Some(told) = &mut self.0 {
            match told.recv().await {
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
