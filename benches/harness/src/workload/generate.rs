use std::collections::HashSet;

use crate::workload::{Condition, Email, Flag, Rule, Shape, Version, Workload};

/// The country of the first user. It is in every list that must match this user.
pub(crate) const HOME: &str = "new_zealand";
/// The version of the first user. It is above the bounds of all ten-rule flags.
pub(crate) const HOME_VERSION: Version = Version(7, 4, 2);
/// The e-mail team of the tenth rule.
pub(crate) const LAST_TEAM: u8 = 9;

/// FeatureHub's names of countries, without [`HOME`].
pub(crate) const COUNTRIES: [&str; 60] = [
    "argentina",
    "australia",
    "austria",
    "bangladesh",
    "belgium",
    "bolivia",
    "botswana",
    "brazil",
    "bulgaria",
    "cambodia",
    "cameroon",
    "canada",
    "chile",
    "china",
    "colombia",
    "croatia",
    "cuba",
    "cyprus",
    "denmark",
    "ecuador",
    "egypt",
    "estonia",
    "ethiopia",
    "fiji",
    "finland",
    "france",
    "gabon",
    "georgia",
    "germany",
    "ghana",
    "greece",
    "guatemala",
    "haiti",
    "honduras",
    "hungary",
    "iceland",
    "india",
    "indonesia",
    "ireland",
    "israel",
    "italy",
    "jamaica",
    "japan",
    "jordan",
    "kazakhstan",
    "kenya",
    "kuwait",
    "latvia",
    "lebanon",
    "lithuania",
    "luxembourg",
    "madagascar",
    "malaysia",
    "mexico",
    "mongolia",
    "morocco",
    "nepal",
    "netherlands",
    "norway",
    "turkey",
];

/// Returns a pseudo-random number that depends only on `n` (the finaliser of SplitMix64).
#[must_use]
pub fn mix(n: u64) -> u64 {
    let mut z = n.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A source of country lists and version bounds that never repeat within a payload. With repeated ones, an engine that
/// shares equal conditions would have an advantage that comes only from the generator.
#[derive(Default)]
struct Distinct {
    lists: HashSet<Vec<&'static str>>,
    low: u32,
    high: u32,
}

impl Distinct {
    /// Returns five countries. With `home`, the last one is the first user's.
    fn countries(&mut self, seed: u64, home: bool) -> Vec<&'static str> {
        for attempt in 0.. {
            let mut list: Vec<&'static str> = Vec::with_capacity(5);
            let mut step = 0;
            while list.len() < if home { 4 } else { 5 } {
                let n = mix(seed.wrapping_mul(1 << 16) + attempt * 64 + step) as usize;
                let country = COUNTRIES[n % COUNTRIES.len()];
                if !list.contains(&country) {
                    list.push(country);
                }
                step += 1;
            }
            if home {
                list.push(HOME);
            }
            let mut sorted = list.clone();
            sorted.sort_unstable();
            if self.lists.insert(sorted) {
                return list;
            }
        }
        unreachable!("there are far more lists than rules")
    }

    /// Returns a bound below the first user's version.
    fn below(&mut self) -> Version {
        let n = self.low;
        self.low += 1;
        Version(1 + n % 6, n / 6 % 40, n / 240)
    }

    /// Returns a bound above the first user's version.
    fn above(&mut self) -> Version {
        let n = self.high;
        self.high += 1;
        Version(8 + n % 2, n / 2 % 40, n / 80)
    }
}

/// The shapes of twenty consecutive flags: the shares of the standard payload, mixed.
const PATTERN: [Shape; 20] = {
    use Shape::{Countries as C, Plain as P, Rollout as R, TenRules as T, ThreeRules as H};
    [P, C, R, P, C, H, P, R, C, P, T, P, C, R, P, H, C, P, R, P]
};

/// Generates the standard payload with this many flags (a multiple of 20).
#[must_use]
pub fn standard(flags: usize, email: Email) -> Workload {
    let mut distinct = Distinct::default();
    let mut shapes_seen = 0;
    let flags = (0..flags as u64)
        .map(|n| {
            let shape = PATTERN[n as usize % 20];
            let rule = |r: u64, conditions: Vec<Condition>| Rule { id: rule_id(n, r), conditions };
            let rules = match shape {
                Shape::Plain | Shape::Rollout => vec![],
                Shape::Countries => {
                    shapes_seen += 1;
                    let home = shapes_seen % 2 == 0;
                    vec![rule(0, vec![Condition::CountryIn(distinct.countries(n * 16, home))])]
                }
                // For the first user all six conditions are evaluated, and the last rule matches.
                Shape::ThreeRules => (0..3)
                    .map(|r| {
                        let bound = if r < 2 { distinct.above() } else { distinct.below() };
                        let countries = distinct.countries(n * 16 + r, true);
                        rule(
                            r,
                            vec![Condition::CountryIn(countries), Condition::VersionAbove(bound)],
                        )
                    })
                    .collect(),
                // For the first user all thirty conditions are evaluated, and the last rule matches.
                Shape::TenRules => (0..10)
                    .map(|r| {
                        rule(
                            r,
                            vec![
                                Condition::CountryIn(distinct.countries(n * 16 + r, true)),
                                Condition::VersionAbove(distinct.below()),
                                Condition::Team(r as u8),
                            ],
                        )
                    })
                    .collect(),
            };
            Flag {
                key: format!("feature_{n:06}"),
                id: uuid(n),
                version: 1 + (mix(n) % 40) as u32,
                default: shape == Shape::Plain && n % 2 == 0,
                shape,
                rules,
            }
        })
        .collect();
    Workload { flags, email }
}

/// Returns an id of four letters and digits, as the management server generates them.
fn rule_id(flag: u64, rule: u64) -> String {
    const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let n = mix(flag * 64 + rule + 90_000);
    (0..4).map(|i| char::from(ALPHABET[(n >> (8 * i)) as usize % 62])).collect()
}

fn uuid(n: u64) -> String {
    let (a, b) = (mix(n * 2 + 40_000), mix(n * 2 + 40_001));
    format!(
        "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
        a >> 32,
        (a >> 16) & 0xffff,
        a & 0xfff,
        b >> 52,
        b & 0xffff_ffff_ffff
    )
}
