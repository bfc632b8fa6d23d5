//! The compilation of NUMBER rules.

use std::borrow::Cow;

use super::{Conditional, Readable, RuleCompiler, Typed};
use crate::diagnostic::{Consequence, DiagnosticKind};
use crate::featurehub::profile::Profile;
use crate::json::Token;
use crate::predicate::{BoxedPredicate, Membership, Predicate};
use crate::text::double::nearest_double;
use crate::text::number::{Decimal, OwnedDecimal, java_double_text};

impl RuleCompiler<'_> {
    pub(super) fn number(&mut self, conditional: Conditional, tokens: &[Token<'_>]) -> Predicate {
        let Some(typed) = conditional.typed() else {
            if self.profile() == Profile::Edge && conditional == Conditional::Regex {
                let readable = self.texts(tokens, DiagnosticKind::NotA("a text"));
                if readable.values.is_empty() {
                    return Predicate::Never;
                }
                return self.matched_by(&readable.values);
            }
            return self.typed_text(conditional, tokens);
        };
        let mut values = Vec::with_capacity(tokens.len());
        for token in tokens {
            let number = match self.profile() {
                Profile::Client => client_number(token),
                Profile::Edge => match server_number(token) {
                    Ok(number) => number,
                    Err(problem) => {
                        let value = token.clone().text().unwrap_or_default();
                        self.diagnostics.add(
                            "values",
                            Some(&value),
                            problem,
                            Consequence::RuleNeverHolds,
                        );
                        return Predicate::Never;
                    }
                },
            };
            match number {
                Some(number) => values.push(number),
                None if *token == Token::Null => {}
                None => {
                    let value = token.clone().text().unwrap_or_default();
                    let wanted = match self.profile() {
                        Profile::Client => "a number",
                        Profile::Edge => {
                            "a JSON number with a fraction or exponent, or an integer that fits 32 bits or exceeds 64 bits"
                        }
                    };
                    self.drop_value(&value, DiagnosticKind::NotA(wanted));
                }
            }
        }
        let by_value = |a: &OwnedDecimal, b: &OwnedDecimal| a.as_decimal().cmp(&b.as_decimal());
        match (self.profile(), typed) {
            (Profile::Edge, Typed::In) if values.is_empty() => Predicate::Never,
            (Profile::Edge, Typed::In) => self
                .writer
                .boxed(BoxedPredicate::NumbersWithScale(Membership::Inside, values.into())),
            (Profile::Edge, Typed::NotIn) if values.is_empty() => Predicate::Always,
            (Profile::Edge, Typed::NotIn) => self
                .writer
                .boxed(BoxedPredicate::NumbersWithScale(Membership::Outside, values.into())),
            _ => self.typed(
                typed,
                Readable { values, ended: false },
                by_value,
                BoxedPredicate::Numbers,
            ),
        }
    }
}

/// Reads a rule value as a number in profile `client`. Returns `None` if the value is neither a JSON number nor a text
/// that is a number.
fn client_number(token: &Token<'_>) -> Option<OwnedDecimal> {
    match token {
        Token::Number(digits) => Decimal::parse(digits).map(OwnedDecimal::from),
        Token::Text(text) => Decimal::parse(text).map(OwnedDecimal::from),
        _ => None,
    }
}

/// Reads a rule value as a number like FeatureHub's server does (profile `edge`). The server accepts integers that fit
/// 32 bits or exceed 64 bits, and drops all others. It reads numbers with a fraction or an exponent as the exact binary
/// value of a double. Returns `Ok(None)` for a value that the server drops, and an error for a value on which the
/// server raises an error.
fn server_number(token: &Token<'_>) -> Result<Option<OwnedDecimal>, DiagnosticKind> {
    let Token::Number(digits) = token else {
        return Ok(None);
    };
    if is_integer(digits) {
        let outside_32_bits = digits.parse::<i32>().is_err();
        let inside_64_bits = digits.parse::<i64>().is_ok();
        if outside_32_bits && inside_64_bits {
            return Ok(None);
        }
        return Ok(Decimal::parse(digits).map(OwnedDecimal::from));
    }
    let double = nearest_double(digits).ok_or(DiagnosticKind::NotA("a number"))?;
    OwnedDecimal::from_double(double).map(Some).ok_or(DiagnosticKind::ServerRaises)
}

fn is_integer(digits: &str) -> bool {
    !digits.contains(['.', 'e', 'E'])
}

/// Returns the text that FeatureHub's server compares for a number within the range of doubles: an integer in decimal,
/// any other number as Java prints doubles.
pub(super) fn server_number_text<'t>(digits: &'t str) -> Cow<'t, str> {
    match digits {
        "-0" => Cow::Borrowed("0"),
        _ if is_integer(digits) => Cow::Borrowed(digits),
        _ => nearest_double(digits)
            .map_or(Cow::Borrowed(digits), |double| Cow::Owned(java_double_text(double))),
    }
}
