//! C-STREAM: a client that streams.

use crate::sdk::Group;

/// The scenarios of this group.
pub(super) const GROUP: Group =
    Group { name: "C-STREAM", title: "streaming client", scenarios: &[], not_executed: &[] };
