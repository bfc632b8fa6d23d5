//! Interceptors: user code that overrides values of features.

pub(crate) mod chain;
pub(crate) mod convert;
mod override_changes;

pub use override_changes::OverrideChanges;

use std::sync::Arc;

use fh_eval::{Attributes, FeatureRef, Value};

use crate::failure::Failed;

/// User code that may override the value of a feature before the rules are evaluated. It may read overrides from environment variables, a
/// file, or the headers of a request, for example.
///
/// Each read of a value calls the interceptors in the order of their registration until one overrides the value. This holds for reads with
/// or without a context, and also for keys without a feature. Locked features are an exception; see [`LockPolicy`]. Reads that an
/// interceptor makes itself call the interceptors too, but at most four calls are nested. The repository also calls interceptors when it
/// compares values for change listeners, and when it collects the values of all features for a usage event. Interceptors should therefore
/// be quick, and should return the same value until their own data changes. After such a change, call
/// [`Repository::overrides_changed`](crate::Repository::overrides_changed). An interceptor that panics in a read,
/// or that returns [`Failed`], is skipped. A panic in any method is caught and counted.
///
/// ```
/// use fh_repository::{InterceptedRead, Flow, Interceptor};
/// use fh_eval::Value;
/// struct AlwaysBlue;
/// impl Interceptor for AlwaysBlue {
///     fn name(&self) -> &str {
///         "always-blue"
///     }
///     fn intercept(&self, ask: &InterceptedRead<'_>) -> Flow {
///         if ask.key == "COLOUR" { Flow::Override(Some(Value::Text("blue".into()))) } else { Flow::Continue }
///     }
/// }
/// ```
pub trait Interceptor: Send + Sync {
    /// Returns the interceptor's name, which for example details and notices show. Called once, at registration. If the call panics, the
    /// name is `unnamed`.
    fn name(&self) -> &str;

    /// Returns an override of the read, or [`Flow::Continue`] so that the next interceptor is called.
    fn intercept(&self, ask: &InterceptedRead<'_>) -> Flow;

    /// Called for each read. The default returns the decision of [`Self::intercept`]. An interceptor that can fail without a panic, such as one
    /// of a binding for another language, implements this method too, and then [`Self::intercept`] is not called.
    ///
    /// # Errors
    /// Returns [`Failed`] if the interceptor could not decide. It is then skipped, and the failure is counted as a panic is.
    fn try_intercept(&self, ask: &InterceptedRead<'_>) -> Result<Flow, Failed> {
        Ok(self.intercept(ask))
    }

    /// Called after each registration with a handle of the repository, with no lock held. An interceptor whose data changes by itself
    /// keeps the handle and calls [`OverrideChanges::notify`] after each change.
    fn registered(&self, _changes: &OverrideChanges) {}

    /// Called once, when the interceptor was removed, or by the first delivery after the repository was closed, or at once if it is
    /// registered after that delivery. A repository that is dropped without being closed does not call this method. [`Self::intercept`] may
    /// still be called afterwards: by reads of a closed repository, and by reads of snapshots that were taken before the removal.
    fn close(&self) {}

    /// Returns the interceptor that takes the place of this one in a forked child process, for a client that is started anew there. `None`,
    /// the default, means that the child uses this interceptor too. An interceptor with a thread, a socket or a lock needs a replacement: the
    /// child has no such thread, shares the socket with the parent process, and may never get the lock. Therefore this method must take no lock
    /// and must not use the thread or the socket.
    fn after_fork(&self) -> Option<Arc<dyn Interceptor>> {
        None
    }
}

/// A shared interceptor is an interceptor itself.
impl<I: Interceptor + ?Sized> Interceptor for Arc<I> {
    fn name(&self) -> &str {
        (**self).name()
    }

    fn intercept(&self, ask: &InterceptedRead<'_>) -> Flow {
        (**self).intercept(ask)
    }

    fn try_intercept(&self, ask: &InterceptedRead<'_>) -> Result<Flow, Failed> {
        (**self).try_intercept(ask)
    }

    fn registered(&self, changes: &OverrideChanges) {
        (**self).registered(changes);
    }

    fn close(&self) {
        (**self).close();
    }

    fn after_fork(&self) -> Option<Arc<dyn Interceptor>> {
        (**self).after_fork()
    }
}

/// A read that interceptors may override.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct InterceptedRead<'a> {
    /// The key of the feature that is read. A feature with this key need not exist.
    pub key: &'a str,
    /// The feature that is read; `None` if no feature has the key.
    pub feature: Option<FeatureRef<'a>>,
    /// The attributes of the read's context; `None` for a read without a context.
    pub attributes: Option<&'a Attributes>,
}

/// The decision of an interceptor about one read.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Flow {
    /// The interceptor does not override the read. The next interceptor is called, if there is one.
    Continue,
    /// The read returns this value. `None` overrides the feature with null.
    ///
    /// If the feature exists and its type is known, the value is converted to that type. Otherwise a read of a type converts the value to
    /// that type, and has no value if this fails. These values can be converted:
    ///
    /// - to BOOLEAN: a boolean, and the texts `true` and `false`, whatever their case;
    /// - to NUMBER: a number, and the text of a decimal number;
    /// - to STRING: any value;
    /// - to JSON: any value whose text is a JSON document; for a feature that is missing or of unknown type, any value.
    ///
    /// A value that cannot be converted to the feature's type is refused and counted, and the next interceptor is called. A
    /// [`Notice::OverrideRefused`](crate::notice::Notice::OverrideRefused) reports the refusal, at most once for each interceptor and
    /// feature.
    Override(Option<Value>),
}

/// The policy of an interceptor for locked features.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum LockPolicy {
    /// The interceptor is not called for locked features, so that it does not override them.
    #[default]
    Respect,
    /// The interceptor may override locked features.
    Override,
    /// The interceptor decides for each read. It is also called for locked features, and can see the lock in [`InterceptedRead::feature`].
    Decide,
}
