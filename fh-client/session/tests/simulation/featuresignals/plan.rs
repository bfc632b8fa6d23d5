//! The plan of a script: the settings of the client, the network, and the frequency of events.

use std::time::Duration;

use fh_session::WhileSwitching;
use fh_session::featuresignals::{Config, Endpoint, Key, Mode, Reasons};

use crate::random::Random;

pub const KEY: &str = "fs_srv_0123456789abcdef";

#[derive(Debug)]
pub struct Plan {
    pub mode: Mode,
    pub jitter: f64,
    pub keeps: bool,
    pub always_reasons: bool,
    /// The flags that the settings name.
    pub named: Option<Vec<String>>,
    small: bool,
    /// True if something on the way, or the server as it is shipped, refuses streams for good.
    pub refuses_streams: bool,
    /// True if the server loses the events of streams that are older than 30 seconds, and cuts these streams.
    pub has_write_timeout: bool,
    pub flags: u64,
    pub stored: bool,
    pub stops: bool,
    pub suspends: bool,
    pub horizon: u64,
    pub user_gap: u64,
    pub change_gap: u64,
    pub fault_gap: u64,
}

impl Plan {
    pub fn draw(random: &mut Random) -> Self {
        let is_large = random.percent(3);
        let seconds = if is_large { 30 } else { random.pick(&[5, 30, 120, 600]) };
        let interval = Duration::from_secs(seconds);
        let mode = match random.below(100) {
            0..60 => Mode::Streaming(interval),
            60..92 => Mode::Polling(interval),
            _ => Mode::Once,
        };
        let horizon = random.pick(&[60_000, 60_000, 200_000, 200_000, 700_000]);
        let gap = |random: &mut Random, most: u64| (horizon / random.between(2, most)).max(1);
        Self {
            mode,
            jitter: random.pick(&[0.0, 0.5, 0.5, 1.0]),
            keeps: random.percent(30),
            always_reasons: random.percent(30),
            named: (!is_large && random.percent(20))
                .then(|| ["k0", "k1", "gone"].map(str::to_string).to_vec()),
            small: random.percent(15),
            refuses_streams: random.percent(15),
            has_write_timeout: random.percent(70),
            flags: if is_large { 130 } else { random.between(1, 5) },
            stored: random.percent(20),
            stops: random.percent(10),
            suspends: random.percent(30),
            user_gap: gap(random, 30),
            change_gap: gap(random, 40),
            fault_gap: gap(random, 16),
            horizon,
        }
    }

    pub fn config(&self) -> Config {
        let endpoint = Endpoint::parse("http://server", "production").unwrap();
        let mut config = Config::new(endpoint, Key::parse(KEY).unwrap());
        config.mode = self.mode;
        config.backoff.jitter = self.jitter;
        config.refused.jitter = self.jitter;
        if self.always_reasons {
            config.reasons = Reasons::Always;
        }
        if self.keeps {
            config.while_switching = WhileSwitching::Keep;
        }
        config.flags = self.named.as_ref().map(|it| it.iter().map(|key| (**key).into()).collect());
        if self.small {
            config.limits.bytes = 100_000;
        }
        config
    }

    /// Returns the time between two polls in milliseconds.
    pub const fn interval(&self) -> u64 {
        match self.mode {
            Mode::Polling(interval) | Mode::Streaming(interval) => interval.as_millis() as u64,
            _ => 30_000,
        }
    }
}
