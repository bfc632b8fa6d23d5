//! Counts the ids of each arm, and writes the result as text or JSON.

use std::io;

use anstyle::Style;
use fh_eval::Attributes;
use serde::Serialize;
use serde_json::value::RawValue;

use super::comparison::{Comparison, ComparisonReport};
use super::rollout_splits::{Arm, Arms, Configured};
use crate::json_output;
use crate::sanitize::{self, count, millionths, percent};
use crate::screen::{BAR, BOLD, PLAIN, QUIET, Screen};
use crate::table::{Align, Table, bar};

/// The length of the longest bar, in columns.
const BAR_COLUMNS: usize = 16;
/// The width to which values in a table of figures are cut, in columns.
pub(super) const VALUE_COLUMNS: usize = 24;
/// The number of ids of each arm.
pub(crate) struct Tally {
    attribute: String,
    arms: Arms,
    counts: Vec<u64>,
    people: u64,
}

impl Tally {
    pub(crate) fn new(attribute: &str, arms: Arms, people: u64) -> Self {
        Self { attribute: attribute.to_string(), counts: vec![0; arms.all.len()], arms, people }
    }

    /// Counts an id that got the strategy at this position. `None` counts the default value.
    pub(crate) fn add(&mut self, position: Option<usize>) {
        let last = self.counts.len().saturating_sub(1);
        if let Some(count) = self.counts.get_mut(position.unwrap_or(last)) {
            *count += 1;
        }
    }

    pub(crate) const fn people(&self) -> u64 {
        self.people
    }

    pub(crate) fn remark(&self, fixed: &Attributes) -> Option<String> {
        self.arms.remark(&self.attribute, fixed)
    }

    fn rows(&self) -> impl Iterator<Item = (&Arm, u64)> {
        self.arms.all.iter().zip(self.counts.iter().copied())
    }

    /// Sums up the arms that serve the same value.
    fn values(&self) -> Vec<ValueCount<'_>> {
        let mut values: Vec<ValueCount<'_>> = Vec::new();
        for (arm, people) in self.rows() {
            let configured = match arm.configured {
                Configured::Of(share) => Some(share),
                _ => None,
            };
            match values.iter_mut().find(|known| known.arm.value == arm.value) {
                Some(known) => {
                    known.people += people;
                    known.configured =
                        known.configured.zip(configured).map(|(a, b)| a.saturating_add(b));
                }
                None => values.push(ValueCount { arm, people, configured }),
            }
        }
        values
    }

    pub(crate) fn write(&self, screen: &mut Screen<'_>, who: &str) -> io::Result<()> {
        let kind = self.arms.kind.map_or("unknown type", fh_eval::Kind::as_str);
        let people = count(self.people);
        screen.text(BOLD, &self.arms.feature)?;
        let about = format!(
            " ({kind}) for {people} {who} as {}, profile {}",
            self.attribute, self.arms.profile
        );
        screen.line(PLAIN, &about)?;
        screen.end()?;
        let mut table = Table::new([
            ("STRATEGY", Align::Left),
            ("VALUE", Align::Left),
            ("PEOPLE", Align::Right),
            ("SHARE", Align::Right),
            ("CONFIGURED", Align::Right),
            ("", Align::Left),
        ]);
        let mut admitted = false;
        for (arm, people) in self.rows() {
            let configured = match arm.configured {
                Configured::Of(share) => millionths(share),
                Configured::OfAdmitted(share) => {
                    admitted = true;
                    format!("{} *", millionths(share))
                }
                Configured::Open => "–".to_string(),
            };
            let strategy = match (arm.position, &arm.id) {
                (None, _) => "default value".to_string(),
                (Some(position), Some(id)) => format!("{} {id}", position + 1),
                (Some(position), None) => format!("{}", position + 1),
            };
            table.row(self.cells(strategy, &arm.value, people, configured));
        }
        table.write(screen, 0)?;
        let values = self.values();
        if values.len() > 1 && values.len() < self.arms.all.len() {
            screen.end()?;
            let mut table = Table::new([
                ("", Align::Left),
                ("VALUE", Align::Left),
                ("PEOPLE", Align::Right),
                ("SHARE", Align::Right),
                ("CONFIGURED", Align::Right),
                ("", Align::Left),
            ]);
            for value in &values {
                let configured = value.configured.map_or_else(|| "–".to_string(), millionths);
                let lead = "together".to_string();
                table.row(self.cells(lead, &value.arm.value, value.people, configured));
            }
            table.write(screen, 0)?;
        }
        if admitted {
            screen.line(QUIET, "* share of the ids that match the strategy's rules")?;
        }
        Ok(())
    }

    fn cells(
        &self,
        lead: String,
        value: &str,
        people: u64,
        configured: String,
    ) -> [(String, Style); 6] {
        let share = self.share(people);
        [
            (lead, PLAIN),
            (sanitize::cut(value, VALUE_COLUMNS).into_owned(), PLAIN),
            (count(people), PLAIN),
            (percent(share), PLAIN),
            (configured, QUIET),
            (bar(share, BAR_COLUMNS), BAR),
        ]
    }

    fn share(&self, people: u64) -> f64 {
        people as f64 / self.people.max(1) as f64
    }

    /// Returns the result for JSON output.
    pub(crate) fn report<'a>(
        &'a self,
        seed: Option<u64>,
        comparison: Option<&'a Comparison>,
        notes: &'a [String],
    ) -> Report<'a> {
        let strategies = self.rows().map(|(arm, people)| ArmReport {
            strategy: arm.position,
            strategy_id: arm.id.as_deref(),
            value: json_output::token(arm.token.as_deref()),
            people,
            share: self.share(people),
            configured: match arm.configured {
                Configured::Of(share) | Configured::OfAdmitted(share) => Some(share as f64 / 1e6),
                Configured::Open => None,
            },
            of_admitted: matches!(arm.configured, Configured::OfAdmitted(_)),
        });
        let values = self.values().into_iter().map(|value| ValueReport {
            value: json_output::token(value.arm.token.as_deref()),
            people: value.people,
            share: self.share(value.people),
            configured: value.configured.map(|share| share as f64 / 1e6),
        });
        Report {
            feature: &self.arms.feature,
            kind: self.arms.kind.map(fh_eval::Kind::as_str),
            profile: self.arms.profile,
            attribute: &self.attribute,
            people: self.people,
            seed,
            strategies: strategies.collect(),
            values: values.collect(),
            comparison: comparison.map(|comparison| comparison.report(self.people)),
            notes,
        }
    }
}

struct ValueCount<'a> {
    arm: &'a Arm,
    people: u64,
    configured: Option<i64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report<'a> {
    feature: &'a str,
    #[serde(rename = "type")]
    kind: Option<&'static str>,
    profile: fh_eval::Profile,
    attribute: &'a str,
    people: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<u64>,
    strategies: Vec<ArmReport<'a>>,
    values: Vec<ValueReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comparison: Option<ComparisonReport<'a>>,
    notes: &'a [String],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ArmReport<'a> {
    /// The position from 0. Null for the default value.
    strategy: Option<usize>,
    strategy_id: Option<&'a str>,
    value: Option<Box<RawValue>>,
    people: u64,
    share: f64,
    configured: Option<f64>,
    /// True if `configured` is a share of the ids that match the rules, not of all.
    of_admitted: bool,
}

#[derive(Serialize)]
struct ValueReport {
    value: Option<Box<RawValue>>,
    people: u64,
    share: f64,
    configured: Option<f64>,
}
