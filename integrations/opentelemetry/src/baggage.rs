//! Values of features in OpenTelemetry baggage (sdk-behaviour 5.4): written into a context, read from the current one, and carried whole.
//!
//! The format, and a warning about trusting callers, are in [`fh_session::baggage`].

mod propagator;

pub use fh_session::baggage::{AllowedKeys, LeftOut};
pub use propagator::EscapingPropagator;

use fh_eval::Value;
use fh_session::baggage::{Added, Flags, MOST_BYTES, NAME};
use fh_session::{Ask, Detail, Flow, Interceptor, LockPolicy, Reason, UsageEvent, UsedFeature};
use opentelemetry::baggage::{Baggage, BaggageExt};
use opentelemetry::{Context, Key, StringValue};

/// Lets baggage override locked features if it is `true`.
const ALLOW_LOCKED: &str = "FEATUREHUB_OTEL_ALLOW_LOCKED_OVERRIDE";

/// A feature whose value can travel: [`Detail`], [`UsedFeature`], or a pair of key and value.
pub trait Flag {
    /// The key and the value, `None` for null; nothing if there is no such feature.
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

/// The context with these values in its baggage. A value that is there already stays: all services of a request see the first one
/// (D-81).
///
/// What there is no room for is left out and logged; see [`BaggageWriter`] to know it.
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

/// The context with the values of a usage event in its baggage: the feature that was evaluated, or all of a collection or a named event.
#[must_use]
pub fn with_event(context: &Context, event: &UsageEvent) -> Context {
    BaggageWriter::new().write_event(context, event).logged()
}

/// Writes values into baggage.
#[derive(Debug, Clone, Default)]
pub struct BaggageWriter {
    allowed: AllowedKeys,
}

/// A context that was written to.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Written {
    /// The context, with more in its baggage than before, or as it was.
    pub context: Context,
    /// What there was no room for.
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
    /// Writes all features that it is given.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Writes these only.
    #[must_use]
    pub fn allow(mut self, keys: AllowedKeys) -> Self {
        self.allowed = keys;
        self
    }

    /// As [`with_flags`].
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

    /// As [`with_event`].
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

/// How many bytes of a header are left for the entry of features.
fn room(baggage: &Baggage) -> usize {
    let others = baggage.iter().filter(|(name, _)| name.as_str() != NAME);
    let taken = others.map(|(name, (value, metadata))| {
        // Name and value as long as they can become, `=`, `;` and `,`.
        3 * (name.as_str().len() + value.as_str().len()) + metadata.as_str().len() + 3
    });
    MOST_BYTES.saturating_sub(taken.sum())
}

/// The context with another entry of features.
fn put(context: &Context, flags: &Flags) -> Context {
    let baggage = context.baggage();
    let metadata = baggage.get_with_metadata(NAME).map(|(_, metadata)| metadata.clone());
    let entry = (StringValue::from(flags.to_string()), metadata.unwrap_or_default());
    let others = baggage.iter().filter(|(name, _)| name.as_str() != NAME);
    let others = others.map(|(name, entry)| (name.clone(), entry.clone()));
    // First, because baggage takes no more than 64 entries.
    let all = std::iter::once((Key::from_static_str(NAME), entry)).chain(others);
    context.with_baggage(all.collect::<Baggage>())
}

/// An interceptor over the baggage of the OpenTelemetry context that is current on the reading thread (sdk-behaviour 5.4).
///
/// It exists only if a program makes it: whoever sends a request chooses what stands in its baggage. Behind a gateway that strips baggage
/// of strangers, or with an [`AllowedKeys`] list of features that callers may choose.
///
/// Listeners do not see it: they look from a thread of their own, which serves no request.
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
    /// Lets baggage override these features.
    #[must_use]
    pub const fn new(allowed: AllowedKeys) -> Self {
        Self { allowed }
    }
}

/// What to register a [`BaggageInterceptor`] with: locked features are left alone, unless `FEATUREHUB_OTEL_ALLOW_LOCKED_OVERRIDE` is `true`
/// now.
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

    fn intercept(&self, ask: &Ask<'_>) -> Flow {
        Context::map_current(|context| match context.baggage().get(NAME) {
            Some(text) => fh_session::baggage::intercept(text.as_str(), ask, &self.allowed),
            None => Flow::Continue,
        })
    }
}
