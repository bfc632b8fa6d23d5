//! The texts of variations, which all events about the same variation share.

use std::collections::HashMap;
use std::sync::Arc;

use fh_eval::Value;
use fh_repository::Exposure;
use fh_repository::rules::Rules;

/// A flag and the variation that users were shown.
pub(super) struct Shown {
    pub(super) flag: Box<str>,
    pub(super) variation: Box<str>,
    pub(super) value: Box<str>,
}

impl Shown {
    pub(super) const fn size(&self) -> usize {
        self.flag.len() + self.variation.len() + self.value.len()
    }
}

/// The variations of the last rules that were shown. A read finds its texts by their addresses in the rules, which stay valid while the rules
/// are held.
#[derive(Default)]
pub(super) struct ShownVariations {
    rules: Option<Arc<Rules>>,
    by_address: HashMap<(usize, usize), Arc<Shown>>,
}

impl ShownVariations {
    /// Returns the texts of an exposure.
    pub(super) fn of(&mut self, exposure: &Exposure<'_>) -> Arc<Shown> {
        if !self.rules.as_ref().is_some_and(|rules| Arc::ptr_eq(rules, exposure.rules)) {
            self.by_address.clear();
            self.rules = Some(Arc::clone(exposure.rules));
        }
        let (flag, variation) = (exposure.flag.key(), exposure.variation);
        let address = (flag.as_ptr().addr(), variation.as_ptr().addr());
        let shown = self.by_address.entry(address).or_insert_with(|| {
            let value = match exposure.value {
                Value::Text(text) => Box::from(&**text),
                other => other.to_string().into(),
            };
            Arc::new(Shown { flag: flag.into(), variation: variation.into(), value })
        });
        Arc::clone(shown)
    }

    /// Forgets the rules.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}
