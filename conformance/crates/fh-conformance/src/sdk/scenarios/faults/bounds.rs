//! What a client may do while a fault lasts, and how soon it must recover.

use std::time::Duration;

use fh_test_servers::featurehub::Fault;

use crate::sdk::{EdgeProtocol, Scene, Tempo, patience};

/// The time for which a fault lasts, in use.
pub(super) const FAULT: Duration = Duration::from_secs(12);

/// The bounds of one client under one fault.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// The time after the fault within which the features are there.
    pub(super) recovery: Duration,
    /// The maximum number of requests during the fault, if the SDK documents its delays.
    pub(super) requests: Option<usize>,
    /// The maximum memory above what the process had before the client, in bytes.
    pub(super) growth: u64,
    /// The maximum memory of the process, in bytes.
    pub(super) memory: Option<u64>,
}

/// Returns the bounds of an SDK whose client is created. That of this project keeps those that `docs/reference/faults.md` documents.
pub(super) fn bounds(scene: &Scene<'_>, fault: Fault) -> Bounds {
    const MEMORY: u64 = 64_000_000;
    /// The windows of HTTP/2, which hold bytes that the client has not read.
    const WINDOWS: u64 = 8_000_000;
    let tempo = scene.tempo();
    if scene.is_own() {
        return Bounds {
            recovery: tempo.scaled(Duration::from_secs(150)),
            requests: Some(most_requests(fault, &tempo)),
            growth: MEMORY,
            memory: Some(match scene.protocol() {
                EdgeProtocol::Http1 | EdgeProtocol::Tls => MEMORY,
                EdgeProtocol::Http2 => MEMORY + WINDOWS,
            }),
        };
    }
    let recovery = tempo.scaled(Duration::from_secs(45)).max(patience());
    // An SDK that takes the delay after a refusal may wait for the whole of it.
    let slow_retry = tempo.refused + tempo.scaled(Duration::from_secs(10));
    let is_slow = is_refusal(fault) && scene.sets("refused");
    Bounds {
        recovery: if is_slow { recovery.max(slow_retry) } else { recovery },
        requests: None,
        growth: MEMORY,
        memory: None,
    }
}

/// Returns true if the Edge refuses the client during the fault.
fn is_refusal(fault: Fault) -> bool {
    matches!(
        fault,
        Fault::Status400 | Fault::Status401 | Fault::Status403 | Fault::Status404 | Fault::Failure
    )
}

/// Returns the maximum number of requests during a fault by the documented delays, with the shortest random draws.
fn most_requests(fault: Fault, tempo: &Tempo) -> usize {
    match fault {
        // The next attempt after a refusal is at least half a minute later.
        _ if is_refusal(fault) => 1,
        // One connection for the whole time.
        Fault::DataThenSilence => 1,
        // The limit for the head is as long as the fault.
        Fault::SlowDrip | Fault::Silence | Fault::HalfHead => 2,
        // The third wrong content type is followed by a poll at once (D-65).
        Fault::WrongContentType => attempts(tempo, Duration::ZERO) + 1,
        Fault::RetryAfter => attempts(tempo, RETRY_AFTER),
        // Only the pace limits them.
        Fault::ByeLoop | Fault::RedirectLoop => 2 * (FAULT.as_secs() as usize + 1),
        // Each attempt fails at once.
        _ => attempts(tempo, Duration::ZERO),
    }
}

/// The header `Retry-After` of the fault. It is not scaled.
const RETRY_AFTER: Duration = Duration::from_secs(3);

/// Returns the maximum number of attempts during a fault if each fails at once. `floor` is the shortest delay.
fn attempts(tempo: &Tempo, floor: Duration) -> usize {
    let lasts = tempo.scaled(FAULT);
    let mut at = Duration::ZERO;
    let mut delay = tempo.retry;
    let mut attempts = 0;
    while at < lasts {
        attempts += 1;
        at += delay.mul_f64(1.0 - tempo.jitter).max(floor);
        delay = (delay * 2).min(tempo.retry_max);
    }
    attempts
}

#[cfg(test)]
mod tests {
    use super::super::TENTH;
    use super::*;

    #[test]
    fn by_hand() {
        let in_use = TENTH.unscaled();
        // At 0, 0.5, 1.5, 3.5, 7.5 s; the next would be at 15.5.
        assert_eq!(most_requests(Fault::Status500, &in_use), 5);
        assert_eq!(most_requests(Fault::Status500, &TENTH), 5);
        // At 0, 3, 6, 9 s; the next would be at 13.
        assert_eq!(most_requests(Fault::RetryAfter, &in_use), 4);
        // 3 s are longer than 1.2.
        assert_eq!(most_requests(Fault::RetryAfter, &TENTH), 1);
    }

    #[test]
    fn scenarios_are_in_the_order_of_faults() {
        let scenarios = super::super::GROUP.scenarios;
        assert_eq!(scenarios.len(), Fault::ALL.len() + 3);
        for (number, scenario) in scenarios.iter().enumerate() {
            assert_eq!(scenario.id, format!("F-{:03}", number + 1));
        }
    }
}
