//! The plan of a script: the settings of the client, the network, and the frequency of events.

use std::time::Duration;

use fh_session::featbit::{Config, Endpoints, Mode, Secret};

use super::server::SECRET;
use crate::random::Random;

#[derive(Debug)]
pub struct Plan {
    pub mode: Mode,
    pub jitter: f64,
    small: bool,
    /// True if the transport can open sockets.
    pub has_sockets: bool,
    /// True if something on the way blocks sockets for good.
    pub is_blocked: bool,
    /// True if a proxy removes the header `date` of the answers to upgrades.
    pub strips_dates: bool,
    /// True if polls with a wrong secret are refused, as the next version of the server will do.
    pub checks_polls: bool,
    /// The difference of the client's time of day to the server's at the start, in milliseconds.
    pub wall_off: i64,
    pub flags: u64,
    pub bootstrap: bool,
    pub stops: bool,
    pub suspends: bool,
    /// True if the clocks of the client jump, both its time of day and the time of its driver.
    pub jumps: bool,
    pub horizon: u64,
    pub user_gap: u64,
    pub change_gap: u64,
    pub fault_gap: u64,
}

impl Plan {
    pub fn draw(random: &mut Random) -> Self {
        let interval = Duration::from_secs(random.pick(&[1, 5, 30, 120, 600]));
        let mode = match random.below(100) {
            0..80 => Mode::Streaming,
            80..97 => Mode::Polling(interval),
            _ => Mode::Offline,
        };
        let horizon = random.pick(&[60_000, 200_000, 600_000, 1_500_000]);
        let gap = |random: &mut Random, most: u64| (horizon / random.between(2, most)).max(1);
        Self {
            mode,
            jitter: random.pick(&[0.0, 0.5, 0.5, 1.0]),
            small: random.percent(15),
            has_sockets: !random.percent(5),
            is_blocked: random.percent(10),
            strips_dates: random.percent(25),
            checks_polls: random.percent(50),
            wall_off: match random.below(10) {
                0 => 600_000,
                1 => -600_000,
                2 => -120_000,
                3 => 20_000,
                4 => 3_000,
                _ => 0,
            },
            flags: if random.percent(5) { 40 } else { 6 },
            bootstrap: random.percent(20),
            stops: random.percent(15),
            suspends: random.percent(25),
            jumps: random.percent(30),
            user_gap: gap(random, 20),
            change_gap: gap(random, 40),
            fault_gap: gap(random, 20),
            horizon,
        }
    }

    pub fn config(&self) -> Config {
        let endpoints = Endpoints::parse(Some("ws://featbit"), None, None).unwrap();
        let mut config = Config::new(endpoints, Secret::parse(SECRET).unwrap());
        config.mode = self.mode;
        config.backoff.jitter = self.jitter;
        config.refused.jitter = self.jitter;
        if self.small {
            config.limits.bytes = 100_000;
        }
        config
    }

    /// Returns the time between two polls in milliseconds.
    pub const fn interval(&self) -> u64 {
        match self.mode {
            Mode::Polling(interval) => interval.as_millis() as u64,
            _ => 30_000,
        }
    }
}
