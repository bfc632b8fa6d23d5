//! Detects that the program that reads stdout has ended, as in `fh watch --json | head -2`.
//!
//! Without this check, only the next write would fail. The next write may be hours away, for example if it waits for a
//! feature to change.

#[cfg(unix)]
use std::io;

use crate::failure::Failure;

/// The time between two checks of stdout.
#[cfg(unix)]
const LOOK_EVERY: std::time::Duration = std::time::Duration::from_millis(500);

/// Waits until stdout has no reader or is closed, and returns the error of a broken pipe. If stdout is not known to be a pipe
/// or a socket, waits forever.
#[cfg(unix)]
pub(crate) async fn gone() -> Failure {
    use tokio::time::{MissedTickBehavior, interval};
    if has_reader() {
        let mut looks = interval(LOOK_EVERY);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            looks.tick().await;
            if is_broken() {
                return Failure::Output(io::ErrorKind::BrokenPipe.into());
            }
        }
    }
    std::future::pending().await
}

/// Returns true if stdout is a pipe or a socket. If its kind cannot be read, returns false.
#[cfg(unix)]
fn has_reader() -> bool {
    use std::os::fd::AsFd;
    use std::os::unix::fs::FileTypeExt;
    let stdout = io::stdout().as_fd().try_clone_to_owned().map(std::fs::File::from);
    let kind = stdout.and_then(|file| file.metadata()).map(|metadata| metadata.file_type());
    kind.is_ok_and(|kind| kind.is_fifo() || kind.is_socket())
}

/// Returns true if stdout has no reader any more or is closed. If the check fails, returns false.
#[cfg(unix)]
fn is_broken() -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let stdout = io::stdout();
    // `poll` reports errors even if no event is requested.
    let mut polled = [PollFd::new(&stdout, PollFlags::empty())];
    let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
    if poll(&mut polled, Some(&at_once)).is_err() {
        return false;
    }
    let broken = PollFlags::ERR | PollFlags::HUP | PollFlags::NVAL;
    polled.iter().any(|stdout| stdout.revents().intersects(broken))
}

/// Waits forever. On systems without `poll`, the missing reader is noticed only when the next write fails.
#[cfg(not(unix))]
pub(crate) async fn gone() -> Failure {
    std::future::pending().await
}
