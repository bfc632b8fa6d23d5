//! A propagator that percent-encodes the percent sign in baggage, so that the receiver gets unchanged values.

use std::collections::HashMap;

use opentelemetry::baggage::{Baggage, BaggageExt};
use opentelemetry::propagation::text_map_propagator::FieldIter;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use opentelemetry::{Context, StringValue};

/// A propagator that adds the missing encoding of the percent sign to another propagator.
///
/// W3C Baggage percent-encodes values, and `%` itself becomes `%25`. The propagator of `opentelemetry_sdk` 0.33 does not encode `%` when it
/// injects baggage, but decodes escape sequences when it extracts baggage. Therefore the receiver gets another value if a value contains an
/// escape sequence, such as `%2C`. Feature values in baggage contain such sequences, for example for commas. This propagator encodes `%` in
/// values before it calls the inner propagator. If the encoded baggage exceeds the size limit of OpenTelemetry's `Baggage`, entries are
/// left out. It tests the inner propagator once, in [`Self::new`]. An inner propagator that encodes `%` correctly, or that propagates no
/// baggage, is used unchanged.
///
/// The inner propagator may also combine several propagation formats.
///
/// ```
/// use fh_opentelemetry::baggage::EscapingPropagator;
/// use opentelemetry_sdk::propagation::BaggagePropagator;
/// opentelemetry::global::set_text_map_propagator(EscapingPropagator::new(BaggagePropagator::new()));
/// ```
#[derive(Debug)]
pub struct EscapingPropagator<P> {
    inner: P,
    /// True if the inner propagator writes baggage without encoding `%`.
    escapes: bool,
}

impl<P: TextMapPropagator> EscapingPropagator<P> {
    /// Returns a propagator that calls this inner propagator, after a test whether the inner propagator encodes `%`.
    pub fn new(inner: P) -> Self {
        let probe: Baggage = std::iter::once(opentelemetry::KeyValue::new("probe", "%")).collect();
        let mut carrier = HashMap::new();
        inner.inject_context(&Context::new().with_baggage(probe), &mut carrier);
        let escapes = carrier.values().any(|header: &String| header.contains("probe=%"))
            && !carrier.values().any(|header| header.contains("probe=%25"));
        Self { inner, escapes }
    }
}

impl<P: TextMapPropagator> TextMapPropagator for EscapingPropagator<P> {
    fn inject_context(&self, context: &Context, injector: &mut dyn Injector) {
        let baggage = context.baggage();
        let holds_escapes = || baggage.iter().any(|(_, (value, _))| value.as_str().contains('%'));
        if !self.escapes || !holds_escapes() {
            return self.inner.inject_context(context, injector);
        }
        let escaped = baggage.iter().map(|(name, (value, metadata))| {
            let value = StringValue::from(value.as_str().replace('%', "%25"));
            (name.clone(), (value, metadata.clone()))
        });
        let escaped: Baggage = escaped.collect();
        self.inner.inject_context(&context.with_baggage(escaped), injector);
    }

    fn extract_with_context(&self, context: &Context, extractor: &dyn Extractor) -> Context {
        self.inner.extract_with_context(context, extractor)
    }

    fn fields(&self) -> FieldIter<'_> {
        self.inner.fields()
    }
}
