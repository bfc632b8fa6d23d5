//! The most requests that a client may send while a fault lasts, by its own rules of delays.

use std::time::Duration;

use fh_fake_edge::Fault;

use super::FAULT;
use crate::scale::Scale;

/// The back-off as it is documented (D-64), the shortest draws.
const INITIAL: Duration = Duration::from_secs(1);
const CAP: Duration = Duration::from_secs(30);
const SHORTEST_DRAW: f64 = 0.5;

/// What `Retry-After` of the fault says. It is not scaled.
const RETRY_AFTER: Duration = Duration::from_secs(3);

/// So many at most.
pub(super) fn most_requests(fault: Fault, scale: Scale) -> usize {
    match fault {
        // Refused for now: the next attempt is at least half a minute away.
        Fault::Status400
        | Fault::Status401
        | Fault::Status403
        | Fault::Status404
        | Fault::Failure => 1,
        // One connection for all of it.
        Fault::DataThenSilence => 1,
        // The head's limit is as long as the fault.
        Fault::SlowDrip | Fault::Silence | Fault::HalfHead => 2,
        Fault::Status500
        | Fault::Status503
        | Fault::Status429
        | Fault::EmptyClose
        | Fault::Reset
        | Fault::Garbage
        | Fault::MalformedJson
        | Fault::EndlessLine
        | Fault::Refused => attempts(Duration::ZERO),
        // The third stream that is none is followed by a poll at once (D-65).
        Fault::WrongContentType => attempts(Duration::ZERO) + 1,
        Fault::RetryAfter => attempts(RETRY_AFTER.div_f64(scale.factor())),
        // Nothing but the pace holds them.
        Fault::ByeLoop | Fault::RedirectLoop => 2 * (FAULT.as_secs() as usize + 1),
    }
}

/// Attempts during a fault, each failing at once, each delay as short as can be.
fn attempts(floor: Duration) -> usize {
    let mut at = Duration::ZERO;
    let mut longest = INITIAL;
    let mut attempts = 0;
    while at < FAULT {
        attempts += 1;
        at += longest.mul_f64(SHORTEST_DRAW).max(floor);
        longest = (longest * 2).min(CAP);
    }
    attempts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        // At 0, 0.5, 1.5, 3.5, 7.5 s; the next would be at 15.5.
        assert_eq!(most_requests(Fault::Status500, Scale::REAL), 5);
        // At 0, 3, 6, 9 s; the next would be at 13.
        assert_eq!(most_requests(Fault::RetryAfter, Scale::REAL), 4);
        // 3 s are longer than 1.2.
        assert_eq!(most_requests(Fault::RetryAfter, Scale::TENTH), 1);
    }
}
