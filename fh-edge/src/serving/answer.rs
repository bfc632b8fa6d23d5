//! Bodies of answers: each is rendered once and sent to many clients.

use std::sync::Arc;

use bytes::Bytes;
use fh_eval::Attributes;
use http::HeaderValue;

use super::published::Published;
use super::view::View;
use crate::evaluations::Caller;
use crate::state_store::now;
use crate::wire::coding::{CompressionLevel, gzip};

/// The answer for one environment, as the holders of one view see it.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    /// The body of a GET for this environment alone: a JSON list of one environment.
    pub(crate) body: Bytes,
    /// The etag of the body.
    pub(crate) etag: Option<HeaderValue>,
    /// The byte range of the list of features in the body.
    list: (usize, usize),
    /// The compressed body. Only answers that were evaluated for one context use it; those of shared views are compressed in the view.
    gzip: Gzip,
}

/// The state of a body's compression.
#[derive(Debug, Clone)]
enum Gzip {
    NotAskedFor,
    /// Compressing saves less than half of the body, so it is sent uncompressed.
    NotWorthIt,
    Made(Bytes),
}

/// A JSON list of features that is being written.
pub(crate) struct List {
    text: String,
    is_empty: bool,
}

impl List {
    /// Writes the comma that is due and returns the text, to which the caller appends the next feature.
    pub(crate) fn next(&mut self) -> &mut String {
        if !std::mem::replace(&mut self.is_empty, false) {
            self.text.push(',');
        }
        &mut self.text
    }
}

impl Answer {
    /// Renders the answer of a view, whose features `write` appends to the list.
    pub(crate) fn of(
        published: &Published,
        view: &View,
        context_tag: &str,
        write: impl FnOnce(&mut List),
    ) -> Self {
        let mut text = String::with_capacity(view.expected_size());
        text.push_str("[{\"id\":\"");
        let mut id = uuid::Uuid::encode_buffer();
        text.push_str(published.id.hyphenated().encode_lower(&mut id));
        text.push_str("\",\"features\":");
        let start = text.len();
        text.push('[');
        let mut list = List { text, is_empty: true };
        write(&mut list);
        let mut body = list.text;
        body.push(']');
        let end = body.len();
        body.push_str("}]");
        view.expect(body.len());
        let (body, etag) = (Bytes::from(body), view.etag(context_tag));
        Self { body, etag, list: (start, end), gzip: Gzip::NotAskedFor }
    }

    /// Evaluates a view feature by feature and keeps the answer, for evaluations that take long.
    ///
    /// `context` is the text of the context as the request wrote it, `tag` its etag part. `None` if the caller left before the end.
    pub(crate) fn for_caller(
        published: &Published,
        view: usize,
        (context, tag): (&str, &str),
        attributes: &Attributes,
        caller: &Caller,
    ) -> Option<Arc<Self>> {
        let view = published.view(view)?;
        // Another request with this context may have made the answer while this one waited for its turn.
        if let Some(known) = view.evaluated_if_made(context) {
            return Some(known);
        }
        let answer = Self::of(published, view, tag, |list| {
            published.write_view_for(view, attributes, now(), caller, list);
        });
        if caller.has_left() {
            return None;
        }
        let answer = Arc::new(answer);
        view.keep(context, Arc::clone(&answer));
        Some(answer)
    }

    /// Returns the same answer for a request with a context. The context changes only the etag.
    pub(crate) fn for_context(&self, view: &View, context_tag: &str) -> Self {
        Self { etag: view.etag(context_tag), ..self.clone() }
    }

    /// Returns the body compressed with gzip, if compression was tried before: `Some(None)` if it would save less than half.
    pub(super) fn known_gzip(&self) -> Option<Option<Bytes>> {
        match &self.gzip {
            Gzip::NotAskedFor => None,
            Gzip::NotWorthIt => Some(None),
            Gzip::Made(bytes) => Some(Some(bytes.clone())),
        }
    }

    /// Returns the same answer with its body compressed with gzip, to be kept for other callers with this context.
    pub(super) fn with_gzip(&self) -> Self {
        let made = gzip(&self.body, CompressionLevel::Little).map(Bytes::from);
        Self { gzip: made.map_or(Gzip::NotWorthIt, Gzip::Made), ..self.clone() }
    }

    /// Returns the memory that the bodies take, in bytes.
    pub(super) fn memory(&self) -> usize {
        match &self.gzip {
            Gzip::Made(bytes) => self.body.len() + bytes.len(),
            Gzip::NotAskedFor | Gzip::NotWorthIt => self.body.len(),
        }
    }

    /// Returns the list of features alone, which is what a stream sends.
    pub(crate) fn list(&self) -> Bytes {
        self.body.slice(self.list.0..self.list.1)
    }

    /// Returns the JSON object of the environment, as one element of the answer to several keys.
    pub(crate) fn environment(&self) -> Bytes {
        self.body.slice(1..self.body.len() - 1)
    }
}
