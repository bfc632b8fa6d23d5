//! The state of a client of FeatureSignals, beside that of the kernel.

use std::sync::Arc;

use fh_eval::Attributes;
use fh_repository::time::Millis;

use super::change_stream::Stream;
use super::refresh::Held;
use crate::delay::Delays;
use crate::kernel::Pending;

#[derive(Default)]
pub(super) struct FeatureSignals {
    pub(super) stream: Stream,
    /// True while a stream is open, and while the client replaces one.
    pub(super) is_streaming: bool,
    /// The context for which the server evaluates. A newer context may wait in `next`.
    pub(super) context: Arc<Attributes>,
    /// True if a program set the current context after the start.
    pub(super) context_was_set: bool,
    pub(super) next: Option<Next>,
    /// The answers that are served; `None` before the first ones.
    pub(super) held: Option<Held>,
    pub(super) stream_backoff: Delays,
    /// The time at which the last poll began.
    pub(super) last_poll: Option<Millis>,
    /// True once the server has answered a poll completely.
    pub(super) has_contact: bool,
    /// True while values are served for the current context.
    pub(super) is_served: bool,
    /// True while the server refuses the client, and no values were served before.
    pub(super) is_failed: bool,
    /// True if another poll follows the one in flight, because the server has announced a change meanwhile.
    pub(super) poll_again: bool,
    /// True while polls fail.
    pub(super) is_away: bool,
    /// Number of the last streams, in a row, that were refused while polls succeeded.
    pub(super) refusals: u8,
    /// True if the notice that streams are refused was reported, and no stream has been open since.
    pub(super) was_noticed: bool,
    /// True if the notice about the number of flags was reported.
    pub(super) many_was_noticed: bool,
}

/// A context that becomes the current one as soon as the poll in flight has succeeded or failed.
pub(super) struct Next {
    pub(super) context: Arc<Attributes>,
    pub(super) commands: Vec<Pending>,
}
