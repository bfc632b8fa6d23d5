//! The values of flags, rules and variants.

use super::compilation::Compilation;
use crate::diagnostic::{Consequence, DiagnosticKind};
use crate::json::generic::{Unwritable, Writing, write};
use crate::json::{Json, Token};
use crate::tables::ValueAt;
use crate::value::{Number, Value};

impl Compilation<'_> {
    /// Stores a value as FeatureSignals' server decodes it: numbers are doubles, and the members of objects are sorted by name. A value that
    /// the server cannot decode is null.
    pub(super) fn value(&mut self, member: &'static str, raw: Option<Json<'_>>) -> ValueAt {
        let Some(raw) = raw else { return ValueAt::NONE };
        let value = match raw.token() {
            Token::Null => return ValueAt::NONE,
            Token::Bool(value) => Ok(Value::Bool(value)),
            Token::Text(text) => Ok(Value::Text(text.into())),
            Token::Number(_) => write(raw.get(), Writing::Json).map(|text| {
                Number::parse(&text).map_or_else(|| Value::Text(text.into()), Value::Number)
            }),
            Token::List | Token::Object => {
                write(raw.get(), Writing::Json).map(|text| Value::Json(text.into()))
            }
        };
        match value {
            Ok(value) => self.writer.value(value),
            Err(why) => {
                let problem = match why {
                    Unwritable::Number => "a number within the range of doubles",
                    Unwritable::Depth => "a value of at most 10,000 levels",
                };
                let problem = DiagnosticKind::NotA(problem);
                let assumed = Consequence::Assumed("null");
                self.diagnostics.add(member, Some(raw.get()), problem, assumed);
                ValueAt::NONE
            }
        }
    }
}
