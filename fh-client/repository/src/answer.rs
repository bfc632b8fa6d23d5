//! The result of a read, before its conversion to the requested type.

use std::sync::Arc;

use fh_eval::{Attributes, Evaluation, FeatureRef, Kind, Number, Value};

use crate::intercept::convert::lenient;
use crate::reason::Reason;
#[cfg(any(feature = "featbit", feature = "featuresignals"))]
use crate::system::System;

/// The result of a read, from which the value is converted to the requested type.
pub(crate) enum Answer<'a> {
    /// The read has no value: the feature does not exist, or the client has no features for the context of the read.
    Missing(Reason),
    /// The value was evaluated from the rules of the feature, by the client or by the Edge.
    Ruled(Ruled<'a>),
    Intercepted(Intercepted<'a>),
}

/// The result of evaluating the rules of a feature.
pub(crate) struct Ruled<'a> {
    pub(crate) feature: FeatureRef<'a>,
    pub(crate) evaluation: Evaluation<'a>,
    /// The id of the strategy that matched on the Edge; `None` if the Edge reports no strategy, or if the client evaluates the feature.
    pub(crate) strategy: Option<&'a str>,
    #[cfg(any(feature = "featbit", feature = "featuresignals"))]
    pub(crate) system: System,
}

/// The value that an interceptor returned.
pub(crate) struct Intercepted<'a> {
    /// The feature; `None` if no feature has the key. If the feature is missing or its type is unknown, a read of a type converts the
    /// interceptor's value to that type.
    pub(crate) feature: Option<FeatureRef<'a>>,
    pub(crate) value: Option<Value>,
    pub(crate) by: &'a Arc<str>,
}

/// A read of the user's code.
pub(crate) struct Read<'a> {
    pub(crate) key: &'a str,
    /// The type that was requested; `None` for a read of any type.
    #[cfg_attr(
        not(feature = "featbit"),
        expect(dead_code, reason = "only FeatBit's exposures need it")
    )]
    pub(crate) kind: Option<Kind>,
    pub(crate) answer: &'a Answer<'a>,
    pub(crate) attributes: Option<&'a Arc<Attributes>>,
}

impl<'a> Ruled<'a> {
    /// Returns the id of the strategy that matched, of the variation of FeatBit that is served, or of FeatureSignals' variant.
    pub(crate) fn strategy_id(&self) -> Option<&'a str> {
        #[cfg(any(feature = "featbit", feature = "featuresignals"))]
        if self.system != System::FeatureHub {
            return self.evaluation.variant();
        }
        self.strategy.or_else(|| self.evaluation.strategy_id())
    }

    /// Returns true if the feature has another type than `kind` and its value does not convert.
    pub(crate) fn is_mismatch(&self, kind: Option<Kind>) -> bool {
        let evaluation = &self.evaluation;
        kind.is_some_and(|kind| {
            evaluation.kind() != Some(kind) && evaluation.read(kind).0.is_none()
        })
    }

    fn reason(&self) -> Reason {
        match self.strategy {
            Some(_) => Reason::StrategyMatch,
            None => self.evaluation.reason().into(),
        }
    }
}

impl Intercepted<'_> {
    fn read(&self, kind: Kind) -> Option<Value> {
        let value = self.value.as_ref()?;
        match self.feature.and_then(|feature| feature.kind()) {
            Some(known) => (known == kind).then(|| value.clone()),
            None => lenient(value, kind),
        }
    }
}

impl<'a> Answer<'a> {
    pub(crate) fn feature(&self) -> Option<FeatureRef<'a>> {
        match self {
            Self::Missing(_) => None,
            Self::Ruled(ruled) => Some(ruled.feature),
            Self::Intercepted(intercepted) => intercepted.feature,
        }
    }

    /// Returns true if the client has no features for the read.
    pub(crate) fn is_not_ready(&self) -> bool {
        matches!(self, Self::Missing(Reason::NotReady | Reason::OtherContext))
    }

    pub(crate) fn is_locked(&self) -> bool {
        self.feature().is_some_and(|feature| feature.is_locked())
    }

    pub(crate) fn interceptor(&self) -> Option<&'a Arc<str>> {
        match self {
            Self::Intercepted(intercepted) => Some(intercepted.by),
            _ => None,
        }
    }

    pub(crate) fn strategy_id(&self) -> Option<&'a str> {
        match self {
            Self::Ruled(ruled) => ruled.strategy_id(),
            _ => None,
        }
    }

    /// Returns the reason for the value. If the rules give a null value, the reason says why the evaluation chose null.
    pub(crate) fn reason(&self) -> Reason {
        match self {
            Self::Missing(reason) => *reason,
            Self::Ruled(ruled) => ruled.reason(),
            Self::Intercepted(_) => Reason::Intercepted,
        }
    }

    pub(crate) fn is_set(&self) -> bool {
        match self {
            Self::Missing(_) => false,
            Self::Ruled(ruled) => ruled.evaluation.is_set(),
            Self::Intercepted(intercepted) => intercepted.value.is_some(),
        }
    }

    pub(crate) fn value(&self) -> Option<Value> {
        match self {
            Self::Missing(_) => None,
            Self::Ruled(ruled) => ruled.evaluation.typed_value().cloned(),
            Self::Intercepted(intercepted) => intercepted.value.clone(),
        }
    }

    /// Returns the value without cloning it; `None` if the value is null or the read has no value.
    pub(crate) fn value_ref(&self) -> Option<&Value> {
        match self {
            Self::Missing(_) => None,
            Self::Ruled(ruled) => ruled.evaluation.typed_value(),
            Self::Intercepted(intercepted) => intercepted.value.as_ref(),
        }
    }

    pub(crate) fn boolean(&self) -> Option<bool> {
        match self {
            Self::Ruled(ruled) => ruled.evaluation.boolean(),
            _ => match self.of(Kind::Boolean)? {
                Value::Bool(value) => Some(value),
                _ => None,
            },
        }
    }

    pub(crate) fn string(&self) -> Option<Arc<str>> {
        match self {
            Self::Ruled(ruled) => string_of(&ruled.evaluation),
            _ => match self.of(Kind::String)? {
                Value::Text(text) => Some(text),
                _ => None,
            },
        }
    }

    pub(crate) fn number(&self) -> Option<f64> {
        match self {
            Self::Ruled(ruled) => ruled.evaluation.number(),
            _ => self.decimal().map(|number| number.as_f64()),
        }
    }

    pub(crate) fn decimal(&self) -> Option<Number> {
        match self {
            Self::Ruled(ruled) => ruled.evaluation.decimal().cloned(),
            _ => match self.of(Kind::Number)? {
                Value::Number(number) => Some(number),
                _ => None,
            },
        }
    }

    pub(crate) fn json(&self) -> Option<Arc<str>> {
        match self {
            Self::Ruled(ruled) => json_of(&ruled.evaluation),
            _ => match self.of(Kind::Json)? {
                Value::Json(text) => Some(text),
                _ => None,
            },
        }
    }

    fn of(&self, kind: Kind) -> Option<Value> {
        self.read(kind).0
    }

    /// Returns the value and the reason of a read as the type `kind`. The value is `None` if it is null or has another type, or if the read
    /// has no value.
    pub(crate) fn read(&self, kind: Kind) -> (Option<Value>, Reason) {
        match self {
            Self::Missing(reason) => (None, *reason),
            Self::Ruled(ruled) => {
                let (value, reason) = ruled.evaluation.read(kind);
                match (value, ruled.strategy) {
                    (Some(value), Some(_)) => (Some(value.clone()), Reason::StrategyMatch),
                    (value, _) => (value.cloned(), reason.into()),
                }
            }
            Self::Intercepted(intercepted) => match intercepted.read(kind) {
                Some(value) => (Some(value), Reason::Intercepted),
                None if intercepted.value.is_none()
                    && intercepted
                        .feature
                        .and_then(|feature| feature.kind())
                        .is_none_or(|known| known == kind) =>
                {
                    (None, Reason::NotSet)
                }
                None => (None, Reason::TypeMismatch),
            },
        }
    }
}

/// Returns the text of a STRING feature, shared with the ruleset; `None` for a feature of another type or without a value.
pub(crate) fn string_of(evaluation: &Evaluation<'_>) -> Option<Arc<str>> {
    match evaluation.read(Kind::String).0? {
        Value::Text(text) => Some(Arc::clone(text)),
        _ => None,
    }
}

/// Returns the text of a JSON feature, shared with the ruleset; `None` for a feature of another type or without a value.
pub(crate) fn json_of(evaluation: &Evaluation<'_>) -> Option<Arc<str>> {
    match evaluation.read(Kind::Json).0? {
        Value::Json(text) => Some(Arc::clone(text)),
        _ => None,
    }
}
