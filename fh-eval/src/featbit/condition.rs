//! The compiler of conditions into rules.

use std::borrow::Cow;

use smallvec::SmallVec;

use super::compilation::Compilation;
use super::listed_texts;
use super::profile::Profile;
use super::words::{KEY, NAME};
use crate::diagnostic::DiagnosticKind;
use crate::json::{Json, Record, Shape};
use crate::predicate::{Comparison, Grammar, Predicate, Run, TextTest, split};
use crate::tables::{Reading, Rule};
use crate::text::dotnet_double::DoubleGrammar;

pub(super) const IN_SEGMENT: &str = "User is in segment";
pub(super) const IN_NO_SEGMENT: &str = "User is not in segment";

/// The operators of conditions. Conditions on segments have none.
pub const OPERATORS: [&str; 16] = [
    "Equal",
    "NotEqual",
    "Contains",
    "NotContain",
    "StartsWith",
    "EndsWith",
    "IsOneOf",
    "NotOneOf",
    "MatchRegex",
    "NotMatchRegex",
    "IsTrue",
    "IsFalse",
    "LessThan",
    "LessEqualThan",
    "BiggerThan",
    "BiggerEqualThan",
];

/// The conditions of a rule.
pub(super) struct Conditions {
    /// The rules of the conditions before the first malformed one.
    pub(super) rules: Run,
    /// True if a condition is malformed, so that the flag is, too, if the conditions before it hold.
    pub(super) is_malformed: bool,
}

/// The place of a condition: only conditions of flags may be on segments.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Within {
    Flag,
    Segment,
}

/// A condition is malformed.
struct Malformed;

/// A test of a property, with its result for an empty text.
struct Test {
    predicate: Predicate,
    of_empty: bool,
}

impl Compilation<'_> {
    /// Compiles the conditions of a rule, all of which must hold.
    pub(super) fn conditions(&mut self, rule: &Record<'_>, within: Within) -> Conditions {
        let at = self.writer.tables.rules.len() as u32;
        let mut is_malformed = false;
        match rule.list("conditions") {
            Shape::Is(conditions) => {
                for (position, raw) in (0..).zip(conditions) {
                    self.diagnostics.enter_rule(position);
                    match self.condition(raw, within) {
                        Ok(rule) => self.writer.tables.rules.push(rule),
                        Err(Malformed) => {
                            is_malformed = true;
                            break;
                        }
                    }
                }
                self.diagnostics.leave_rules();
            }
            _ => {
                self.malformed("conditions", None, DiagnosticKind::Expected("a list"));
                is_malformed = true;
            }
        }
        let len = self.writer.tables.rules.len() as u32 - at;
        Conditions { rules: Run { at, len }, is_malformed }
    }

    fn condition(&mut self, raw: Json<'_>, within: Within) -> Result<Rule, Malformed> {
        let Some(condition) = raw.record() else {
            return Err(self.broken(
                "conditions",
                Some(raw.get()),
                DiagnosticKind::Expected("an object"),
            ));
        };
        let text = |name| match condition.text(name) {
            Shape::Is(text) => Ok(Some(text)),
            Shape::Absent | Shape::Null => Ok(None),
            Shape::Other => Err(()),
        };
        let (Ok(property), Ok(op), Ok(value)) = (text("property"), text("op"), text("value"))
        else {
            return Err(self.broken(
                "condition",
                Some(raw.get()),
                DiagnosticKind::Expected("texts"),
            ));
        };
        let property = property.unwrap_or_default();
        self.diagnostics.name_field(&property);
        if within == Within::Flag && matches!(&*property, IN_SEGMENT | IN_NO_SEGMENT) {
            let list = self.segments(value.as_deref())?;
            let predicate = match &*property {
                IN_SEGMENT => list.map_or(Predicate::Never, Predicate::InSegment),
                _ => list.map_or(Predicate::Always, Predicate::InNoSegment),
            };
            return Ok(Rule { predicate, field: self.key_field() });
        }
        let test = match value {
            Some(value) => self.test(op.as_deref().unwrap_or_default(), &value)?,
            None => Test { predicate: Predicate::Never, of_empty: false },
        };
        let if_missing = match (self.profile(), &*property) {
            (Profile::Server, NAME) => false,
            (Profile::Server, _) | (Profile::Draft, NAME) => test.of_empty,
            (Profile::Draft, _) => false,
        };
        if property.trim().is_empty() {
            // Users have no such property.
            let predicate = if if_missing { Predicate::Always } else { Predicate::Never };
            return Ok(Rule { predicate, field: self.key_field() });
        }
        let reading = Reading::of_rule(test.predicate, if_missing);
        Ok(Rule { predicate: test.predicate, field: self.writer.field(&property, reading) })
    }

    /// Returns the row of the key, which each user has.
    pub(super) fn key_field(&mut self) -> u32 {
        self.writer.field(KEY, Reading::Plain)
    }

    fn broken(
        &mut self,
        member: &'static str,
        found: Option<&str>,
        problem: DiagnosticKind,
    ) -> Malformed {
        self.malformed(member, found, problem);
        Malformed
    }

    /// Reads the JSON list of a condition's value, in which a text can be null. `None` for the JSON null, which profile `draft` refuses.
    fn list<'v>(&mut self, value: &'v str) -> Result<Option<Vec<Option<Cow<'v, str>>>>, Malformed> {
        match listed_texts::read(value) {
            Shape::Is(texts) => Ok(Some(texts)),
            Shape::Null if self.profile() == Profile::Server => Ok(None),
            _ => {
                Err(self.broken("value", Some(value), DiagnosticKind::NotA("a JSON list of texts")))
            }
        }
    }

    /// Stores the segments that a condition names. `None` for the JSON null.
    fn segments(&mut self, value: Option<&str>) -> Result<Option<Run>, Malformed> {
        let Some(value) = value else {
            return Err(self.broken("value", None, DiagnosticKind::NotA("a JSON list of texts")));
        };
        let Some(ids) = self.list(value)? else { return Ok(None) };
        let at = self.writer.tables.named_segments.len() as u32;
        for id in &ids {
            // No segment has an empty id, so that a null makes the flag malformed if it is reached.
            let slot = self.writer.slot(id.as_deref().unwrap_or_default());
            self.writer.tables.named_segments.push(slot);
        }
        Ok(Some(Run { at, len: ids.len() as u32 }))
    }

    fn test(&mut self, op: &str, value: &str) -> Result<Test, Malformed> {
        let one = [value];
        Ok(match op {
            "Equal" => self.texts(TextTest::Among, &one, value.is_empty()),
            "NotEqual" => self.texts(TextTest::NotAmong, &one, !value.is_empty()),
            "Contains" => self.texts(TextTest::Contains, &one, value.is_empty()),
            "NotContain" => self.texts(TextTest::Lacks, &one, !value.is_empty()),
            "StartsWith" => self.texts(TextTest::Starts, &one, value.is_empty()),
            "EndsWith" => self.texts(TextTest::Ends, &one, value.is_empty()),
            "IsTrue" => self.texts(TextTest::SameIgnoringCase, &["true"], false),
            "IsFalse" => self.texts(TextTest::SameIgnoringCase, &["false"], false),
            "LessThan" => self.number(Comparison::Less, value),
            "LessEqualThan" => self.number(Comparison::LessOrEqual, value),
            "BiggerThan" => self.number(Comparison::Greater, value),
            "BiggerEqualThan" => self.number(Comparison::GreaterOrEqual, value),
            "IsOneOf" | "NotOneOf" => {
                let is_positive = op == "IsOneOf";
                let list = self.list(value)?.unwrap_or_default();
                let list: SmallVec<[&str; 8]> = list.iter().flatten().map(AsRef::as_ref).collect();
                let test = if is_positive { TextTest::Among } else { TextTest::NotAmong };
                let has_empty = list.contains(&"");
                self.texts(test, &list, has_empty == is_positive)
            }
            "MatchRegex" | "NotMatchRegex" => match self.patterns.get(value) {
                Ok(pattern) => {
                    let finds = pattern.is_match("");
                    match op {
                        "MatchRegex" => {
                            Test { predicate: self.writer.pattern(pattern), of_empty: finds }
                        }
                        _ => {
                            let predicate = self.writer.no_match(pattern);
                            Test { predicate, of_empty: !finds }
                        }
                    }
                }
                Err(problem) => {
                    self.malformed("value", Some(value), problem);
                    return Err(Malformed);
                }
            },
            _ => {
                self.never_holds("op", op, DiagnosticKind::Unknown("operator"));
                Test { predicate: Predicate::Never, of_empty: false }
            }
        })
    }

    fn texts(&mut self, test: TextTest, texts: &[&str], of_empty: bool) -> Test {
        Test { predicate: self.writer.text_test(test, texts.into()), of_empty }
    }

    fn number(&mut self, comparison: Comparison, value: &str) -> Test {
        let grammar = match self.profile() {
            Profile::Server => DoubleGrammar::All,
            Profile::Draft => DoubleGrammar::Finite,
        };
        let predicate = match grammar.read(value) {
            Some(wanted) => {
                Predicate::Double(comparison, Grammar::DotNet(grammar), split(wanted.to_bits()))
            }
            None => Predicate::Never,
        };
        Test { predicate, of_empty: false }
    }
}
