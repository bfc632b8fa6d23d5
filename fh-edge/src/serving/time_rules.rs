//! Rules on `now`, and the times at which they may change answers (D-96).

use std::sync::Arc;

use fh_eval::featurehub::Compiler;
use fh_eval::text::date::{Day, Years};
use fh_eval::text::datetime::{self, MissingOffset};
use fh_eval::{Attributes, Feature, Profile, Subject, Timestamp};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::state::Json;

const DAY: i64 = 86_400_000;
/// The interval at which a rule on the text of a date-time is evaluated, in milliseconds. Changes within a second are not noticed.
const SECOND: i64 = 1000;

/// The rules on `now` of one or more features, and the times at which they may change answers. Times are in milliseconds since 1970.
#[derive(Debug, Clone, Default)]
pub(crate) struct TimeRules {
    /// The times at which comparisons with `now` may change. They are sorted and have no duplicates.
    at: Vec<i64>,
    /// Rules on the text of `now`. The times at which they change cannot be computed, so they are evaluated at fixed intervals.
    texts: Vec<Arc<NowTextRule>>,
}

/// The outcome of all time-dependent rules at one instant. Two equal values give equal answers.
#[derive(Debug, Clone)]
pub(crate) struct TimeState {
    /// The last time of [`TimeRules::at`] that has passed; `None` if none has.
    at: Option<i64>,
    /// The results of all rules on the text of `now`, one for each rule and profile.
    held: Box<[bool]>,
    /// An instant at which this outcome held, in milliseconds since 1970.
    seen: i64,
}

impl PartialEq for TimeState {
    fn eq(&self, other: &Self) -> bool {
        self.at == other.at && self.held == other.held
    }
}

impl TimeState {
    /// Returns the outcome for an environment without rules on `now`.
    pub(crate) fn none() -> Self {
        Self { at: None, held: Box::default(), seen: 0 }
    }

    /// Returns an instant at which this outcome held. An evaluation at that instant gives the same answers.
    pub(crate) fn time(&self) -> Timestamp {
        Timestamp::from_millis(self.seen)
    }

    /// Returns the part of etags for this outcome, which is the same on every machine. `None` if no known time has passed and there is no
    /// rule on the text of `now`.
    pub(crate) fn tag(&self) -> Option<String> {
        let at = self.at.map(|at| at.to_string());
        if self.held.is_empty() {
            return at;
        }
        let held: Vec<u8> = self.held.iter().copied().map(u8::from).collect();
        let digest = hmac_sha256::Hash::hash(&held);
        let held: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Some(format!("{}.{held}", at.unwrap_or_default()))
    }
}

/// One rule on the text of `now`, compiled for each profile.
#[derive(Debug)]
struct NowTextRule {
    /// The interval at which the rule is evaluated, in milliseconds. Its result changes only at multiples of the interval.
    step: i64,
    compiled: Vec<Feature>,
}

impl NowTextRule {
    /// Compiles the JSON of a rule; `None` if the JSON cannot be built.
    fn new(rule: &RawValue, step: i64) -> Option<Self> {
        let feature = format!(
            r#"{{"id":"00000000-0000-0000-0000-000000000000","key":"A","l":false,"version":1,"type":"BOOLEAN","value":false,"strategies":[{{"id":"x","value":true,"attributes":[{}]}}]}}"#,
            rule.get()
        );
        let feature = RawValue::from_string(feature).ok()?;
        let profiles = [Profile::Client, Profile::Edge].into_iter();
        let compiled = profiles.filter_map(|profile| Compiler::new(profile).feature(&feature).ok());
        Some(Self { step, compiled: compiled.collect() })
    }

    /// Returns whether the rule matches at this time, once for each profile.
    fn hold(&self, now: i64) -> impl Iterator<Item = bool> {
        let now = Timestamp::from_millis(now.div_euclid(self.step).saturating_mul(self.step));
        self.compiled.iter().map(move |feature| {
            let nobody = Attributes::default();
            feature.as_ref().evaluate(&Subject::new(&nobody, now)).is_match()
        })
    }
}

/// The part of a strategy in which rules on `now` are searched. Attributes are kept as raw JSON: if another Edge sends one with invalid
/// text, the other rules are still read.
#[derive(Deserialize)]
struct Strategy<'a> {
    #[serde(borrow, default)]
    attributes: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Rule<'a> {
    field_name: String,
    #[serde(rename = "type")]
    kind: String,
    conditional: String,
    #[serde(borrow, default)]
    values: Option<Vec<&'a RawValue>>,
}

impl TimeRules {
    /// Collects the rules on `now` from a feature's strategies. Parts that cannot be read are skipped, since they never match.
    pub(crate) fn of(strategies: &[Json]) -> Self {
        let mut time_rules = Self::default();
        for strategy in strategies {
            // Most strategies have no rule on time, so the text is searched before it is parsed.
            let text = strategy.as_str();
            if !text.to_ascii_lowercase().contains("\"now\"") && !text.contains("\\u") {
                continue;
            }
            let Ok(strategy) = serde_json::from_str::<Strategy<'_>>(strategy.as_str()) else {
                continue;
            };
            for rule in strategy.attributes.into_iter().flatten() {
                if let Ok(read) = serde_json::from_str::<Rule<'_>>(rule.get()) {
                    time_rules.add_rule(&read, rule);
                }
            }
        }
        time_rules.at.sort_unstable();
        time_rules.at.dedup();
        time_rules
    }

    fn add_rule(&mut self, rule: &Rule<'_>, json: &RawValue) {
        if !rule.field_name.eq_ignore_ascii_case("now") {
            return;
        }
        let is_date = match rule.kind.as_str() {
            "DATE" => true,
            "DATETIME" => false,
            _ => return,
        };
        if matches!(rule.conditional.as_str(), "STARTS_WITH" | "ENDS_WITH" | "REGEX") {
            self.texts
                .extend(NowTextRule::new(json, if is_date { DAY } else { SECOND }).map(Arc::new));
            return;
        }
        let texts = rule.values.iter().flatten();
        for text in texts.filter_map(|text| serde_json::from_str::<String>(text.get()).ok()) {
            // The result may change when `now` reaches the value, and again when `now` is past the value. Every form of the value that any
            // profile can read counts.
            let turns = if is_date {
                let day = Day::parse(&text, Years::Signed);
                day.map(|day| (day.since_1970().saturating_mul(DAY), DAY))
            } else {
                let time_state =
                    datetime::DateTime::parse(&text, MissingOffset::MeansUtc, Years::Signed);
                time_state.map(|time_state| (time_state.millis(), 1))
            };
            if let Some((at, lasts)) = turns {
                self.at.extend([at, at.saturating_add(lasts)]);
            }
        }
    }

    /// Adds the rules of another feature to these.
    pub(crate) fn merge(&mut self, other: &Self) {
        if other.is_empty() {
            return;
        }
        self.at.extend(&other.at);
        self.at.sort_unstable();
        self.at.dedup();
        self.texts.extend(other.texts.iter().cloned());
    }

    /// Returns true if there is no rule on `now`, so that time changes no answer.
    pub(crate) fn is_empty(&self) -> bool {
        self.at.is_empty() && self.texts.is_empty()
    }

    /// Returns the shortest interval of all rules on the text of `now`, in milliseconds; `None` without such a rule.
    fn step(&self) -> Option<i64> {
        self.texts.iter().map(|rule| rule.step).min()
    }

    /// Returns the first time after `now` at which answers may change, in milliseconds since 1970; `None` if they never change again.
    pub(crate) fn next(&self, now: i64) -> Option<i64> {
        let position = self.at.partition_point(|at| *at <= now);
        let step =
            self.step().map(|step| now.div_euclid(step).saturating_add(1).saturating_mul(step));
        self.at.get(position).copied().into_iter().chain(step).min()
    }

    /// Returns the outcome of the rules at this time.
    pub(crate) fn time_state(&self, now: Timestamp) -> TimeState {
        let seen = now.as_millis();
        let position = self.at.partition_point(|at| *at <= seen);
        let at = position.checked_sub(1).and_then(|last| self.at.get(last)).copied();
        TimeState { at, held: self.texts.iter().flat_map(|rule| rule.hold(seen)).collect(), seen }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(conditional: &str, kind: &str, field: &str, values: &str) -> TimeRules {
        let json = format!(
            r#"{{"id":"x","attributes":[{{"fieldName":"{field}","type":"{kind}","conditional":"{conditional}","values":{values}}}]}}"#
        );
        TimeRules::of(&[Json::parse(&json).unwrap()])
    }

    #[test]
    fn a_rule_on_a_date_changes_at_both_midnights() {
        let time_rules = of("LESS", "DATE", "NOW", r#"["2024-02-29","nonsense"]"#);
        let midnight = "2024-02-29T00:00:00Z".parse::<Timestamp>().unwrap().as_millis();
        assert_eq!(time_rules.at, [midnight, midnight + DAY]);
        assert_eq!(time_rules.next(midnight - 1), Some(midnight));
        assert_eq!(time_rules.next(midnight), Some(midnight + DAY));
        assert_eq!(time_rules.next(midnight + DAY), None);
        let last = |now| time_rules.time_state(Timestamp::from_millis(now)).at;
        assert_eq!((last(midnight - 1), last(midnight + 5)), (None, Some(midnight)));
    }

    #[test]
    fn a_rule_on_an_instant_changes_twice_and_one_on_text_may_always() {
        let time_rules = of("EQUALS", "DATETIME", "now", r#"["1970-01-01T00:00:01Z"]"#);
        assert_eq!(time_rules.at, [1000, 1001]);
        let mut text = of("STARTS_WITH", "DATETIME", "now", r#"["2024-0"]"#);
        assert_eq!(text.next(1500), Some(2000));
        text.merge(&time_rules);
        assert_eq!((text.next(1000), text.next(1001)), (Some(1001), Some(2000)));
        assert_eq!(of("REGEX", "DATE", "now", r#"["x"]"#).next(5), Some(DAY));
    }

    /// A rule on the text of `now` is evaluated every second; only a changed result counts as another outcome. Equal results have equal
    /// tags.
    #[test]
    fn a_text_rule_gives_another_outcome_when_its_result_changes() {
        let time_rules = of("STARTS_WITH", "DATETIME", "now", r#"["2024-02-29T12:0"]"#);
        let noon = "2024-02-29T12:00:00Z".parse::<Timestamp>().unwrap().as_millis();
        let at = |millis| time_rules.time_state(Timestamp::from_millis(noon + millis));
        assert_eq!(at(-3_600_000), at(-1));
        assert_ne!(at(-1), at(0));
        assert_eq!((at(0), at(0).tag()), (at(599_999), at(599_999).tag()));
        assert_ne!(at(599_999), at(600_000));
        assert_eq!(at(-1).tag(), at(600_000).tag());
        assert_ne!(at(-1).tag(), at(0).tag());
    }

    #[test]
    fn most_features_have_none() {
        assert!(of("LESS", "DATE", "birthday", r#"["2024-02-29"]"#).is_empty());
        assert!(of("LESS", "NUMBER", "now", "[5]").is_empty());
        assert!(TimeRules::of(&[Json::parse(r#"{"attributes":"now"}"#).unwrap()]).is_empty());
    }

    #[test]
    fn invalid_text_hides_no_other_rule() {
        let json = r#"{"name":"\ud800","attributes":[{"fieldName":"\ud800"},{"fieldName":"now","type":"DATE",
            "conditional":"LESS","values":["\ud800",5,"1970-01-02"]}]}"#;
        let time_rules = TimeRules::of(&[Json::of(&RawValue::from_string(json.into()).unwrap())]);
        assert_eq!(time_rules.at, [DAY, 2 * DAY]);
    }

    const TYPES: [&str; 7] =
        ["STRING", "NUMBER", "BOOLEAN", "DATE", "DATETIME", "SEMANTIC_VERSION", "IP_ADDRESS"];
    const CONDITIONALS: [&str; 11] = [
        "EQUALS",
        "ENDS_WITH",
        "STARTS_WITH",
        "GREATER",
        "GREATER_EQUALS",
        "LESS",
        "LESS_EQUALS",
        "NOT_EQUALS",
        "INCLUDES",
        "EXCLUDES",
        "REGEX",
    ];
    /// Dates and times around one noon in many spellings, and texts that are not dates.
    const VALUES: [&str; 31] = [
        "2024-02-29",
        "2024-03-01",
        "2024-2-29",
        "+2024-02-29",
        " 2024-02-29",
        "20240229",
        "2024-02-29Z",
        "2024-02",
        "2024-02-29T12:00:00Z",
        "2024-02-29T12:00:00",
        "2024-02-29T12:00Z",
        "2024-02-29T12:00:00.5Z",
        "2024-02-29T12:00:00.123456789Z",
        "2024-02-29T12:00:00.0005+00:00",
        "2024-02-29T13:00:00+01:00",
        "2024-02-29T13:00:00+0100",
        "2024-02-29T13:00:00+01",
        "2024-02-29t12:00:00z",
        "2024-02-29 12:00:00Z",
        "2024-02-29T12:00:00+00:00:30",
        "2024-02-29T23:59:60Z",
        "2024-02-29T24:00:00Z",
        "0Z",
        ".000Z",
        ".*T12.*",
        "+02024-02-29",
        "2024-02-29-99:99",
        "+02024-02-29T12:00Z",
        "2024-02-29T12:00:00.500",
        "2024-02-29T12:00:01-00:00",
        "2024-02-29T12:00:00[UTC]",
    ];

    /// Returns true if a rule on `now` matches.
    fn holds(strategies: &str, profile: Profile, now: i64) -> bool {
        let feature = format!(
            r#"{{"id":"9cd1a3ef-d06e-4292-95d4-86ec02a3fd5b","key":"A","l":false,"version":1,"type":"BOOLEAN","value":false,"strategies":[{strategies}]}}"#
        );
        let raw = RawValue::from_string(feature).unwrap();
        let environment = fh_eval::featurehub::Environment { id: None, features: vec![&raw] };
        let ruleset = Compiler::new(profile).compile(&environment);
        let nobody = Attributes::default();
        let subject = Subject::new(&nobody, Timestamp::from_millis(now));
        ruleset.get("A").unwrap().evaluate(&subject).is_match()
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig { cases: 1500, ..Default::default() })]

        /// If a time were missed, the answers would stay outdated until the next change of the state.
        #[test]
        fn no_result_changes_between_two_known_times(
            kind in proptest::sample::select(&TYPES[..]),
            conditional in proptest::sample::select(&CONDITIONALS[..]),
            values in proptest::collection::vec(proptest::sample::select(&VALUES[..]), 1..3),
            field in proptest::sample::select(&["now", "NOW", "n\\u006fw"][..]),
            edge: bool,
            near in proptest::sample::select(&[-DAY / 2, 0, 500, 1000, DAY / 2][..]),
            steps in proptest::collection::vec(-2_i64..1200, 1..4),
        ) {
            let profile = if edge { Profile::Edge } else { Profile::Client };
            let strategy = format!(
                r#"{{"id":"x","value":true,"attributes":[{{"fieldName":"{field}","type":"{kind}","conditional":"{conditional}","values":{}}}]}}"#,
                serde_json::to_string(&values).unwrap()
            );
            let time_rules = TimeRules::of(&[Json::parse(&strategy).unwrap()]);
            let time_state = |millis| time_rules.time_state(Timestamp::from_millis(millis));
            let noon = "2024-02-29T12:00:00Z".parse::<Timestamp>().unwrap().as_millis();
            let (mut next, mut held) = (noon + near - 3, None);
            for step in steps {
                // Rules on the text of `now` are evaluated at full seconds only.
                let at = if time_rules.step() == Some(SECOND) { next - next % SECOND } else { next };
                let now = holds(&strategy, profile, at);
                if let Some((before, then)) = held {
                    proptest::prop_assert!(
                        then == now || time_state(at) != time_state(before),
                        "{strategy} {profile:?} turned between {before} and {at}, {time_rules:?}"
                    );
                }
                let as_of = time_state(at).time().as_millis();
                proptest::prop_assert_eq!(now, holds(&strategy, profile, as_of), "{} as of {}", strategy, as_of);
                held = Some((at, now));
                next += step.max(1);
            }
        }
    }
}
