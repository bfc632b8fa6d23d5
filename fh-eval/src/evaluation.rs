//! The answer of an evaluation, and how it is read (evaluation 5).

use crate::predicate::Run;
use crate::tables::{Head, Mode, Share, Tables, ValueAt};
use crate::value::{Kind, Number, Value};

/// Why a value is what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum Reason {
    /// A strategy without percentage matched.
    StrategyMatch,
    /// A strategy with a percentage matched.
    Split,
    /// There are strategies, none matched.
    Default,
    /// There are no strategies.
    Static,
    /// The value is null.
    NotSet,
    /// There is no such feature.
    NotFound,
    /// The feature is of another type than was asked for.
    TypeMismatch,
}

impl Reason {
    /// The name in reports and other languages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::StrategyMatch => "STRATEGY_MATCH",
            Self::Split => "SPLIT",
            Self::Default => "DEFAULT",
            Self::Static => "STATIC",
            Self::NotSet => "NOT_SET",
            Self::NotFound => "NOT_FOUND",
            Self::TypeMismatch => "TYPE_MISMATCH",
        }
    }
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a feature is worth to a subject. Borrows from the ruleset; copying it is free.
///
/// The typed getters answer `None` if the value is null or of another type, never a converted value (evaluation 5.1); a
/// default of the caller's is `unwrap_or`.
#[derive(Debug, Clone, Copy)]
pub struct Evaluation<'a> {
    tables: &'a Tables,
    value: ValueAt,
    /// The strategy's row, or `u32::MAX`.
    row: u32,
    kind: Option<Kind>,
    reason: Reason,
}

const NO_ROW: u32 = u32::MAX;

impl<'a> Evaluation<'a> {
    #[inline]
    pub(crate) fn new(tables: &'a Tables, head: &Head, row: Option<u32>) -> Self {
        let strategy = row.and_then(|row| tables.strategies.get(row as usize));
        let (value, reason) = match strategy {
            Some(strategy) if strategy.share == Share::None => {
                (strategy.value, Reason::StrategyMatch)
            }
            Some(strategy) => (strategy.value, Reason::Split),
            None if head.mode == Mode::Static => (head.value, Reason::Static),
            None => (head.value, Reason::Default),
        };
        Self { tables, value, row: row.unwrap_or(NO_ROW), kind: head.kind, reason }
    }

    pub(crate) const fn missing(tables: &'a Tables) -> Self {
        Self { tables, value: ValueAt::NONE, row: NO_ROW, kind: None, reason: Reason::NotFound }
    }

    /// The value; `None` if it is null.
    #[must_use]
    pub fn value(&self) -> Option<&'a Value> {
        self.tables.value(self.value)
    }

    /// The feature's type; `None` if there is no such feature, or its type is not known.
    #[must_use]
    pub const fn kind(&self) -> Option<Kind> {
        self.kind
    }

    /// Why: whether a strategy matched, and of which sort. A null value keeps that reason here (D-39); [`Self::read`] reports it as
    /// [`Reason::NotSet`].
    #[must_use]
    pub const fn reason(&self) -> Reason {
        self.reason
    }

    /// Did a strategy match?
    #[must_use]
    pub const fn is_match(&self) -> bool {
        self.row != NO_ROW
    }

    /// The id of the strategy that matched.
    #[must_use]
    pub fn strategy_id(&self) -> Option<&'a str> {
        let id: Run = self.tables.details.get(self.row as usize)?.id?;
        Some(id.text(&self.tables.names))
    }

    /// The position of the strategy that matched, in the payload's list.
    #[must_use]
    pub fn strategy_position(&self) -> Option<usize> {
        Some(self.tables.details.get(self.row as usize)?.position as usize)
    }

    /// The value of a BOOLEAN feature.
    #[inline]
    #[must_use]
    pub fn boolean(&self) -> Option<bool> {
        match self.value {
            ValueAt::TRUE => Some(true),
            ValueAt::FALSE => Some(false),
            _ => None,
        }
    }

    /// The value of a STRING feature.
    #[must_use]
    pub fn string(&self) -> Option<&'a str> {
        match (self.kind, self.value()?) {
            (Some(Kind::String), Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// The value of a NUMBER feature, as the nearest double.
    #[must_use]
    pub fn number(&self) -> Option<f64> {
        self.decimal().map(Number::as_f64)
    }

    /// The value of a NUMBER feature, with its decimal text.
    #[must_use]
    pub fn decimal(&self) -> Option<&'a Number> {
        match self.value()? {
            Value::Number(number) => Some(number),
            _ => None,
        }
    }

    /// The text of a JSON feature; neither parsed nor checked.
    #[must_use]
    pub fn json(&self) -> Option<&'a str> {
        match self.value()? {
            Value::Json(text) => Some(text),
            _ => None,
        }
    }

    /// Is the value anything but null, whatever its type?
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.value != ValueAt::NONE
    }

    /// Is the feature BOOLEAN and true?
    #[inline]
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        self.boolean() == Some(true)
    }

    /// Reads the value as a type, with the reason that an SDK reports: a null value is [`Reason::NotSet`], another type
    /// [`Reason::TypeMismatch`].
    ///
    /// ```
    /// use fh_eval::{Kind, Profile, Reason, Ruleset, Subject, Timestamp};
    /// let ruleset = Ruleset::from_json(br#"[{"key": "A", "type": "STRING", "value": "x"}]"#, Profile::Client)?;
    /// let evaluation = ruleset.get("A").unwrap().evaluate(&Subject::nobody(Timestamp::from_millis(0)));
    /// assert_eq!(evaluation.read(Kind::String).1, Reason::Static);
    /// assert_eq!(evaluation.read(Kind::Boolean), (None, Reason::TypeMismatch));
    /// # Ok::<(), fh_eval::featurehub::ParseError>(())
    /// ```
    #[must_use]
    pub fn read(&self, kind: Kind) -> (Option<&'a Value>, Reason) {
        if self.reason == Reason::NotFound {
            return (None, Reason::NotFound);
        }
        if self.kind != Some(kind) {
            return (None, Reason::TypeMismatch);
        }
        let readable = |value: &&Value| !matches!((kind, value), (Kind::Number, Value::Text(_)));
        match self.value() {
            None => (None, Reason::NotSet),
            Some(value) if readable(&value) => (Some(value), self.reason),
            Some(_) => (None, Reason::TypeMismatch),
        }
    }
}
