//! C-USE: usage events.

use crate::sdk::Group;

/// The scenarios of this group.
pub(super) const GROUP: Group =
    Group { name: "C-USE", title: "usage", scenarios: &[], not_executed: &[] };
