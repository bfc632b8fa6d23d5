//! A record of the attributes that were already written to spans.

use std::collections::{HashSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, PoisonError};

use opentelemetry::KeyValue;
use opentelemetry::trace::{SpanContext, SpanId, TraceId};

/// The maximum number of spans in the record. When the record is full, the span that was added first is removed, and the attributes of that
/// span may then be written again.
const MOST_SPANS: usize = 256;
/// The maximum number of attributes that one observer writes to a span, as long as the span is in the record. Further
/// attributes are dropped. The limit is half of the default limit of OpenTelemetry's SDK; the other half is left for the
/// program.
const MOST_ATTRIBUTES: usize = 64;

/// A record of the attributes that one observer has written to the most recent spans.
///
/// OpenTelemetry's SDK keeps every attribute that is set, even if the span already has an attribute with the same name. It
/// drops attributes after the 128th. Without this record, a loop that reads one feature would displace the program's own
/// attributes.
#[derive(Debug, Default)]
pub(crate) struct Written {
    spans: Mutex<VecDeque<Span>>,
}

#[derive(Debug)]
struct Span {
    id: (TraceId, SpanId),
    attributes: HashSet<u64>,
}

impl Written {
    /// Removes from `attributes` the attributes that were already written to the span, and the attributes that exceed
    /// [`MOST_ATTRIBUTES`]. Records the remaining attributes as written.
    pub(crate) fn leave_new(&self, span: &SpanContext, attributes: &mut Vec<KeyValue>) {
        let id = (span.trace_id(), span.span_id());
        let mut spans = self.spans.lock().unwrap_or_else(PoisonError::into_inner);
        if !spans.iter().any(|known| known.id == id) {
            if spans.len() >= MOST_SPANS {
                spans.pop_front();
            }
            spans.push_back(Span { id, attributes: HashSet::new() });
        }
        // The most recent spans are at the end.
        if let Some(known) = spans.iter_mut().rev().find(|known| known.id == id) {
            attributes.retain(|attribute| {
                known.attributes.len() < MOST_ATTRIBUTES && known.attributes.insert(hash(attribute))
            });
        }
    }
}

fn hash(attribute: &KeyValue) -> u64 {
    let mut hasher = DefaultHasher::new();
    attribute.key.as_str().hash(&mut hasher);
    attribute.value.as_str().hash(&mut hasher);
    hasher.finish()
}
