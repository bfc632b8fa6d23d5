//! L: an Edge that is killed again and again.

use crate::sdk::Group;

/// The scenarios of this group.
pub(super) const GROUP: Group =
    Group { name: "L", title: "restarts", scenarios: &[], not_executed: &[] };
