//! The description of a scenario.

use super::scene::Scene;
use super::stage::Stage;
use super::stop::Stop;
use super::tempo::{TEMPO, Tempo};

/// The end of a check or of a whole scenario.
pub type Verdict = Result<(), Stop>;

/// One scenario.
#[derive(Debug, Clone, Copy)]
pub struct Scenario {
    /// The id. Ids are never reused.
    pub id: &'static str,
    /// A short name in words of the field, such as `url.stream`.
    pub name: &'static str,
    /// The tier that needs the scenario: 1 polling client, 2 streaming client, 3 full SDK.
    pub tier: u8,
    /// The capabilities that an SDK needs for the scenario.
    pub requires: &'static [&'static str],
    /// The settings that an SDK must be able to set, by their paths, such as `retry.initial_ms`. An SDK that cannot set a delay is held to
    /// its default if that is at most five seconds.
    pub needs: &'static [&'static str],
    /// The situation.
    pub given: &'static str,
    /// What happens.
    pub when: &'static str,
    /// What the client must do.
    pub then: &'static str,
    /// The decision or the section of the specification that the expectation comes from.
    pub decision: &'static str,
    /// The mutants that the scenario must find.
    pub bites: &'static [&'static str],
    /// True if the scenario takes more than five seconds. Such scenarios run with `--all` only.
    pub slow: bool,
    /// The delays of the client.
    pub tempo: Tempo,
    /// Sets up what the Edge does.
    pub stage: fn(&Stage),
    /// Drives the client and checks what it does.
    pub run: fn(&Scene<'_>) -> Verdict,
}

/// The default of a scenario's members, for `..SCENARIO`: a healthy Edge with the feature `F`, whose value is `one`.
pub const SCENARIO: Scenario = Scenario {
    id: "",
    name: "",
    tier: 1,
    requires: &[],
    needs: &[],
    given: "a healthy Edge with feature F",
    when: "",
    then: "",
    decision: "",
    bites: &[],
    slow: false,
    tempo: TEMPO,
    stage: Stage::with_feature_f,
    run: |_| Ok(()),
};

/// A group of scenarios with a common prefix of their ids.
#[derive(Debug, Clone, Copy)]
pub struct Group {
    /// The name, such as `C-POLL`.
    pub name: &'static str,
    /// What the scenarios are about.
    pub title: &'static str,
    /// The scenarios, in order of their ids.
    pub scenarios: &'static [Scenario],
    /// The scenarios of the group that are never executed, with the reason.
    pub not_executed: &'static [(&'static str, &'static str)],
}

impl Scenario {
    /// Returns the id without its number, such as `C-POLL`.
    #[must_use]
    pub fn group(&self) -> &'static str {
        self.id.rsplit_once('-').map_or(self.id, |(group, _)| group)
    }
}
