//! The data that an Edge serves: rendered features, views of them for keys with the same rights, and the cells with the current
//! generations.

mod answer;
mod answers;
mod change;
mod environments;
mod feature;
mod grant;
mod pending_revocation;
mod published;
mod published_cell;
mod time_scheduler;
mod time_state;
mod view;
mod view_key;

pub(crate) use answer::Answer;
pub(crate) use answers::AnswerBudget;
pub(crate) use change::{Change, changes, write_change};
pub(crate) use environments::Environments;
pub(crate) use feature::{Counting, ServedFeature};
pub(crate) use grant::{Grant, Grants};
pub(crate) use pending_revocation::PendingRevocation;
pub(crate) use published::{Phase, Published, Settings, explainable, with_served};
pub(crate) use published_cell::{Changes, PublishedCell, WakeOnDrop, start_waking};
pub(crate) use view::{Shown, View};
pub(crate) use view_key::{Detail, EvaluatedBy, ViewKey};

#[cfg(test)]
mod tests;
