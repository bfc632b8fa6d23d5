//! What spans have got already.

use std::collections::{HashSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, PoisonError};

use opentelemetry::KeyValue;
use opentelemetry::trace::{SpanContext, SpanId, TraceId};

/// How many spans are remembered.
const MOST_SPANS: usize = 256;
/// How many attributes of each: half of those that an SDK keeps by default, the other half is for the program.
const MOST_ATTRIBUTES: usize = 64;

/// Remembers which attributes were written to which span, for the spans of late.
///
/// The SDK keeps each attribute that is set, also if it has one of that name, and drops what comes after the 128th. Without this, a loop that
/// reads one feature would push out what the program itself has to say about its span.
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
    /// Leaves those that the span has not got.
    pub(crate) fn leave_new(&self, span: &SpanContext, attributes: &mut Vec<KeyValue>) {
        let id = (span.trace_id(), span.span_id());
        let mut spans = self.spans.lock().unwrap_or_else(PoisonError::into_inner);
        if !spans.iter().any(|known| known.id == id) {
            if spans.len() >= MOST_SPANS {
                spans.pop_front();
            }
            spans.push_back(Span { id, attributes: HashSet::new() });
        }
        // Those of late are at the end.
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
