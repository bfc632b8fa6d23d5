//! The compiler of segments, which are features whose rows say who is in them.

use std::sync::Arc;

use super::compilation::Compilation;
use super::condition::Within;
use super::profile::Profile;
use super::split::{Exposures, Origin, no_rule};
use super::words::KEY;
use crate::attributes::Name;
use crate::bucket::Encoding;
use crate::diagnostic::Diagnostic;
use crate::json::{Json, Shape, texts};
use crate::predicate::Run;
use crate::reason::EvaluationReason;
use crate::segment::Segment;
use crate::tables::{FeatureDetail, Head, Interval, Mode, Share, ValueAt};

impl Compilation<'_> {
    /// Compiles a segment.
    pub(super) fn segment(mut self, raw: Json<'_>) -> Result<Segment, Box<Diagnostic>> {
        let (id, is_hidden) = self.segment_rows(raw)?;
        let tables = self.writer.finish();
        Ok(Segment { id, tables: (!is_hidden).then(|| Arc::new(tables)) })
    }

    fn segment_rows(&mut self, raw: Json<'_>) -> Result<(Arc<str>, bool), Box<Diagnostic>> {
        let Some(segment) = raw.record() else {
            return Err(self.diagnostics.left_out("segment", raw.get(), "an object"));
        };
        let Shape::Is(id) = segment.text("id") else {
            return Err(self.diagnostics.left_out("id", raw.get(), "a text"));
        };
        self.diagnostics.name_feature(&id);
        let is_archived = matches!(segment.boolean("isArchived"), Shape::Is(true));
        self.writer.begin();
        let json = self.writer.json(raw.get());
        let key = self.writer.key(&id);
        for (member, is_member) in [("excluded", false), ("included", true)] {
            let keys = match segment.list(member) {
                Shape::Is(keys) => texts(keys),
                Shape::Absent | Shape::Null => Some(Vec::new()),
                Shape::Other => None,
            };
            let Some(keys) = keys else {
                return Err(self.diagnostics.left_out(member, raw.get(), "a list of texts"));
            };
            let rules = self.key_among(keys);
            self.member_row(rules, is_member);
        }
        match segment.list("rules") {
            Shape::Is(rules) => {
                for (position, rule) in rules.objects() {
                    self.diagnostics.enter_strategy(position);
                    self.segment_rule(rule);
                }
                self.diagnostics.leave_strategy();
            }
            Shape::Absent | Shape::Null => {}
            Shape::Other => return Err(self.diagnostics.left_out("rules", raw.get(), "a list")),
        }
        self.refuse_wrong_types()?;
        let strategies = Run { at: 0, len: self.writer.tables.strategies.len() as u32 };
        let head = Head {
            strategies: self.writer.cheap_rows(strategies),
            hash_id: Run::default(),
            value: ValueAt::FALSE,
            session: Name::of(KEY),
            mode: Mode::FirstRow,
            kind: None,
            encoding: Encoding::Md5,
            default_reason: EvaluationReason::Malformed,
        };
        let detail = FeatureDetail { id: Some(key), json, ..FeatureDetail::default() };
        self.writer.end(head, key, strategies, detail, &mut self.diagnostics.diagnostics);
        Ok((id.as_ref().into(), is_archived && self.profile() == Profile::Draft))
    }

    fn segment_rule(&mut self, raw: Json<'_>) {
        let Some(rule) = raw.record() else {
            return self.malformed_row(no_rule(EvaluationReason::Malformed));
        };
        let conditions = self.conditions(&rule, Within::Segment);
        if conditions.is_malformed {
            let origin = Origin { rules: conditions.rules, ..no_rule(EvaluationReason::Malformed) };
            self.malformed_row(origin);
        } else {
            self.member_row(conditions.rules, true);
            if self.may_be_malformed(conditions.rules) {
                let origin =
                    Origin { rules: conditions.rules, ..no_rule(EvaluationReason::Malformed) };
                self.malformed_row(origin);
            }
        }
    }

    /// Adds a row of which each user for whom the rules hold is a member, or is none.
    fn member_row(&mut self, rules: Run, is_member: bool) {
        let (reason, value) = if is_member {
            (EvaluationReason::Target, ValueAt::TRUE)
        } else {
            (EvaluationReason::Off, ValueAt::FALSE)
        };
        let row = self.writer.tables.intervals.len() as u32;
        self.writer.tables.intervals.push(Interval::whole(Exposures::None));
        self.row(Origin { rules, ..no_rule(reason) }, (Share::Whole, row), value, None);
    }
}
