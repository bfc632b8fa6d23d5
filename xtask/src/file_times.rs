//! The times of source files in a clean clone.
//!
//! Cargo compiles a crate again if one of its files is newer than the last build. In a clean clone each file is new, so CI would compile all
//! crates of the project again in each of its profiles. The target folder therefore holds a list of the files of the last run with their
//! contents and times. A file with the same content gets its time back. Another file keeps the time of the clone, which is later than each
//! earlier build.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::shell::{Run, in_ci, root, target_folder};

/// The list in the target folder: for each file its time in nanoseconds since 1970, the hash of its content, and its path.
const LIST: &str = "source-times";

/// A file's content, as Git's hash, and the time at which a clone first had this content after another one.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Source {
    hash: String,
    nanoseconds: u64,
}

type Sources = BTreeMap<String, Source>;

/// Gives unchanged files the times of the last run. Outside CI, does so only for a target folder that CI has used, so that its list tells the
/// truth about later builds.
pub(crate) fn restore() -> Result<(), String> {
    let list = target_folder().join(LIST);
    if !in_ci() && !list.exists() {
        return Ok(());
    }
    let now = restore_in(&root(), &read(&list))?;
    fs::create_dir_all(target_folder())
        .and_then(|()| fs::write(&list, written(&now)))
        .map_err(|why| format!("{}: {why}", list.display()))
}

/// Gives the files of a checkout their times in `last` if their contents are the same, and returns the times of all files.
fn restore_in(checkout: &Path, last: &Sources) -> Result<Sources, String> {
    let changed: BTreeSet<String> =
        git(checkout, "git ls-files -z --modified")?.split('\0').map(str::to_string).collect();
    let mut now = Sources::new();
    for line in git(checkout, "git ls-files -z --stage")?.split_terminator('\0') {
        let Some((hash, path)) = entry(line) else { continue };
        // The index has the hash of the last commit. Without a line, the next run takes the file for a changed one.
        if changed.contains(path) {
            continue;
        }
        let file = checkout.join(path);
        let failed = |why: std::io::Error| format!("{}: {why}", file.display());
        let nanoseconds = match last.get(path).filter(|source| source.hash == hash) {
            Some(source) => {
                let time = UNIX_EPOCH + Duration::from_nanos(source.nanoseconds);
                File::open(&file).and_then(|file| file.set_modified(time)).map_err(failed)?;
                source.nanoseconds
            }
            None => nanoseconds(file.metadata().and_then(|data| data.modified()).map_err(failed)?),
        };
        now.insert(path.to_string(), Source { hash: hash.to_string(), nanoseconds });
    }
    Ok(now)
}

/// Returns the hash and the path of a line of `git ls-files --stage`: mode, hash and stage with spaces between them, a tab, the path.
/// Symbolic links and submodules have none.
fn entry(line: &str) -> Option<(&str, &str)> {
    let (object, path) = line.split_once('\t')?;
    let mut words = object.split(' ');
    let is_file = words.next()?.starts_with("100");
    Some((words.next().filter(|_| is_file)?, path))
}

fn nanoseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

fn git(checkout: &Path, line: &str) -> Result<String, String> {
    Run::new(line).in_folder(checkout).output()
}

/// Reads a list. Lines that are damaged count as missing: their files are compiled again.
fn read(list: &Path) -> Sources {
    let text = fs::read_to_string(list).unwrap_or_default();
    let source = |line: &str| {
        let mut words = line.splitn(3, ' ');
        let nanoseconds = words.next()?.parse().ok()?;
        let hash = words.next()?.to_string();
        Some((words.next()?.to_string(), Source { hash, nanoseconds }))
    };
    text.lines().filter_map(source).collect()
}

fn written(sources: &Sources) -> String {
    let line = |(path, source): (&String, &Source)| {
        format!("{} {} {path}\n", source.nanoseconds, source.hash)
    };
    // A path with a line break would damage the list.
    sources.iter().filter(|(path, _)| !path.contains('\n')).map(line).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// A checkout with the files `same` and `other`, whose times are `age` seconds ago.
    fn checkout(name: &str, other: &str, age: u64) -> std::path::PathBuf {
        let folder = target_folder().join("tmp").join(name);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("same"), "same").unwrap();
        fs::write(folder.join("other"), other).unwrap();
        git(&folder, "git init --quiet").unwrap();
        git(&folder, "git add .").unwrap();
        for file in ["same", "other"] {
            set_age(&folder.join(file), age);
        }
        folder
    }

    fn set_age(file: &Path, seconds: u64) {
        let time = SystemTime::now() - Duration::from_secs(seconds);
        File::open(file).unwrap().set_modified(time).unwrap();
    }

    fn time(file: &Path) -> u64 {
        nanoseconds(file.metadata().unwrap().modified().unwrap())
    }

    #[test]
    fn a_second_clone_has_the_times_of_the_first_for_equal_files_only() {
        let first = checkout("file-times-first", "old", 3_600);
        let listed = restore_in(&first, &Sources::new()).unwrap();
        assert_eq!(listed["same"].nanoseconds, time(&first.join("same")));

        let second = checkout("file-times-second", "new", 60);
        let cloned = time(&second.join("other"));
        let listed = restore_in(&second, &listed).unwrap();
        assert_eq!(time(&second.join("same")), time(&first.join("same")));
        assert_eq!(time(&second.join("other")), cloned);

        // The first content again is a change of the second one.
        let third = checkout("file-times-third", "old", 30);
        let cloned = time(&third.join("other"));
        restore_in(&third, &listed).unwrap();
        assert_eq!(time(&third.join("other")), cloned);
        assert_eq!(time(&third.join("same")), time(&first.join("same")));
    }

    #[test]
    fn an_edited_file_keeps_its_time_and_has_no_line() {
        let folder = checkout("file-times-edited", "other", 3_600);
        let listed = restore_in(&folder, &Sources::new()).unwrap();
        fs::write(folder.join("other"), "edited").unwrap();
        let edited = time(&folder.join("other"));
        let listed = restore_in(&folder, &listed).unwrap();
        assert_eq!(time(&folder.join("other")), edited);
        assert!(!listed.contains_key("other"));
    }

    #[test]
    fn a_list_is_read_as_it_was_written_and_damaged_lines_are_left_out() {
        let source = Source { hash: "ab12".to_string(), nanoseconds: 17 };
        let sources = Sources::from([("a folder/a file".to_string(), source)]);
        let file = target_folder().join("tmp/file-times-list");
        fs::create_dir_all(target_folder().join("tmp")).unwrap();
        fs::write(&file, format!("{}x ab12 damaged\n9 ab12\n", written(&sources))).unwrap();
        assert_eq!(read(&file), sources);
    }
}
