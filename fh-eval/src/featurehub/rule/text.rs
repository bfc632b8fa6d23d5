//! The compilation of STRING rules, and of most NUMBER, DATE and DATETIME rules whose conditionals compare texts.

use std::borrow::Cow;

use super::number::server_number_text;
use super::{Conditional, Readable, Relation, RuleCompiler};
use crate::diagnostic::{Consequence, DiagnosticKind};
use crate::featurehub::profile::Profile;
use crate::json::Token;
use crate::predicate::{Predicate, TextTest};
use crate::tables::Reading;
use crate::text::order;

impl RuleCompiler<'_> {
    pub(super) fn string(&mut self, conditional: Conditional, tokens: &[Token<'_>]) -> Predicate {
        if self.profile() == Profile::Edge && tokens.contains(&Token::Null) {
            self.diagnostics.add(
                "values",
                Some("null"),
                DiagnosticKind::ServerRaises,
                Consequence::RuleNeverHolds,
            );
            return Predicate::Never;
        }
        let readable = self.texts(tokens, DiagnosticKind::ServerRaises);
        match (conditional.relation(), self.profile()) {
            (Relation::Equal, Profile::Edge) if conditional.is_negative() => {
                self.any_differs(&readable.values)
            }
            (Relation::Order, _) => {
                let Some(comparison) = conditional.order() else { return Predicate::Never };
                let bound = comparison.loosest(readable.values.iter(), |a, b| order::utf16(a, b));
                let bound: Vec<_> = bound.into_iter().cloned().collect();
                self.text_test(TextTest::Order(comparison), &bound)
            }
            (Relation::Pattern, _) => {
                let (predicate, ended) = self.patterns(&readable.values);
                if ended {
                    // FeatureHub's server raises an error on an invalid pattern, so it never reads a second supplied
                    // value. A pattern that only this dialect refuses is treated like an invalid one.
                    self.reading = Reading::FirstOnly;
                }
                predicate
            }
            _ => self.text_conditional(conditional, readable),
        }
    }

    /// Returns the predicate of NOT_EQUALS as FeatureHub's server evaluates it: the predicate holds if any value of the
    /// list differs from the supplied text.
    pub(super) fn any_differs(&mut self, texts: &[Cow<'_, str>]) -> Predicate {
        match texts.split_first() {
            None => Predicate::Never,
            Some((first, rest)) if rest.iter().all(|other| other == first) => {
                self.text_test(TextTest::NotAmong, std::slice::from_ref(first))
            }
            Some(_) => Predicate::Always,
        }
    }

    /// Returns the predicate of a textual conditional, such as STARTS_WITH, in a NUMBER, DATE or DATETIME rule. FeatureHub's server
    /// raises no error on a `null` in such a rule; the rule only fails.
    pub(super) fn typed_text(
        &mut self,
        conditional: Conditional,
        tokens: &[Token<'_>],
    ) -> Predicate {
        let readable = self.texts(tokens, DiagnosticKind::NotA("a text"));
        self.text_conditional(conditional, readable)
    }

    /// Returns the predicate of a conditional that compares the supplied text without parsing it, and no order.
    fn text_conditional(
        &mut self,
        conditional: Conditional,
        readable: Readable<Cow<'_, str>>,
    ) -> Predicate {
        let test = match (conditional.relation(), conditional.is_negative()) {
            (Relation::Equal, false) => TextTest::Among,
            (Relation::Equal, true) => TextTest::NotAmong,
            (Relation::Contains, false) => TextTest::Contains,
            (Relation::Contains, true) => TextTest::Lacks,
            (Relation::Starts, _) => TextTest::Starts,
            (Relation::Ends, _) => TextTest::Ends,
            (Relation::Pattern | Relation::Order, _) => return self.patterns(&readable.values).0,
        };
        self.text_test(test, &readable.values)
    }

    /// Returns the texts of the rule's values. Profile `client` drops a `null`. In profile `edge` a `null` ends the
    /// rule, and `null` is the kind of the diagnostic about it; in that profile, this function is not called for a
    /// STRING rule with a `null`.
    pub(super) fn texts<'t>(
        &mut self,
        tokens: &[Token<'t>],
        null: DiagnosticKind,
    ) -> Readable<Cow<'t, str>> {
        let mut values = Vec::with_capacity(tokens.len());
        for token in tokens {
            match (token, self.profile()) {
                (Token::Null, Profile::Edge) => {
                    self.end_rule("null", null);
                    return Readable { values, ended: true };
                }
                (Token::Number(digits), Profile::Edge) => values.push(server_number_text(digits)),
                (token, _) => values.extend(token.clone().text()),
            }
        }
        Readable { values, ended: false }
    }

    pub(super) fn text_test(&mut self, test: TextTest, texts: &[Cow<'_, str>]) -> Predicate {
        let texts: Vec<&str> = texts.iter().map(AsRef::as_ref).collect();
        self.writer.text_test(test, texts.into())
    }
}
