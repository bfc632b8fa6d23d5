//! Values of features in OpenTelemetry baggage (sdk-behaviour 5.4): writing them into a context, reading them from the current
//! context, and propagating them unchanged.
//!
//! The format, and a warning about baggage of untrusted callers, are in [`fh_session::baggage`].

mod propagator;

pub use fh_session::baggage::{AllowedKeys, LeftOut};
pub use propagator::EscapingPropagator;

use fh_eval::Value;
use fh_session::baggage::{Added, Flags, MOST_BYTES, NAME};
use fh_session::{
    Detail, Flow, InterceptedRead, Interceptor, LockPolicy, Reason, UsageEvent, UsedFeature,
};
use opentelemetry::baggage::{Baggage, BaggageExt};
use opentelemetry::{Context, Key, StringValue};

/// The variable that allows baggage to override locked features. Its value must be `true`.
const ALLOW_LOCKED: &str = "FEATUREHUB_OTEL_ALLOW_LOCKED_OVERRIDE";

/// A feature whose value can be written to baggage: [`Detail`], [`UsedFeature`], or a pair of key and value.
pub trait Flag {
    /// Returns the key and the value. The value is `None` for null. Returns `None` if there is no such feature.
    fn flag(&self) -> Option<(&str, Option<&Value>)>;
}

impl Flag for Detail {
    fn flag(&self) -> Option<(&str, Option<&Value>)> {
        let is_known = self.exists || self.interceptor.is_some();
        let is_answer = !matches!(self.reason, Reason::NotReady | Reason::TypeMismatch);
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

/// Returns the context with these values in its baggage. A value that the baggage holds already stays, so that all services of a
/// request see the first value (D-81).
///
/// Values that exceed the size of baggage are left out and logged. [`BaggageWriter`] returns them instead.
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

/// Returns the context with the values of a usage event in its baggage: the evaluated feature, or all features of a collection or
/// named event.
#[must_use]
pub fn with_event(context: &Context, event: &UsageEvent) -> Context {
    BaggageWriter::new().write_event(context, event).logged()
}

/// A writer of values into baggage, which returns what it left out.
#[derive(Debug, Clone, Default)]
pub struct BaggageWriter {
    allowed: AllowedKeys,
}

/// A context whose baggage was written.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Written {
    /// The context. It is unchanged if no value was added.
    pub context: Context,
    /// The values that were left out because of the size of baggage.
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
    /// Makes a writer for all features.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Writes only features with these keys.
    #[must_use]
    pub fn allow(mut self, keys: AllowedKeys) -> Self {
        self.allowed = keys;
        self
    }

    /// Writes values as [`with_flags`] does.
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

    /// Writes the values of an event as [`with_event`] does.
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

/// Returns the number of bytes of the baggage header that are left for the entry of features.
fn room(baggage: &Baggage) -> usize {
    let others = baggage.iter().filter(|(name, _)| name.as_str() != NAME);
    let taken = others.map(|(name, (value, metadata))| {
        // Name and value at their longest percent-encoded length, and `=`, `;` and `,`.
        3 * (name.as_str().len() + value.as_str().len()) + metadata.as_str().len() + 3
    });
    MOST_BYTES.saturating_sub(taken.sum())
}

/// Returns the context with its entry of features replaced.
fn put(context: &Context, flags: &Flags) -> Context {
    let baggage = context.baggage();
    let metadata = baggage.get_with_metadata(NAME).map(|(_, metadata)| metadata.clone());
    let entry = (StringValue::from(flags.to_string()), metadata.unwrap_or_default());
    let others = baggage.iter().filter(|(name, _)| name.as_str() != NAME);
    let others = others.map(|(name, entry)| (name.clone(), entry.clone()));
    // The entry comes first, because baggage takes at most 64 entries.
    let all = std::iter::once((Key::from_static_str(NAME), entry)).chain(others);
    context.with_baggage(all.collect::<Baggage>())
}

/// An interceptor that reads overrides from the baggage of the OpenTelemetry context that is current on the reading thread
/// (sdk-behaviour 5.4).
///
/// It is never registered by default, because the sender of a request controls its baggage. Use it behind a gateway that removes
/// baggage of untrusted callers, or with an [`AllowedKeys`] list of features that callers may override.
///
/// Change listeners do not see these overrides, because values are compared on a thread that serves no request.
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
    /// Makes an interceptor that lets baggage override these features.
    #[must_use]
    pub const fn new(allowed: AllowedKeys) -> Self {
        Self { allowed }
    }
}

/// Returns the lock policy for a [`BaggageInterceptor`]: locked features are overridden only if
/// `FEATUREHUB_OTEL_ALLOW_LOCKED_OVERRIDE` is `true` at the time of the call.
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
            Some(text) => fh_session::baggage::intercept(text.as_str(), ask, &self.allowed),
            None => Flow::Continue,
        })
    }
}
