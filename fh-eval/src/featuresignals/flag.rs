//! The compiler of one flag into rows.

use super::compilation::{Compilation, Row, Unreadable};
use crate::bucket::BASIS_POINTS;
use crate::diagnostic::{Consequence, Diagnostic, DiagnosticKind};
use crate::json::{Json, Record, Shape, Token, Tree, texts_or_empty};
use crate::predicate::Run;
use crate::reason::EvaluationReason;
use crate::tables::relations::{Link, Membership};
use crate::tables::{FeatureDetail, Share, ValueAt};
use crate::text::date::Years;
use crate::text::datetime::{DateTime, MissingOffset};
use crate::time::{InvalidTimestamp, Timestamp};
use crate::value::Kind;

/// The members of a flag that decide before its rules.
struct Conditions {
    expires_at: Option<Timestamp>,
    group: String,
    prerequisites: Vec<String>,
}

impl Compilation<'_> {
    /// Adds a flag with its state in the environment. A flag without a state is off.
    pub(super) fn flag(
        &mut self,
        key: &str,
        tree: &Tree<'_>,
        state_tree: Option<&Tree<'_>>,
    ) -> Result<(), Box<Diagnostic>> {
        self.diagnostics.name_feature(key);
        let raw = tree.json();
        let Some(flag) = raw.record() else {
            return Err(self.diagnostics.left_out("flag", raw.get(), "an object"));
        };
        let conditions = self.conditions_of_flag(raw, &flag)?;
        self.writer.begin();
        let json = self.json(&tree.compact(), state_tree.map(Tree::compact).as_deref());
        let hash_id = self.writer.hash_id(&format!("{key}."));
        let key_row = self.writer.key(key);
        let strategies = self.writer.tables.strategies.len() as u32;
        let rules = self.writer.tables.rules.len() as u32;
        let default = self.value("default_value", flag.get("default_value"));
        let is_experiment = matches!(flag.text("flag_type"), Shape::Is(kind) if kind == "ab");
        let state = state_tree.and_then(|tree| self.state(tree.json()));
        match &state {
            Some(state) => self.enabled(&conditions, default, state, is_experiment),
            None => self.push(Row::of(default, EvaluationReason::Off)),
        }
        let kind = flag.text("flag_type").as_ref().and_then(|kind| kind_of(kind));
        let (head, all) = self.head(strategies, rules, hash_id, kind);
        let id = flag.text("id").into_value().map(|id| self.writer.name(&id));
        let detail = FeatureDetail { id, json, ..FeatureDetail::default() };
        self.writer.end(head, key_row, all, detail, &mut self.diagnostics.diagnostics);
        Ok(())
    }

    /// Stores the JSON of a flag and its state.
    fn json(&mut self, flag: &str, state: Option<&str>) -> Run {
        let writer = &mut self.writer;
        let Run { at, .. } = writer.json("{\"flag\":");
        writer.json(flag);
        writer.json(",\"state\":");
        writer.json(state.unwrap_or("null"));
        let end = writer.json("}");
        Run { at, len: end.at + end.len - at }
    }

    fn conditions_of_flag(
        &self,
        raw: Json<'_>,
        flag: &Record<'_>,
    ) -> Result<Conditions, Box<Diagnostic>> {
        let expires_at = match flag.text("expires_at") {
            Shape::Is(text) => expiry(&text).map_err(|InvalidTimestamp| {
                self.diagnostics.left_out(
                    "expires_at",
                    raw.get(),
                    "a time such as 2026-02-28T12:00:00Z",
                )
            })?,
            Shape::Absent | Shape::Null => None,
            Shape::Other => {
                return Err(self.diagnostics.left_out("expires_at", raw.get(), "a text"));
            }
        };
        let group = match flag.text("mutual_exclusion_group") {
            Shape::Is(group) => group.into_owned(),
            Shape::Absent | Shape::Null => String::new(),
            Shape::Other => {
                return Err(self.diagnostics.left_out(
                    "mutual_exclusion_group",
                    raw.get(),
                    "a text",
                ));
            }
        };
        let prerequisites = match flag.list("prerequisites") {
            // As in a list of values, null is an empty text, so that no flag has the key.
            Shape::Is(list) => texts_or_empty(list),
            Shape::Absent | Shape::Null => Some(Vec::new()),
            Shape::Other => None,
        };
        let Some(prerequisites) = prerequisites else {
            return Err(self.diagnostics.left_out(
                "prerequisites",
                raw.get(),
                "a list of the keys of flags",
            ));
        };
        Ok(Conditions { expires_at, group, prerequisites })
    }

    /// Reads the state of a flag. `None` for the state of a flag that is off, or that cannot be read.
    fn state<'r>(&mut self, raw: Json<'r>) -> Option<Record<'r>> {
        if raw.token() == Token::Null {
            return None;
        }
        let Some(state) = raw.record() else {
            let problem = DiagnosticKind::Expected("an object");
            self.diagnostics.add("states", Some(raw.get()), problem, Consequence::FlagOff);
            return None;
        };
        match state.boolean("enabled") {
            Shape::Is(is_enabled) => is_enabled.then_some(state),
            Shape::Absent | Shape::Null => None,
            Shape::Other => {
                self.unreadable(&state, "enabled", "a boolean", Consequence::FlagOff);
                None
            }
        }
    }

    /// Adds the rows of a flag that is on.
    fn enabled(
        &mut self,
        conditions: &Conditions,
        default: ValueAt,
        state: &Record<'_>,
        is_experiment: bool,
    ) {
        let Ok(rules) = self.list(state, "rules", Consequence::FlagOff) else {
            return self.push(Row::of(default, EvaluationReason::Off));
        };
        self.rows_before_rules(conditions, default);
        self.rules(rules);
        let of_state = match state.get("default_value") {
            Some(raw) => self.value("default_value", Some(raw)),
            None => default,
        };
        let otherwise = Consequence::Assumed("the default value of the flag");
        match self.integer(state, "percentage_rollout", otherwise) {
            Err(Unreadable) => self.push(Row::of(default, EvaluationReason::Default)),
            Ok(percentage @ 1..) => {
                let (share, limit) = below(percentage);
                self.push(Row { share, limit, ..Row::of(of_state, EvaluationReason::Split) });
                self.push(Row::of(default, EvaluationReason::Default));
            }
            Ok(_) => {
                if is_experiment {
                    self.variants(state);
                }
                self.push(Row::of(of_state, EvaluationReason::Default));
            }
        }
    }

    fn rows_before_rules(&mut self, conditions: &Conditions, default: ValueAt) {
        let row = |share, limit: usize, reason| Row {
            share,
            limit: limit as i32,
            ..Row::of(default, reason)
        };
        if let Some(expires_at) = conditions.expires_at {
            let expiries = &mut self.writer.tables.relations.expiries;
            expiries.push(expires_at);
            let at = expiries.len() - 1;
            self.push(row(Share::Expired, at, EvaluationReason::Off));
        }
        if !conditions.group.is_empty() {
            let group = self.writer.name(&conditions.group);
            let memberships = &mut self.writer.tables.relations.memberships;
            memberships.push(Membership::unresolved(group));
            let at = memberships.len() - 1;
            self.push(row(Share::LostGroup, at, EvaluationReason::Excluded));
        }
        if !conditions.prerequisites.is_empty() {
            let at = self.writer.tables.relations.links.len() as u32;
            for key in &conditions.prerequisites {
                let key = self.writer.name(key);
                self.writer.tables.relations.links.push(Link::unresolved(key));
            }
            let links = Run { at, len: conditions.prerequisites.len() as u32 };
            self.writer.tables.relations.prerequisites.push(links);
            let at = self.writer.tables.relations.prerequisites.len() - 1;
            self.push(row(Share::FailedPrerequisite, at, EvaluationReason::PrerequisiteFailed));
        }
    }

    /// Adds the rows of an experiment's variants. The limit of each is the sum of the weights up to it, and the last one has no limit.
    fn variants(&mut self, state: &Record<'_>) {
        let otherwise = Consequence::Assumed("no variants");
        let Ok(list) = self.list(state, "variants", otherwise) else { return };
        let mut rows = Vec::new();
        let mut sum = 0_i64;
        for raw in list {
            let Some(variant) = raw.record() else {
                self.unreadable(state, "variants", "a list of objects", otherwise);
                return;
            };
            let weight = self.integer(&variant, "weight", otherwise);
            let key = self.text(&variant, "key", otherwise);
            let (Ok(weight), Ok(key)) = (weight, key) else { return };
            sum = sum.wrapping_add(weight);
            let (share, limit) = below(sum);
            let value = self.value("variants", variant.get("value"));
            let key = key.filter(|key| !key.is_empty());
            let variant = key.map(|key| self.writer.name(&key));
            rows.push(Row { share, limit, variant, ..Row::of(value, EvaluationReason::Variant) });
        }
        if let Some(last) = rows.last_mut() {
            last.share = Share::None;
        }
        for row in rows {
            self.push(row);
        }
    }
}

/// Returns the share of the buckets below a limit, and the limit.
pub(super) fn below(limit: i64) -> (Share, i32) {
    let all = i64::from(BASIS_POINTS);
    if limit >= all { (Share::None, 0) } else { (Share::Below, limit.max(0) as i32) }
}

/// Reads the time of an expiry. Go's zero time, which is the first one of all timestamps, is no expiry.
fn expiry(text: &str) -> Result<Option<Timestamp>, InvalidTimestamp> {
    let time = DateTime::parse(text, MissingOffset::Unparsable, Years::FourDigits);
    let time = time.ok_or(InvalidTimestamp)?;
    let is_zero = time.nanos == 0 && time.millis() == Timestamp::from_millis(i64::MIN).as_millis();
    Ok((!is_zero).then(|| Timestamp::from_millis(time.millis())))
}

fn kind_of(flag_type: &str) -> Option<Kind> {
    Some(match flag_type {
        "boolean" => Kind::Boolean,
        "string" => Kind::String,
        "number" => Kind::Number,
        "json" => Kind::Json,
        _ => return None,
    })
}
