//! All delays made shorter by one factor, so that a table takes seconds where it would take minutes.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use fh_client::{Backoff, ClientBuilder};

/// What every delay is multiplied with: 1 leaves them as they are.
///
/// It reaches all that the client and the fault decide themselves. What the wire carries in whole seconds (`Retry-After`) stays as it
/// is, and so does the shortest of all delays, 100 ms, unless the first one is meant to be shorter (D-64).
///
/// ```
/// # use std::time::Duration;
/// # use fh_faults::scale::Scale;
/// let tenth: Scale = "0.1".parse()?;
/// assert_eq!(tenth.of(Duration::from_secs(12)), Duration::from_millis(1200));
/// assert!("0".parse::<Scale>().is_err());
/// # Ok::<(), String>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale(f64);

impl Scale {
    /// Nothing is shorter than it is.
    pub const REAL: Self = Self(1.0);
    /// A tenth.
    pub const TENTH: Self = Self(0.1);

    /// The factor.
    #[must_use]
    pub const fn factor(self) -> f64 {
        self.0
    }

    /// A duration, scaled.
    #[must_use]
    pub fn of(self, real: Duration) -> Duration {
        real.mul_f64(self.0)
    }

    /// The delays after trouble, refusals and ends of streams, and the pace.
    pub fn delays(self, builder: ClientBuilder) -> ClientBuilder {
        builder.configure(move |config| {
            let backoff = |real: Backoff| Backoff {
                initial: self.of(real.initial),
                cap: self.of(real.cap),
                jitter: real.jitter,
            };
            config.backoff = backoff(config.backoff);
            config.refused = backoff(config.refused);
            let within = &config.return_within;
            config.return_within = self.of(*within.start())..=self.of(*within.end());
            config.healthy_after = self.of(config.healthy_after);
            config.stream_again_after = self.of(config.stream_again_after);
            config.pace = self.of(config.pace);
        })
    }

    /// The limits of time.
    pub fn limits(self, builder: ClientBuilder) -> ClientBuilder {
        builder.configure(move |config| {
            let limits = &mut config.limits;
            limits.connect = self.of(limits.connect);
            limits.head = self.of(limits.head);
            limits.poll = self.of(limits.poll);
            limits.idle = self.of(limits.idle);
        })
    }
}

impl FromStr for Scale {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse() {
            Ok(factor) if factor > 0.0 && factor <= 1.0 => Ok(Self(factor)),
            _ => Err("a factor above 0 and at most 1".to_string()),
        }
    }
}

impl fmt::Display for Scale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
