//! The results of looking up the keys of a poll, and the evaluation context of the poll.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use http::{HeaderMap, HeaderName};
use uuid::Uuid;

use crate::origin::Opened;
use crate::serving::Answer;
use crate::wire::context::RequestContext;

/// The header's name is a static, so that its characters are checked once and not for every request.
static CONTEXT: HeaderName = HeaderName::from_static("x-featurehub");

/// Returns the text of the evaluation context in the `x-featurehub` header. If a request has several such headers, their values are joined
/// by commas. The text is empty if the header is missing.
pub(in crate::api) fn context_text(headers: &HeaderMap) -> Cow<'_, str> {
    let lines = headers.get_all(&CONTEXT).iter();
    let lines = lines.map(|line| String::from_utf8_lossy(line.as_bytes()));
    lines.reduce(|all, line| Cow::Owned(format!("{all},{line}"))).unwrap_or_default()
}

/// The text of a request's evaluation context, and the tag that identifies the context in etags. The tag is a hash of the context, so it is
/// computed only when it is needed.
pub(super) struct Context<'a> {
    pub(super) text: Cow<'a, str>,
    tag: OnceLock<String>,
}

impl<'a> Context<'a> {
    pub(super) fn of(headers: &'a HeaderMap) -> Self {
        Self { text: context_text(headers), tag: OnceLock::new() }
    }

    pub(super) fn tag(&self) -> &str {
        match &*self.text {
            "" => "0",
            text => self.tag.get_or_init(|| RequestContext::read([text]).tag()),
        }
    }
}

/// The result of looking up one key of a request.
pub(super) enum Found {
    /// The key is known. The second field is the answer for the context of the request. It is `None` if the answer does not depend on the
    /// context, or if it is not evaluated.
    Open(Opened, Option<Arc<Answer>>),
    /// The key is unknown, or the Edge has no features for it now. The value is the id of the environment that the key names.
    Nothing(Uuid),
}

pub(super) fn opened(found: &[Found]) -> impl Iterator<Item = &Opened> {
    found.iter().filter_map(|each| match each {
        Found::Open(open, _) => Some(open),
        Found::Nothing(_) => None,
    })
}
