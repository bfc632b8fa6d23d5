//! C-CTX: evaluation contexts.

use crate::sdk::Group;

/// The scenarios of this group.
pub(super) const GROUP: Group =
    Group { name: "C-CTX", title: "contexts", scenarios: &[], not_executed: &[] };
