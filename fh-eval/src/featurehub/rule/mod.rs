//! The compiler of rules into predicates: each type with each conditional, for both profiles. The rule types have files of
//! their own; DATE and DATETIME share one.

mod address;
mod boolean;
mod date;
mod number;
#[cfg_attr(not(feature = "patterns"), path = "no_pattern.rs")]
mod pattern;
mod text;
mod version;

use serde_json::value::RawValue;

use super::conditionals::{Conditional, Relation, RuleType};
use super::diagnostics::DiagnosticCollector;
use super::wire::{self, name, text as text_of};
use crate::diagnostic::{Consequence, DiagnosticKind};
use crate::featurehub::profile::Profile;
use crate::json::{Shape, Token, mend};
#[cfg(feature = "patterns")]
use crate::patterns::Patterns;
use crate::predicate::{BoxedPredicate, Comparison, ExpectedValues, Predicate};
use crate::tables::{Reading, Rule};
use crate::writer::Writer;

/// A compiler of one rule into a predicate.
pub(super) struct RuleCompiler<'a> {
    pub(super) profile: Profile,
    pub(super) writer: &'a mut Writer,
    #[cfg(feature = "patterns")]
    pub(super) patterns: &'a mut Patterns,
    pub(super) diagnostics: &'a mut DiagnosticCollector,
    /// The way in which the rule reads its attribute, unless the attribute is `now` and the rule's type is DATE or
    /// DATETIME.
    pub(super) reading: Reading,
    /// Number of values that the payload lists for the rule, including unreadable ones.
    pub(super) listed: usize,
}

/// The comparisons that are possible with a list of typed values.
#[derive(Clone, Copy)]
enum Typed {
    In,
    NotIn,
    Order(Comparison),
}

/// The rule values that could be read. `ended` is true if an unreadable value ended the list, which happens only in
/// profile `edge`. A rule with NOT_EQUALS or EXCLUDES then fails. Any other rule compares the values before the
/// unreadable one, and fails if no comparison passes.
struct Readable<T> {
    values: Vec<T>,
    ended: bool,
}

impl Conditional {
    /// Returns the comparison of typed values for this conditional, or `None` for a conditional that compares texts.
    fn typed(self) -> Option<Typed> {
        match self.relation() {
            Relation::Equal | Relation::Contains if self.is_negative() => Some(Typed::NotIn),
            Relation::Equal | Relation::Contains => Some(Typed::In),
            Relation::Order => self.order().map(Typed::Order),
            Relation::Starts | Relation::Ends | Relation::Pattern => None,
        }
    }

    /// Returns the comparison of a conditional that compares an order.
    fn order(self) -> Option<Comparison> {
        Some(match self {
            Self::Greater => Comparison::Greater,
            Self::GreaterEquals => Comparison::GreaterOrEqual,
            Self::Less => Comparison::Less,
            Self::LessEquals => Comparison::LessOrEqual,
            _ => return None,
        })
    }
}

/// Number of values above which a list of numbers or dates keeps each value once.
const LONG: usize = 1_000;

impl RuleCompiler<'_> {
    /// Returns the profile whose rules apply.
    #[inline]
    fn profile(&self) -> Profile {
        // Without the cargo feature, features of profile `edge` are left out before their rules are compiled. The constant
        // lets the optimizer remove the code for that profile.
        if cfg!(feature = "edge-profile") { self.profile } else { Profile::Client }
    }

    pub(super) fn rule(mut self, rule: &Shape<wire::Rule<'_>>) -> Rule {
        let never = Rule { predicate: Predicate::Never, field: 0 };
        let Shape::Is(rule) = rule else {
            return self.never(name::RULES, None, DiagnosticKind::Expected("an object"), never);
        };
        let field = text_of(rule.field);
        self.diagnostics.name_field(field.as_deref().unwrap_or_default());
        if self.diagnostics.unknown_members(&rule.unknown, Consequence::RuleNeverHolds) {
            return never;
        }
        let Some(field) = field else {
            return self.never(name::FIELD, rule.field, DiagnosticKind::Expected("a text"), never);
        };
        let Some(kind) = text_of(rule.kind).and_then(|name| RuleType::from_name(&name)) else {
            return self.never(name::TYPE, rule.kind, DiagnosticKind::Unknown("rule type"), never);
        };
        let Some(conditional) =
            text_of(rule.conditional).and_then(|name| Conditional::from_name(&name))
        else {
            return self.never(
                name::CONDITIONAL,
                rule.conditional,
                DiagnosticKind::Unknown("conditional"),
                never,
            );
        };
        let values: &[&RawValue] = match &rule.values {
            Shape::Is(values) => values,
            // FeatureHub's server reads an absent list as an empty one.
            Shape::Absent if self.profile() == Profile::Edge => &[],
            Shape::Absent | Shape::Null => {
                let blank = conditional == Conditional::Equals;
                let predicate = if blank { Predicate::Blank } else { Predicate::Never };
                return Rule { predicate, field: self.field(&field, kind) };
            }
            Shape::Other => {
                return self.never(name::VALUES, None, DiagnosticKind::Expected("a list"), never);
            }
        };
        self.listed = values.len();
        let tokens = self.tokens(values);
        let predicate = self.predicate(kind, conditional, &tokens);
        Rule { predicate, field: self.field(&field, kind) }
    }

    fn never(
        &mut self,
        member: &'static str,
        raw: wire::Raw<'_>,
        problem: DiagnosticKind,
        never: Rule,
    ) -> Rule {
        self.diagnostics.add_json(member, raw, problem, Consequence::RuleNeverHolds);
        never
    }

    fn field(&mut self, name: &str, kind: RuleType) -> u32 {
        let reading = match (kind, self.profile()) {
            _ if !name.eq_ignore_ascii_case("now") => self.reading,
            (RuleType::Date, _) => Reading::Date,
            (RuleType::DateTime, Profile::Client) => Reading::Instant,
            (RuleType::DateTime, Profile::Edge) => Reading::Local,
            _ => self.reading,
        };
        self.writer.field(name, reading)
    }

    /// Returns the tokens of the scalars in a list of values. Nested lists and objects are dropped.
    fn tokens<'t>(&mut self, values: &[&'t RawValue]) -> Vec<Token<'t>> {
        let mut tokens = Vec::with_capacity(values.len());
        for raw in values {
            match Token::of(raw) {
                Token::List | Token::Object => {
                    let problem = DiagnosticKind::Expected("a scalar");
                    self.drop_value(&mend(raw.get()), problem);
                }
                token => tokens.push(token),
            }
        }
        tokens
    }

    fn drop_value(&mut self, value: &str, problem: DiagnosticKind) {
        self.diagnostics.add(name::VALUES, Some(value), problem, Consequence::ValueDropped);
    }

    fn end_rule(&mut self, value: &str, problem: DiagnosticKind) {
        self.diagnostics.add(name::VALUES, Some(value), problem, Consequence::RuleEndsHere);
    }

    fn predicate(
        &mut self,
        kind: RuleType,
        conditional: Conditional,
        tokens: &[Token<'_>],
    ) -> Predicate {
        match kind {
            RuleType::String => self.string(conditional, tokens),
            RuleType::Number => self.number(conditional, tokens),
            RuleType::Date => self.date(conditional, tokens),
            RuleType::DateTime => self.date_time(conditional, tokens),
            RuleType::Version => self.version(conditional, tokens),
            RuleType::Boolean => self.boolean(conditional, tokens),
            RuleType::Address => self.address(conditional, tokens),
        }
    }

    /// Returns the predicate for a list of typed values. The predicate contains only values that could be read. A
    /// comparison by order needs only one of these values, which is the bound.
    fn typed<T>(
        &mut self,
        typed: Typed,
        readable: Readable<T>,
        order: impl Fn(&T, &T) -> std::cmp::Ordering,
        boxed: impl FnOnce(ExpectedValues<T>) -> BoxedPredicate,
    ) -> Predicate {
        let Readable { mut values, ended } = readable;
        if values.len() > LONG && !matches!(typed, Typed::Order(_)) {
            values.sort_by(&order);
            values.dedup_by(|one, other| order(one, other).is_eq());
        }
        let wanted = match typed {
            Typed::In if values.is_empty() => return Predicate::Never,
            Typed::In => ExpectedValues::In(values.into()),
            Typed::NotIn if ended => return Predicate::Never,
            Typed::NotIn if values.is_empty() => return Predicate::Always,
            Typed::NotIn => ExpectedValues::NotIn(values.into()),
            Typed::Order(comparison) => match comparison.loosest(values.into_iter(), order) {
                Some(bound) => ExpectedValues::Order(comparison, bound),
                None => return Predicate::Never,
            },
        };
        self.writer.boxed(boxed(wanted))
    }
}
