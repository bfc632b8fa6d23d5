//! `fh lint`: finds parts of a payload or a state that cannot be used, and parts that are probably mistakes.

use std::collections::BTreeMap;
use std::io;

use clap::Args;
use clap::builder::PossibleValue;
use fh_eval::{Place, Vocabulary};
use serde::Serialize;

use crate::failure::{Failure, Status};
use crate::flag_lint;
use crate::json_output;
use crate::payload::InputArgs;
use crate::profile::ProfileArgs;
use crate::sanitize::plural;
use crate::screen::{BAD, BOLD, GOOD, PLAIN, QUIET, Screen, WARNING};
use crate::system::SystemArgs;
use crate::systems::{self, flag_system::Checked};
use fh_edge::internal::{CODES, Finding, Level};

/// Find parts of a payload or a state file that cannot be used, and parts that are probably mistakes.
///
/// Errors are parts that cannot be used, so that they never match or are missing. Warnings are parts that are probably
/// mistakes, parts that are ignored or replaced by a default, and, with profile client, parts that FeatureHub's Edge
/// (server-evaluated keys) evaluates differently from client SDKs. Differences that a payload does not show are not
/// reported. For example, the Edge computes percentages from another id, and from the attribute `sessionkey` instead of
/// `session`. The accounts of a state file are not checked. `fh serve --check` checks them.
#[derive(Args)]
#[command(after_help = "\
Examples:
  fh lint features.json
  fh lint features.json --strict --allow edge
  fh lint state.yaml --environment production
  fh lint https://edge.example.com 'ENVIRONMENT/KEY*'
  curl -s \"$EDGE_URL/features?apiKey=$API_KEY\" | fh lint - --json
  fh lint data-sync.json --system featbit
  fh lint ruleset.json --system featuresignals

Exit codes: 0 fine, 1 errors (--strict: or warnings), 2 wrong usage or input.")]
pub(crate) struct LintArgs {
    #[command(flatten)]
    input: InputArgs,

    /// The id of the only environment to check, or its name in a state file. Default: all environments of FILE
    #[arg(long, value_name = "NAME")]
    environment: Option<String>,

    /// Exit with status 1 also if there are only warnings
    #[arg(long)]
    strict: bool,

    /// Leave out warnings with this code. Repeat the option for several codes
    #[arg(long, value_name = "CODE", value_parser = codes(), hide_possible_values = false)]
    allow: Vec<String>,

    #[command(flatten)]
    profile: ProfileArgs,

    #[command(flatten)]
    system: SystemArgs,
}

fn codes() -> clap::builder::PossibleValuesParser {
    CODES
        .iter()
        .chain(flag_lint::CODES)
        .map(|(code, what)| PossibleValue::new(*code).help(*what))
        .into()
}

/// The JSON form of a finding.
#[derive(Serialize)]
struct Row<'a> {
    severity: Level,
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    #[serde(flatten)]
    place: RowPlace<'a>,
    message: &'a str,
    advice: &'a str,
}

/// The place of a finding. The members of a feature's place are named as those of other commands.
#[derive(Serialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
enum RowPlace<'a> {
    Feature {
        #[serde(skip_serializing_if = "Option::is_none")]
        environment: Option<&'a str>,
        feature: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        strategy: Option<u32>,
        #[serde(skip_serializing_if = "Option::is_none")]
        strategy_id: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        rule: Option<u32>,
        #[serde(skip_serializing_if = "Option::is_none")]
        field: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        member: Option<&'static str>,
        /// The JSON value of the part that the finding is about, as the payload writes it. Long values are cut.
        #[serde(skip_serializing_if = "Option::is_none")]
        value: Option<&'a str>,
    },
    Flag(&'a Place),
}

impl<'a> From<&'a Finding> for Row<'a> {
    fn from(finding: &'a Finding) -> Self {
        let Finding { level, code, place, line, message, advice } = finding;
        let place = match place.vocabulary {
            Vocabulary::Feature => RowPlace::Feature {
                environment: place.environment.as_deref(),
                feature: &place.feature,
                strategy: place.strategy,
                strategy_id: place.strategy_id.as_deref(),
                rule: place.rule,
                field: place.field.as_deref(),
                member: place.member,
                value: place.value.as_deref(),
            },
            _ => RowPlace::Flag(place),
        };
        Self { severity: *level, code, line: *line, place, message, advice }
    }
}

#[derive(Serialize)]
struct Summary<'a> {
    #[serde(flatten)]
    parts: BTreeMap<&'static str, usize>,
    errors: usize,
    warnings: usize,
    findings: Vec<Row<'a>>,
}

pub(crate) fn run(args: &LintArgs, json: bool, screen: &mut Screen<'_>) -> Result<Status, Failure> {
    let input = args.input.input();
    args.system.refuse(&[("--environment", args.environment.is_some()), input.key()])?;
    let mut checked =
        systems::of(args.system.system).lint(input, args.environment.as_deref(), args.profile)?;
    let before = checked.findings.len() + checked.accepted;
    checked.findings.retain(|finding| !is_left_out(finding, &args.allow));
    let counts = Counts::of(&checked.findings, before);
    if json {
        let Counts { errors, warnings, .. } = counts;
        let findings = checked.findings.iter().map(Row::from).collect();
        let parts = checked.parts.iter().copied().collect();
        json_output::document(screen.raw(), &Summary { parts, errors, warnings, findings })?;
    } else {
        for finding in &mut checked.findings {
            if checked.is_one_environment {
                finding.place.environment = None;
            }
            write(screen, &checked.name, finding)?;
        }
        counts.write(screen, &checked)?;
    }
    Ok(counts.status(args.strict))
}

/// Returns true for a warning that the options allow.
fn is_left_out(finding: &Finding, allow: &[String]) -> bool {
    finding.level != Level::Error && allow.iter().any(|code| code == finding.code)
}

/// The numbers of findings.
#[derive(Debug, Clone, Copy)]
struct Counts {
    errors: usize,
    warnings: usize,
    /// The number of warnings that are not shown, because the options allow them.
    allowed: usize,
}

impl Counts {
    /// Counts findings, which were `before` until allowed ones were left out.
    fn of(findings: &[Finding], before: usize) -> Self {
        let errors = findings.iter().filter(|each| each.level == Level::Error).count();
        let warnings = findings.len() - errors;
        Self { errors, warnings, allowed: before - findings.len() }
    }

    const fn status(self, strict: bool) -> Status {
        if self.errors > 0 || (strict && self.warnings > 0) {
            Status::Findings
        } else {
            Status::Fine
        }
    }

    /// Writes the numbers, after the number of features or flags that were checked.
    fn write(self, screen: &mut Screen<'_>, checked: &Checked) -> io::Result<()> {
        let looked = checked.counted();
        let Self { errors, warnings, allowed } = self;
        let allowed = match allowed {
            0 => String::new(),
            n => format!(" ({} allowed)", plural(n, "warning", "warnings")),
        };
        let (style, text) = match (errors, warnings) {
            (0, 0) => (GOOD, format!("{looked}: no errors, no warnings{allowed}")),
            _ => {
                let errors_text = plural(errors, "error", "errors");
                let warnings = plural(warnings, "warning", "warnings");
                let style = if errors > 0 { BAD } else { WARNING };
                (style, format!("{looked}: {errors_text}, {warnings}{allowed}"))
            }
        };
        screen.line(style, &text)
    }
}

fn write(screen: &mut Screen<'_>, file: &str, finding: &Finding) -> io::Result<()> {
    let (style, level) = match finding.level {
        Level::Error => (BAD, "error"),
        Level::Warning => (WARNING, "warning"),
    };
    let lead = format!("{level}[{}]: ", finding.code);
    screen.text(style.bold(), &lead)?;
    let rest = "  ".to_string();
    screen.hanging(BOLD, crate::sanitize::width(&lead), &rest, &finding.message)?;
    let line = finding.line.map_or(String::new(), |line| format!(":{line}"));
    screen.paragraph(QUIET, "  at:  ", &format!("{file}{line}, {}", finding.place))?;
    screen.paragraph(PLAIN, "  fix: ", &finding.advice)?;
    screen.end()
}
