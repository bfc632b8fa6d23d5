//! The attributes of a context in requests.

use std::collections::BTreeMap;
use std::sync::Arc;

use fh_client::{Attributes, System};
use fh_eval::AttributeText;

/// The attributes as a request has them: names with their values.
pub(super) type Given = BTreeMap<String, Vec<String>>;

/// The values of an attribute as the other languages send them. A single value and a list of one look the same, and count as a single value.
pub(crate) struct Values<'a, V>(pub(crate) &'a [V]);

impl<V: AttributeText> AttributeText for Values<'_, V> {
    fn each(&self, add: &mut dyn FnMut(&str)) {
        self.0.each(add);
    }

    fn is_list(&self) -> bool {
        self.0.len() > 1
    }
}

/// Returns attributes in the form that rules of this system read.
pub(crate) fn attributes<N: AsRef<str>, V: AttributeText>(
    given: impl IntoIterator<Item = (N, impl AsRef<[V]>)>,
    system: System,
) -> Arc<Attributes> {
    let mut builder = Attributes::builder();
    for (name, values) in given {
        system.add_attribute(&mut builder, name.as_ref(), &Values(values.as_ref()));
    }
    Arc::new(builder.build())
}
