//! C-CLOSE: the end of a client, and several clients.

use crate::sdk::Group;

/// The scenarios of this group.
pub(super) const GROUP: Group =
    Group { name: "C-CLOSE", title: "life cycle", scenarios: &[], not_executed: &[] };
