//! Folders in which something happens when a file changes.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use notify::event::{AccessKind, AccessMode, EventKind};
use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher};

/// The folder of the file, and that of the file that a link leads to. Folders, not files: a file that is replaced takes its watch with it.
fn folders(path: &Path) -> BTreeSet<PathBuf> {
    let beside = |path: &Path| {
        path.parent().map(|folder| match folder.as_os_str().is_empty() {
            true => PathBuf::from("."),
            false => folder.to_owned(),
        })
    };
    let real = path.canonicalize().ok();
    [Some(path), real.as_deref()].into_iter().flatten().filter_map(beside).collect()
}

/// Folders that the system tells of.
pub(super) struct Places {
    watcher: RecommendedWatcher,
    watched: BTreeSet<PathBuf>,
}

impl Places {
    /// Calls whenever something has happened in a folder that is watched. `None`: the system tells nothing, which was logged.
    pub(super) fn new(on_change: impl Fn() + Send + 'static) -> Option<Self> {
        let told = move |event: notify::Result<Event>| {
            // What could not be told may have been of the file.
            if event.map_or(true, |event| may_change(event.kind)) {
                on_change();
            }
        };
        match notify::recommended_watcher(told) {
            Ok(watcher) => Some(Self { watcher, watched: BTreeSet::new() }),
            Err(error) => {
                tracing::warn!(%error, "the system tells nothing of changed files; they are looked at each second");
                None
            }
        }
    }

    /// Watches the folders that the file has now. Are there others than before?
    pub(super) fn follow(&mut self, path: &Path) -> bool {
        let folders = folders(path);
        let before = self.watched.clone();
        for folder in self.watched.difference(&folders) {
            // It may be gone, and its watch with it.
            let _ = self.watcher.unwatch(folder);
        }
        self.watched.retain(|folder| folders.contains(folder));
        for folder in folders {
            if self.watched.contains(&folder) {
                continue;
            }
            match self.watcher.watch(&folder, RecursiveMode::NonRecursive) {
                Ok(()) => {
                    self.watched.insert(folder);
                }
                // It is tried again at each look.
                Err(error) => tracing::debug!(folder = %folder.display(), %error, "not watched"),
            }
        }
        self.watched != before
    }
}

/// Reading is no change, or each look would be the cause of the next.
fn may_change(kind: EventKind) -> bool {
    match kind {
        EventKind::Access(access) => access == AccessKind::Close(AccessMode::Write),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_a_file() {
        let shown = |path: &str| -> Vec<String> {
            folders(Path::new(path)).iter().map(|each| each.display().to_string()).collect()
        };
        assert_eq!(shown("no-such-file.yaml"), ["."]);
        assert_eq!(shown("no-such-folder/file.yaml"), ["no-such-folder"]);
        assert_eq!(shown("/no-such-file.yaml"), ["/"]);
        assert_eq!(shown("/"), Vec::<String>::new());
    }

    #[test]
    fn reading_is_no_change() {
        assert!(!may_change(EventKind::Access(AccessKind::Read)));
        assert!(!may_change(EventKind::Access(AccessKind::Close(AccessMode::Read))));
        assert!(may_change(EventKind::Access(AccessKind::Close(AccessMode::Write))));
        assert!(may_change(EventKind::Any) && may_change(EventKind::Other));
    }
}
