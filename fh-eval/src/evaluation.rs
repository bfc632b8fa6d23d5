//! The result of an evaluation, and its typed getters.

use crate::reason::EvaluationReason;
#[cfg(feature = "first-row")]
use crate::tables::Typing;
use crate::tables::{Head, Tables, ValueAt};
#[cfg(feature = "featbit")]
use crate::text_value;
use crate::value::{Kind, Number, Value};

/// The result of evaluating a feature for a subject. It borrows from the compiled feature and is cheap to copy.
///
/// The typed getters return `None` if the value is null or of another type; they never convert a value to another type.
/// To replace `None` by a default value, call `unwrap_or` on the result.
#[derive(Debug, Clone, Copy)]
pub struct Evaluation<'a> {
    tables: &'a Tables,
    value: ValueAt,
    /// Row of the strategy that matched; [`NO_ROW`] if none matched.
    row: u32,
    kind: Option<Kind>,
    reason: EvaluationReason,
}

const NO_ROW: u32 = u32::MAX;

impl<'a> Evaluation<'a> {
    #[inline]
    pub(crate) fn new(tables: &'a Tables, head: &Head, row: Option<u32>) -> Self {
        let strategy = row.and_then(|row| tables.strategies.get(row as usize));
        let (value, reason) = match strategy {
            Some(strategy) => (strategy.value, strategy.reason),
            None => (head.value, head.default_reason),
        };
        Self { tables, value, row: row.unwrap_or(NO_ROW), kind: head.kind, reason }
    }

    pub(crate) const fn missing(tables: &'a Tables) -> Self {
        Self {
            tables,
            value: ValueAt::NONE,
            row: NO_ROW,
            kind: None,
            reason: EvaluationReason::NotFound,
        }
    }

    #[cfg(feature = "first-row")]
    #[inline(always)]
    fn typing(&self) -> Typing {
        let detail = self.tables.details.get(self.row as usize);
        detail.map_or(Typing::OfFeature, |detail| detail.typing)
    }

    /// Returns the value as a read of this type converts it. `None` for a value that has the type of its feature.
    // Inlined, because a call with a reference to the evaluation would keep the whole evaluation in memory, also on the way of a
    // boolean that is not converted.
    #[cfg(feature = "first-row")]
    #[inline(always)]
    fn converted(&self, kind: Kind) -> Option<&'a Value> {
        match self.typing() {
            Typing::OfFeature => None,
            #[cfg(feature = "featbit")]
            Typing::Text => text_value::converted(self.tables, self.value, kind),
            #[cfg(feature = "featuresignals")]
            Typing::Own => self.value().filter(|value| value.kind() == kind),
        }
    }

    /// Returns `None`, because no value is converted in this build.
    #[cfg(not(feature = "first-row"))]
    #[inline(always)]
    fn converted(&self, _: Kind) -> Option<&'a Value> {
        None
    }

    /// Returns the value of the feature for the subject, or `None` if the value is null or there is no such feature.
    #[must_use]
    pub fn value(&self) -> Option<&'a Value> {
        self.tables.value(self.value)
    }

    /// Returns the value as a read of the feature's own type converts it, or the value itself if it does not convert. For features of
    /// FeatureHub, this is the same as [`Self::value`]. A value of FeatBit is a text, which is a number for a flag of type number.
    #[must_use]
    pub fn typed_value(&self) -> Option<&'a Value> {
        self.kind.and_then(|kind| self.converted(kind)).or_else(|| self.value())
    }

    /// Returns the feature's type, or `None` if there is no such feature or its type is unknown.
    #[must_use]
    pub const fn kind(&self) -> Option<Kind> {
        self.kind
    }

    /// Returns the reason for the value, such as [`EvaluationReason::Split`] if a strategy with a percentage matched. A
    /// null value does not change this reason, but [`Self::read`] reports [`EvaluationReason::NotSet`] for a
    /// null value of the requested type.
    #[must_use]
    pub const fn reason(&self) -> EvaluationReason {
        self.reason
    }

    /// Returns true if a strategy matched, so that the evaluation has this strategy's value.
    #[must_use]
    pub const fn is_match(&self) -> bool {
        self.row != NO_ROW
    }

    /// Returns the id of the strategy that matched, or `None` if no strategy matched or the matching strategy has no
    /// id.
    #[must_use]
    pub fn strategy_id(&self) -> Option<&'a str> {
        let id = self.tables.details.get(self.row as usize)?.id?;
        Some(id.text(&self.tables.names))
    }

    /// Returns the position, from 0, of the matching strategy in the payload's list, or `None` if no strategy matched.
    #[must_use]
    pub fn strategy_position(&self) -> Option<usize> {
        let position = self.tables.details.get(self.row as usize)?.position;
        #[cfg(feature = "first-row")]
        if position == crate::tables::NO_POSITION {
            return None;
        }
        Some(position as usize)
    }

    /// Returns the id of the value among the values of the flag: FeatBit's variation id, and the key of FeatureSignals' variant. `None` for
    /// a value that has none, and for features of FeatureHub.
    #[cfg(feature = "first-row")]
    #[must_use]
    pub fn variant(&self) -> Option<&'a str> {
        let variant = self.tables.details.get(self.row as usize)?.variant?;
        Some(variant.text(&self.tables.names))
    }

    /// Returns the name of the rule that matched; `None` if no rule matched or the rule has no name.
    #[cfg(feature = "first-row")]
    #[must_use]
    pub fn rule_name(&self) -> Option<&'a str> {
        let name = self.tables.details.get(self.row as usize)?.name?;
        Some(name.text(&self.tables.names))
    }

    /// Returns the row that answered; `None` if no row did.
    #[cfg(feature = "featbit")]
    pub(crate) fn row(&self) -> Option<u32> {
        (self.row != NO_ROW).then_some(self.row)
    }

    /// Returns the value of a BOOLEAN feature, or `None` if the value is null or the feature has another type.
    #[inline]
    #[must_use]
    pub fn boolean(&self) -> Option<bool> {
        match self.value {
            ValueAt::TRUE => Some(true),
            ValueAt::FALSE => Some(false),
            _ => match self.converted(Kind::Boolean)? {
                Value::Bool(value) => Some(*value),
                _ => None,
            },
        }
    }

    /// Returns the value of a STRING feature, or `None` if the value is null or the feature has another type.
    #[must_use]
    pub fn string(&self) -> Option<&'a str> {
        match (self.kind, self.value()?) {
            (Some(Kind::String), Value::Text(text)) => Some(text),
            _ => match self.converted(Kind::String)? {
                Value::Text(text) => Some(text),
                _ => None,
            },
        }
    }

    /// Returns the value of a NUMBER feature as the nearest double, or `None` if the value is null or not a number, or
    /// the feature has another type.
    #[must_use]
    pub fn number(&self) -> Option<f64> {
        self.decimal().map(Number::as_f64)
    }

    /// Returns the value of a NUMBER feature with its decimal text, or `None` if the value is null or not a number, or
    /// the feature has another type.
    #[must_use]
    pub fn decimal(&self) -> Option<&'a Number> {
        match self.value()? {
            Value::Number(number) => Some(number),
            _ => match self.converted(Kind::Number)? {
                Value::Number(number) => Some(number),
                _ => None,
            },
        }
    }

    /// Returns the text of a JSON feature, neither parsed nor validated, or `None` if the value is null or the feature
    /// has another type.
    #[must_use]
    pub fn json(&self) -> Option<&'a str> {
        match self.value()? {
            Value::Json(text) => Some(text),
            _ => match self.converted(Kind::Json)? {
                Value::Json(text) => Some(text),
                _ => None,
            },
        }
    }

    /// Returns true if the value is not null, whatever its type.
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.value != ValueAt::NONE
    }

    /// Returns true if the feature is BOOLEAN and its value is true.
    #[inline]
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        self.boolean() == Some(true)
    }

    /// Returns the value if it has the type `kind`, and the reason for the result. The value is `None` together with
    /// one of these reasons:
    ///
    /// - [`EvaluationReason::NotFound`]: there is no such feature.
    /// - [`EvaluationReason::NotSet`]: the feature has the type `kind`, and its value is null.
    /// - [`EvaluationReason::TypeMismatch`]: the feature or its value has another type.
    ///
    /// ```
    /// use fh_eval::{EvaluationReason, Kind, Profile, Ruleset, Subject, Timestamp};
    /// let ruleset = Ruleset::from_json(br#"[{"key": "A", "type": "STRING", "value": "x"}]"#, Profile::Client)?;
    /// let evaluation = ruleset.get("A").unwrap().evaluate(&Subject::without_context(Timestamp::from_millis(0)));
    /// assert_eq!(evaluation.read(Kind::String).1, EvaluationReason::Static);
    /// assert_eq!(evaluation.read(Kind::Boolean), (None, EvaluationReason::TypeMismatch));
    /// # Ok::<(), fh_eval::featurehub::ParseError>(())
    /// ```
    #[must_use]
    pub fn read(&self, kind: Kind) -> (Option<&'a Value>, EvaluationReason) {
        if self.reason == EvaluationReason::NotFound {
            return (None, EvaluationReason::NotFound);
        }
        #[cfg(feature = "first-row")]
        if self.typing() != Typing::OfFeature {
            return match (self.converted(kind), self.value()) {
                (Some(value), _) => (Some(value), self.reason),
                (None, Some(_)) => (None, EvaluationReason::TypeMismatch),
                #[cfg(feature = "featuresignals")]
                (None, None) if self.typing() == Typing::Own => (None, EvaluationReason::NotSet),
                (None, None) => (None, self.reason),
            };
        }
        if self.kind != Some(kind) {
            return (None, EvaluationReason::TypeMismatch);
        }
        let readable = |value: &&Value| !matches!((kind, value), (Kind::Number, Value::Text(_)));
        match self.value() {
            // A flag of FeatBit has no value for a user without a key.
            #[cfg(feature = "featbit")]
            None if self.reason == EvaluationReason::Malformed => (None, self.reason),
            None => (None, EvaluationReason::NotSet),
            Some(value) if readable(&value) => (Some(value), self.reason),
            Some(_) => (None, EvaluationReason::TypeMismatch),
        }
    }
}
