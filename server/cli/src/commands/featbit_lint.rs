//! `fh lint --system featbit`: finds mistakes in a payload of FeatBit.

use fh_eval::Place;
use fh_eval::featbit::Profile;
use serde::Serialize;

use super::lint::{Counts, is_left_out, write};
use crate::failure::{Failure, Status};
use crate::featbit::{lint, parse};
use crate::json_output;
use crate::lint::{Finding, Level};
use crate::payload::read_bytes;
use crate::screen::Screen;

/// The JSON form of a finding.
#[derive(Serialize)]
struct Row<'a> {
    severity: Level,
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    #[serde(flatten)]
    place: &'a Place,
    message: &'a str,
    advice: &'a str,
}

#[derive(Serialize)]
struct Summary<'a> {
    flags: usize,
    segments: usize,
    errors: usize,
    warnings: usize,
    findings: Vec<Row<'a>>,
}

impl<'a> From<&'a Finding> for Row<'a> {
    fn from(finding: &'a Finding) -> Self {
        let Finding { level, code, place, line, message, advice } = finding;
        Self { severity: *level, code, line: *line, place, message, advice }
    }
}

pub(super) fn run(
    path: &str,
    profile: Profile,
    allow: &[String],
    strict: bool,
    json: bool,
    screen: &mut Screen<'_>,
) -> Result<Status, Failure> {
    let (name, bytes) = read_bytes(path)?;
    let document = parse(&name, &bytes)?;
    let mut findings = lint::lint(&document, &bytes, profile);
    let before = findings.len();
    findings.retain(|finding| !is_left_out(finding, allow));
    let counts = Counts::of(&findings, before);
    if json {
        let Counts { errors, warnings, .. } = counts;
        let (flags, segments) = (document.flags.len(), document.segments.len());
        let findings = findings.iter().map(Row::from).collect();
        let summary = Summary { flags, segments, errors, warnings, findings };
        json_output::document(screen.raw(), &summary)?;
    } else {
        for finding in &findings {
            write(screen, &name, finding)?;
        }
        counts.write(screen, document.flags.len(), ["flag", "flags"])?;
    }
    Ok(counts.status(strict))
}
