//! The state of a client of FeatureHub, beside that of the kernel.

use std::sync::Arc;
use std::time::Duration;

use fh_eval::Attributes;
use fh_repository::publication::Cause;

use super::access::Access;
use super::held::Held;
use crate::action::RequestKind;
use crate::context_header::ContextHeader;
use crate::edge_url::SecretUrl;
use crate::feature_set::FeatureSet;
use crate::kernel::Pending;
use crate::response_class::RequestCondition;

pub(super) struct FeatureHub {
    pub(super) feature_set: FeatureSet,
    /// The current context of server-evaluated keys. A newer context may wait in `next_context`.
    pub(super) context: Arc<Attributes>,
    pub(super) header: ContextHeader,
    /// True if [`Self::adopt`] set the current context after the start.
    pub(super) context_was_set: bool,
    /// The context that waits, because it was set while the request for another context was in flight. `None` if no context waits.
    pub(super) next_context: Option<NextContext>,
    /// The etag of the poll that the held features come from; `None` if there was no such poll, if it had no etag or was not applied as a
    /// whole, or if the features, the context's header or the keys have changed since. The etag is sent with a single key only.
    pub(super) etag: Option<String>,
    /// The time between polls. The Edge may change this time by `max-age`.
    pub(super) interval: Duration,
    /// Number of the last answers to stream requests that had a wrong content type, in a row and since the keys were changed.
    pub(super) wrong_types: u8,
    /// Number of the last stream requests that were held back or got no response in time, since a stream last sent a list and since the keys
    /// were changed.
    pub(super) held_streams: u8,
    /// The minimum delay before a reconnect, as a stream last requested with `retry:`; zero if no stream has requested a delay.
    pub(super) reconnect_floor: Duration,
    /// The URL of the last request; `None` before the first request, and after a redirect until the next request.
    pub(super) last_url: Option<SecretUrl>,
    /// Number of redirects since the last request that followed no redirect.
    pub(super) hops: u8,
    pub(super) access: Access,
    pub(super) held: Held,
    /// The cause of the pending publication; `None` if no publication is pending. An input leads to at most one publication, or two if it
    /// also ends the wait of a context, because each publication holds a set of rules, and a large chunk may hold many events.
    pub(super) unpublished: Option<Cause>,
    /// The redirect that the next request follows: the kind of the redirected request, and the target.
    pub(super) following: Option<(RequestKind, SecretUrl)>,
}

/// The purpose of a request.
#[derive(Clone, Copy)]
pub(super) struct Purpose {
    pub(super) kind: RequestKind,
    pub(super) asked: RequestCondition,
}

/// The members of a poll's response head that concern its body.
pub(super) struct Answer {
    pub(super) etag: Option<String>,
    /// True if the Edge wants no further requests (status 236).
    pub(super) last: bool,
}

/// A context that is to become the current context, and the commands that set it.
pub(super) struct NextContext {
    pub(super) attributes: Arc<Attributes>,
    pub(super) header: ContextHeader,
    /// The commands that set this context and are not finished yet.
    pub(super) pending: Vec<Pending>,
}
