//! Interceptors: local code that answers instead of the rules (D-78, sdk-behaviour 2.8).

mod chain;
mod convert;

pub(crate) use chain::{Chain, Entry, refusal};
use convert::convert;
pub(crate) use convert::lenient;

use fh_eval::{Attributes, FeatureRef, Value};

/// Local code that may answer a read before the rules do: overrides from the environment, a file, a request's headers.
///
/// Interceptors are asked at every read, in the order of their registration, with or without a context, and for keys that no
/// feature has as well. The first that answers wins. They are asked by the library's own comparisons too (change listeners), so
/// they have to be quick and to answer the same while nothing changed; after a change call
/// [`Hub::overrides_changed`](crate::Hub::overrides_changed). A panic passes the interceptor over and is counted.
///
/// ```
/// use fh_session::{Ask, Flow, Interceptor};
/// use fh_eval::Value;
/// struct AlwaysBlue;
/// impl Interceptor for AlwaysBlue {
///     fn name(&self) -> &str {
///         "always-blue"
///     }
///     fn intercept(&self, ask: &Ask<'_>) -> Flow {
///         if ask.key == "COLOUR" { Flow::Override(Some(Value::Text("blue".into()))) } else { Flow::Continue }
///     }
/// }
/// ```
pub trait Interceptor: Send + Sync {
    /// What it is called in details and notices. Asked once, at the registration.
    fn name(&self) -> &str;

    /// An answer, or on to the next.
    fn intercept(&self, ask: &Ask<'_>) -> Flow;

    /// It was removed, or the hub was closed. Called once. A closed hub goes on answering with its last values, and asks for
    /// overrides too.
    fn close(&self) {}
}

/// What is read.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Ask<'a> {
    /// The key.
    pub key: &'a str,
    /// The feature; `None` for a key that no feature has.
    pub feature: Option<FeatureRef<'a>>,
    /// Who it is read for.
    pub who: Option<&'a Attributes>,
}

/// What an interceptor says.
#[derive(Debug, Clone, PartialEq)]
pub enum Flow {
    /// Nothing: ask the next one.
    Continue,
    /// This value; `None` is a real answer, "no value".
    ///
    /// For a known feature it is converted to the feature's type: the texts `true` and `false` in any case for BOOLEAN, decimal
    /// text for NUMBER, anything for STRING, a JSON document for JSON. What cannot be converted is refused with a
    /// [`Notice::OverrideRefused`](crate::Notice::OverrideRefused), and the next interceptor is asked.
    Override(Option<Value>),
}

/// May an interceptor override a locked feature?
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum LockPolicy {
    /// No: it is not asked about locked features.
    #[default]
    Respect,
    /// Yes.
    Override,
    /// It decides itself: it is asked, and can see the lock in [`Ask::feature`].
    Decide,
}
