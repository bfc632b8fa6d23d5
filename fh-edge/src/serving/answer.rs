//! The bytes of an answer, made once and sent to many.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use flate2::Compression;
use http::HeaderValue;

use super::feature::ServedFeature;
use super::published::Published;
use super::view::View;
use crate::wire::coding::gzip;

/// One environment as one asker sees it.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    /// The body of a GET for this environment alone: a list of one environment.
    pub(crate) body: Bytes,
    /// Its etag.
    pub(crate) etag: Option<HeaderValue>,
    /// Where in the body the list of features is.
    list: (usize, usize),
    /// The body compressed, once somebody wants it so, if that is worth it.
    compressed: Arc<OnceLock<Option<Bytes>>>,
}

impl Answer {
    /// Writes all features of a view.
    pub(crate) fn of(
        published: &Published,
        view: &View,
        context_tag: &str,
        mut write: impl FnMut(&ServedFeature, &mut String),
    ) -> Self {
        let mut body = format!("[{{\"id\":\"{}\",\"features\":", published.id);
        let start = body.len();
        body.push('[');
        for (position, feature) in view.features().iter().enumerate() {
            if position > 0 {
                body.push(',');
            }
            write(feature, &mut body);
        }
        body.push(']');
        let end = body.len();
        body.push_str("}]");
        let (body, etag, compressed) = (Bytes::from(body), view.etag(context_tag), Arc::default());
        Self { body, etag, list: (start, end), compressed }
    }

    /// The same answer to somebody who sent a context, which changes nothing but the etag.
    pub(crate) fn for_context(&self, view: &View, context_tag: &str) -> Self {
        Self { etag: view.etag(context_tag), ..self.clone() }
    }

    /// The body by gzip, made by the first who asks; nothing if that does not halve it.
    pub(crate) fn compressed(&self, effort: Compression) -> Option<Bytes> {
        self.compressed.get_or_init(|| gzip(&self.body, effort).map(Bytes::from)).clone()
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
