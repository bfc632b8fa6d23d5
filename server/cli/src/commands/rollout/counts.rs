//! Writes the counts of a rollout forecast as text or JSON.

use std::io;

use anstyle::Style;
use fh_eval::internal::rollout::{ConfiguredShare, Forecast, Part};
use serde::Serialize;
use serde_json::value::RawValue;

use super::comparison::{Comparison, ComparisonReport, VALUE_COLUMNS};
use crate::json_output;
use crate::sanitize::{self, count, millionths, percent};
use crate::screen::{BAR, BOLD, PLAIN, QUIET, Screen};
use crate::table::{Align, Table, bar};

/// The length of the longest bar, in columns.
const BAR_COLUMNS: usize = 16;

/// The counts of a rollout forecast, ready to be written.
pub(crate) struct Counts<'a> {
    forecast: &'a Forecast<'a>,
    rows: Vec<Row<'a>>,
}

/// A part of the rollout (a strategy or the default value), with its value as display text.
struct Row<'a> {
    part: &'a Part,
    value: String,
}

/// Returns the configured share of a part in millionths, or `None` if the configuration does not fix the share.
fn configured(part: &Part) -> Option<i64> {
    match part.configured {
        ConfiguredShare::OfAll(share) | ConfiguredShare::OfAdmitted(share) => Some(share),
        ConfiguredShare::OfNobody => Some(0),
        ConfiguredShare::Open => None,
    }
}

fn is_of_admitted(part: &Part) -> bool {
    matches!(part.configured, ConfiguredShare::OfAdmitted(_))
}

impl<'a> Counts<'a> {
    pub(crate) fn of(forecast: &'a Forecast<'a>) -> Self {
        let kind = forecast.feature().kind();
        let row =
            |part: &'a Part| Row { part, value: sanitize::value(kind, part.token.as_deref()) };
        Self { forecast, rows: forecast.parts().iter().map(row).collect() }
    }

    /// Returns a remark if the attribute of the population is probably the wrong one.
    pub(crate) fn remark(&self) -> Option<String> {
        let (key, attribute) = (self.forecast.feature().key(), self.forecast.attribute());
        if self.forecast.lacks_default_key() {
            return Some(format!(
                "{key} has percentages of the user key, but this population has no user keys: add --attribute userkey"
            ));
        }
        if !self.forecast.is_constant() {
            return None;
        }
        let other = self.forecast.deciding_attribute();
        let advice = other.map(|name| format!(": try --attribute {name}")).unwrap_or_default();
        Some(format!(
            "nothing in {key} depends on {attribute}, so all ids get the same value{advice}"
        ))
    }

    /// Returns one entry for each different display text of a value, with the sums over the parts that serve this value. The
    /// sum of the configured shares is `None` if the share of a part is unknown or is not a share of all ids.
    fn values(&self) -> Vec<ValueCount<'_>> {
        let mut values: Vec<ValueCount<'_>> = Vec::new();
        for row in &self.rows {
            let configured = configured(row.part).filter(|_| !is_of_admitted(row.part));
            match values.iter_mut().find(|known| known.row.value == row.value) {
                Some(known) => {
                    known.people += row.part.people;
                    known.configured =
                        known.configured.zip(configured).map(|(a, b)| a.saturating_add(b));
                }
                None => values.push(ValueCount { row, people: row.part.people, configured }),
            }
        }
        values
    }

    pub(crate) fn write(&self, screen: &mut Screen<'_>, who: &str) -> io::Result<()> {
        let forecast = self.forecast;
        let kind = forecast.feature().kind().map_or("unknown type", fh_eval::Kind::as_str);
        let people = count(forecast.people());
        screen.text(BOLD, forecast.feature().key())?;
        let about = format!(
            " ({kind}) for {people} {who} as {}, profile {}",
            forecast.attribute(),
            forecast.profile()
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
        for Row { part, value } in &self.rows {
            let configured = match configured(part).map(millionths) {
                Some(share) if is_of_admitted(part) => format!("{share} *"),
                Some(share) => share,
                None => "–".to_string(),
            };
            let strategy = match (part.position, &part.id) {
                (None, _) => "default value".to_string(),
                (Some(position), Some(id)) => format!("{} {id}", position + 1),
                (Some(position), None) => format!("{}", position + 1),
            };
            table.row(self.cells(strategy, value, part.people, configured));
        }
        table.write(screen, 0)?;
        let values = self.values();
        if values.len() > 1 && values.len() < self.rows.len() {
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
                table.row(self.cells(lead, &value.row.value, value.people, configured));
            }
            table.write(screen, 0)?;
        }
        if self.rows.iter().any(|row| is_of_admitted(row.part)) {
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
        let share = self.forecast.share(people);
        [
            (lead, PLAIN),
            (sanitize::cut(value, VALUE_COLUMNS).into_owned(), PLAIN),
            (count(people), PLAIN),
            (percent(share), PLAIN),
            (configured, QUIET),
            (bar(share, BAR_COLUMNS), BAR),
        ]
    }

    /// Returns the counts in the form of the JSON output.
    pub(crate) fn report(
        &'a self,
        is_exact: bool,
        seed: Option<u64>,
        comparison: Option<&'a Comparison>,
        notes: &'a [String],
    ) -> Report<'a> {
        let strategies = self.rows.iter().map(|Row { part, .. }| PartReport {
            strategy: part.position,
            strategy_id: part.id.as_deref(),
            value: json_output::token(part.token.as_deref()),
            people: part.people,
            share: self.forecast.share(part.people),
            configured: configured(part).map(|share| share as f64 / 1e6),
            of_admitted: is_of_admitted(part),
        });
        let values = self.values().into_iter().map(|value| ValueReport {
            value: json_output::token(value.row.part.token.as_deref()),
            people: value.people,
            share: self.forecast.share(value.people),
            configured: value.configured.map(|share| share as f64 / 1e6),
        });
        Report {
            feature: self.forecast.feature().key(),
            kind: self.forecast.feature().kind().map(fh_eval::Kind::as_str),
            profile: self.forecast.profile(),
            attribute: self.forecast.attribute(),
            people: self.forecast.people(),
            exact: is_exact,
            seed,
            strategies: strategies.collect(),
            values: values.collect(),
            comparison: comparison.map(|comparison| comparison.report(self.forecast.people())),
            notes,
        }
    }
}

struct ValueCount<'a> {
    row: &'a Row<'a>,
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
    /// False if percentages hash an id that is not known, so that the counts are correct as shares only.
    exact: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<u64>,
    strategies: Vec<PartReport<'a>>,
    values: Vec<ValueReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comparison: Option<ComparisonReport<'a>>,
    notes: &'a [String],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PartReport<'a> {
    /// The position of the strategy, counted from 0. `None` for the default value.
    strategy: Option<usize>,
    strategy_id: Option<&'a str>,
    value: Option<Box<RawValue>>,
    people: u64,
    share: f64,
    configured: Option<f64>,
    /// True if `configured` is a share of the ids that match the strategy's rules, and not of all ids.
    of_admitted: bool,
}

#[derive(Serialize)]
struct ValueReport {
    value: Option<Box<RawValue>>,
    people: u64,
    share: f64,
    configured: Option<f64>,
}
