//! The folders that are watched for changes of a state file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use notify::event::{AccessKind, AccessMode, EventKind, RemoveKind};
use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher};

/// Returns the folder in a file's path, and the absolute folder of the file to which the path resolves. The path may contain symbolic
/// links. Only the first folder is returned if the path cannot be resolved, and no folder for `/`. The folders are watched instead of the
/// file, because the watch of a file ends when the file is replaced.
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

/// The device and the inode of a folder, which usually differ if another folder has replaced it. The value is `None` if the folder's
/// metadata cannot be read, and on systems other than Unix.
type FolderId = Option<(u64, u64)>;

fn folder_id(folder: &Path) -> FolderId {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let metadata = folder.metadata().ok()?;
        Some((metadata.dev(), metadata.ino()))
    }
    #[cfg(not(unix))]
    {
        let _ = folder;
        None
    }
}

/// A watch of the folders in which the operating system reports changes of a state file.
pub(super) struct Places {
    watcher: RecommendedWatcher,
    watched: BTreeMap<PathBuf, FolderId>,
    /// True if a watched folder may have been removed since [`Self::follow`] was called last. The watch of a folder ends with the folder. A
    /// folder that is made again under the same path may have the same [`FolderId`].
    is_removed: Arc<AtomicBool>,
}

impl Places {
    /// Creates a watch that calls `on_change` when a file in a watched folder may have changed, or when the system reports an error. No
    /// folder is watched yet. If the watch cannot be created, the result is `None` and a warning is logged.
    pub(super) fn new(on_change: impl Fn() + Send + 'static) -> Option<Self> {
        let is_removed = Arc::new(AtomicBool::new(false));
        let removed = Arc::clone(&is_removed);
        let on_event = move |event: notify::Result<Event>| {
            if event.as_ref().map_or(true, |event| may_remove_folder(event.kind)) {
                removed.store(true, Ordering::Release);
            }
            // An error may mean that an event was lost, which may have concerned the file.
            if event.map_or(true, |event| may_change(event.kind)) {
                on_change();
            }
        };
        match notify::recommended_watcher(on_event) {
            Ok(watcher) => Some(Self { watcher, watched: BTreeMap::new(), is_removed }),
            Err(error) => {
                tracing::warn!(%error, "the system cannot report file changes; files are checked every second");
                None
            }
        }
    }

    /// Watches the folders in which the file is now, and no other folders. If a watched folder was reported as removed, or has another id
    /// now, its watch is made anew. A folder that cannot be watched is left out. Returns true if any watch has begun or ended.
    pub(super) fn follow(&mut self, path: &Path) -> bool {
        let folders = folders(path);
        let is_removed = self.is_removed.swap(false, Ordering::AcqRel);
        let stays = |folder: &PathBuf, id: &FolderId| {
            !is_removed && folders.contains(folder) && folder_id(folder) == *id
        };
        let watched = std::mem::take(&mut self.watched).into_iter();
        let (staying, ended) = watched.partition(|(folder, id)| stays(folder, id));
        let ended: BTreeMap<PathBuf, FolderId> = ended;
        self.watched = staying;
        for folder in ended.keys() {
            // If the folder was removed, its watch ended with it.
            let _ = self.watcher.unwatch(folder);
        }
        let mut is_changed = !ended.is_empty();
        for folder in folders {
            if self.watched.contains_key(&folder) {
                continue;
            }
            // The id is read before the watch begins, so that a later call can notice a folder that replaces this one in between.
            let id = folder_id(&folder);
            match self.watcher.watch(&folder, RecursiveMode::NonRecursive) {
                Ok(()) => {
                    self.watched.insert(folder, id);
                    is_changed = true;
                }
                // The next check of the file tries to watch the folder again.
                Err(error) => tracing::debug!(folder = %folder.display(), %error, "not watched"),
            }
        }
        is_changed
    }
}

/// Returns true if an event may be a change of a file. Reading a file is not a change; otherwise reading the state file would trigger
/// another check.
fn may_change(kind: EventKind) -> bool {
    match kind {
        EventKind::Access(access) => access == AccessKind::Close(AccessMode::Write),
        _ => true,
    }
}

/// Returns true if an event may be the removal of a folder. Some systems do not report whether a file or a folder was removed.
fn may_remove_folder(kind: EventKind) -> bool {
    matches!(kind, EventKind::Remove(removed) if removed != RemoveKind::File)
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

    /// A folder may be removed and made again, or replaced by another folder. The new folder often has the inode of the removed one.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_folder_that_is_made_again_is_watched() {
        use std::fs;
        use std::sync::mpsc;
        use std::time::Duration;

        use fh_test::wait::{PATIENCE, wait_until};

        let folder = fh_test::Folder::new();
        let within = folder.file("watched");
        let file = within.join("state.yaml");
        fs::create_dir(&within).unwrap();
        let (tell, told) = mpsc::channel();
        let mut places = Places::new(move || _ = tell.send(())).unwrap();
        assert!(places.follow(&file));
        assert!(!places.follow(&file));
        let replacements: [fn(&Path); 2] = [
            |folder| fs::remove_dir_all(folder).unwrap(),
            |folder| fs::rename(folder, folder.with_extension("old")).unwrap(),
        ];
        for replace in replacements {
            replace(&within);
            fs::create_dir(&within).unwrap();
            // The watch follows the new folder once the removal of the old one was reported.
            wait_until("the new folder is watched", || places.follow(&file));
            while told.recv_timeout(Duration::from_millis(200)).is_ok() {}
            fs::write(&file, "").unwrap();
            told.recv_timeout(PATIENCE).unwrap();
            // The removal of the old folder may be reported once more, after the watch of the new one has begun.
            wait_until("the watch stays", || !places.follow(&file));
        }
    }

    #[test]
    fn reading_is_no_change() {
        assert!(!may_change(EventKind::Access(AccessKind::Read)));
        assert!(!may_change(EventKind::Access(AccessKind::Close(AccessMode::Read))));
        assert!(may_change(EventKind::Access(AccessKind::Close(AccessMode::Write))));
        assert!(may_change(EventKind::Any) && may_change(EventKind::Other));
    }
}
