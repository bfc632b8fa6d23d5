//! The compiler of segments, which are features whose rows are the ways of being in them.

use std::sync::Arc;

use super::compilation::{Compilation, Row, Unreadable};
use super::rule::Matching;
use crate::diagnostic::{Consequence, Diagnostic, DiagnosticKind};
use crate::json::{Json, Record};
use crate::predicate::Run;
use crate::reason::EvaluationReason;
use crate::segment::Segment;
use crate::tables::{FeatureDetail, ValueAt};

impl Compilation<'_> {
    /// Compiles a segment. A segment without conditions has every context, whatever its match type is.
    pub(super) fn segment(mut self, key: &str, raw: Json<'_>) -> Result<Segment, Box<Diagnostic>> {
        self.diagnostics.name_feature(key);
        let Some(segment) = raw.record() else {
            return Err(self.diagnostics.left_out("segment", raw.get(), "an object"));
        };
        self.writer.begin();
        let json = self.writer.json(raw.get());
        let name = self.writer.key(key);
        if let Err(Unreadable) = self.segment_rows(&segment) {
            let first = self.diagnostics.diagnostics.drain(..).next();
            let otherwise = self.diagnostics.left_out("segment", raw.get(), "a segment");
            return Err(first.map_or(otherwise, Box::new));
        }
        let (head, all) = self.head(0, 0, Run::default(), None);
        let detail = FeatureDetail { json, ..FeatureDetail::default() };
        self.writer.end(head, name, all, detail, &mut self.diagnostics.diagnostics);
        Ok(Segment { id: key.into(), tables: Some(Arc::new(self.writer.finish())) })
    }

    fn segment_rows(&mut self, segment: &Record<'_>) -> Result<(), Unreadable> {
        let otherwise = Consequence::SegmentLeftOut;
        let match_type = self.text(segment, "match_type", otherwise)?.unwrap_or_default();
        let conditions = self.list(segment, "rules", otherwise)?;
        let matching = Matching::of(&match_type);
        if matching == Matching::Never && !conditions.is_empty() {
            let problem = DiagnosticKind::Unknown("match type");
            let assumed = Consequence::Assumed("a segment without members");
            self.diagnostics.add("match_type", Some(&match_type), problem, assumed);
        }
        for rules in self.runs(matching, conditions, None)? {
            self.push(Row { rules, ..Row::of(ValueAt::TRUE, EvaluationReason::Target) });
        }
        Ok(())
    }
}
