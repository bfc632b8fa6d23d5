//! The compiler of conditions into rules.

use super::compilation::{Compilation, Unreadable};
use crate::attributes::names::KEY;
use crate::diagnostic::{Consequence, DiagnosticKind};
use crate::json::Json;
use crate::predicate::{Comparison, Grammar, Predicate, TextTest, split};
use crate::tables::{Reading, Rule};
use crate::text::go_double;

/// The operators of conditions.
pub const OPERATORS: [&str; 13] = [
    "eq",
    "neq",
    "contains",
    "startsWith",
    "endsWith",
    "in",
    "notIn",
    "gt",
    "gte",
    "lt",
    "lte",
    "regex",
    "exists",
];

/// A test of an attribute.
struct Test {
    predicate: Predicate,
    /// The result for an empty text.
    of_empty: bool,
    /// The result if the context has no such attribute.
    if_missing: bool,
}

impl Test {
    const NEVER: Self = Self { predicate: Predicate::Never, of_empty: false, if_missing: false };
    const ALWAYS: Self = Self { predicate: Predicate::Always, of_empty: true, if_missing: false };
}

impl Compilation<'_> {
    pub(super) fn condition(&mut self, raw: Json<'_>) -> Result<Rule, Unreadable> {
        let otherwise = self.without_condition();
        let Some(condition) = raw.record() else {
            let problem = DiagnosticKind::Expected("an object");
            self.diagnostics.add("conditions", Some(raw.get()), problem, otherwise);
            return Err(Unreadable);
        };
        let attribute = self.text(&condition, "attribute", otherwise)?.unwrap_or_default();
        self.diagnostics.name_field(&attribute);
        let operator = self.text(&condition, "operator", otherwise)?.unwrap_or_default();
        let values = self.texts(&condition, "values", otherwise)?;
        let test = self.test(&operator, &values);
        // Each context has a key, which may be empty.
        let if_missing = if attribute == KEY { test.of_empty } else { test.if_missing };
        let reading = Reading::of_rule(test.predicate, if_missing);
        Ok(Rule { predicate: test.predicate, field: self.writer.field(&attribute, reading) })
    }

    fn test(&mut self, operator: &str, values: &[String]) -> Test {
        let first = values.first().map(String::as_str);
        match (operator, first) {
            ("exists", Some("false")) => Test { if_missing: true, ..Test::NEVER },
            ("exists", _) => Test::ALWAYS,
            ("in" | "notIn", _) => {
                let is_in = operator == "in";
                let all: Vec<&str> = values.iter().map(String::as_str).collect();
                let test = if is_in { TextTest::Among } else { TextTest::NotAmong };
                self.texts_test(test, &all, all.contains(&"") == is_in)
            }
            (
                "eq" | "neq" | "contains" | "startsWith" | "endsWith" | "gt" | "gte" | "lt" | "lte"
                | "regex",
                None,
            ) => Test::NEVER,
            ("eq", Some(value)) => self.texts_test(TextTest::Among, &[value], value.is_empty()),
            ("neq", Some(value)) => {
                self.texts_test(TextTest::NotAmong, &[value], !value.is_empty())
            }
            ("contains", Some(value)) => {
                self.texts_test(TextTest::Contains, &[value], value.is_empty())
            }
            ("startsWith", Some(value)) => {
                self.texts_test(TextTest::Starts, &[value], value.is_empty())
            }
            ("endsWith", Some(value)) => {
                self.texts_test(TextTest::Ends, &[value], value.is_empty())
            }
            ("gt", Some(value)) => self.number(Comparison::Greater, value),
            ("gte", Some(value)) => self.number(Comparison::GreaterOrEqual, value),
            ("lt", Some(value)) => self.number(Comparison::Less, value),
            ("lte", Some(value)) => self.number(Comparison::LessOrEqual, value),
            ("regex", Some(pattern)) => self.pattern(pattern),
            _ => {
                let problem = DiagnosticKind::Unknown("operator");
                self.never_holds("operator", operator, problem)
            }
        }
    }

    fn texts_test(&mut self, test: TextTest, texts: &[&str], of_empty: bool) -> Test {
        Test { predicate: self.writer.text_test(test, texts.into()), of_empty, if_missing: false }
    }

    fn number(&mut self, comparison: Comparison, value: &str) -> Test {
        match go_double::read(value) {
            Some(wanted) => {
                let predicate = Predicate::Double(comparison, Grammar::Go, split(wanted.to_bits()));
                Test { predicate, ..Test::NEVER }
            }
            None => self.never_holds("values", value, DiagnosticKind::NotA("a number")),
        }
    }

    fn pattern(&mut self, pattern: &str) -> Test {
        match self.patterns.get(pattern) {
            Ok(compiled) => {
                let of_empty = compiled.is_match("");
                let predicate = self.writer.pattern(compiled);
                Test { predicate, of_empty, if_missing: false }
            }
            Err(problem) => self.never_holds("values", pattern, problem),
        }
    }

    fn never_holds(&mut self, member: &'static str, found: &str, problem: DiagnosticKind) -> Test {
        let consequence = Consequence::ConditionNeverHolds;
        self.diagnostics.add(member, Some(found), problem, consequence);
        Test::NEVER
    }
}
