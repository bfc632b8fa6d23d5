//! Records as they lie on disk.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::state::{FeatureValue, State};
use crate::world::{Print, Record};

/// One changed value.
#[derive(Serialize, Deserialize)]
pub(super) struct StoredChange {
    base: String,
    version: i64,
    value: FeatureValue,
}

impl StoredChange {
    pub(super) fn of(record: &Record) -> Self {
        Self { base: record.base.to_string(), version: record.version, value: record.value.clone() }
    }

    pub(super) fn into_record(self, environment: Uuid, feature: Arc<str>) -> Record {
        Record {
            environment,
            feature,
            base: self.base.as_str().into(),
            version: self.version,
            value: self.value,
        }
    }
}

/// The base that was served last.
#[derive(Serialize, Deserialize)]
pub(super) struct StoredBase {
    base: String,
    version: i64,
}

impl StoredBase {
    pub(super) fn of((base, version): &(Print, i64)) -> Self {
        Self { base: base.to_string(), version: *version }
    }
}

impl From<StoredBase> for (Print, i64) {
    fn from(stored: StoredBase) -> Self {
        (stored.base.as_str().into(), stored.version)
    }
}

/// A state that stands in the place of a base.
#[derive(Serialize, Deserialize)]
pub(super) struct StoredReplacement {
    base: String,
    state: State,
}

impl StoredReplacement {
    pub(super) fn of(base: &Print, state: &State) -> Self {
        Self { base: base.to_string(), state: state.clone() }
    }
}

impl From<StoredReplacement> for (Print, State) {
    fn from(stored: StoredReplacement) -> Self {
        (stored.base.as_str().into(), stored.state)
    }
}
