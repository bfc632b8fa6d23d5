//! Baggage that arrives as it was sent.

use std::collections::HashMap;

use opentelemetry::baggage::{Baggage, BaggageExt};
use opentelemetry::propagation::text_map_propagator::FieldIter;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use opentelemetry::{Context, StringValue};

/// A propagator around one that does not encode the percent sign.
///
/// W3C Baggage percent-encodes values, `%` itself as `%25`. The propagator of `opentelemetry_sdk` 0.33 leaves `%` as it is when it injects
/// but decodes when it extracts, so a value that holds an escape (as values of features do, for commas) is decoded once too often. This
/// one escapes `%` before the inner one sees it. It tries the inner one when it is made; one that encodes rightly is left alone.
///
/// It wraps a propagator of several formats as well.
///
/// ```
/// use fh_opentelemetry::baggage::EscapingPropagator;
/// use opentelemetry_sdk::propagation::BaggagePropagator;
/// opentelemetry::global::set_text_map_propagator(EscapingPropagator::new(BaggagePropagator::new()));
/// ```
#[derive(Debug)]
pub struct EscapingPropagator<P> {
    inner: P,
    /// Does the inner one forget it?
    escapes: bool,
}

impl<P: TextMapPropagator> EscapingPropagator<P> {
    /// Around this one.
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
