//! The compilation of DATE rules and DATETIME rules.

use std::borrow::Cow;

use super::{Conditional, Readable, RuleCompiler, Typed};
use crate::diagnostic::DiagnosticKind;
use crate::featurehub::profile::Profile;
use crate::json::Token;
use crate::predicate::{BoxedPredicate, ExpectedValues, Predicate};
use crate::text::date::{Day, Years};
use crate::text::datetime::{DateTime, MissingOffset};

impl RuleCompiler<'_> {
    pub(super) fn date(&mut self, conditional: Conditional, tokens: &[Token<'_>]) -> Predicate {
        let Some(typed) = conditional.typed() else {
            return self.typed_text(conditional, tokens);
        };
        let years = self.years();
        let readable = self.parsed(tokens, "a date", |text| Day::parse(text, years));
        self.dates(typed, readable, |wanted| BoxedPredicate::Days(wanted, years))
    }

    pub(super) fn date_time(
        &mut self,
        conditional: Conditional,
        tokens: &[Token<'_>],
    ) -> Predicate {
        let Some(typed) = conditional.typed() else {
            return self.typed_text(conditional, tokens);
        };
        let years = self.years();
        match self.profile() {
            Profile::Client => {
                let read = |text: &str| {
                    DateTime::parse(text, MissingOffset::MeansUtc, years).map(DateTime::instant)
                };
                let readable = self.parsed(tokens, "a date-time", read);
                self.dates(typed, readable, BoxedPredicate::Instants)
            }
            Profile::Edge => {
                let read = |text: &str| DateTime::parse(text, MissingOffset::Unparsable, years);
                let readable = self.parsed(tokens, "a date-time with offset", read);
                self.dates(typed, readable, BoxedPredicate::DateTimes)
            }
        }
    }

    /// Returns the predicate for a list of dates. In profile `client` a supplied text that cannot be read never passes,
    /// unless the payload's list is empty and the conditional is NOT_EQUALS or EXCLUDES.
    fn dates<T: Ord>(
        &mut self,
        typed: Typed,
        readable: Readable<T>,
        boxed: impl FnOnce(ExpectedValues<T>) -> BoxedPredicate,
    ) -> Predicate {
        let is_excluding = matches!(typed, Typed::NotIn);
        if self.profile() == Profile::Client && is_excluding && self.listed > 0 {
            return self.writer.boxed(boxed(ExpectedValues::NotIn(readable.values.into())));
        }
        self.typed(typed, readable, Ord::cmp, boxed)
    }

    pub(super) fn years(&self) -> Years {
        match self.profile() {
            Profile::Client => Years::FourDigits,
            Profile::Edge => Years::Signed,
        }
    }

    /// Returns the dates of a list. In profile `client`, an unreadable date is dropped. In profile `edge`, an
    /// unreadable date ends the list.
    pub(super) fn parsed<T>(
        &mut self,
        tokens: &[Token<'_>],
        what: &'static str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Readable<T> {
        let mut values = Vec::with_capacity(tokens.len());
        for token in tokens {
            let text = match token {
                Token::Text(text) => text.as_ref(),
                _ => "",
            };
            match read(text) {
                Some(value) => values.push(value),
                None if self.profile() == Profile::Edge => {
                    let shown = token.clone().text().unwrap_or(Cow::Borrowed("null"));
                    self.end_rule(&shown, DiagnosticKind::NotA(what));
                    return Readable { values, ended: true };
                }
                None if *token == Token::Null => {}
                None => {
                    let shown = token.clone().text().unwrap_or_default();
                    self.drop_value(&shown, DiagnosticKind::NotA(what));
                }
            }
        }
        Readable { values, ended: false }
    }
}
