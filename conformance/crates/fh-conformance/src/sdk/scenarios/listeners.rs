//! C-LISTEN: listeners of a client.

use crate::sdk::Group;

/// The scenarios of this group.
pub(super) const GROUP: Group =
    Group { name: "C-LISTEN", title: "listeners", scenarios: &[], not_executed: &[] };
