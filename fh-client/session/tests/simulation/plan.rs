//! The plan of a script: the settings of the client, and the frequency of events.

use std::time::Duration;

use fh_session::{ApiKeys, Config, ContextPlacement, Mode, WhileSwitching};

use crate::client::home;
use crate::random::Random;
use crate::world::KEYS;

#[derive(Debug)]
pub struct Plan {
    pub mode: Mode,
    pub keys: usize,
    /// The keys that may replace the current ones.
    pub other_keys: &'static [usize],
    jitter: f64,
    keeps: bool,
    in_query: bool,
    small: bool,
    pub horizon: u64,
    pub user_gap: u64,
    pub change_gap: u64,
    pub mood_gap: u64,
    pub jumps: bool,
    pub stores: bool,
    pub stops: bool,
    pub suspends: bool,
}

impl Plan {
    pub fn draw(random: &mut Random) -> Self {
        let interval = Duration::from_secs(random.pick(&[1, 5, 20, 60, 180, 600]));
        let mode = match random.below(100) {
            0..52 => Mode::Streaming,
            52..78 => Mode::Polling(interval),
            78..90 => Mode::Passive(interval),
            90..98 => Mode::Once,
            _ => Mode::Offline,
        };
        // Half of the scripts use one client-evaluated or one server-evaluated key, like most programs.
        let keys = random.pick(&[0, 0, 1, 1, 1, 2, 3, 4, 7, 8]);
        let horizon = random.pick(&[60_000, 200_000, 600_000, 1_500_000]);
        let gap = |random: &mut Random, most: u64| (horizon / random.between(2, most)).max(1);
        Self {
            mode,
            keys,
            other_keys: random.pick(&[
                &[0, 3, 5, 2][..],
                &[1, 4, 6, 7],
                &[0, 1, 2, 3, 4, 5, 6, 7, 8],
            ]),
            jitter: random.pick(&[0.0, 0.5, 0.5, 1.0]),
            keeps: random.percent(35),
            in_query: random.percent(20),
            small: random.percent(25),
            user_gap: gap(random, 25),
            change_gap: gap(random, 50),
            mood_gap: gap(random, 14),
            horizon,
            jumps: random.percent(25),
            stores: random.percent(25),
            stops: random.percent(20),
            suspends: random.percent(25),
        }
    }

    /// Returns a plan with one client-evaluated key, in which only features change.
    pub fn plain(mode: Mode) -> Self {
        Self {
            mode,
            keys: 0,
            other_keys: &[0],
            jitter: 0.5,
            keeps: false,
            in_query: false,
            small: false,
            horizon: 1_000,
            user_gap: 1_000,
            change_gap: 100,
            mood_gap: 1_000,
            jumps: false,
            stores: false,
            stops: false,
            suspends: false,
        }
    }

    pub fn config(&self) -> Config {
        let keys = ApiKeys::parse(KEYS[self.keys].texts).unwrap();
        let mut config = Config::new(home(), keys);
        config.mode = self.mode;
        // The name of the program would change recorded conversations with each version.
        config.identification = (!self.in_query).then(|| "Simulation,1".to_string());
        if self.keeps {
            config.headers.push(("X-Extra".to_string(), "of the user".to_string()));
        }
        config.backoff.jitter = self.jitter;
        config.refused.jitter = self.jitter;
        if self.keeps {
            config.while_switching = WhileSwitching::Keep;
        }
        if self.in_query {
            config.context_placement = ContextPlacement::Query;
        }
        if self.small {
            config.limits.bytes = 20_000;
        }
        config
    }
}
