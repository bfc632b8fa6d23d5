//! Problems of an Edge that serves all the same.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The subject of a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Topic {
    /// Records of the data folder are damaged, or were lost.
    DataFolder,
    /// The state file is broken, so an earlier state is served.
    StateFile,
    /// A file that holds a secret is broken, so the last one stays in force.
    Secrets,
}

/// At most one notice for each topic.
#[derive(Debug, Default)]
pub(crate) struct Notices {
    notices: Mutex<BTreeMap<Topic, String>>,
}

impl Notices {
    /// Sets or takes back what is said of a topic.
    pub(crate) fn set(&self, topic: Topic, notice: Option<String>) {
        let mut notices = self.lock();
        match notice {
            Some(notice) => notices.insert(topic, notice),
            None => notices.remove(&topic),
        };
    }

    /// All of them, a line for each; empty if nothing is wrong.
    pub(crate) fn text(&self) -> String {
        self.lock().values().map(|notice| format!("{}\n", notice.replace('\n', " "))).collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Topic, String>> {
        self.notices.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
