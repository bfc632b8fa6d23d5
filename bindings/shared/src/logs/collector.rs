//! The receiver of the crates' events.

use std::fmt;
use std::sync::Once;

use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record as SpanRecord};
use tracing::subscriber::Interest;
use tracing::{Event, Metadata, Subscriber};

use super::level::{self, present};
use super::queue::{Queue, Record};

/// The crates whose events are logged. Libraries have other loggers.
const CRATES: [&str; 4] = ["fh_client", "fh_session", "fh_repository", "fh_files"];

/// Sets the level, and begins to collect events. `deliver` is the work of the thread that delivers the records of a queue; it is the same in
/// each call.
pub fn set_level(level: LevelFilter, deliver: fn(&Queue)) {
    static COLLECT: Once = Once::new();
    let has_changed = level::set(level);
    COLLECT.call_once(|| {
        // This fails only if the program has a collector already.
        let _ = tracing::subscriber::set_global_default(Collector { deliver });
    });
    if has_changed {
        tracing::callsite::rebuild_interest_cache();
    }
}

/// Puts events into the queue of records.
pub(super) struct Collector {
    /// The work of the thread that delivers the records of a queue.
    pub(super) deliver: fn(&Queue),
}

impl Collector {
    fn collects(metadata: &Metadata<'_>) -> bool {
        let name = metadata.target().split("::").next().unwrap_or_default();
        metadata.is_event() && CRATES.contains(&name) && *metadata.level() <= present()
    }
}

impl Subscriber for Collector {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if Self::collects(metadata) { Interest::always() } else { Interest::never() }
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        Self::collects(metadata)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(present())
    }

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let level = *event.metadata().level();
        let record = Record { level, message: fields.message, fields: fields.others };
        Queue::here().add(record, self.deliver);
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &SpanRecord<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// The message and the other fields of an event.
#[derive(Default)]
struct Fields {
    message: String,
    others: Vec<(&'static str, String)>,
}

impl Fields {
    fn add(&mut self, field: &Field, text: String) {
        if field.name() == "message" {
            self.message = text;
        } else {
            self.others.push((field.name(), text));
        }
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add(field, format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, value.to_string());
    }
}
