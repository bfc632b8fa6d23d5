//! Changes of single feature values, by PUT and through the admin API.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use fh_eval::{Kind, Timestamp};
use uuid::Uuid;

use super::entry::Entry;
use super::logged_change::LoggedChange;
use super::put::Decision;
use super::value::convert;
use super::{Refusal, StateStore, Update, UpdateOutcome};
use crate::state::file::{StateFileError, value_id};
use crate::state::{Duplicate, Feature, FeatureValue, Json, Permissions};

/// A change of one feature in one environment. A member that is `None` is not changed.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FeatureChange {
    /// The new default value, for contexts that no strategy matches. `Some(None)` sets the value to null, which is an error for a BOOLEAN.
    pub value: Option<Option<Json>>,
    /// The new lock of the feature: true locks it, and false unlocks it.
    pub locked: Option<bool>,
    /// True retires the feature, which hides it from SDKs. False makes it visible again.
    pub retired: Option<bool>,
    /// The new strategies in order, each in FeatureHub's JSON. They are read and checked as in a state file.
    pub strategies: Option<Vec<Json>>,
    /// The versions of which the feature must have one for the change to be made. `None` accepts any version.
    pub if_version: Option<Vec<i64>>,
}

/// The reason why a change was not made.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReplaceError {
    /// The state has no environment with the given id, or no feature with the given key.
    NotFound,
    /// The value does not have the type of the feature.
    WrongType(Kind),
    /// The strategies are not valid in a state file.
    Strategies(StateFileError),
    /// Two parts of the state have the same id, feature key or API key.
    Duplicate(Duplicate),
    /// The revision that the caller gave is not the current revision of the state, which is the field.
    Outdated(u64),
    /// The version that the caller gave is not the current version of the feature, which is the field.
    Overtaken(i64),
    /// The change, or another change that was to be stored together with it, could not be stored, so it was not made. The field is the
    /// reason.
    NotKept(String),
    /// The database that several servers share cannot be reached, so the change was not made. The field is the reason.
    Away(String),
    /// The database that several servers share has not answered, so it is unknown whether the change was made. The field is the reason.
    Unknown(String),
    /// The feature was replaced by another one, or its type was changed, after the strategies of the change were read. The change was
    /// not made.
    Redefined,
    /// This Edge relays another Edge, and features can be changed only at that Edge.
    Relayed,
    /// This Edge serves a state that it only reads. The field names the place where the state is changed.
    ReadOnly(Arc<str>),
    /// The thread of the Edge that makes changes has ended, because of an error in this program.
    Closed,
}

impl fmt::Display for ReplaceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => f.write_str("there is no such environment or feature"),
            Self::WrongType(kind) => write!(f, "the value is not of type {kind}"),
            Self::Strategies(why) => why.fmt(f),
            Self::Duplicate(duplicate) => duplicate.fmt(f),
            Self::Outdated(now) => {
                write!(
                    f,
                    "the state has changed since the given revision; its revision is now {now}"
                )
            }
            Self::Overtaken(now) => {
                write!(
                    f,
                    "the feature has changed since the given version; its version is now {now}"
                )
            }
            Self::NotKept(why) => write!(f, "the change could not be stored: {why}"),
            Self::Away(why) => write!(f, "{AWAY}: {why}"),
            Self::Unknown(why) => write!(f, "{UNKNOWN}: {why}"),
            Self::Redefined => f.write_str(
                "the feature was replaced or its type was changed while the request was read; read the feature and send the change again",
            ),
            Self::Relayed => {
                f.write_str("this Edge relays another Edge; change features at the upstream Edge")
            }
            Self::ReadOnly(owner) => f.write_str(&read_only(owner)),
            Self::Closed => f.write_str("the Edge's writer thread has ended"),
        }
    }
}

impl std::error::Error for ReplaceError {}

/// The sentence for a change that was not made, because the database that several servers share cannot be reached.
pub(crate) const AWAY: &str =
    "the database of the cluster cannot be reached; the change was not made";
/// The sentence for a change whose outcome is unknown.
pub(crate) const UNKNOWN: &str =
    "the database of the cluster has not answered; whether the change was made is not known";

/// The beginning of the sentence that refuses a change of a state that is changed elsewhere.
pub const READ_ONLY: &str = "this server only reads its state";

/// Returns the sentence that refuses a change of a state that is changed elsewhere, at the place `owner`.
pub(crate) fn read_only(owner: &str) -> String {
    format!("{READ_ONLY}; change features in {owner}")
}

/// A change that was made, and the value and entry of the feature before it, to restore them if the change cannot be stored.
pub(super) struct Undo {
    place: (Uuid, Arc<str>),
    value: Option<FeatureValue>,
    entry: Option<Entry>,
    highest: i64,
    revision: u64,
    /// The change. It is `None` if the state has no entry of the value, and then needs none in a log.
    pub(super) made: Option<LoggedChange>,
}

impl Undo {
    /// Sets the name of the service account that made the change.
    pub(super) fn by(mut self, account: &Arc<str>) -> Self {
        if let Some(made) = &mut self.made {
            made.account = Some(Arc::clone(account));
        }
        self
    }
}

impl StateStore {
    /// Carries out a PUT with the rights of an API key: its permissions, and the filters that limit which features it sees. The [`Undo`] is
    /// `None` if the PUT changes nothing.
    pub(super) fn put(
        &mut self,
        place: &(Uuid, Arc<str>),
        filters: &BTreeSet<String>,
        permissions: Permissions,
        update: &Update,
        now: Timestamp,
    ) -> Result<(UpdateOutcome, Option<Undo>), Refusal> {
        let feature = self.state.feature(&place.1).ok_or(Refusal::NotFound)?;
        let is_visible = filters.is_empty() || !filters.is_disjoint(&feature.filters);
        if !is_visible || self.state.environment(place.0).is_none() {
            return Err(Refusal::NotFound);
        }
        let current = self.value(place).cloned().unwrap_or_else(|| unset(place, feature));
        match update.decide(feature.kind, &current, permissions)? {
            Decision::AlreadySo => Ok((UpdateOutcome::AlreadySo, None)),
            Decision::SameValue => Ok((UpdateOutcome::SameValue, None)),
            // A PUT makes a retired feature visible again (D-106).
            Decision::Change(value) => {
                let undo = self.set(place, FeatureValue { retired: false, ..*value }, now);
                Ok((UpdateOutcome::Changed, Some(undo)))
            }
        }
    }

    /// Changes those members of a feature's value that `change` sets. The result is `None` if the value stays the same.
    pub(super) fn patch(
        &mut self,
        place: &(Uuid, Arc<str>),
        change: &FeatureChange,
        now: Timestamp,
    ) -> Result<Option<Undo>, ReplaceError> {
        let feature = self.state.feature(&place.1).ok_or(ReplaceError::NotFound)?;
        if self.state.environment(place.0).is_none() {
            return Err(ReplaceError::NotFound);
        }
        let version = self.entry(place).map_or(0, |entry| entry.version);
        if change.if_version.as_ref().is_some_and(|expected| !expected.contains(&version)) {
            return Err(ReplaceError::Overtaken(version));
        }
        let before = self.value(place).cloned();
        let mut value = before.clone().unwrap_or_else(|| unset(place, feature));
        if let Some(new) = &change.value {
            value.value = convert(feature.kind, new.as_ref())
                .map_err(|_| ReplaceError::WrongType(feature.kind))?;
        }
        value.locked = change.locked.unwrap_or(value.locked);
        value.retired = change.retired.unwrap_or(value.retired);
        if let Some(strategies) = &change.strategies {
            value.strategies.clone_from(strategies);
        }
        if before.as_ref() == Some(&value) {
            return Ok(None);
        }
        Ok(Some(self.set(place, value, now)))
    }

    fn set(&mut self, place: &(Uuid, Arc<str>), value: FeatureValue, now: Timestamp) -> Undo {
        let mut undo = Undo {
            place: place.clone(),
            value: self.value(place).cloned(),
            entry: self.entry(place).cloned(),
            highest: self.highest,
            revision: self.state.revision,
            made: None,
        };
        if let Some(entry) = self.entries.get_mut(place) {
            entry.step(value.version.is_some(), now);
            self.highest = self.highest.max(entry.version);
            undo.made = Some(LoggedChange {
                environment: place.0,
                feature: Arc::clone(&place.1),
                account: None,
                value: value.clone(),
                entry: entry.clone(),
            });
        }
        self.put_value(place, Some(value));
        self.count();
        undo
    }

    /// Undoes a change by restoring the earlier value and entry.
    pub(super) fn undo(&mut self, undo: Undo) {
        self.put_value(&undo.place, undo.value);
        if let Some(entry) = undo.entry {
            self.entries.insert(undo.place, entry);
        }
        self.highest = undo.highest;
        self.state.revision = undo.revision;
    }
}

/// Returns the initial value of a feature without a value record. The value id is made as for a state file.
fn unset((environment, key): &(Uuid, Arc<str>), feature: &Feature) -> FeatureValue {
    let value_id = Some(value_id(*environment, key).to_string());
    FeatureValue { value: feature.unset_value(), value_id, ..FeatureValue::default() }
}
