//! Listeners, interceptors and observers of a sequence.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use fh_eval::{Number, Value as FeatureValue};
use fh_repository::{
    Dispatch, Flow, InterceptedRead, Interceptor, Observer, OverrideChanges, SummaryWindow,
    UsageEvent, UsageSummary,
};
use serde_json::{Value, json};

use crate::shown;
use crate::world::World;

/// The payload of the panics that sequences plan.
pub(crate) const PLANNED: &str = "planned panic";

/// Panics on purpose, without a message on the terminal.
pub(crate) fn panic_as_planned() -> ! {
    static HOOK: std::sync::Once = std::sync::Once::new();
    HOOK.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if info.payload().downcast_ref::<&str>() != Some(&PLANNED) {
                usual(info);
            }
        }));
    });
    std::panic::panic_any(PLANNED)
}

/// The reaction of a listener or an observer to its calls.
pub(crate) struct Reaction {
    world: Weak<World>,
    number: u64,
    /// The step of the first call; null for none, a text for a panic in each call.
    does: Mutex<Value>,
}

impl Reaction {
    pub(crate) fn new(world: &Arc<World>, step: &Value) -> Self {
        let number = step["number"].as_u64().unwrap();
        Self { world: Arc::downgrade(world), number, does: Mutex::new(step["does"].clone()) }
    }

    /// Records the call, and does what the sequence says.
    pub(crate) fn called(&self, what: &str, with: Value) {
        let Some(world) = self.world.upgrade() else { return };
        world.note(json!([what, self.number, with]));
        let mut does = self.does.lock().unwrap();
        let step = match &*does {
            Value::Null => return,
            Value::String(_) => {
                drop(does);
                panic_as_planned()
            }
            _ => does.take(),
        };
        drop(does);
        let gives = world.run(&step);
        world.note(json!(["did", self.number, gives]));
    }
}

/// An interceptor with an answer for each key.
pub(crate) struct TestInterceptor {
    pub(crate) world: Weak<World>,
    pub(crate) number: u64,
    pub(crate) name: String,
    pub(crate) answers: Mutex<BTreeMap<String, Value>>,
    pub(crate) changes: Mutex<Option<OverrideChanges>>,
}

impl Interceptor for TestInterceptor {
    fn name(&self) -> &str {
        if self.name == "throws" { panic_as_planned() } else { &self.name }
    }

    fn intercept(&self, read: &InterceptedRead<'_>) -> Flow {
        let answer = self.answers.lock().unwrap().get(read.key).cloned().unwrap_or_default();
        if let Some(value) = answer.get("value") {
            return Flow::Override(override_of(value));
        }
        if answer.get("throw").is_some() {
            panic_as_planned();
        }
        if let (Some(key), Some(world)) = (answer.get("read"), self.world.upgrade()) {
            let text = world.repository.read().string(key.as_str().unwrap(), None);
            return text
                .map_or(Flow::Continue, |text| Flow::Override(Some(FeatureValue::Text(text))));
        }
        Flow::Continue
    }

    fn registered(&self, changes: &OverrideChanges) {
        *self.changes.lock().unwrap() = Some(changes.clone());
    }

    fn close(&self) {
        if let Some(world) = self.world.upgrade() {
            world.note(json!(["interceptorClosed", self.number, null]));
        }
        if self.name == "throws" {
            panic_as_planned();
        }
    }
}

fn override_of(value: &Value) -> Option<FeatureValue> {
    let text = |value: &Value| value[1].as_str().unwrap().to_owned();
    Some(match value {
        Value::Null => return None,
        Value::Bool(value) => FeatureValue::Bool(*value),
        value if value[0] == "n" => FeatureValue::Number(Number::parse(&text(value)).unwrap()),
        value if value[0] == "t" => FeatureValue::Text(text(value).into()),
        value => FeatureValue::Json(text(value).into()),
    })
}

/// An observer that records its calls.
pub(crate) struct TestObserver {
    pub(crate) reaction: Reaction,
    pub(crate) dispatch: Value,
}

impl Observer for TestObserver {
    fn observe(&self, event: &UsageEvent) {
        self.reaction.called("observe", shown::event(event));
    }

    fn observe_batch(&self, events: &[Arc<UsageEvent>]) {
        self.reaction
            .called("observeBatch", events.iter().map(|event| shown::event(event)).collect());
    }

    fn dispatch(&self) -> Dispatch {
        match self.dispatch.as_str() {
            Some("queued") => Dispatch::Queued,
            Some("batched") => Dispatch::Batched,
            Some("inline") => Dispatch::Inline,
            Some(_) => panic_as_planned(),
            None => {
                let every = Duration::from_millis(self.dispatch["every"].as_u64().unwrap());
                let distinct = self.dispatch["distinct"].as_u64().unwrap() as usize;
                Dispatch::Summary(SummaryWindow { every, distinct })
            }
        }
    }

    fn summary(&self, summary: &UsageSummary) {
        self.reaction.called("summary", shown::summary(summary));
    }

    fn flush(&self, limit: Duration) {
        self.reaction.called("flush", json!(limit.as_millis() as u64));
    }

    fn close(&self) {
        self.reaction.called("observerClosed", Value::Null);
    }
}
