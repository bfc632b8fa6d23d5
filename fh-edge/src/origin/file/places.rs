//! The folders that are watched for changes of a state file.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use notify::event::{AccessKind, AccessMode, EventKind};
use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher};

/// Returns the folder in a file's path, and the folder of the file to which the path resolves. The second folder differs if the path
/// contains a symbolic link. The folders are watched instead of the file, because the watch of a file ends when the file is replaced.
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

/// A watch of the folders in which the operating system reports changes of a state file.
pub(super) struct Places {
    watcher: RecommendedWatcher,
    watched: BTreeSet<PathBuf>,
}

impl Places {
    /// Creates a watch that calls `on_change` when a file in a watched folder may have changed, or when an event was lost. No folder is
    /// watched yet. If the system cannot watch folders, the result is `None` and a warning is logged.
    pub(super) fn new(on_change: impl Fn() + Send + 'static) -> Option<Self> {
        let on_event = move |event: notify::Result<Event>| {
            // An error means that an event was lost, which may have concerned the file.
            if event.map_or(true, |event| may_change(event.kind)) {
                on_change();
            }
        };
        match notify::recommended_watcher(on_event) {
            Ok(watcher) => Some(Self { watcher, watched: BTreeSet::new() }),
            Err(error) => {
                tracing::warn!(%error, "the system cannot report file changes; files are checked every second");
                None
            }
        }
    }

    /// Watches the folders in which the file is now, and no other folders. A folder that cannot be watched is left out. Returns true if the
    /// set of watched folders has changed.
    pub(super) fn follow(&mut self, path: &Path) -> bool {
        let folders = folders(path);
        let before = self.watched.clone();
        for folder in self.watched.difference(&folders) {
            // If the folder was removed, its watch ended with it.
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
                // The next check of the file tries to watch the folder again.
                Err(error) => tracing::debug!(folder = %folder.display(), %error, "not watched"),
            }
        }
        self.watched != before
    }
}

/// Returns true if an event may be a change of a file. Reading a file is not a change; otherwise each check would trigger the next check.
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
