//! The subject of an evaluation: a context and a clock.

use crate::attributes::Attributes;
use crate::clock::Clock;

/// A context and a clock. Together with a compiled feature, they are the complete input of an evaluation of this
/// feature.
///
/// Without a context ([`Subject::without_context`]) no strategy is evaluated, and the result is the feature's default value.
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
    /// Creates a subject with a context, which may be empty. [`Clock`] describes when the clock is read.
    #[must_use]
    pub const fn new(attributes: &'a Attributes, clock: C) -> Self {
        Self { attributes: Some(attributes), clock }
    }

    /// Creates a subject without a context, for which no strategy is evaluated.
    #[must_use]
    pub const fn without_context(clock: C) -> Self {
        Self { attributes: None, clock }
    }

    /// Returns the context, or `None` for a subject without a context.
    #[must_use]
    pub const fn attributes(&self) -> Option<&'a Attributes> {
        self.attributes
    }
}
