//! Bodies of answers. A rendered body can be sent to many clients.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use bytes::Bytes;
use http::HeaderValue;
use uuid::Uuid;

use crate::request_memory::Reservation;
use crate::wire::coding::{CompressionLevel, gzip};

/// The rendered answer of one view of an environment, for one context.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    /// The body of the response to a GET for this environment alone, which is a JSON list of one environment.
    pub(crate) body: Bytes,
    /// The etag of the body; `None` if the etag is not a valid header value.
    pub(crate) etag: Option<HeaderValue>,
    /// The byte range of the list of features in the body.
    list: (usize, usize),
    /// The compression of an answer that was evaluated for one context. The compressed body of a shared answer is in its view.
    gzip: Gzip,
    sending: Sending,
}

/// The memory that the responses with an answer have reserved, while any of them is sent. They share the bytes of the answer, so they share
/// the reservation.
#[derive(Debug, Default)]
struct Sending(Mutex<Weak<Reservation>>);

impl Clone for Sending {
    /// Makes an empty value, since the bytes of the copy may be others.
    fn clone(&self) -> Self {
        Self::default()
    }
}

/// The state of a body's compression with gzip.
#[derive(Debug, Clone)]
enum Gzip {
    NotAskedFor,
    /// The body is short, or compression saves less than half of it, so the body is sent uncompressed.
    NotWorthIt,
    Made(Bytes),
}

/// A JSON list of features that is being written.
pub(crate) struct List {
    text: String,
    is_empty: bool,
}

impl List {
    /// Appends a comma if the list has features, and returns the text to which the caller appends the next feature.
    pub(crate) fn next(&mut self) -> &mut String {
        if !std::mem::replace(&mut self.is_empty, false) {
            self.text.push(',');
        }
        &mut self.text
    }
}

impl Answer {
    /// Renders the answer of a view of the environment with this id, in a text of this capacity. `write` appends the features to the list.
    pub(super) fn new(environment: Uuid, capacity: usize, write: impl FnOnce(&mut List)) -> Self {
        let mut text = String::with_capacity(capacity);
        text.push_str("[{\"id\":\"");
        let mut id = Uuid::encode_buffer();
        text.push_str(environment.hyphenated().encode_lower(&mut id));
        text.push_str("\",\"features\":");
        let start = text.len();
        text.push('[');
        let mut list = List { text, is_empty: true };
        write(&mut list);
        let mut body = list.text;
        body.push(']');
        let end = body.len();
        body.push_str("}]");
        Self {
            body: Bytes::from(body),
            etag: None,
            list: (start, end),
            gzip: Gzip::NotAskedFor,
            sending: Sending::default(),
        }
    }

    /// Returns the reservation of a response with this answer that is being sent; `None` if there is none.
    pub(crate) fn reservation(&self) -> Option<Arc<Reservation>> {
        self.sending.0.lock().unwrap_or_else(PoisonError::into_inner).upgrade()
    }

    /// Returns the reservation that all responses with this answer share. It is `new` unless there is one already.
    pub(crate) fn share(&self, mut new: Reservation) -> Arc<Reservation> {
        let mut sending = self.sending.0.lock().unwrap_or_else(PoisonError::into_inner);
        sending.upgrade().unwrap_or_else(|| {
            // An answer that is larger than expected counts as long as expected if there is no more memory.
            let _ = new.resize(self.body.len());
            let new = Arc::new(new);
            *sending = Arc::downgrade(&new);
            new
        })
    }

    /// Replaces the etag. The context of a request changes only the etag of the answer of a shared view.
    pub(crate) fn with_etag(self, etag: Option<HeaderValue>) -> Self {
        Self { etag, ..self }
    }

    /// Returns the result of an earlier compression with gzip. Returns `None` if the body was not compressed yet, and `Some(None)` if the
    /// body is short or compression saves less than half of it.
    pub(super) fn known_gzip(&self) -> Option<Option<Bytes>> {
        match &self.gzip {
            Gzip::NotAskedFor => None,
            Gzip::NotWorthIt => Some(None),
            Gzip::Made(bytes) => Some(Some(bytes.clone())),
        }
    }

    /// Returns a copy of this answer with the result of compressing its body with gzip. The copy may have no compressed body; see [`gzip`].
    pub(super) fn with_gzip(&self) -> Self {
        let made = gzip(&self.body, CompressionLevel::Little).map(Bytes::from);
        Self { gzip: made.map_or(Gzip::NotWorthIt, Gzip::Made), ..self.clone() }
    }

    /// Returns the memory that the plain and the compressed body take, in bytes.
    pub(super) fn memory(&self) -> usize {
        match &self.gzip {
            Gzip::Made(bytes) => self.body.len() + bytes.len(),
            Gzip::NotAskedFor | Gzip::NotWorthIt => self.body.len(),
        }
    }

    /// Returns the JSON list of features alone, as streams send it.
    pub(crate) fn list(&self) -> Bytes {
        self.body.slice(self.list.0..self.list.1)
    }

    /// Returns the JSON object of the environment, which is one element of the answer to several keys.
    pub(crate) fn environment(&self) -> Bytes {
        self.body.slice(1..self.body.len() - 1)
    }
}
