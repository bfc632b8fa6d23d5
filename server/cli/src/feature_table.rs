//! Features of a payload or of an Edge with their values, and the output of these values as a table or as JSON.

use std::borrow::Cow;
use std::sync::Arc;

use fh_client::{Snapshot, System};
use fh_eval::{Attributes, Evaluation, FeatureRef, Kind, Subject, featbit, featuresignals};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::clock;
use crate::failure::{Failure, Status};
use crate::json_output;
use crate::sanitize;
use crate::screen::{GOOD, PLAIN, QUIET, Screen, WARNING};
use crate::systems::featuresignals::flags::json_of;
use crate::table::{Align, Table};

/// A feature with its value and the reason for the value.
pub(crate) struct Reading<'a> {
    pub(crate) feature: FeatureRef<'a>,
    /// The JSON token of the value as the payload writes it, or `None` if the value is null.
    pub(crate) token: Option<Cow<'a, str>>,
    pub(crate) reason: &'static str,
    pub(crate) strategy_id: Option<Cow<'a, str>>,
    /// The system of the feature, and of the words of `reason`.
    pub(crate) system: System,
    /// The id of the variation of a flag of FeatBit, or the key of the variant of a flag of FeatureSignals.
    pub(crate) variant: Option<&'a str>,
    /// The name of the rule of a flag that decided, or its position, such as `#2`.
    pub(crate) rule: Option<String>,
    position: Option<usize>,
}

impl<'a> Reading<'a> {
    /// Creates a reading from a local evaluation.
    pub(crate) fn evaluated(feature: FeatureRef<'a>, evaluation: &Evaluation<'a>) -> Self {
        Self {
            feature,
            token: feature.value_token(evaluation).map(Cow::Borrowed),
            reason: evaluation.reason().as_str(),
            strategy_id: evaluation.strategy_id().map(Cow::Borrowed),
            system: System::FeatureHub,
            variant: None,
            rule: None,
            position: evaluation.strategy_position(),
        }
    }

    /// Creates a reading of a flag of FeatBit, whose variations have values that are texts.
    fn of_featbit(flag: FeatureRef<'a>, evaluation: &Evaluation<'a>) -> Self {
        let text = evaluation.value().map(ToString::to_string);
        Self {
            feature: flag,
            token: text.and_then(|text| serde_json::to_string(&text).ok()).map(Cow::Owned),
            reason: featbit::reason(evaluation),
            strategy_id: None,
            system: System::FeatBit,
            variant: evaluation.variant(),
            rule: rule_of(evaluation),
            position: None,
        }
    }

    /// Creates a reading of a flag that FeatureSignals' server has evaluated.
    fn of_featuresignals(flag: FeatureRef<'a>, evaluation: &Evaluation<'a>) -> Self {
        Self {
            feature: flag,
            token: json_of(evaluation).map(Cow::Owned),
            reason: featuresignals::reason(evaluation),
            strategy_id: None,
            system: System::FeatureSignals,
            variant: evaluation.variant(),
            rule: rule_of(evaluation),
            position: None,
        }
    }

    pub(crate) fn key(&self) -> &'a str {
        self.feature.key()
    }

    /// Returns true if the id or the position of the strategy that decided the value is known.
    pub(crate) const fn is_match(&self) -> bool {
        self.strategy_id.is_some() || self.position.is_some()
    }

    /// Returns the id of the strategy that decided, or its position from 1, such as `#2`, if the id is unknown. Returns `None`
    /// if neither is known.
    pub(crate) fn strategy(&self) -> Option<String> {
        let position = || self.position.map(|position| format!("#{}", position + 1));
        self.strategy_id.as_deref().map(str::to_string).or_else(position)
    }

    /// Returns the value as text for the terminal.
    pub(crate) fn shown_value(&self) -> String {
        sanitize::value(self.feature.kind(), self.token.as_deref())
    }
}

/// Returns the name of the rule of a flag that decided, or its position from 1, such as `#2`, if it has no name.
pub(crate) fn rule_of(evaluation: &Evaluation<'_>) -> Option<String> {
    let position = || Some(format!("#{}", evaluation.strategy_position()? + 1));
    evaluation.rule_name().map(str::to_string).or_else(position)
}

/// Evaluates all features of a snapshot, in the order of its ruleset. These evaluations do not count as uses of the features.
pub(crate) fn readings<'a>(snapshot: &'a Snapshot, who: &'a Arc<Attributes>) -> Vec<Reading<'a>> {
    let now = clock::now();
    let subject = match snapshot.is_server_evaluated() {
        // The server has evaluated the features already.
        true => Subject::without_context(now),
        false => Subject::new(who, now),
    };
    let reads = snapshot.of(who);
    let read = |feature: FeatureRef<'a>| {
        // The snapshot knows the reason and the strategy that the Edge sent. The read also keeps passive polling going.
        let detail = reads.peek(feature.key());
        let evaluation = feature.evaluate(&subject);
        match snapshot.status().system {
            System::FeatBit => Reading::of_featbit(feature, &evaluation),
            System::FeatureSignals => Reading::of_featuresignals(feature, &evaluation),
            _ => Reading {
                reason: detail.reason.as_str(),
                strategy_id: detail.strategy_id.map(|id| Cow::Owned(id.into())),
                ..Reading::evaluated(feature, &evaluation)
            },
        }
    };
    snapshot.ruleset().iter().map(read).collect()
}

/// The JSON form of an evaluated feature.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Row<'a> {
    feature: &'a str,
    #[serde(rename = "type")]
    kind: Option<&'static str>,
    locked: bool,
    matched: bool,
    strategy_id: Option<Cow<'a, str>>,
    value: Option<Box<RawValue>>,
    reason: &'static str,
}

impl<'a> Row<'a> {
    /// Creates a row from a local evaluation.
    pub(crate) fn of(feature: &FeatureRef<'a>, evaluation: &Evaluation<'a>) -> Self {
        Self::from(&Reading::evaluated(*feature, evaluation))
    }
}

impl<'a> From<&Reading<'a>> for Row<'a> {
    fn from(reading: &Reading<'a>) -> Self {
        Self {
            feature: reading.key(),
            kind: reading.feature.kind().map(Kind::as_str),
            locked: reading.feature.is_locked(),
            matched: reading.is_match(),
            strategy_id: reading.strategy_id.clone(),
            value: json_output::token(reading.token.as_deref()),
            reason: reading.reason,
        }
    }
}

/// Selected features, and the requested keys that do not exist.
pub(crate) struct Selection<'r, 'a> {
    pub(crate) shown: Vec<&'r Reading<'a>>,
    pub(crate) missing: Vec<&'r str>,
}

impl<'r, 'a> Selection<'r, 'a> {
    /// Selects the features with these keys, in this order. Without keys, selects all.
    pub(crate) fn of(all: &'r [Reading<'a>], keys: &'r [String]) -> Self {
        if keys.is_empty() {
            return Self { shown: all.iter().collect(), missing: Vec::new() };
        }
        let found = |key: &&String| all.iter().find(|reading| reading.key() == **key);
        Self {
            shown: keys.iter().filter_map(|key| found(&key)).collect(),
            missing: keys.iter().filter(|key| found(key).is_none()).map(String::as_str).collect(),
        }
    }

    /// Writes the selected features as a table or as JSON.
    pub(crate) fn write(&self, screen: &mut Screen<'_>, json: bool) -> Result<(), Failure> {
        if json {
            json_output::rows(screen.raw(), self.shown.iter().copied().map(Row::from))?;
        } else if !self.shown.is_empty() {
            self.table().write(screen, 0)?;
        } else if self.missing.is_empty() {
            screen.line(QUIET, "no features")?;
        }
        Ok(())
    }

    /// Returns the result of the command. Each missing feature is reported as an error.
    pub(crate) fn end(
        &self,
        screen: &mut Screen<'_>,
        not_there: impl Fn(&str) -> String,
    ) -> Result<Status, Failure> {
        let Some((last, others)) = self.missing.split_last() else { return Ok(Status::Fine) };
        for other in others {
            screen.aside(&format!("error: {}", not_there(other)))?;
        }
        Err(Failure::NotFound(not_there(last)))
    }

    fn table(&self) -> Table {
        let mut table = Table::new([
            ("FEATURE", Align::Left),
            ("REASON", Align::Left),
            ("STRATEGY", Align::Left),
            ("VALUE", Align::Left),
        ]);
        for reading in &self.shown {
            let style = match (&reading.token, reading.is_match()) {
                (None, _) => WARNING,
                (Some(_), true) => GOOD,
                (Some(_), false) => PLAIN,
            };
            table.row([
                (reading.key().to_string(), PLAIN),
                (reading.reason.to_string(), QUIET),
                (reading.strategy().unwrap_or_default(), PLAIN),
                (reading.shown_value(), style),
            ]);
        }
        table
    }
}
