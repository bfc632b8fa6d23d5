//! The text of the reports of flags.

use std::fmt;

use super::flag_report::{
    BucketReport, ConditionReport, FlagReport, SegmentReport, ShareReport, StepKind, StepOutcome,
    StepReport,
};
use super::{Line, Mark, write_lines};

impl FlagReport {
    /// Returns the report as text, line by line.
    #[must_use]
    pub fn lines(&self) -> Vec<Line> {
        let mut lines = Lines(Vec::new());
        self.write(&mut lines, 0);
        lines.0
    }

    fn write(&self, lines: &mut Lines, indent: usize) {
        let value = self.value.as_deref().unwrap_or("no value");
        let kind = self.kind.unwrap_or("unknown type");
        let head = format!("{} = {value}  ({kind}; {}: {})", self.flag, self.reason, self.because);
        lines.add(indent, Mark::Answer, head);
        for step in &self.steps {
            step.write(lines, indent + 1);
        }
        if let Some(exposure) = &self.exposure {
            let verb = if exposure.counts { "counts" } else { "does not count" };
            let text = format!("exposure {verb} for experiments: {}", exposure.because);
            lines.add(indent + 1, Mark::Quiet, text);
        }
        for diagnostic in &self.diagnostics {
            lines.add(indent + 1, Mark::Warning, diagnostic.to_string());
        }
    }
}

/// The lines of a text.
struct Lines(Vec<Line>);

impl Lines {
    fn add(&mut self, indent: usize, mark: Mark, text: String) {
        self.0.push(Line { indent, mark, text });
    }
}

impl StepKind {
    const fn noun(self) -> &'static str {
        match self {
            Self::Expiry => "expiry",
            Self::Switch => "switch",
            Self::Group => "group",
            Self::Prerequisites => "prerequisites",
            Self::Target => "target",
            Self::Members => "list",
            Self::Rule => "rule",
            Self::Rollout => "rollout",
            Self::Variants => "variants",
            Self::Fallthrough => "fallthrough",
        }
    }

    /// Returns true for a step that turns the flag off if it decides.
    const fn turns_off(self) -> bool {
        matches!(self, Self::Expiry | Self::Switch | Self::Group | Self::Prerequisites)
    }
}

impl StepReport {
    /// Returns the words for the step, such as `rule 2 (Beta users)`.
    #[must_use]
    pub fn title(&self) -> String {
        let mut title = self.step.noun().to_string();
        if let Some(position) = self.position {
            title.push_str(&format!(" {}", position + 1));
        }
        if let Some(name) = self.name.as_deref().filter(|name| !name.is_empty()) {
            title.push_str(&format!(" ({name})"));
        }
        title
    }

    fn write(&self, lines: &mut Lines, indent: usize) {
        let mark = match self.outcome {
            StepOutcome::Match if self.step.turns_off() => Mark::Bad,
            StepOutcome::Match | StepOutcome::Passed => Mark::Good,
            StepOutcome::Miss => Mark::Bad,
            StepOutcome::Malformed => Mark::Warning,
            StepOutcome::NotReached => Mark::Quiet,
        };
        let value = self.value.as_ref().map_or(String::new(), |value| format!(" → {value}"));
        lines.add(indent, mark, format!("{}{value}: {}", self.title(), self.because));
        if self.outcome == StepOutcome::NotReached {
            return;
        }
        for (position, condition) in self.conditions.iter().enumerate() {
            condition.write(lines, indent + 1, position);
        }
        for member in &self.members {
            let (mark, verb) = match member.is_winner {
                true => (Mark::Good, ", the smallest of the group"),
                false => (Mark::Quiet, ""),
            };
            let text = format!("{} has bucket {}{verb}", member.flag, member.bucket);
            lines.add(indent + 1, mark, text);
        }
        for prerequisite in &self.prerequisites {
            let mark = if prerequisite.is_met { Mark::Good } else { Mark::Bad };
            let text = format!("prerequisite {}: {}", prerequisite.flag, prerequisite.because);
            lines.add(indent + 1, mark, text);
            if let Some(report) = &prerequisite.report {
                report.write(lines, indent + 2);
            }
        }
        if let Some(bucket) = &self.bucket {
            lines.add(indent + 1, Mark::Quiet, bucket.sentence());
        }
        let is_decided = matches!(self.outcome, StepOutcome::Match | StepOutcome::Malformed);
        for share in self.shares.iter().filter(|_| is_decided) {
            let mark = match share.contains {
                Some(true) => Mark::Good,
                Some(false) => Mark::Bad,
                None => Mark::Quiet,
            };
            lines.add(indent + 1, mark, share.sentence());
        }
    }
}

impl BucketReport {
    fn sentence(&self) -> String {
        let Self { property, given, input, bucket } = self;
        let parts = match given {
            Some(given) => format!("the key of the flag, and {property} {given:?}"),
            None => format!("the key of the flag alone, because the user has no {property}"),
        };
        format!("{input:?} ({parts}) falls into bucket {bucket}")
    }
}

impl ShareReport {
    fn sentence(&self) -> String {
        let end = if self.is_closed { ']' } else { ')' };
        let interval = match (self.from, self.to) {
            (Some(from), Some(to)) => format!("[{from}, {to}{end}"),
            _ => "no interval".to_string(),
        };
        let value = self.value.as_deref().unwrap_or("no value");
        let verdict = match (self.contains, self.note) {
            (_, Some(note)) => note,
            (Some(true), None) => "contains the bucket",
            (Some(false), None) => "does not contain the bucket",
            (None, None) => "not compared",
        };
        format!("{interval} → {value}: {verdict}")
    }
}

impl ConditionReport {
    fn write(&self, lines: &mut Lines, indent: usize, position: usize) {
        let mark = match self.held {
            Some(true) => Mark::Good,
            Some(false) => Mark::Bad,
            None => Mark::Quiet,
        };
        let text = format!("condition {}: {}", position + 1, self.sentence());
        lines.add(indent, mark, text);
        for segment in &self.segments {
            segment.write(lines, indent + 1);
        }
    }

    fn sentence(&self) -> String {
        let is_blank = self.property.trim().is_empty();
        let mut text =
            if is_blank { format!("{:?}", self.property) } else { self.property.clone() };
        if !self.operator.is_empty() {
            text.push_str(&format!(" {}", self.operator));
        }
        if let Some(wanted) = &self.wanted {
            text.push_str(&format!(" {wanted}"));
        }
        text.push_str(": ");
        if let Some(given) = &self.given {
            text.push_str(&format!("given {given:?}, "));
        }
        let verdict = match self.held {
            Some(true) => "holds",
            Some(false) => "does not hold",
            None => "not evaluated",
        };
        match (&self.note, self.held) {
            (Some(note), None) => text.push_str(note),
            (Some(note), Some(_)) => text.push_str(&format!("{note}, {verdict}")),
            (None, _) => text.push_str(verdict),
        }
        text
    }
}

impl SegmentReport {
    fn write(&self, lines: &mut Lines, indent: usize) {
        let (mark, verdict) = match self.is_member {
            Some(true) => (Mark::Good, "contains the user"),
            Some(false) => (Mark::Bad, "does not contain the user"),
            None => (Mark::Warning, "cannot be evaluated"),
        };
        let name = self.name.as_ref().map_or(String::new(), |name| format!(" ({name})"));
        let text = format!("segment {}{name} {verdict}: {}", self.id, self.because);
        lines.add(indent, mark, text);
        for rule in &self.rules {
            rule.write(lines, indent + 1);
        }
    }
}

impl fmt::Display for FlagReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_lines(f, &self.lines())
    }
}
