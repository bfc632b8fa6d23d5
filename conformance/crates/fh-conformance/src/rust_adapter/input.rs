//! The lines of standard input.

use std::io::{self, BufRead};
use std::process;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

/// Maximum time from the end of input to the end of the process. The protocol allows 2 seconds.
const LONGEST_END: Duration = Duration::from_millis(1700);

/// The lines of standard input. A thread of their own reads them, so that the end of input ends the process even during a command.
pub(super) struct Input {
    lines: Receiver<io::Result<String>>,
    /// Tells the thread, when it is dropped, that the loop has ended.
    _loop_is_running: Sender<()>,
}

impl Input {
    /// Starts the thread.
    pub(super) fn start() -> io::Result<Self> {
        let (sender, lines) = channel();
        let (loop_is_running, loop_end) = channel::<()>();
        thread::Builder::new().name("input".to_owned()).spawn(move || {
            for line in io::stdin().lock().lines() {
                let is_last = line.is_err();
                if sender.send(line).is_err() || is_last {
                    break;
                }
            }
            drop(sender);
            if loop_end.recv_timeout(LONGEST_END) == Err(RecvTimeoutError::Timeout) {
                eprintln!("a command or the close of a client did not end within the time limit");
                process::exit(0);
            }
        })?;
        Ok(Self { lines, _loop_is_running: loop_is_running })
    }

    /// Waits for the next line; `None` at the end of input.
    pub(super) fn next_line(&self) -> Option<io::Result<String>> {
        self.lines.recv().ok()
    }
}
