//! C-SEC: hostile names, sizes, attributes and keys.

use crate::sdk::Group;

/// The scenarios of this group.
pub(super) const GROUP: Group =
    Group { name: "C-SEC", title: "safety", scenarios: &[], not_executed: &[] };
