//! The standard payload: the same flags, users and answers for every engine.
//!
//! 40 % boolean flags without rules, 20 % percentage rollouts, 25 % country lists of five, 10 % with three rules of two
//! conditions, 5 % with ten rules of three conditions. Everything follows from the flag's number, so two runs measure
//! the same bytes.

#![forbid(unsafe_code)]

mod answer;
mod generate;
pub mod render;
mod users;

pub use answer::{bucket, murmur3_32};
pub use generate::standard;
pub use users::{User, users};

/// How many of a hundred users a rollout lets in.
pub const ROLLOUT_PERCENT: u8 = 20;

/// How the e-mail conditions of the ten-rule flags are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Email {
    /// `@team-03\.example\.com$`, searched in the address.
    Regex,
    /// The address ends with `@team-03.example.com`.
    Suffix,
}

/// What a flag looks like, and with that which workload it stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shape {
    /// W1: a value, no rules.
    Plain,
    /// W2: 20 % of the user keys.
    Rollout,
    /// W3: one rule, the country is one of five.
    Countries,
    /// Three rules, each a country list and a version bound.
    ThreeRules,
    /// W4: ten rules, each a country list, a version bound and an e-mail pattern.
    TenRules,
}

/// `major.minor.patch`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub u32, pub u32, pub u32);

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

impl Version {
    /// One ordered number, for the engines that know no versions.
    #[must_use]
    pub fn number(self) -> u64 {
        (u64::from(self.0) * 1000 + u64::from(self.1)) * 1000 + u64::from(self.2)
    }
}

/// One condition of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// The country is one of these.
    CountryIn(Vec<&'static str>),
    /// The version is greater.
    VersionAbove(Version),
    /// The e-mail address belongs to this team.
    Team(u8),
}

/// Conditions that must all hold for the flag to be on.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Four characters, as FeatureHub makes them.
    pub id: String,
    /// In the order in which they are to be evaluated.
    pub conditions: Vec<Condition>,
}

/// One boolean flag. Its rules turn it on; without rules its default is its value.
#[derive(Debug, Clone)]
pub struct Flag {
    /// 14 characters, the same in every engine.
    pub key: String,
    /// A UUID, hashed by FeatureHub and by the floor.
    pub id: String,
    /// Version of the value.
    pub version: u32,
    /// What the flag is when no rule turns it on.
    pub default: bool,
    /// Which workload it stands for.
    pub shape: Shape,
    /// Empty for plain flags and rollouts.
    pub rules: Vec<Rule>,
}

/// A whole payload.
#[derive(Debug, Clone)]
pub struct Workload {
    /// In payload order, shapes mixed.
    pub flags: Vec<Flag>,
    /// Which of the two e-mail variants.
    pub email: Email,
}

impl Workload {
    /// The flag measured for a workload: the first of its shape past the middle of the payload, for country lists one
    /// that names the first user's country (last, as W3 has it).
    #[must_use]
    pub fn representative(&self, shape: Shape) -> &Flag {
        let home = users()[0].country;
        self.flags[self.flags.len() / 2..]
            .iter()
            .filter(|flag| flag.shape == shape)
            .find(|flag| match (shape, flag.rules.first()) {
                (Shape::Countries, Some(Rule { conditions, .. })) => {
                    matches!(&conditions[0], Condition::CountryIn(list) if list[4] == home)
                }
                _ => true,
            })
            .expect("every shape occurs in the second half")
    }
}

/// The e-mail pattern of a team, for engines that have regular expressions.
#[must_use]
pub fn team_regex(team: u8) -> String {
    format!(r"@team-{team:02}\.example\.com$")
}

/// The e-mail suffix of a team.
#[must_use]
pub fn team_suffix(team: u8) -> String {
    format!("@team-{team:02}.example.com")
}
