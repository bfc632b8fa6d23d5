//! The clock, which an evaluation gets from its caller.

use crate::attributes::Attributes;
use crate::time::Timestamp;

/// A source of the current time.
///
/// The trait is implemented by [`Timestamp`] (a fixed time) and by every `Fn() -> Timestamp`. An evaluation reads the
/// clock only for a DATE or DATETIME rule on the attribute `now`, in any letter case, and only if the context has no
/// such attribute.
///
/// ```
/// use fh_eval::{Clock, Timestamp};
/// let fixed = Timestamp::from_millis(0);
/// assert_eq!(fixed.now(), Timestamp::from_millis(0));
/// let ticking = || Timestamp::from_millis(1_000);
/// assert_eq!(ticking.now().as_millis(), 1_000);
/// ```
pub trait Clock {
    /// Returns the current time.
    fn now(&self) -> Timestamp;

    /// Called if the context `attributes` lacks the attribute `name`, which a rule or a percentage key reads. An evaluation gets nothing but the
    /// clock from its caller, so the call stands here, and evaluations without a gap cost nothing more.
    #[doc(hidden)]
    fn attribute_missing(&self, _attributes: &Attributes, _name: &str) {}
}

impl Clock for Timestamp {
    fn now(&self) -> Timestamp {
        *self
    }
}

impl<F: Fn() -> Timestamp> Clock for F {
    fn now(&self) -> Timestamp {
        self()
    }
}
