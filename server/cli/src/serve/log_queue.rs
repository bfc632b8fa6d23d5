//! The queue between the threads that log and the thread that writes the log. If the log's reader stops, only that thread waits.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use fh_edge::internal::{DroppedLogLines, LogKind};
use tracing_subscriber::fmt::MakeWriter;

/// The most bytes of lines that are not written yet, with the memory that each line takes besides its text. Lines beyond it are
/// dropped.
const LIMIT: usize = 1 << 20;
/// The limit for lines of all kinds but the audit log, so that a full access log leaves room for the audit lines.
const LIMIT_OF_OTHERS: usize = LIMIT / 4 * 3;
const MEMORY_PER_LINE: usize = size_of::<Line>();
/// The pause after which a write is repeated if the output accepts no bytes now, as a non-blocking pipe does.
const PAUSE: Duration = Duration::from_millis(10);

/// A queue of log lines.
#[derive(Debug, Default)]
pub(crate) struct LogQueue {
    unwritten: Mutex<Unwritten>,
    changed: Condvar,
    dropped: DroppedLogLines,
}

#[derive(Debug, Default)]
struct Unwritten {
    lines: VecDeque<Line>,
    /// The size of `lines` and of the line that is being written.
    bytes: usize,
}

#[derive(Debug)]
struct Line {
    kind: LogKind,
    text: Box<[u8]>,
}

impl Line {
    const fn size(&self) -> usize {
        self.text.len() + MEMORY_PER_LINE
    }
}

impl LogQueue {
    /// Starts the thread that writes the lines. Once the output accepts lines again, `report` gets the numbers of lines that were dropped
    /// since the last report, in the order of [`LogKind::ALL`].
    pub(crate) fn start(
        out: impl Write + Send + 'static,
        report: impl Fn([u64; 3]) + Send + 'static,
    ) -> io::Result<Arc<Self>> {
        let queue = Arc::new(Self::default());
        let writing = Arc::clone(&queue);
        let write = move || writing.write_to(out, report);
        thread::Builder::new().name("fh-log".to_string()).spawn(write)?;
        Ok(queue)
    }

    pub(crate) const fn dropped(&self) -> &DroppedLogLines {
        &self.dropped
    }

    /// Adds a line, or drops and counts it if the queue has no room. Never waits for the output.
    pub(crate) fn push(&self, kind: LogKind, text: &[u8]) {
        let line = Line { kind, text: text.into() };
        let limit = if kind == LogKind::Audit { LIMIT } else { LIMIT_OF_OTHERS };
        let mut unwritten = self.lock();
        if unwritten.bytes + line.size() > limit {
            drop(unwritten);
            return self.dropped.count(kind);
        }
        unwritten.bytes += line.size();
        unwritten.lines.push_back(line);
        drop(unwritten);
        self.changed.notify_all();
    }

    /// Waits until all lines are written, at most this time.
    pub(crate) fn wait_until_written(&self, most: Duration) {
        let is_unwritten = |unwritten: &mut Unwritten| unwritten.bytes > 0;
        drop(self.changed.wait_timeout_while(self.lock(), most, is_unwritten));
    }

    fn write_to(&self, mut out: impl Write, report: impl Fn([u64; 3])) {
        let mut reported = [0; 3];
        loop {
            let line = self.next();
            let is_written = write(&mut out, &line.text).is_ok();
            if !is_written {
                self.dropped.count(line.kind);
            }
            let mut unwritten = self.lock();
            unwritten.bytes -= line.size();
            let has_room = unwritten.bytes <= LIMIT / 2;
            drop(unwritten);
            self.changed.notify_all();
            // The report waits until the queue is half empty. Otherwise a slow reader would get a report for each line.
            let totals = self.dropped.totals();
            if is_written && has_room && totals != reported {
                let mut new = totals;
                new.iter_mut().zip(reported).for_each(|(total, before)| *total -= before);
                report(new);
                reported = totals;
            }
        }
    }

    /// Returns the next line as soon as there is one. Its bytes count as unwritten.
    fn next(&self) -> Line {
        let mut unwritten = self.lock();
        loop {
            match unwritten.lines.pop_front() {
                Some(line) => return line,
                None => {
                    let waited = self.changed.wait(unwritten);
                    unwritten = waited.unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Unwritten> {
        self.unwritten.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn write(out: &mut impl Write, mut text: &[u8]) -> io::Result<()> {
    while !text.is_empty() {
        match out.write(text) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(count) => text = text.get(count..).unwrap_or_default(),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => thread::sleep(PAUSE),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// The writer of the lines of one kind.
#[derive(Debug)]
pub(crate) struct KindWriter<'q>(&'q LogQueue, LogKind);

impl Write for KindWriter<'_> {
    /// Adds a line. `tracing_subscriber` writes each line by one call.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.push(self.1, line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A maker of writers that add lines to a queue.
#[derive(Debug)]
pub(crate) struct QueueWriters(pub(crate) Arc<LogQueue>);

impl<'q> MakeWriter<'q> for QueueWriters {
    type Writer = KindWriter<'q>;

    fn make_writer(&'q self) -> Self::Writer {
        KindWriter(&self.0, LogKind::Other)
    }

    fn make_writer_for(&'q self, metadata: &tracing::Metadata<'_>) -> Self::Writer {
        KindWriter(&self.0, LogKind::of_target(metadata.target()))
    }
}

#[cfg(test)]
mod tests;
