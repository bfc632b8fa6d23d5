//! The poll in flight, as an observer sees it: which request must come next, and which values the client must serve after the last one.

use std::collections::BTreeMap;

use super::connection::Kind;
use super::plan::Plan;
use super::server::{User, Values};
use crate::invariant::{Broken, Invariant, hold};

/// The values of a complete poll.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complete {
    pub user: User,
    pub values: Values,
}

/// A poll whose requests go on.
#[derive(Debug)]
pub struct Refresh {
    pub user: User,
    has_parts: bool,
    /// The flags whose parts follow; `None` before the map has arrived.
    left: Option<Vec<String>>,
    values: Values,
}

impl Refresh {
    /// Begins a poll for a user.
    pub fn new(plan: &Plan, user: User) -> Self {
        let has_parts = plan.always_reasons || user.plan.is_some();
        let left = plan.named.clone().filter(|_| has_parts);
        Self { user, has_parts, left, values: Values::new() }
    }

    /// Checks that a request is the next one of the poll.
    pub fn check(&self, kind: &Kind) -> Result<(), Broken> {
        let expected = match &self.left {
            None => Kind::Map(self.user.key.clone()),
            Some(left) => Kind::Part(left.iter().take(100).cloned().collect(), self.user.clone()),
        };
        hold(Invariant::Context, *kind == expected, || format!("{kind:?}, not {expected:?}"))
    }

    /// Adds a good answer. Returns the values if it is the last one of the poll.
    pub fn add(
        &mut self,
        plan: &Plan,
        answers: &BTreeMap<String, Option<String>>,
    ) -> Option<Complete> {
        match &mut self.left {
            None if self.has_parts => self.left = Some(answers.keys().cloned().collect()),
            None => self.values = known(answers),
            Some(left) => {
                left.drain(..left.len().min(100));
                self.values.extend(known(answers));
            }
        }
        let is_complete = self.left.as_ref().is_none_or(Vec::is_empty);
        if !is_complete {
            return None;
        }
        if let (false, Some(named)) = (self.has_parts, &plan.named) {
            self.values.retain(|key, _| named.contains(key));
        }
        Some(Complete { user: self.user.clone(), values: std::mem::take(&mut self.values) })
    }
}

fn known(answers: &BTreeMap<String, Option<String>>) -> Values {
    answers.iter().filter_map(|(key, value)| Some((key.clone(), value.clone()?))).collect()
}
