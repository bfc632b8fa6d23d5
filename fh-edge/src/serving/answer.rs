//! The bytes of an answer, made once and sent to many.

use std::sync::Arc;

use bytes::Bytes;
use fh_eval::Attributes;
use http::HeaderValue;

use super::published::Published;
use super::view::View;
use crate::evaluations::Caller;
use crate::wire::coding::{Effort, gzip};
use crate::world::now;

/// One environment as one asker sees it.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    /// The body of a GET for this environment alone: a list of one environment.
    pub(crate) body: Bytes,
    /// Its etag.
    pub(crate) etag: Option<HeaderValue>,
    /// Where in the body the list of features is.
    list: (usize, usize),
    /// For one context alone: the body compressed.
    gzip: Gzip,
}

/// A body compressed, for those who want it so.
#[derive(Debug, Clone)]
enum Gzip {
    NotAskedFor,
    /// It would not be half as long.
    NotWorthIt,
    Made(Bytes),
}

/// A list of features being written.
pub(crate) struct List {
    text: String,
    is_empty: bool,
}

impl List {
    /// Where the next one is to be written.
    pub(crate) fn next(&mut self) -> &mut String {
        if !std::mem::replace(&mut self.is_empty, false) {
            self.text.push(',');
        }
        &mut self.text
    }
}

impl Answer {
    /// Writes the features of a view.
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

    /// Evaluates a view for a context that is written like this and has this tag, feature by feature, and keeps the answer: for
    /// evaluations that take long. `None` if the caller leaves meanwhile.
    pub(crate) fn for_caller(
        published: &Published,
        view: usize,
        (context, tag): (&str, &str),
        attributes: &Attributes,
        caller: &Caller,
    ) -> Option<Arc<Self>> {
        let view = published.view(view)?;
        // It may have been made while this one waited for its turn.
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

    /// The same answer to somebody who sent a context, which changes nothing but the etag.
    pub(crate) fn for_context(&self, view: &View, context_tag: &str) -> Self {
        Self { etag: view.etag(context_tag), ..self.clone() }
    }

    /// The body by gzip if that is known: nothing inside if it would not be half as long.
    pub(super) fn known_gzip(&self) -> Option<Option<Bytes>> {
        match &self.gzip {
            Gzip::NotAskedFor => None,
            Gzip::NotWorthIt => Some(None),
            Gzip::Made(bytes) => Some(Some(bytes.clone())),
        }
    }

    /// The same answer, for somebody who wants it by gzip, as others will with this context.
    pub(super) fn with_gzip(&self) -> Self {
        let made = gzip(&self.body, Effort::Little).map(Bytes::from);
        Self { gzip: made.map_or(Gzip::NotWorthIt, Gzip::Made), ..self.clone() }
    }

    /// How many bytes it keeps.
    pub(super) fn memory(&self) -> usize {
        match &self.gzip {
            Gzip::Made(bytes) => self.body.len() + bytes.len(),
            Gzip::NotAskedFor | Gzip::NotWorthIt => self.body.len(),
        }
    }

    /// The list of features alone: what a stream sends.
    pub(crate) fn list(&self) -> Bytes {
        self.body.slice(self.list.0..self.list.1)
    }

    /// The environment alone: a part of the answer to several keys.
    pub(crate) fn environment(&self) -> Bytes {
        self.body.slice(1..self.body.len() - 1)
    }
}
