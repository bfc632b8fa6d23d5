//! The data that is served: features rendered once, views of them by kind of key, and the cells that hold the current generations.

mod answer;
mod answers;
mod change;
mod clockwork;
mod environments;
mod feature;
mod grant;
mod herald;
mod leaving;
mod moment;
mod published;
mod slot;
mod view;

pub(crate) use answer::Answer;
pub(crate) use answers::AnswerBudget;
pub(crate) use change::{Change, changes, write_change};
pub(crate) use environments::Environments;
pub(crate) use feature::{Counting, ServedFeature};
pub(crate) use grant::{Grant, Grants};
pub(crate) use herald::Herald;
pub(crate) use leaving::Leaver;
pub(crate) use published::{Phase, Published, Settings};
pub(crate) use slot::{Changes, News, Slot};
pub(crate) use view::{Detail, EvaluatedBy, Shown, View, ViewKey};

#[cfg(test)]
mod tests;
