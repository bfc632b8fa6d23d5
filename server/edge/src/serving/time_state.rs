//! The outcome of the rules on `now` in one generation.

use fh_eval::{TimeOutcome, TimeRules, Timestamp};

use crate::digest::{digest, digits};

/// The outcome of all time-dependent rules at one instant. With the same rules, two equal values give equal answers.
#[derive(Debug, Clone)]
pub(crate) struct TimeState {
    outcome: TimeOutcome,
    /// An instant at which this outcome held.
    seen: Timestamp,
}

impl PartialEq for TimeState {
    fn eq(&self, other: &Self) -> bool {
        self.outcome == other.outcome
    }
}

impl TimeState {
    /// Returns the outcome for an environment without rules on `now`.
    pub(crate) fn none() -> Self {
        Self { outcome: TimeOutcome::default(), seen: Timestamp::from_millis(0) }
    }

    /// Returns the outcome of these rules at this time.
    pub(crate) fn at(now: Timestamp, rules: &TimeRules) -> Self {
        Self { outcome: rules.outcome_at(now), seen: now }
    }

    /// Returns an instant at which this outcome held. An evaluation at that instant gives the same answers.
    pub(crate) fn time(&self) -> Timestamp {
        self.seen
    }

    /// Returns the part of etags that identifies this outcome, which is the same on every machine. Returns `None` if no time at which a
    /// comparison with `now` may change has come yet, and there is no rule on the text of `now`.
    pub(crate) fn tag(&self) -> Option<String> {
        let at = self.outcome.last_boundary().map(|at| at.as_millis().to_string());
        let held = self.outcome.text_rules();
        if held.is_empty() {
            return at;
        }
        let held: Vec<u8> = held.iter().copied().map(u8::from).collect();
        let held = digits(&digest(&held), 8);
        Some(format!("{}.{held}", at.unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use fh_eval::{Profile, Ruleset};

    use super::*;

    fn rules(conditional: &str, value: &str) -> TimeRules {
        let features = format!(
            r#"[{{"key":"A","strategies":[{{"value":true,"attributes":[{{"fieldName":"now","type":"DATETIME","conditional":"{conditional}","values":["{value}"]}}]}}]}}]"#
        );
        TimeRules::of(&Ruleset::from_json(features.as_bytes(), Profile::Client).unwrap())
    }

    fn tag(rules: &TimeRules, now: &str) -> Option<String> {
        TimeState::at(now.parse().unwrap(), rules).tag()
    }

    #[test]
    fn the_tag_of_a_comparison_is_the_last_known_time() {
        let rules = rules("LESS", "2024-02-29T12:00:00Z");
        assert_eq!(tag(&rules, "2024-02-29T11:59:59.999Z"), None);
        assert_eq!(tag(&rules, "2024-02-29T12:00:00Z").as_deref(), Some("1709208000000"));
        assert_eq!(tag(&rules, "2024-03-29T12:00:00Z").as_deref(), Some("1709208000001"));
    }

    #[test]
    fn equal_outcomes_of_rules_on_text_have_equal_tags() {
        let rules = rules("STARTS_WITH", "2024-02-29T12:0");
        let before = tag(&rules, "2024-02-29T11:59:59Z");
        assert_eq!(before, tag(&rules, "2024-02-29T12:10:00Z"));
        assert_ne!(before, tag(&rules, "2024-02-29T12:09:59Z"));
    }
}
