//! `fh lint --system`: finds mistakes in the flags of FeatBit or FeatureSignals.

use fh_eval::Place;
use fh_eval::featbit::Profile;
use serde::Serialize;

use super::lint::{Counts, is_left_out, write};
use crate::failure::{Failure, Status};
use crate::lint::{Finding, Level};
use crate::payload::read_bytes;
use crate::screen::Screen;
use crate::{featbit, featuresignals, flag_lint, json_output};

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

/// The findings about the flags and segments of a file.
pub(super) struct Checked {
    name: String,
    flags: usize,
    segments: usize,
    findings: Vec<Finding>,
}

impl Checked {
    /// Checks the flags of FeatBit in a file.
    pub(super) fn featbit(path: &str, profile: Profile) -> Result<Self, Failure> {
        let (name, bytes) = read_bytes(path)?;
        let document = featbit::parse(&name, &bytes)?;
        let findings = flag_lint::featbit::lint(&document, &bytes, profile);
        let (flags, segments) = (document.flags.len(), document.segments.len());
        Ok(Self { name, flags, segments, findings })
    }

    /// Checks the flags of FeatureSignals in a file.
    pub(super) fn featuresignals(path: &str) -> Result<Self, Failure> {
        let (name, bytes) = read_bytes(path)?;
        let document = featuresignals::parse(&name, &bytes)?;
        let findings = flag_lint::featuresignals::lint(&document, &bytes);
        let (flags, segments) = (document.flags.len(), document.segments.len());
        Ok(Self { name, flags, segments, findings })
    }

    /// Writes the findings, without the warnings that the options allow.
    pub(super) fn write(
        mut self,
        allow: &[String],
        strict: bool,
        json: bool,
        screen: &mut Screen<'_>,
    ) -> Result<Status, Failure> {
        let before = self.findings.len();
        self.findings.retain(|finding| !is_left_out(finding, allow));
        let Self { name, flags, segments, findings } = self;
        let counts = Counts::of(&findings, before);
        if json {
            let Counts { errors, warnings, .. } = counts;
            let findings = findings.iter().map(Row::from).collect();
            let summary = Summary { flags, segments, errors, warnings, findings };
            json_output::document(screen.raw(), &summary)?;
        } else {
            for finding in &findings {
                write(screen, &name, finding)?;
            }
            counts.write(screen, flags, ["flag", "flags"])?;
        }
        Ok(counts.status(strict))
    }
}
