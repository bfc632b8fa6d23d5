//! C-STORE: a state that a client keeps.

use crate::sdk::Group;

/// The scenarios of this group.
pub(super) const GROUP: Group =
    Group { name: "C-STORE", title: "stores", scenarios: &[], not_executed: &[] };
