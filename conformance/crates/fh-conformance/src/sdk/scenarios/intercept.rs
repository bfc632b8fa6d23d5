//! C-INT: interceptors that replace values.

use crate::sdk::Group;

/// The scenarios of this group.
pub(super) const GROUP: Group =
    Group { name: "C-INT", title: "interceptors", scenarios: &[], not_executed: &[] };
