//! The standard payload: the same flags, users and values for every engine.
//!
//! Of the flags, 40 % are booleans without rules, 20 % percentage rollouts and 25 % lists of five countries. Another 10 %
//! have three rules of two conditions, and 5 % ten rules of three conditions. Everything is derived from the flag's number,
//! so two runs measure the same bytes.

mod answer;
mod generate;
pub mod render;
mod users;

pub use answer::{bucket, murmur3_32};
pub use generate::{mix, standard};
pub use users::{User, users};

/// The percentage of users that a rollout includes.
pub const ROLLOUT_PERCENT: u8 = 20;

/// The form of the e-mail conditions in ten-rule flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Email {
    /// `@team-03\.example\.com$`, searched in the address.
    Regex,
    /// The address ends with `@team-03.example.com`.
    Suffix,
}

/// The rules of a flag, which also determine the workload it is used for.
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
    /// Returns the version as one ordered number, for engines without a version type.
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

/// A list of conditions. The rule matches if all of them hold.
#[derive(Debug, Clone)]
pub struct Rule {
    /// An id of four characters, as FeatureHub generates them.
    pub id: String,
    /// The conditions in the order of evaluation.
    pub conditions: Vec<Condition>,
}

/// A boolean flag. It is on if a rule matches, and has its default value otherwise.
#[derive(Debug, Clone)]
pub struct Flag {
    /// 14 characters, the same in every engine.
    pub key: String,
    /// A UUID. FeatureHub and the floor use it for the hash.
    pub id: String,
    /// Version of the value.
    pub version: u32,
    /// The value if no rule matches.
    pub default: bool,
    /// The shape, which determines the workload.
    pub shape: Shape,
    /// Empty for plain flags and rollouts.
    pub rules: Vec<Rule>,
}

/// A whole payload.
#[derive(Debug, Clone)]
pub struct Workload {
    /// The flags in payload order, with mixed shapes.
    pub flags: Vec<Flag>,
    /// The form of the e-mail conditions.
    pub email: Email,
}

impl Workload {
    /// Returns the flag that a workload measures: the first of its shape in the second half of the payload. For country
    /// lists, it is one that contains the first user's country (as the last entry).
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

/// Returns the e-mail pattern of a team, for engines that support regular expressions.
#[must_use]
pub fn team_regex(team: u8) -> String {
    format!(r"@team-{team:02}\.example\.com$")
}

/// Returns the e-mail suffix of a team.
#[must_use]
pub fn team_suffix(team: u8) -> String {
    format!("@team-{team:02}.example.com")
}
