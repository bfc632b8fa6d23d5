//! Notices of problems that do not keep an Edge from serving.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The subject of a notice. Each topic has at most one notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Topic {
    /// The data folder has damaged records, or its damaged file was repaired.
    DataFolder,
    /// The data folder could not store the last changes, so they were not made.
    Changes,
    /// The database of the cluster cannot be used, so changes are refused.
    Cluster,
    /// The content of the state file cannot be read, is not valid or cannot be served, so another state remains in use.
    StateFile,
    /// The content of a file with a secret cannot be used, so the previous secret is still in use. The field is the flag that names the
    /// file. Each flag has its own notice, so that a good file does not remove the notice of another one.
    Secrets(&'static str),
}

impl Topic {
    /// Returns a sentence about each notice of this topic. It contains no path, no name and no value, so that any caller may read it.
    fn summary(self) -> &'static str {
        match self {
            Self::DataFolder => {
                "the data folder was damaged: it was repaired, or records were left out"
            }
            Self::Changes => "the data folder cannot store changes, so changes are refused",
            Self::Cluster => "the database of the cluster cannot be used, so changes are refused",
            Self::StateFile => "the state file cannot be used, so an earlier state is served",
            Self::Secrets(_) => {
                "a file with secrets cannot be used, so the previous secrets are still in use"
            }
        }
    }
}

/// The current notices, at most one for each topic.
#[derive(Debug, Default)]
pub(crate) struct Notices {
    notices: Mutex<BTreeMap<Topic, String>>,
}

impl Notices {
    /// Sets the notice of a topic; `None` removes the notice.
    pub(crate) fn set(&self, topic: Topic, notice: Option<String>) {
        let mut notices = self.lock();
        match notice {
            Some(notice) => notices.insert(topic, notice),
            None => notices.remove(&topic),
        };
    }

    /// Returns true if there is a notice of this topic.
    pub(crate) fn has(&self, topic: Topic) -> bool {
        self.lock().contains_key(&topic)
    }

    /// Returns all notices, one per line. The text is empty if there are no notices.
    pub(crate) fn text(&self) -> String {
        self.lock().values().map(|notice| format!("{}\n", notice.replace('\n', " "))).collect()
    }

    /// Returns one line with the summary of each topic that has a notice. The text is empty if there are no notices.
    pub(crate) fn summaries(&self) -> String {
        let mut lines: Vec<&str> = self.lock().keys().map(|topic| topic.summary()).collect();
        lines.dedup();
        lines.iter().map(|line| format!("{line}\n")).collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Topic, String>> {
        self.notices.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
