//! Feature values in OpenTelemetry baggage. This module writes values into the baggage of a context, reads
//! overrides from the baggage of the current context, and propagates baggage unchanged.
//!
//! The module [`fh_repository::baggage`] describes the format, and the risk of baggage from untrusted callers.

mod propagator;

pub use fh_repository::baggage::{AllowedKeys, LeftOut};
pub use propagator::EscapingPropagator;

use fh_eval::Value;
use fh_repository::baggage::{Added, Flags, MOST_BYTES, NAME};
use fh_repository::{
    Detail, Flow, InterceptedRead, Interceptor, LockPolicy, Reason, UsageEvent, UsedFeature,
};
use opentelemetry::baggage::{Baggage, BaggageExt};
use opentelemetry::{Context, Key, StringValue};

/// The environment variable that allows baggage to override locked features if its value is `true`.
const ALLOW_LOCKED: &str = "FEATUREHUB_OTEL_ALLOW_LOCKED_OVERRIDE";

/// A feature whose value can be written to baggage. The trait is implemented for [`Detail`], [`UsedFeature`], and pairs of a
/// key and an optional value.
pub trait Flag {
    /// Returns the key and the value of the feature; the value is `None` for null. Returns `None` if nothing is to be written,
    /// for example because the feature does not exist.
    fn flag(&self) -> Option<(&str, Option<&Value>)>;
}

impl Flag for Detail {
    fn flag(&self) -> Option<(&str, Option<&Value>)> {
        let is_known = self.exists || self.interceptor.is_some();
        let is_answer =
            !matches!(self.reason, Reason::NotReady | Reason::OtherContext | Reason::TypeMismatch);
        (is_known && is_answer).then_some((&self.key, self.value.as_ref()))
    }
}

impl Flag for UsedFeature {
    fn flag(&self) -> Option<(&str, Option<&Value>)> {
        Some((&self.key, self.value.as_ref()))
    }
}

impl<K: AsRef<str>> Flag for (K, Option<Value>) {
    fn flag(&self) -> Option<(&str, Option<&Value>)> {
        Some((self.0.as_ref(), self.1.as_ref()))
    }
}

/// Returns the context with these feature values added to its baggage. If the baggage already has a value of a feature, that
/// value is kept, so that all services that handle a request use the same value.
///
/// Values for which the baggage has no room are left out, and a warning with their number and the keys of the first 32 is logged.
/// [`BaggageWriter`] returns the same data instead of logging a warning.
///
/// ```
/// use fh_eval::Value;
/// use fh_opentelemetry::baggage;
/// use opentelemetry::Context;
/// use opentelemetry::baggage::BaggageExt;
/// let context = baggage::with_flags(&Context::new(), &[("NEW_CHECKOUT", Some(Value::Bool(true)))]);
/// assert_eq!(context.baggage().get("fhub").unwrap().as_str(), "NEW_CHECKOUT=true");
/// ```
#[must_use]
pub fn with_flags<'a, F: Flag + 'a>(
    context: &Context,
    flags: impl IntoIterator<Item = &'a F>,
) -> Context {
    BaggageWriter::new().write(context, flags).logged()
}

/// Returns the context with the values of a usage event added to its baggage, as [`with_flags`] does. The values are those of
/// the evaluated feature, or of all features of a collection or a named event.
#[must_use]
pub fn with_event(context: &Context, event: &UsageEvent) -> Context {
    BaggageWriter::new().write_event(context, event).logged()
}

/// A writer of feature values into baggage, which reports the values that it left out.
#[derive(Debug, Clone, Default)]
pub struct BaggageWriter {
    allowed: AllowedKeys,
}

/// The result of writing feature values into the baggage of a context.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Written {
    /// The context with the new baggage. The context is unchanged if no value was added.
    pub context: Context,
    /// A report of the values that were left out because the baggage has no room for them, or because they end after the
    /// first 8,192 bytes of the entry that the baggage already had.
    pub left_out: LeftOut,
}

impl Written {
    fn logged(self) -> Context {
        if !self.left_out.is_empty() {
            tracing::warn!("{}", self.left_out);
        }
        self.context
    }
}

impl BaggageWriter {
    /// Returns a writer that writes the values of all features.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Limits the writer to features with these keys. Values of other features are not added, and do not count as left out.
    /// Values that the baggage already has are kept, whatever their keys are.
    #[must_use]
    pub fn allow(mut self, keys: AllowedKeys) -> Self {
        self.allowed = keys;
        self
    }

    /// Adds feature values to the baggage as [`with_flags`] does, and reports the left-out values.
    #[must_use]
    pub fn write<'a, F: Flag + 'a>(
        &self,
        context: &Context,
        flags: impl IntoIterator<Item = &'a F>,
    ) -> Written {
        let present = context.baggage().get(NAME);
        let mut all = Flags::with_room(room(context.baggage()));
        all.merge(present.map_or("", StringValue::as_str));
        let mut is_new = false;
        for (key, value) in flags.into_iter().filter_map(Flag::flag) {
            is_new |= self.allowed.allows(key) && all.add(key, value) == Added::Yes;
        }
        let context = if is_new { put(context, &all) } else { context.clone() };
        Written { context, left_out: all.left_out().clone() }
    }

    /// Adds the values of a usage event to the baggage as [`with_event`] does, and reports the left-out values.
    #[must_use]
    pub fn write_event(&self, context: &Context, event: &UsageEvent) -> Written {
        match event {
            UsageEvent::Evaluated(event) => self.write(context, [&event.feature]),
            UsageEvent::Collection(event) => self.write(context, &event.features),
            UsageEvent::Named(event) => self.write(context, &event.features),
            _ => Written { context: context.clone(), left_out: LeftOut::default() },
        }
    }
}

/// Returns the number of bytes that the baggage header has left for the entry with feature values, even if all names and
/// values of the other entries need percent-encoding. Returns 0 if the other entries fill the header.
fn room(baggage: &Baggage) -> usize {
    let others = baggage.iter().filter(|(name, _)| name.as_str() != NAME);
    let taken = others.map(|(name, (value, metadata))| {
        // The name and the value count with their maximum percent-encoded length. The 3 bytes are for `=`, `;` and `,`.
        3 * (name.as_str().len() + value.as_str().len()) + metadata.as_str().len() + 3
    });
    MOST_BYTES.saturating_sub(taken.sum())
}

/// Returns a copy of the context. In the copy's baggage, `flags` replaces the entry with feature values.
fn put(context: &Context, flags: &Flags) -> Context {
    let baggage = context.baggage();
    let metadata = baggage.get_with_metadata(NAME).map(|(_, metadata)| metadata.clone());
    let entry = (StringValue::from(flags.to_string()), metadata.unwrap_or_default());
    let others = baggage.iter().filter(|(name, _)| name.as_str() != NAME);
    let others = others.map(|(name, entry)| (name.clone(), entry.clone()));
    // The entry with feature values comes first, because baggage drops entries after the 64th.
    let all = std::iter::once((Key::from_static_str(NAME), entry)).chain(others);
    context.with_baggage(all.collect::<Baggage>())
}

/// An interceptor that reads overrides from the baggage of the OpenTelemetry context that is current on the thread of the read.
///
/// The interceptor is never registered by default, because the sender of a request controls the request's baggage. Use the
/// interceptor behind a gateway that removes the baggage of untrusted callers, or with an [`AllowedKeys`] list of features that
/// callers may override.
///
/// Change listeners receive these overrides only if the thread that evaluates features for listeners has such a context. The
/// client's own thread has none, because the thread handles no request.
///
/// ```
/// use fh_client::Client;
/// use fh_opentelemetry::baggage::{AllowedKeys, BaggageInterceptor, lock_policy_from_environment};
/// let client = Client::offline()
///     .interceptor(BaggageInterceptor::new(AllowedKeys::All), lock_policy_from_environment())
///     .start()?;
/// # Ok::<(), fh_client::StartError>(())
/// ```
#[derive(Debug, Clone)]
pub struct BaggageInterceptor {
    allowed: AllowedKeys,
}

impl BaggageInterceptor {
    /// Returns an interceptor that lets baggage override the features with these keys.
    #[must_use]
    pub const fn new(allowed: AllowedKeys) -> Self {
        Self { allowed }
    }
}

/// Returns the lock policy for a [`BaggageInterceptor`]. The policy lets baggage override locked features only if the
/// environment variable `FEATUREHUB_OTEL_ALLOW_LOCKED_OVERRIDE` is `true` at the time of the call.
#[must_use]
pub fn lock_policy_from_environment() -> LockPolicy {
    match std::env::var(ALLOW_LOCKED) {
        Ok(value) if value == "true" => LockPolicy::Override,
        _ => LockPolicy::Respect,
    }
}

impl Interceptor for BaggageInterceptor {
    fn name(&self) -> &str {
        "opentelemetry-baggage"
    }

    fn intercept(&self, ask: &InterceptedRead<'_>) -> Flow {
        Context::map_current(|context| match context.baggage().get(NAME) {
            Some(text) => fh_repository::baggage::intercept(text.as_str(), ask, &self.allowed),
            None => Flow::Continue,
        })
    }
}
