//! The state of an Edge that is not a relay. It consists of a base and of changes. The base is the state as it was read from its source, or
//! the state with which the admin API replaced it. PUT and the admin API make the changes of single values.

mod change;
#[cfg_attr(
    not(feature = "cluster"),
    allow(dead_code, reason = "only a store that several servers share makes all of it")
)]
mod commit;
mod entry;
mod gone;
mod loading;
mod logged_change;
mod put;
mod record;
mod refusal;
mod rise;
mod store;
#[cfg(feature = "cluster")]
mod stored_state;
mod value;
mod writer;

pub(crate) use change::read_only;
pub use change::{FeatureChange, READ_ONLY, ReplaceError};
pub(crate) use commit::{ChangeStore, Commit, NoPersistence, NotCommitted};
#[cfg(feature = "cluster")]
pub(crate) use commit::{CommitId, ForeignCommit, ForeignUpdate};

pub(crate) use put::{Update, UpdateOutcome};
pub(crate) use record::{ChangeStoreError, Fingerprint, Record, Records, ServedVersion};
pub(crate) use refusal::Refusal;
pub(crate) use store::StateStore;
#[cfg(feature = "cluster")]
pub(crate) use stored_state::{read_changes, write_changes};
pub(crate) use writer::Writer;
pub(crate) use writer::command::{PutError, ServeDefaults};
