//! The text of reports.

use std::fmt;

use super::{Report, RuleReport, StrategyReport};
use crate::explanation::{Line, Mark, Outcome, write_lines};
use crate::reason::EvaluationReason;
#[cfg(feature = "patterns")]
use crate::text::pattern::{Extent, Pattern};

impl Report {
    /// Returns the report as text, line by line.
    #[must_use]
    pub fn lines(&self) -> Vec<Line> {
        let mut lines = Vec::new();
        let mut line = |indent, mark, text| lines.push(Line { indent, mark, text });
        let value = self.value.as_deref().unwrap_or("null");
        let because = match (self.reason, &self.strategy_id) {
            (EvaluationReason::StrategyMatch | EvaluationReason::Split, Some(id)) => {
                format!("strategy {id} matches")
            }
            (EvaluationReason::StrategyMatch | EvaluationReason::Split, None) => {
                "a strategy matches".to_string()
            }
            (EvaluationReason::Static, _) => "there are no strategies".to_string(),
            (_, _) if !self.has_context => {
                "there is no context, so the default value is used".to_string()
            }
            _ => "no strategy matches, so the default value is used".to_string(),
        };
        let kind = self.kind.unwrap_or("unknown type");
        let locked = if self.locked { ", locked" } else { "" };
        line(
            0,
            Mark::Answer,
            format!("{} = {value}  ({kind}{locked}; {}: {because})", self.feature, self.reason),
        );
        for (position, strategy) in self.strategies.iter().enumerate() {
            let id = strategy.id.as_deref().unwrap_or("without id");
            let value = strategy.value.as_deref().unwrap_or("null");
            let (mark, outcome) = strategy.verdict();
            line(1, mark, format!("strategy {} ({id}) → {value}: {outcome}", position + 1));
            for rule in &strategy.rules {
                let mark = match rule.held {
                    Some(true) => Mark::Good,
                    Some(false) => Mark::Bad,
                    None => Mark::Quiet,
                };
                if strategy.outcome != Outcome::NotReached {
                    line(2, mark, rule.sentence());
                }
            }
        }
        if !self.strategies.is_empty() {
            let value = self.default_value.as_deref().unwrap_or("null");
            let used = self.reason == EvaluationReason::Default;
            line(
                1,
                if used { Mark::Good } else { Mark::Quiet },
                format!("default value → {value}"),
            );
        }
        for diagnostic in &self.diagnostics {
            line(1, Mark::Warning, diagnostic.to_string());
        }
        lines
    }
}

impl StrategyReport {
    fn verdict(&self) -> (Mark, String) {
        let drawn = match (self.bucket, self.threshold, &self.percentage_key) {
            (Some(bucket), Some(threshold), Some(key)) => {
                let percent = threshold as f64 / 10_000.0;
                let relation = if i64::from(bucket) <= threshold { "within" } else { "beyond" };
                format!("{key:?} falls into bucket {bucket}, {relation} {threshold} ({percent} %)")
            }
            _ => String::new(),
        };
        match self.outcome {
            Outcome::Match if drawn.is_empty() => (Mark::Good, "matches".to_string()),
            Outcome::Match => (Mark::Good, format!("matches, {drawn}")),
            Outcome::PercentageMiss if drawn.is_empty() => (
                Mark::Bad,
                "the strategy has neither rules nor a percentage other than 0".to_string(),
            ),
            Outcome::PercentageMiss => (Mark::Bad, drawn),
            Outcome::NoPercentageKey => {
                (Mark::Bad, "the context has no percentage key".to_string())
            }
            Outcome::AttributeMiss if drawn.is_empty() => {
                (Mark::Bad, "a rule does not hold".to_string())
            }
            Outcome::AttributeMiss => (Mark::Bad, format!("a rule does not hold ({drawn})")),
            Outcome::Invalid => {
                (Mark::Warning, "the strategy or one of its rules cannot be used".to_string())
            }
            Outcome::NotReached => (Mark::Quiet, "not reached".to_string()),
        }
    }
}

impl RuleReport {
    /// Returns true if the rule failed because a supplied text is too long for a pattern.
    pub(super) fn is_too_long(&self) -> bool {
        if self.held != Some(false) || self.conditional != "REGEX" || self.kind == "NUMBER" {
            return false;
        }
        #[cfg(feature = "patterns")]
        {
            let wanted = self.wanted.iter().flatten();
            let texts = wanted.filter_map(|value| serde_json::from_str::<String>(value).ok());
            let patterns = texts.filter_map(|text| Pattern::compile(&text, Extent::Search).ok());
            patterns.into_iter().any(|pattern| {
                self.given.iter().flatten().any(|text| pattern.search(text).is_none())
            })
        }
        #[cfg(not(feature = "patterns"))]
        false
    }

    fn sentence(&self) -> String {
        let wanted = match &self.wanted {
            Some(wanted) => format!("[{}]", wanted.join(", ")),
            None => "no values".to_string(),
        };
        let given = match (&self.given, self.now) {
            (Some(given), _) => {
                let given: Vec<String> = given.iter().map(|text| format!("{text:?}")).collect();
                format!("given {}", given.join(", "))
            }
            (None, Some(now)) => format!("current time {now}"),
            (None, None) => "attribute missing".to_string(),
        };
        let verdict = match self.held {
            Some(true) => "holds",
            Some(false) if self.unreadable && self.is_too_long() => {
                "cannot be evaluated (the text is too long for the pattern)"
            }
            Some(false) if self.unreadable => "cannot be compared",
            Some(false) => "does not hold",
            None => "not evaluated",
        };
        format!("{} {} {wanted} as {}: {given}, {verdict}", self.field, self.conditional, self.kind)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_lines(f, &self.lines())
    }
}
