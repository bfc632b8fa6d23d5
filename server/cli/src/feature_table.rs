//! Features or flags with their values, and the output of these values as a table or as JSON.

use anstyle::Style;
use fh_eval::{Evaluation, FeatureRef, Kind};
use serde::{Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};

use crate::failure::{Failure, Status};
use crate::json_output;
use crate::sanitize;
use crate::screen::{GOOD, PLAIN, QUIET, Screen, WARNING};
use crate::table::{Align, Table};

/// The names of a system's flags and of what decides their values, in JSON and in tables.
#[derive(Debug, PartialEq)]
pub(crate) struct Names {
    /// The noun for a flag.
    pub(crate) flag: &'static str,
    /// The names of the variant that gives a flag its value. `None` stands for a system with strategies.
    pub(crate) variant: Option<VariantNames>,
}

/// The names of a variant.
#[derive(Debug, PartialEq)]
pub(crate) struct VariantNames {
    pub(crate) noun: &'static str,
    /// The name in JSON of the variant's id.
    pub(crate) id: &'static str,
}

/// A feature or a flag with its value and the reason for the value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Reading {
    pub(crate) names: &'static Names,
    pub(crate) key: String,
    pub(crate) kind: Option<Kind>,
    /// The JSON token of the value as the payload writes it, or `None` if the value is null.
    pub(crate) token: Option<String>,
    /// The value without quotes, or `None` if the value is null.
    pub(crate) text: Option<String>,
    pub(crate) is_locked: bool,
    /// The version, if the system has versions.
    pub(crate) version: Option<i64>,
    pub(crate) reason: &'static str,
    /// True if a strategy, a target or a rule decided.
    pub(crate) is_match: bool,
    pub(crate) strategy_id: Option<String>,
    /// The id of the strategy that decided, or its position from 1, such as `#2`, if the id is unknown.
    pub(crate) strategy: Option<String>,
    pub(crate) variant: Option<String>,
    /// The name of the variant, or its id if it has no name.
    pub(crate) variant_name: Option<String>,
    /// The name of the rule of a flag that decided, or its position from 1, such as `#2`, if it has no name.
    pub(crate) rule: Option<String>,
}

impl Reading {
    /// Creates a reading of a flag without a strategy. The system gives the token of the value and the reason.
    pub(crate) fn of(
        names: &'static Names,
        flag: FeatureRef<'_>,
        evaluation: &Evaluation<'_>,
        token: Option<String>,
        reason: &'static str,
    ) -> Self {
        let variant = evaluation.variant().map(str::to_string);
        let position = || Some(format!("#{}", evaluation.strategy_position()? + 1));
        Self {
            names,
            key: flag.key().to_string(),
            kind: flag.kind(),
            token,
            text: evaluation.value().map(ToString::to_string),
            is_locked: flag.is_locked(),
            version: Some(flag.version()),
            reason,
            is_match: false,
            strategy_id: None,
            strategy: None,
            variant_name: variant.clone(),
            variant,
            rule: evaluation.rule_name().map(str::to_string).or_else(position),
        }
    }

    /// Returns the value as text for the terminal.
    pub(crate) fn shown_value(&self) -> String {
        sanitize::value(self.kind, self.token.as_deref())
    }

    /// Returns the style of the value, which differs for a value that a strategy or a rule has decided.
    pub(crate) const fn style(&self, is_decided: bool) -> Style {
        match self.token {
            None => WARNING,
            Some(_) if is_decided => GOOD,
            Some(_) => PLAIN,
        }
    }

    /// Returns the JSON form. Members of strategies stand before the value, a variant after it, and a rule after the reason.
    pub(crate) fn row(&self) -> Members {
        let mut own = self.own().0.into_iter();
        let before = if self.names.variant.is_some() { 0 } else { 3 };
        let mut members: Vec<_> = own.next().into_iter().collect();
        members.push(member("type", self.kind.map(Kind::as_str)));
        members.extend(own.by_ref().take(before));
        members.push(member("value", json_output::token(self.token.as_deref())));
        members.extend(own.by_ref().take(1));
        members.push(member("reason", self.reason));
        members.extend(own);
        Members(members)
    }

    /// Returns the members of JSON that differ between systems. The key is the first.
    pub(crate) fn own(&self) -> Members {
        let key = member(self.names.flag, &self.key);
        Members(match &self.names.variant {
            None => vec![
                key,
                member("locked", self.is_locked),
                member("matched", self.is_match),
                member("strategyId", &self.strategy_id),
            ],
            Some(names) => vec![key, member(names.id, &self.variant), member("rule", &self.rule)],
        })
    }
}

/// Members of a JSON object, of which some have other names in other systems.
pub(crate) struct Members(pub(crate) Vec<(&'static str, Option<Box<RawValue>>)>);

impl Serialize for Members {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

/// Returns a member with this name.
pub(crate) fn member(
    name: &'static str,
    value: impl Serialize,
) -> (&'static str, Option<Box<RawValue>>) {
    (name, to_raw_value(&value).ok())
}

/// Selected features, and the requested keys that do not exist.
pub(crate) struct Selection<'r> {
    names: &'static Names,
    pub(crate) shown: Vec<&'r Reading>,
    pub(crate) missing: Vec<&'r str>,
}

impl<'r> Selection<'r> {
    /// Selects the features with these keys, in this order. Without keys, selects all.
    pub(crate) fn of(names: &'static Names, all: &'r [Reading], keys: &'r [String]) -> Self {
        if keys.is_empty() {
            return Self { names, shown: all.iter().collect(), missing: Vec::new() };
        }
        let found = |key: &&String| all.iter().find(|reading| reading.key == **key);
        Self {
            names,
            shown: keys.iter().filter_map(|key| found(&key)).collect(),
            missing: keys.iter().filter(|key| found(key).is_none()).map(String::as_str).collect(),
        }
    }

    /// Writes the selected features as a table or as JSON. `nothing` is the line instead of a table without rows.
    pub(crate) fn write(
        &self,
        screen: &mut Screen<'_>,
        json: bool,
        nothing: &str,
    ) -> Result<(), Failure> {
        if json {
            json_output::rows(screen.raw(), self.shown.iter().map(|reading| reading.row()))?;
        } else if !self.shown.is_empty() {
            self.table().write(screen, 0)?;
        } else if self.missing.is_empty() {
            screen.line(QUIET, nothing)?;
        }
        Ok(())
    }

    /// Returns the result of the command. Each missing feature is reported as an error, but only the first missing flag of a system with
    /// variants.
    pub(crate) fn end(
        &self,
        screen: &mut Screen<'_>,
        not_there: impl Fn(&str) -> String,
    ) -> Result<Status, Failure> {
        let most = if self.names.variant.is_some() { 1 } else { usize::MAX };
        let missing = self.missing.get(..most).unwrap_or(&self.missing);
        let Some((last, others)) = missing.split_last() else { return Ok(Status::Fine) };
        for other in others {
            screen.aside(&format!("error: {}", not_there(other)))?;
        }
        Err(Failure::NotFound(not_there(last)))
    }

    fn table(&self) -> Table {
        let variant = self.names.variant.as_ref();
        let source = if variant.is_some() { "RULE" } else { "STRATEGY" };
        let (flag, variant_title) = (self.names.flag, variant.map(|names| names.noun));
        let titles = [Some(flag), Some("REASON"), Some(source), variant_title, Some("VALUE")];
        let titles = titles.into_iter().flatten().map(str::to_uppercase);
        let mut table = Table::new(titles.map(|title| (title, Align::Left)));
        for reading in &self.shown {
            let style = reading.style(reading.is_match);
            let source = if variant.is_some() { &reading.rule } else { &reading.strategy };
            let name = variant.map(|_| reading.variant_name.clone().unwrap_or_default());
            let value = match (variant, &reading.text) {
                (None, _) => reading.shown_value(),
                (Some(_), text) => text.clone().unwrap_or_else(|| "no value".to_string()),
            };
            let cells = [
                Some((reading.key.clone(), PLAIN)),
                Some((reading.reason.to_string(), QUIET)),
                Some((source.clone().unwrap_or_default(), PLAIN)),
                name.map(|name| (name, PLAIN)),
                Some((value, style)),
            ];
            table.row(cells.into_iter().flatten());
        }
        table
    }
}
