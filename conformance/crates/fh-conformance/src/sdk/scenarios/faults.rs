//! F: an Edge that misbehaves for a while and recovers.

use crate::sdk::Group;

/// The scenarios of this group.
pub(super) const GROUP: Group =
    Group { name: "F", title: "faults", scenarios: &[], not_executed: &[] };
