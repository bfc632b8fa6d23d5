//! Who is evaluated, and when.

use crate::attributes::Attributes;
use crate::time::Clock;

/// A context and a clock: everything an evaluation asks about the world.
///
/// Without a context ([`Subject::nobody`]) strategies are not looked at, and everybody's value is the answer (evaluation 5.7).
///
/// ```
/// use fh_eval::{Attributes, Subject, Timestamp};
/// let fred = Attributes::builder().user_key("fred").build();
/// let today = Timestamp::from_millis(1_709_249_400_000);
/// let subject = Subject::new(&fred, today);
/// # let _ = subject;
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a, C> {
    pub(crate) attributes: Option<&'a Attributes>,
    pub(crate) clock: C,
}

impl<'a, C: Clock> Subject<'a, C> {
    /// Somebody with attributes (perhaps none), at the time that `clock` tells if a rule asks.
    #[must_use]
    pub const fn new(attributes: &'a Attributes, clock: C) -> Self {
        Self { attributes: Some(attributes), clock }
    }

    /// Nobody in particular: no strategy applies.
    #[must_use]
    pub const fn nobody(clock: C) -> Self {
        Self { attributes: None, clock }
    }

    /// The context, if there is one.
    #[must_use]
    pub const fn attributes(&self) -> Option<&'a Attributes> {
        self.attributes
    }
}
