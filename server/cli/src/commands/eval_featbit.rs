//! `fh eval --system featbit`: evaluates the flags of a data-sync payload of FeatBit for a user.

use fh_eval::featbit::{Compiler, Document, ParseError, Profile, User, reason};
use fh_eval::featurehub;
use fh_eval::{Attributes, Evaluation, FeatureRef, Kind, Subject, Timestamp};
use serde::Serialize;

use crate::failure::{Failure, Status};
use crate::json_output;
use crate::payload::read_bytes;
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

/// Reads a user from a JSON file.
pub(super) fn user_file(path: &str) -> Result<User, Failure> {
    let (name, bytes) = read_bytes(path)?;
    let wrong = |why: &dyn std::fmt::Display| Failure::Input(format!("{name}: {why}"));
    let json = std::str::from_utf8(&bytes).map_err(|error| wrong(&error))?;
    User::from_json(json).map_err(|error| wrong(&error))
}

/// Returns the user of `--context` options.
pub(super) fn user(attributes: Option<&Attributes>) -> Result<User, Failure> {
    let first = |name: &str| attributes.and_then(|own| own.get(name)?.next());
    let key = first("keyId").ok_or_else(|| {
        Failure::Input(
            "flags of FeatBit have values for a user: give -c keyId=KEY, or --user FILE"
                .to_string(),
        )
    })?;
    let mut builder = User::builder(key);
    if let Some(name) = first("name") {
        builder = builder.name(name);
    }
    for (name, values) in attributes.into_iter().flat_map(Attributes::iter) {
        builder = builder.property(name, values.collect::<Vec<_>>());
    }
    Ok(builder.build())
}

pub(super) fn run(
    path: &str,
    profile: Profile,
    user: &User,
    keys: &[String],
    json: bool,
    screen: &mut Screen<'_>,
) -> Result<Status, Failure> {
    let (name, bytes) = read_bytes(path)?;
    let document = parse(&name, &bytes)?;
    let ruleset = Compiler::new(profile).compile(&document);
    let subject = Subject::new(user.attributes(), Timestamp::from_millis(0));
    let flags: Vec<FeatureRef<'_>> = if keys.is_empty() {
        ruleset.iter().collect()
    } else {
        keys.iter().filter_map(|key| ruleset.get(key)).collect()
    };
    let chosen: Vec<_> = flags.into_iter().map(|flag| (flag, flag.evaluate(&subject))).collect();
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
        screen.aside(&format!("warning: {parts} of {name} cannot be used as written"))?;
        for diagnostic in ruleset.diagnostics() {
            screen.aside(&format!("  {diagnostic}"))?;
        }
    }
    match keys.iter().find(|key| ruleset.get(key).is_none()) {
        Some(key) => Err(Failure::NotFound(format!("{name} has no flag {key}"))),
        None => Ok(Status::Fine),
    }
}

/// Reads a payload. The error for a payload of FeatureHub names the option.
pub(super) fn parse<'b>(name: &str, bytes: &'b [u8]) -> Result<Document<'b>, Failure> {
    Document::parse(bytes).map_err(|error| {
        let is_featurehub =
            error == ParseError::NoFlags && featurehub::Document::parse(bytes).is_ok();
        Failure::Input(if is_featurehub {
            format!("{name} holds features of FeatureHub: leave --system featbit out")
        } else {
            format!("{name}: {error}")
        })
    })
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
