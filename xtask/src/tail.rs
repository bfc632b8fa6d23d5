//! The end of a program's output, for the summary of a run.

use std::collections::VecDeque;
use std::io::{PipeReader, Read as _, Write as _};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// The largest end that is kept, in bytes. The list of failed tests stands at the end of an output.
const LARGEST: usize = 12_000;

/// The time that a program's output may take to arrive after the program ended. Its children may hold the pipe open for longer.
const PATIENCE: Duration = Duration::from_secs(2);

/// A copy of a pipe to the standard output that keeps the end of what it copied.
pub(crate) struct Tail {
    kept: Arc<Mutex<VecDeque<u8>>>,
    ended: Receiver<()>,
}

impl Tail {
    /// Starts to copy the output of a program.
    pub(crate) fn follow(mut pipe: PipeReader) -> Self {
        let kept = Arc::new(Mutex::new(VecDeque::new()));
        let (sender, ended) = channel();
        let shared = Arc::clone(&kept);
        thread::spawn(move || {
            let mut piece = [0; 8192];
            while let Ok(length @ 1..) = pipe.read(&mut piece) {
                let bytes = piece.get(..length).unwrap_or_default();
                let mut output = std::io::stdout().lock();
                // The output may be closed. The program must not wait for that.
                let _ = output.write_all(bytes).and_then(|()| output.flush());
                let mut kept = shared.lock().unwrap_or_else(PoisonError::into_inner);
                kept.extend(bytes);
                let excess = kept.len().saturating_sub(LARGEST);
                kept.drain(..excess);
            }
            drop(sender);
        });
        Self { kept, ended }
    }

    /// Returns the end of the output, from the start of a line, after the program ended.
    pub(crate) fn end(self) -> String {
        // Nothing is sent: the sender is dropped at the end of the pipe.
        let _ = self.ended.recv_timeout(PATIENCE);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let is_cut = kept.len() == LARGEST;
        let text = String::from_utf8_lossy(kept.make_contiguous()).into_owned();
        match text.split_once('\n') {
            Some((_, whole_lines)) if is_cut => whole_lines.to_string(),
            _ => text,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::{LARGEST, Tail};

    #[test]
    fn keeps_a_short_output_whole() {
        let (reader, mut writer) = std::io::pipe().unwrap();
        let tail = Tail::follow(reader);
        writer.write_all(b"first\nlast\n").unwrap();
        drop(writer);
        assert_eq!(tail.end(), "first\nlast\n");
    }

    #[test]
    fn keeps_whole_lines_at_the_end_of_a_long_output() {
        let (reader, mut writer) = std::io::pipe().unwrap();
        let tail = Tail::follow(reader);
        for line in 0..4_000 {
            writeln!(writer, "    line {line:04}").unwrap();
        }
        drop(writer);
        let end = tail.end();
        assert!(end.len() <= LARGEST && end.len() > LARGEST - 20, "{} bytes", end.len());
        assert!(end.starts_with("    line "), "{}", &end[..40]);
        assert!(end.ends_with("    line 3999\n"));
    }

    #[test]
    fn does_not_wait_for_a_child_that_holds_the_pipe() {
        let (reader, mut writer) = std::io::pipe().unwrap();
        let tail = Tail::follow(reader);
        writer.write_all(b"last\n").unwrap();
        assert_eq!(tail.end(), "last\n");
        drop(writer);
    }
}
