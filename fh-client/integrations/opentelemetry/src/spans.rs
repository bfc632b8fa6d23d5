//! Usage of features, written to the current OpenTelemetry span.

use std::sync::Arc;

use fh_eval::Value as FlagValue;
use fh_repository::{Dispatch, Evaluated, Observer, Params, Reason, UsageEvent};
use opentelemetry::trace::TraceContextExt;
use opentelemetry::{Context, Key, KeyValue, Value};

use crate::attribute::attribute;
use crate::written::Written;

/// The environment variable that selects [`Mode::Events`] if its value is `true`.
const AS_EVENTS: &str = "FEATUREHUB_OTEL_SPAN_AS_EVENTS";
const PREFIX: &str = "featurehub.";

/// The form in which usage events are written to a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Each field of a usage event's record becomes an attribute `featurehub.<field>` of the span, up to 64 attributes per span, as long as
    /// the observer remembers the span.
    ///
    /// The observer remembers the 256 spans to which it began to write last. It does not write an attribute again that it has written to a
    /// remembered span with the same value. OpenTelemetry's SDK for Rust does not replace attributes, so that after reads of several
    /// features a span has several attributes `featurehub.feature`. Programs that read several features within one span should select
    /// another mode.
    Attributes,
    /// Each usage event becomes an event `featurehub.<event>` of the span. The fields of its record become attributes
    /// `featurehub.<field>` of the span's event.
    Events,
    /// Each evaluation becomes an event `feature_flag.evaluation` with the attributes of OpenTelemetry's semantic conventions
    /// for feature flags. These conventions are not stable yet. Named events and collections are written as in
    /// [`Self::Events`].
    ///
    /// | attribute | meaning |
    /// |---|---|
    /// | `feature_flag.key` | the feature's key |
    /// | `feature_flag.result.variant` | the id of the strategy that matched, or `default` |
    /// | `feature_flag.result.value` | the value, unless it is null or JSON |
    /// | `feature_flag.result.reason` | `targeting_match`, `split`, `static` or `default`; `override` if an interceptor returned the value |
    /// | `feature_flag.provider.name` | `FeatureHub` |
    /// | `feature_flag.context.id` | the user's key, otherwise the session, if the context has one of them |
    /// | `feature_flag.set.id` | the id of the environment, if it is known |
    /// | `feature_flag.version` | the version of the feature's value |
    SemanticConventions,
}

/// An observer that writes usage to the current OpenTelemetry span.
///
/// The observer is called on the thread that causes an event, for example during a read, because only that thread has the current span.
/// Collections are an exception: the client's dispatcher calls the observer for them, usually without a span. The observer writes nothing
/// unless the span is recording. Fields have the same names as in the published SDKs ([`UsageEvent::record`]). Fields that are null are
/// left out. Lists whose elements are all texts, all booleans or all numbers stay lists.
///
/// ```
/// use fh_opentelemetry::{Mode, SpanUsage};
/// let usage = SpanUsage::new().mode(Mode::Events).default_attribute("service", "shop");
/// ```
#[derive(Debug, Clone)]
pub struct SpanUsage {
    mode: Mode,
    prefix: String,
    defaults: Params,
    written: Arc<Written>,
}

impl Default for SpanUsage {
    fn default() -> Self {
        Self::new()
    }
}

impl SpanUsage {
    /// Returns an observer that writes span attributes, or span events if the environment variable
    /// `FEATUREHUB_OTEL_SPAN_AS_EVENTS` is `true` at the time of the call.
    #[must_use]
    pub fn new() -> Self {
        let as_events = std::env::var(AS_EVENTS).is_ok_and(|value| value == "true");
        let mode = if as_events { Mode::Events } else { Mode::Attributes };
        Self { mode, prefix: PREFIX.to_owned(), defaults: Params::new(), written: Arc::default() }
    }

    /// Sets the form in which usage events are written, regardless of the environment variable.
    #[must_use]
    pub const fn mode(mut self, mode: Mode) -> Self {
        self.mode = mode;
        self
    }

    /// Sets the prefix of the names of attributes and span events. The default is `featurehub.`; [`Mode::SemanticConventions`]
    /// uses the prefix only for named events and collections.
    #[must_use]
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// Adds a field to the record of every usage event that does not have a field with this name. An event whose own record
    /// is empty is not written. With [`Mode::SemanticConventions`], the field becomes an attribute of each evaluation, with
    /// the name `name` and without the prefix.
    #[must_use]
    pub fn default_attribute(
        mut self,
        name: impl Into<String>,
        value: impl Into<serde_json::Value>,
    ) -> Self {
        self.defaults.insert(name.into(), value.into());
        self
    }

    /// Returns the fields of a record as attributes with prefixed names, followed by the default fields that the record does
    /// not have. Fields that are null are left out.
    fn attributes(&self, record: &Params) -> Vec<KeyValue> {
        let defaults = self.defaults.iter().filter(|(name, _)| !record.contains_key(*name));
        let named = |(name, value): (&String, &serde_json::Value)| {
            attribute(format!("{}{name}", self.prefix), value)
        };
        record.iter().chain(defaults).filter_map(named).collect()
    }

    fn evaluation(&self, event: &Evaluated, user_key: Option<&str>) -> Vec<KeyValue> {
        let feature = &event.feature;
        let variant = feature.strategy_id.as_deref().unwrap_or("default");
        let mut attributes = vec![
            KeyValue::new("feature_flag.key", feature.key.to_string()),
            KeyValue::new("feature_flag.result.variant", variant.to_owned()),
            KeyValue::new("feature_flag.result.reason", reason(event.reason)),
            KeyValue::new("feature_flag.provider.name", "FeatureHub"),
            KeyValue::new("feature_flag.version", feature.version.to_string()),
        ];
        let mut add = |name: &'static str, value: Option<Value>| {
            attributes.extend(value.map(|value| KeyValue::new(name, value)));
        };
        add("feature_flag.result.value", feature.value.as_ref().and_then(value));
        add("feature_flag.context.id", user_key.map(|key| key.to_owned().into()));
        add("feature_flag.set.id", feature.environment.as_ref().map(|id| id.to_string().into()));
        let named = |(name, value): (&String, &serde_json::Value)| {
            let name = Key::from(name.clone());
            let is_taken = attributes.iter().any(|attribute| attribute.key == name);
            if is_taken { None } else { attribute(name, value) }
        };
        let defaults: Vec<_> = self.defaults.iter().filter_map(named).collect();
        attributes.extend(defaults);
        attributes
    }
}

impl Observer for SpanUsage {
    fn observe(&self, event: &UsageEvent) {
        Context::map_current(|context| {
            let span = context.span();
            if !span.is_recording() {
                return;
            }
            if let (Mode::SemanticConventions, UsageEvent::Evaluated(evaluated)) =
                (self.mode, event)
            {
                let attributes = self.evaluation(evaluated, event.user_key());
                span.add_event("feature_flag.evaluation", attributes);
                return;
            }
            let record = event.record();
            if event.name().is_empty() || record.is_empty() {
                return;
            }
            let mut attributes = self.attributes(&record);
            match self.mode {
                Mode::Attributes => {
                    self.written.leave_new(span.span_context(), &mut attributes);
                    span.set_attributes(attributes);
                }
                Mode::Events | Mode::SemanticConventions => {
                    span.add_event(format!("{}{}", self.prefix, event.name()), attributes);
                }
            }
        });
    }

    fn dispatch(&self) -> Dispatch {
        Dispatch::Inline
    }
}

/// Returns the name that the semantic conventions give to a reason. An override is `override`, for which the conventions have
/// no name.
const fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::StrategyMatch => "targeting_match",
        Reason::Split => "split",
        Reason::Static => "static",
        Reason::Default | Reason::NotSet => "default",
        Reason::Intercepted => "override",
        Reason::NotFound | Reason::TypeMismatch | Reason::NotReady | Reason::OtherContext => {
            "error"
        }
        _ => "unknown",
    }
}

/// Returns the value as an attribute's value. Returns `None` for JSON documents, because they can be large and contain any
/// data.
fn value(value: &FlagValue) -> Option<Value> {
    match value {
        FlagValue::Bool(value) => Some(Value::Bool(*value)),
        FlagValue::Number(number) => {
            let integer = number.as_str().parse().map(Value::I64);
            Some(integer.unwrap_or_else(|_| Value::F64(number.as_f64())))
        }
        FlagValue::Text(text) => Some(Value::String(text.to_string().into())),
        _ => None,
    }
}
