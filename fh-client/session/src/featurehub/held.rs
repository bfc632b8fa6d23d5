//! The state of the held features: whether they are served, and whether they belong to the current context.

use std::mem;
use std::sync::Arc;

use fh_eval::Attributes;

/// The relation of the held features to the current context, and whether they are served.
#[derive(Default)]
pub(super) enum Held {
    /// No features are served. The held features, if there are any, are not marked as features of an earlier context.
    #[default]
    Unserved,
    /// The features of the current context are served.
    Current,
    /// The features of an earlier context are served, because the features of the current context have not arrived.
    Kept(EvaluatedFor),
    /// The features belong to an earlier context, or to keys of the other kind, and are not served.
    Withheld(EvaluatedFor),
}

/// The context for which the Edge evaluated the features; `None` if the client evaluates them.
pub(super) type EvaluatedFor = Option<Arc<Attributes>>;

impl Held {
    /// Returns true if features of the current context are served.
    pub(super) const fn is_current(&self) -> bool {
        matches!(self, Self::Current)
    }

    /// Returns true if features are held that are not served, because they belong to an earlier context or to keys of the other kind.
    pub(super) const fn is_withheld(&self) -> bool {
        matches!(self, Self::Withheld(_))
    }

    /// Returns true if features are served, which may be features of an earlier context.
    pub(super) const fn is_served(&self) -> bool {
        matches!(self, Self::Current | Self::Kept(_))
    }

    /// Returns the context for which the features were evaluated if they are marked as features of an earlier context, otherwise `None`.
    pub(super) const fn of_earlier_context(&self) -> Option<&EvaluatedFor> {
        match self {
            Self::Kept(of) | Self::Withheld(of) => Some(of),
            Self::Unserved | Self::Current => None,
        }
    }

    /// Marks the features as features of an earlier context. Features that were marked before keep their context.
    pub(super) fn leave_to_earlier_context(&mut self, of: EvaluatedFor) {
        *self = match mem::take(self) {
            Self::Unserved => Self::Withheld(of),
            Self::Current => Self::Kept(of),
            marked => marked,
        };
    }

    /// Stops serving the features. Features of an earlier context stay marked as such.
    pub(super) fn withhold(&mut self) {
        *self = match mem::take(self) {
            Self::Unserved | Self::Current => Self::Unserved,
            Self::Kept(of) | Self::Withheld(of) => Self::Withheld(of),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_of_an_earlier_context_keep_that_context() {
        let first: EvaluatedFor = Some(Arc::default());
        let mut held = Held::Current;
        held.leave_to_earlier_context(first.clone());
        assert!(held.is_served() && !held.is_current());
        held.leave_to_earlier_context(None);
        held.withhold();
        assert!(!held.is_served() && held.is_withheld());
        assert_eq!(held.of_earlier_context(), Some(&first));
    }

    #[test]
    fn features_of_the_current_context_are_served_until_they_are_withheld() {
        let mut held = Held::Current;
        assert!(held.is_current() && held.is_served() && held.of_earlier_context().is_none());
        held.withhold();
        assert!(matches!(held, Held::Unserved));
        held.leave_to_earlier_context(None);
        assert!(matches!(held, Held::Withheld(None)));
    }
}
