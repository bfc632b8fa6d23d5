//! The attributes of a context in requests.

use std::collections::BTreeMap;
use std::sync::Arc;

use fh_client::{Attributes, System};
use fh_eval::AttributeText;

/// The attributes as a request has them: names with their values.
pub(super) type Given = BTreeMap<String, Vec<String>>;

/// Returns attributes in the form that rules of this system read.
pub(crate) fn attributes<N: AsRef<str>, V: AttributeText>(
    given: impl IntoIterator<Item = (N, V)>,
    system: System,
) -> Arc<Attributes> {
    let mut builder = Attributes::builder();
    for (name, values) in given {
        system.add_attribute(&mut builder, name.as_ref(), &values);
    }
    Arc::new(builder.build())
}
