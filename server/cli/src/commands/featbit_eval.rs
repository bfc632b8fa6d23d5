//! `fh eval --system featbit`: evaluates the flags of a data-sync payload of FeatBit for a user.

use fh_eval::featbit::{Profile, User, reason};
use fh_eval::{Evaluation, FeatureRef, Kind, Subject, Timestamp};
use serde::Serialize;

use crate::failure::{Failure, Status};
use crate::featbit::Flags;
use crate::json_output;
use crate::sanitize;
use crate::screen::{GOOD, PLAIN, QUIET, Screen, WARNING};
use crate::table::{Align, Table};

/// A flag with its value.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row<'a> {
    flag: &'a str,
    #[serde(rename = "type")]
    kind: Option<&'static str>,
    value: Option<String>,
    variation_id: Option<&'a str>,
    reason: &'static str,
    rule: Option<String>,
}

impl<'a> Row<'a> {
    fn of(flag: FeatureRef<'a>, evaluation: &Evaluation<'a>) -> Self {
        let position = evaluation.strategy_position().map(|position| format!("#{}", position + 1));
        Self {
            flag: flag.key(),
            kind: flag.kind().map(Kind::as_str),
            value: evaluation.value().map(ToString::to_string),
            variation_id: evaluation.variant(),
            reason: reason(evaluation),
            rule: evaluation.rule_name().map(str::to_string).or(position),
        }
    }
}

pub(super) fn run(
    path: &str,
    profile: Profile,
    user: &User,
    keys: &[String],
    json: bool,
    screen: &mut Screen<'_>,
) -> Result<Status, Failure> {
    let flags = Flags::read(path, profile)?;
    let Flags { name, ruleset } = &flags;
    let subject = Subject::new(user.attributes(), Timestamp::from_millis(0));
    let chosen: Vec<FeatureRef<'_>> = if keys.is_empty() {
        ruleset.iter().collect()
    } else {
        keys.iter().filter_map(|key| ruleset.get(key)).collect()
    };
    let chosen: Vec<_> = chosen.into_iter().map(|flag| (flag, flag.evaluate(&subject))).collect();
    let rows = chosen.iter().map(|(flag, evaluation)| Row::of(*flag, evaluation));
    if json {
        json_output::rows(screen.raw(), rows)?;
    } else if chosen.is_empty() && keys.is_empty() {
        screen.line(QUIET, "no flags")?;
    } else if !chosen.is_empty() {
        table(rows).write(screen, 0)?;
    }
    let unread = ruleset.diagnostics().count();
    if unread > 0 {
        let parts = sanitize::plural(unread, "part", "parts");
        screen.aside(&format!(
            "warning: {parts} of {name} cannot be used as written; `fh lint --system featbit {path}` lists them"
        ))?;
    }
    match keys.iter().find(|key| ruleset.get(key).is_none()) {
        Some(key) => flags.get(key).map(|_| Status::Fine),
        None => Ok(Status::Fine),
    }
}

fn table<'a>(rows: impl Iterator<Item = Row<'a>>) -> Table {
    let mut table = Table::new([
        ("FLAG", Align::Left),
        ("REASON", Align::Left),
        ("RULE", Align::Left),
        ("VARIATION", Align::Left),
        ("VALUE", Align::Left),
    ]);
    for row in rows {
        let style = match (&row.value, row.reason) {
            (None, _) => WARNING,
            (Some(_), "TargetMatch" | "RuleMatch") => GOOD,
            _ => PLAIN,
        };
        table.row([
            (row.flag.to_string(), PLAIN),
            (row.reason.to_string(), QUIET),
            (row.rule.unwrap_or_default(), PLAIN),
            (row.variation_id.unwrap_or_default().to_string(), PLAIN),
            (row.value.unwrap_or_else(|| "no value".to_string()), style),
        ]);
    }
    table
}
