//! C-READY: the readiness of a client.

use crate::sdk::Group;

/// The scenarios of this group.
pub(super) const GROUP: Group =
    Group { name: "C-READY", title: "readiness", scenarios: &[], not_executed: &[] };
