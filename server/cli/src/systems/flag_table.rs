//! The table of the flags of a system other than FeatureHub, with their values.

use fh_eval::{Attributes, Evaluation, FeatureRef, FlagReport, Kind, Subject, Timestamp};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::failure::{Failure, Status};
use crate::feature_table::rule_of;
use crate::json_output;
use crate::sanitize;
use crate::screen::{GOOD, PLAIN, QUIET, Screen, WARNING};
use crate::systems::featbit::flags::variation_name;
use crate::systems::flag_system::{OpenFlags, SystemReport};
use crate::systems::flags::Flags;
use crate::table::{Align, Table};

/// A flag with its value.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Row<'a> {
    flag: &'a str,
    #[serde(rename = "type")]
    kind: Option<&'static str>,
    /// The value as JSON; `None` if there is none.
    value: Option<Box<RawValue>>,
    #[serde(flatten)]
    id: ValueId<'a>,
    /// The reason in the word of the system.
    reason: &'static str,
    rule: Option<String>,
    #[serde(skip)]
    text: Option<String>,
    /// The id of the value in the table: FeatBit's variations have names.
    #[serde(skip)]
    shown_id: Option<String>,
    #[serde(skip)]
    is_targeted: bool,
}

/// The id of a value, by the name of the system.
#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum ValueId<'a> {
    VariationId(Option<&'a str>),
    VariantKey(Option<&'a str>),
}

impl<'a> Row<'a> {
    /// Returns the row of a flag, of which the system gives the JSON of the value, the id of the value and the reason.
    pub(crate) fn of(
        flag: FeatureRef<'a>,
        evaluation: &Evaluation<'a>,
        json: Option<String>,
        id: ValueId<'a>,
        reason: &'static str,
    ) -> Self {
        Self {
            flag: flag.key(),
            kind: flag.kind().map(Kind::as_str),
            text: evaluation.value().map(ToString::to_string),
            value: json.and_then(|json| RawValue::from_string(json).ok()),
            shown_id: match id {
                ValueId::VariationId(id) => id.map(|id| variation_name(flag, id)),
                ValueId::VariantKey(key) => key.map(str::to_string),
            },
            id,
            reason,
            rule: rule_of(evaluation),
            is_targeted: matches!(
                reason,
                "TargetMatch" | "RuleMatch" | "TARGETED" | "ROLLOUT" | "VARIANT"
            ),
        }
    }
}

/// Evaluates the chosen flags, or all flags if no key is given, and writes them. `lint` is the command that lists what cannot be used; `None` if
/// there is none.
pub(crate) fn run<'r>(
    flags: &'r Flags,
    keys: &[String],
    lint: Option<&str>,
    row: impl Fn(FeatureRef<'r>) -> Row<'r>,
    json: bool,
    screen: &mut Screen<'_>,
) -> Result<Status, Failure> {
    let Flags { name, ruleset, .. } = flags;
    let chosen: Vec<FeatureRef<'_>> = if keys.is_empty() {
        ruleset.iter().collect()
    } else {
        keys.iter().filter_map(|key| ruleset.get(key)).collect()
    };
    let is_empty = chosen.is_empty();
    let rows = chosen.into_iter().map(row);
    if json {
        json_output::rows(screen.raw(), rows)?;
    } else if is_empty && keys.is_empty() {
        screen.line(QUIET, "no flags")?;
    } else if !is_empty {
        table(rows).write(screen, 0)?;
    }
    let unread = ruleset.diagnostics().count();
    if unread > 0 {
        let parts = sanitize::plural(unread, "part", "parts");
        let advice = lint.map(|lint| format!("; `{lint}` lists them")).unwrap_or_default();
        screen.aside(&format!("warning: {parts} of {name} cannot be used as written{advice}"))?;
    }
    match keys.iter().find(|key| ruleset.get(key).is_none()) {
        Some(key) => flags.get(key).map(|_| Status::Fine),
        None => Ok(Status::Fine),
    }
}

fn table<'a>(rows: impl Iterator<Item = Row<'a>>) -> Table {
    let mut rows = rows.peekable();
    let id = match rows.peek().map(|row| row.id) {
        Some(ValueId::VariantKey(_)) => "VARIANT",
        _ => "VARIATION",
    };
    let mut table = Table::new([
        ("FLAG", Align::Left),
        ("REASON", Align::Left),
        ("RULE", Align::Left),
        (id, Align::Left),
        ("VALUE", Align::Left),
    ]);
    for row in rows {
        let style = match (&row.text, row.is_targeted) {
            (None, _) => WARNING,
            (Some(_), true) => GOOD,
            (Some(_), false) => PLAIN,
        };
        table.row([
            (row.flag.to_string(), PLAIN),
            (row.reason.to_string(), QUIET),
            (row.rule.unwrap_or_default(), PLAIN),
            (row.shown_id.unwrap_or_default(), PLAIN),
            (row.text.unwrap_or_else(|| "no value".to_string()), style),
        ]);
    }
    table
}

/// The flags of a file, for a user or a context.
pub(crate) struct OpenedFlags {
    pub(crate) flags: Flags,
    pub(crate) who: Attributes,
    pub(crate) now: Timestamp,
    /// The command that lists the parts of the file that cannot be used.
    pub(crate) lint: String,
    pub(crate) row: for<'r> fn(FeatureRef<'r>, &Subject<'r, Timestamp>) -> Row<'r>,
    pub(crate) explain: Box<dyn Fn(FeatureRef<'_>) -> FlagReport>,
}

impl OpenFlags for OpenedFlags {
    fn evaluate(
        &self,
        keys: &[String],
        json: bool,
        screen: &mut Screen<'_>,
    ) -> Result<Status, Failure> {
        let subject = Subject::new(&self.who, self.now);
        let row = |flag| (self.row)(flag, &subject);
        run(&self.flags, keys, Some(&self.lint), row, json, screen)
    }

    fn explain(&self, key: &str, _screen: &mut Screen<'_>) -> Result<SystemReport, Failure> {
        Ok(SystemReport::Flag((self.explain)(self.flags.get(key)?)))
    }
}
