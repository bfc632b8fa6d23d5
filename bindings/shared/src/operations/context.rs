//! The attributes of a context in requests.

use std::collections::BTreeMap;
use std::sync::Arc;

use fh_client::Attributes;

/// The attributes as a request has them: names with their values.
pub(super) type Given = BTreeMap<String, Vec<String>>;

/// Returns the attributes of a request.
pub(super) fn attributes(given: &Given) -> Arc<Attributes> {
    let builder = Attributes::builder();
    let builder = given.iter().fold(builder, |all, (name, values)| all.attribute(name, values));
    Arc::new(builder.build())
}
