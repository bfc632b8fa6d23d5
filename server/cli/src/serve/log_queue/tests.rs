//! Tests with an output that blocks or fails until the test changes it.

use std::sync::mpsc::{Receiver, Sender, channel};

use super::*;

/// An output that accepts one write for each permit, and fails if the permit is false.
struct Gate {
    permits: Receiver<bool>,
    written: Sender<Vec<u8>>,
}

impl Write for Gate {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Without a sender, all writes succeed.
        if !self.permits.recv().unwrap_or(true) {
            return Err(ErrorKind::BrokenPipe.into());
        }
        self.written.send(bytes.to_vec()).unwrap();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Test {
    queue: Arc<LogQueue>,
    permits: Sender<bool>,
    written: Receiver<Vec<u8>>,
    reports: Receiver<[u64; 3]>,
}

fn start() -> Test {
    let (permits, given) = channel();
    let (accepted, written) = channel();
    let (sender, reports) = channel();
    let gate = Gate { permits: given, written: accepted };
    let queue = LogQueue::start(gate, move |report| sender.send(report).unwrap()).unwrap();
    Test { queue, permits, written, reports }
}

/// No thread that logs waits, memory is bounded, and each line is either written or counted.
#[test]
fn lines_beyond_the_limit_are_dropped_counted_and_reported_once() {
    let Test { queue, permits, written, reports } = start();
    let pushed = [LogKind::Other, LogKind::Access, LogKind::Audit, LogKind::Access];
    let text = [b'x'; 1000];
    let per_kind = 2 * LIMIT / text.len() / pushed.len();
    for kind in pushed {
        (0..per_kind).for_each(|_| queue.push(kind, &text));
    }
    assert!(queue.lock().bytes <= LIMIT);
    let [audit, access, other] = queue.dropped.totals();
    // The access log is full before the audit log.
    assert!(other == 0 && access > 0 && audit > 0 && audit < access, "{audit} {access}");
    queue.wait_until_written(Duration::ZERO);
    drop(permits);
    assert_eq!(reports.recv_timeout(fh_test::wait::PATIENCE), Ok([audit, access, other]));
    queue.wait_until_written(fh_test::wait::PATIENCE);
    let lines = written.try_iter().inspect(|line| assert_eq!(line.len(), text.len())).count();
    assert_eq!(lines as u64, 4 * per_kind as u64 - audit - access);
    assert_eq!(queue.lock().bytes, 0);
    // There is no further report without a further drop.
    queue.push(LogKind::Other, b"last");
    assert_eq!(written.recv_timeout(fh_test::wait::PATIENCE).unwrap(), b"last");
    queue.wait_until_written(fh_test::wait::PATIENCE);
    assert!(reports.try_recv().is_err());
}

#[test]
fn lines_that_cannot_be_written_are_counted_and_reported_after_the_next_one() {
    let Test { queue, permits, written, reports } = start();
    for (kind, permit) in
        [(LogKind::Audit, false), (LogKind::Access, false), (LogKind::Other, true)]
    {
        queue.push(kind, b"line");
        permits.send(permit).unwrap();
    }
    assert_eq!(written.recv_timeout(fh_test::wait::PATIENCE).unwrap(), b"line");
    assert_eq!(reports.recv_timeout(fh_test::wait::PATIENCE), Ok([1, 1, 0]));
    assert_eq!(queue.dropped.totals(), [1, 1, 0]);
}

/// A pipe may accept a part of a line, or be non-blocking.
#[test]
fn parts_interruptions_and_full_pipes_lose_no_bytes() {
    struct Slow(Vec<u8>, usize);
    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.1 += 1;
            match self.1 % 3 {
                0 => Err(ErrorKind::Interrupted.into()),
                1 => Err(ErrorKind::WouldBlock.into()),
                _ => self.0.write(&bytes[..1]),
            }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut out = Slow(Vec::new(), 0);
    write(&mut out, b"a line\n").unwrap();
    assert_eq!(out.0, b"a line\n");
}
