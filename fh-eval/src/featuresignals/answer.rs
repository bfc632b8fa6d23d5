//! Answers of FeatureSignals' server as flags, for clients for which the server evaluates.

use serde_json::value::RawValue;

use super::compilation::{Compilation, Part, Row};
use super::compile::Compiler;
use super::words::word;
use crate::diagnostic::limit::Room;
use crate::json::{Token, Tree, compact};
use crate::reason::EvaluationReason;
use crate::ruleset::Ruleset;
use crate::tables::FeatureDetail;
use crate::value::Kind;

/// The answer of FeatureSignals' server for one flag and one context.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    /// The key of the flag.
    pub key: &'a str,
    /// The value, which may be null.
    pub value: &'a RawValue,
    /// The reason for the value; [`EvaluationReason::Static`] if the server gave none.
    pub reason: EvaluationReason,
    /// The key of the variant; `None` if the answer has none.
    pub variant: Option<&'a str>,
}

/// Returns the reason of an evaluation for a word of FeatureSignals' server, such as `TARGETED`. A word that the server does not use today is
/// [`EvaluationReason::Default`].
#[must_use]
pub fn reason_of(text: &str) -> EvaluationReason {
    use EvaluationReason as Reason;
    let reasons = [
        Reason::Off,
        Reason::Excluded,
        Reason::PrerequisiteFailed,
        Reason::StrategyMatch,
        Reason::Split,
        Reason::Variant,
        Reason::NotFound,
    ];
    reasons.into_iter().find(|reason| word(*reason) == text).unwrap_or(Reason::Default)
}

impl Compiler {
    /// Compiles the answers for one context: each becomes a flag that has this value, reason and variant for every context. Of answers with
    /// the same key, the last one counts.
    ///
    /// ```
    /// use fh_eval::featuresignals::{Answer, Compiler, reason, reason_of};
    /// use fh_eval::{Subject, Timestamp};
    /// let value = serde_json::value::to_raw_value("two pages")?;
    /// let reason_given = reason_of("VARIANT");
    /// let answer = Answer { key: "checkout", value: &value, reason: reason_given, variant: Some("treatment") };
    /// let ruleset = Compiler::new().answers([answer]);
    /// let subject = Subject::without_context(Timestamp::from_millis(0));
    /// let evaluation = ruleset.get("checkout").unwrap().evaluate(&subject);
    /// assert_eq!((evaluation.string(), reason(&evaluation)), (Some("two pages"), "VARIANT"));
    /// assert_eq!(evaluation.variant(), Some("treatment"));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn answers<'a>(&self, answers: impl IntoIterator<Item = Answer<'a>>) -> Ruleset {
        let mut patterns = Compilation::patterns();
        let mut compilation = Compilation::new(&mut patterns, Part::Flags, &Room::default());
        for (position, answer) in answers.into_iter().enumerate() {
            compilation.diagnostics.enter_feature(position);
            compilation.answer(&answer);
        }
        Ruleset::of_last(compilation.writer.finish(), Vec::new(), None)
    }
}

impl Compilation<'_> {
    fn answer(&mut self, answer: &Answer<'_>) {
        self.diagnostics.name_feature(answer.key);
        self.writer.begin();
        let json = self.writer.json(&json_of(answer));
        let hash_id = self.writer.hash_id("");
        let key = self.writer.key(answer.key);
        let strategies = self.writer.tables.strategies.len() as u32;
        let rules = self.writer.tables.rules.len() as u32;
        let value = self.value("value", Some(Tree::of(answer.value).json()));
        let variant = answer.variant.map(|variant| self.writer.name(variant));
        self.push(Row { variant, ..Row::of(value, answer.reason) });
        let (head, all) = self.head(strategies, rules, hash_id, kind_of(answer.value));
        let detail = FeatureDetail { json, ..FeatureDetail::default() };
        self.writer.end(head, key, all, detail, &mut self.diagnostics.diagnostics);
    }
}

/// Returns an answer in the form in which the server gives it.
fn json_of(answer: &Answer<'_>) -> String {
    let quoted = |text: &str| serde_json::to_string(text).unwrap_or_default();
    let (value, reason) = (compact(answer.value.get()), quoted(word(answer.reason)));
    let variant = answer.variant.map(|variant| format!(",\"variant_key\":{}", quoted(variant)));
    format!("{{\"value\":{value},\"reason\":{reason}{}}}", variant.unwrap_or_default())
}

/// Returns the type of a value; `None` for null.
fn kind_of(value: &RawValue) -> Option<Kind> {
    match Token::of(value) {
        Token::Null => None,
        Token::Bool(_) => Some(Kind::Boolean),
        Token::Text(_) => Some(Kind::String),
        Token::Number(_) => Some(Kind::Number),
        Token::List | Token::Object => Some(Kind::Json),
    }
}
