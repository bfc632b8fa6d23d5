//! The data of a feature that an explanation keeps.

use std::sync::Arc;

use crate::diagnostic::Diagnostic;
use crate::feature::FeatureRef;
use crate::tables::Tables;

/// The JSON and the diagnostics of a feature that is explained.
#[derive(Debug)]
pub(crate) struct FeatureRecord {
    pub(crate) json: Box<str>,
    pub(crate) is_locked: bool,
    pub(crate) diagnostics: Box<[Diagnostic]>,
}

impl FeatureRecord {
    /// Copies the data of the feature at a position.
    pub(crate) fn of(tables: &Tables, position: usize) -> Self {
        let is_locked = tables.features.get(position).is_some_and(|detail| detail.is_locked());
        let diagnostics = tables.diagnostics(position).into();
        Self { json: tables.json(position).into(), is_locked, diagnostics }
    }

    pub(super) fn of_feature(feature: FeatureRef<'_>) -> Option<Arc<Self>> {
        feature.head().map(|_| Self::of(feature.tables(), feature.position()).into())
    }
}
