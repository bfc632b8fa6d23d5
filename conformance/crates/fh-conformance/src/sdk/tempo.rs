//! The delays of the client in one scenario.

use std::time::Duration;

use crate::protocol::{Create, Defaults, Refused, Retry, Timeouts};

/// The delays and time limits of the client. A scenario sets them; an SDK that cannot set one keeps its default.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tempo {
    /// The interval between polls.
    pub poll: Duration,
    /// The first delay before a retry.
    pub retry: Duration,
    /// The longest delay before a retry.
    pub retry_max: Duration,
    /// The share of the delays before retries that is random, from 0 to 1.
    pub jitter: f64,
    /// The first delay after a refusal.
    pub refused: Duration,
    /// The longest delay after a refusal.
    pub refused_max: Duration,
    /// The time after which a stream counts as healthy.
    pub healthy_after: Duration,
    /// The limit for opening a connection.
    pub connect: Duration,
    /// The limit from a request to the complete head of its response.
    pub head: Duration,
    /// The limit for a whole poll.
    pub whole_poll: Duration,
    /// The limit for a stream without a byte.
    pub idle: Duration,
    /// The limit for a stream without progress before its first list.
    pub held_back: Duration,
    /// The number by which the delays are shorter than those of an SDK in use. A run with [`Delays::Unscaled`] multiplies them by it. It is
    /// 1 in scenarios whose delays are always as they are here.
    pub divisor: u32,
}

/// The delays of scenarios that run usual delays in a fraction of their time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Delays {
    /// The delays are shortened.
    #[default]
    Scaled,
    /// The delays are those of an SDK in use.
    Unscaled,
}

/// The delays of a scenario that sets none: short, so that a scenario takes a second or two. Only the limit for silence is long, because no
/// heartbeat keeps a stream open that the scenario needs for longer on a busy machine.
pub const TEMPO: Tempo = Tempo {
    poll: Duration::from_millis(200),
    retry: Duration::from_millis(100),
    retry_max: Duration::from_millis(800),
    jitter: 0.0,
    refused: Duration::from_millis(4000),
    refused_max: Duration::from_millis(8000),
    healthy_after: Duration::from_millis(2000),
    connect: Duration::from_millis(2000),
    head: Duration::from_millis(2000),
    whole_poll: Duration::from_millis(2000),
    idle: Duration::from_secs(60),
    held_back: Duration::from_secs(60),
    divisor: 1,
};

/// The longest default delay that a scenario waits for, if the SDK cannot set the delay.
pub(super) const LONGEST_DEFAULT: Duration = Duration::from_secs(5);

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

impl Tempo {
    /// Writes the delays into the settings of a client.
    pub(super) fn apply(&self, create: &mut Create) {
        create.poll_ms.get_or_insert(millis(self.poll));
        create.retry.get_or_insert(Retry {
            initial_ms: millis(self.retry),
            max_ms: millis(self.retry_max),
            jitter: self.jitter,
        });
        create.refused.get_or_insert(Refused {
            initial_ms: millis(self.refused),
            max_ms: millis(self.refused_max),
        });
        create.healthy_after_ms.get_or_insert(millis(self.healthy_after));
        create.timeouts.get_or_insert(Timeouts {
            connect_ms: Some(millis(self.connect)),
            head_ms: Some(millis(self.head)),
            poll_ms: Some(millis(self.whole_poll)),
            idle_ms: Some(millis(self.idle)),
            held_back_ms: Some(millis(self.held_back)),
        });
    }

    /// Replaces the delays that the SDK ignores by its defaults, unless a default is zero. Fails if the scenario needs a setting that has no
    /// default of at most five seconds.
    ///
    /// # Errors
    /// The path of that setting.
    pub(super) fn adapt(
        mut self,
        needs: &[&'static str],
        defaults: &Defaults,
        is_ignored: impl Fn(&str) -> bool,
    ) -> Result<Self, &'static str> {
        for need in needs {
            if !is_ignored(need) {
                continue;
            }
            let default = match *need {
                "poll_ms" => defaults.poll_ms,
                "retry.initial_ms" => defaults.retry_ms,
                "retry.max_ms" => defaults.retry_max_ms,
                "timeouts.idle_ms" => defaults.idle_ms,
                _ => None,
            };
            let default = default.map(Duration::from_millis);
            let Some(default) = default.filter(|default| *default <= LONGEST_DEFAULT) else {
                return Err(need);
            };
            if default.is_zero() {
                // An SDK that retries without a delay is held to the delay of the scenario, which would find nothing otherwise.
                continue;
            }
            match *need {
                "poll_ms" => self.poll = default,
                "retry.initial_ms" => self.retry = default,
                "retry.max_ms" => self.retry_max = default,
                _ => self.idle = default,
            }
        }
        Ok(self)
    }

    /// Returns the delays of an SDK in use.
    #[must_use]
    pub(super) fn unscaled(self) -> Self {
        let of = |delay: Duration| delay * self.divisor;
        Self {
            poll: of(self.poll),
            retry: of(self.retry),
            retry_max: of(self.retry_max),
            jitter: self.jitter,
            refused: of(self.refused),
            refused_max: of(self.refused_max),
            healthy_after: of(self.healthy_after),
            connect: of(self.connect),
            head: of(self.head),
            whole_poll: of(self.whole_poll),
            idle: of(self.idle),
            held_back: of(self.held_back),
            divisor: 1,
        }
    }

    /// Returns the time that stands for a time in use.
    #[must_use]
    pub fn scaled(&self, in_use: Duration) -> Duration {
        in_use / self.divisor
    }

    /// Returns the shortest delay before the first retry that the settings allow.
    #[must_use]
    pub fn least_retry(&self) -> Duration {
        self.retry.mul_f64(1.0 - self.jitter)
    }

    /// Returns the time for which something that must not happen is watched: a multiple of a delay, at least one second.
    #[must_use]
    pub fn watch(delay: Duration, times: u32) -> Duration {
        (delay * times).max(Duration::from_secs(1))
    }
}

/// Returns true if the setting is one of the delays that [`Tempo`] holds.
#[must_use]
pub fn is_delay(setting: &str) -> bool {
    let top = setting.split('.').next().unwrap_or(setting);
    matches!(top, "poll_ms" | "retry" | "refused" | "healthy_after_ms" | "timeouts")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_sdk_is_held_to_its_defaults_but_not_to_zero() {
        let adapted = |retry_ms: Option<u64>| {
            let defaults = Defaults { retry_ms, ..Defaults::default() };
            TEMPO.adapt(&["retry.initial_ms"], &defaults, |_| true).map(|tempo| tempo.retry)
        };
        assert_eq!(adapted(Some(1000)), Ok(Duration::from_secs(1)));
        assert_eq!(adapted(Some(0)), Ok(TEMPO.retry));
        assert_eq!(adapted(Some(5001)), Err("retry.initial_ms"));
        assert_eq!(adapted(None), Err("retry.initial_ms"));
    }
}
