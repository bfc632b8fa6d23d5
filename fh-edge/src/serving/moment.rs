//! When answers change because time passes: the moments at which rules on `now` may turn (D-96).

use fh_eval::Timestamp;
use serde::Deserialize;

use crate::state::Json;

const DAY: i64 = 86_400_000;
/// How often a rule on the text of a date-time may turn; to the second is as fine as anybody writes them.
const SECOND: i64 = 1000;

/// The moments of one feature, or of several, in milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Moments {
    /// Sorted, each once.
    at: Vec<i64>,
    /// Rules on the text of `now` may turn at every multiple of this.
    each: Option<i64>,
}

/// As much of a strategy as tells which moments count.
#[derive(Deserialize)]
struct Strategy {
    #[serde(default)]
    attributes: Option<Vec<serde_json::Value>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    field_name: String,
    #[serde(rename = "type")]
    kind: String,
    conditional: String,
    #[serde(default)]
    values: Option<Vec<serde_json::Value>>,
}

impl Moments {
    /// Those of a feature's strategies. Parts that cannot be read never hold, so they have none.
    pub(crate) fn of(strategies: &[Json]) -> Self {
        let mut moments = Self::default();
        for strategy in strategies {
            // Most strategies have nothing to do with time: do not read them twice.
            if !strategy.as_str().to_ascii_lowercase().contains("\"now\"") {
                continue;
            }
            let Ok(strategy) = serde_json::from_str::<Strategy>(strategy.as_str()) else {
                continue;
            };
            for rule in strategy.attributes.into_iter().flatten() {
                if let Ok(rule) = serde_json::from_value::<Rule>(rule) {
                    moments.add_rule(&rule);
                }
            }
        }
        moments.at.sort_unstable();
        moments.at.dedup();
        moments
    }

    fn add_rule(&mut self, rule: &Rule) {
        if !rule.field_name.eq_ignore_ascii_case("now") {
            return;
        }
        let is_date = match rule.kind.as_str() {
            "DATE" => true,
            "DATETIME" => false,
            _ => return,
        };
        if matches!(rule.conditional.as_str(), "STARTS_WITH" | "ENDS_WITH" | "REGEX") {
            self.add_each(if is_date { DAY } else { SECOND });
            return;
        }
        for text in rule.values.iter().flatten().filter_map(serde_json::Value::as_str) {
            // The rule turns when `now` becomes the value, and when it is past it.
            if is_date {
                if let Ok(midnight) = format!("{text}T00:00:00Z").parse::<Timestamp>() {
                    self.at
                        .extend([midnight.as_millis(), midnight.as_millis().saturating_add(DAY)]);
                }
            } else if let Ok(instant) = text.parse::<Timestamp>() {
                self.at.extend([instant.as_millis(), instant.as_millis().saturating_add(1)]);
            }
        }
    }

    fn add_each(&mut self, step: i64) {
        self.each = Some(self.each.map_or(step, |each| each.min(step)));
    }

    /// Takes those of another feature in.
    pub(crate) fn merge(&mut self, other: &Self) {
        if other.is_empty() {
            return;
        }
        self.at.extend(&other.at);
        self.at.sort_unstable();
        self.at.dedup();
        if let Some(step) = other.each {
            self.add_each(step);
        }
    }

    /// Does time change nothing?
    pub(crate) fn is_empty(&self) -> bool {
        self.at.is_empty() && self.each.is_none()
    }

    /// The first moment after `now`.
    pub(crate) fn next(&self, now: i64) -> Option<i64> {
        let position = self.at.partition_point(|at| *at <= now);
        let step =
            self.each.map(|step| now.div_euclid(step).saturating_add(1).saturating_mul(step));
        self.at.get(position).copied().into_iter().chain(step).min()
    }

    /// The last moment up to `now`: answers between two moments are the same.
    pub(crate) fn last(&self, now: i64) -> Option<i64> {
        let position = self.at.partition_point(|at| *at <= now);
        let last = position.checked_sub(1).and_then(|last| self.at.get(last)).copied();
        let step = self.each.map(|step| now.div_euclid(step).saturating_mul(step));
        last.into_iter().chain(step).max()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(conditional: &str, kind: &str, field: &str, values: &str) -> Moments {
        let json = format!(
            r#"{{"id":"x","attributes":[{{"fieldName":"{field}","type":"{kind}","conditional":"{conditional}","values":{values}}}]}}"#
        );
        Moments::of(&[Json::parse(&json).unwrap()])
    }

    #[test]
    fn a_date_turns_at_both_midnights() {
        let moments = of("LESS", "DATE", "NOW", r#"["2024-02-29","nonsense"]"#);
        let midnight = "2024-02-29T00:00:00Z".parse::<Timestamp>().unwrap().as_millis();
        assert_eq!(moments.at, [midnight, midnight + DAY]);
        assert_eq!(moments.next(midnight - 1), Some(midnight));
        assert_eq!(moments.next(midnight), Some(midnight + DAY));
        assert_eq!(moments.next(midnight + DAY), None);
        assert_eq!(moments.last(midnight - 1), None);
        assert_eq!(moments.last(midnight + 5), Some(midnight));
    }

    #[test]
    fn an_instant_turns_twice_and_a_text_always() {
        let moments = of("EQUALS", "DATETIME", "now", r#"["1970-01-01T00:00:01Z"]"#);
        assert_eq!(moments.at, [1000, 1001]);
        let mut text = of("STARTS_WITH", "DATETIME", "now", r#"["2024-0"]"#);
        assert_eq!((text.next(1500), text.last(1500)), (Some(2000), Some(1000)));
        text.merge(&moments);
        assert_eq!((text.next(1000), text.next(1001)), (Some(1001), Some(2000)));
        assert_eq!(of("REGEX", "DATE", "now", r#"["x"]"#).next(5), Some(DAY));
    }

    #[test]
    fn most_features_have_none() {
        assert!(of("LESS", "DATE", "birthday", r#"["2024-02-29"]"#).is_empty());
        assert!(of("LESS", "NUMBER", "now", "[5]").is_empty());
        assert!(Moments::of(&[Json::parse(r#"{"attributes":"now"}"#).unwrap()]).is_empty());
    }
}
