//! C-CR: updates that a client holds until they are released.

use crate::sdk::Group;

/// The scenarios of this group.
pub(super) const GROUP: Group =
    Group { name: "C-CR", title: "catch & release", scenarios: &[], not_executed: &[] };
