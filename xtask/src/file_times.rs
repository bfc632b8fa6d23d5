//! The times of source files in a clean clone.
//!
//! Cargo compiles a crate again if one of its files is newer than the last build. In a clean clone each file is new, so CI would compile all
//! crates of the project again in each of its profiles. The target folder therefore holds a list of the files of the last run with their
//! contents and times. A file with the same content gets its time back. Another file gets the present time, which is later than each earlier
//! build.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::shell::{Run, in_ci, root, target_folder};

/// The list in the target folder: the path of the clone; then for each file its time in nanoseconds since 1970, the hash of its content, and
/// its path.
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
    let checkout = root();
    let now = restore_in(&checkout, &read(&list, &checkout))?;
    fs::create_dir_all(target_folder())
        .and_then(|()| fs::write(&list, written(&checkout, &now)))
        .map_err(|why| format!("{}: {why}", list.display()))
}

/// Gives the files of a checkout their times in `last` if their contents are the same, and the present time otherwise. Returns the times of all
/// files.
fn restore_in(checkout: &Path, last: &Sources) -> Result<Sources, String> {
    let started = SystemTime::now();
    let listed = git(checkout, "git ls-files -z --cached --others --exclude-standard", &[])?;
    let mut paths: Vec<String> = listed.split_terminator('\0').map(str::to_string).collect();
    paths.retain(|path| !path.contains('\n') && checkout.join(path).is_file());
    let hashes = git(checkout, "git hash-object --", &paths)?;
    let mut now = Sources::new();
    for (path, hash) in paths.into_iter().zip(hashes.lines()) {
        let unchanged = last.get(&path).filter(|source| source.hash == hash);
        let nanoseconds = unchanged.map_or(nanoseconds(started), |source| source.nanoseconds);
        let time = UNIX_EPOCH + Duration::from_nanos(nanoseconds);
        File::open(checkout.join(&path))
            .and_then(|file| file.set_modified(time))
            .map_err(|why| format!("{path}: {why}"))?;
        now.insert(path, Source { hash: hash.to_string(), nanoseconds });
    }
    Ok(now)
}

fn nanoseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

fn git(checkout: &Path, line: &str, paths: &[String]) -> Result<String, String> {
    Run::new(line).args(paths).in_folder(checkout).output()
}

/// Reads the list of a checkout. Lines that are damaged count as missing: their files are compiled again. So is all of a checkout at another
/// path, because programs may contain the path.
fn read(list: &Path, checkout: &Path) -> Sources {
    let text = fs::read_to_string(list).unwrap_or_default();
    let (path, text) = text.split_once('\n').unwrap_or_default();
    if path != checkout.display().to_string() {
        return Sources::new();
    }
    let source = |line: &str| {
        let mut words = line.splitn(3, ' ');
        let nanoseconds = words.next()?.parse().ok()?;
        let hash = words.next()?.to_string();
        Some((words.next()?.to_string(), Source { hash, nanoseconds }))
    };
    text.lines().filter_map(source).collect()
}

fn written(checkout: &Path, sources: &Sources) -> String {
    let line = |(path, source): (&String, &Source)| {
        format!("{} {} {path}\n", source.nanoseconds, source.hash)
    };
    let lines: String = sources.iter().map(line).collect();
    format!("{}\n{lines}", checkout.display())
}

#[cfg(test)]
mod tests {
    use fh_test::Folder;

    use super::*;

    /// A checkout with the files `same` and `other`, which are an hour old.
    fn checkout(other: &str) -> Folder {
        let checkout = Folder::new();
        let folder = checkout.path();
        git(folder, "git init --quiet", &[]).unwrap();
        for (file, text) in [("same", "same"), ("other", other)] {
            fs::write(folder.join(file), text).unwrap();
            let hour = Duration::from_secs(3_600);
            let file = File::open(folder.join(file)).unwrap();
            file.set_modified(SystemTime::now() - hour).unwrap();
        }
        checkout
    }

    fn time(file: &Path) -> u64 {
        nanoseconds(file.metadata().unwrap().modified().unwrap())
    }

    #[test]
    fn only_files_with_the_content_of_the_last_run_have_its_times() {
        let folders = (checkout("old"), checkout("new"));
        let (first, second) = (folders.0.path(), folders.1.path());
        let mut listed = Sources::new();
        let mut built = 0;
        // The first content again is a change of the second one, even though its file is older than the build of the second one.
        for checkout in [first, second, first] {
            let same = listed.get("same").map(|source| source.nanoseconds);
            listed = restore_in(checkout, &listed).unwrap();
            assert!(same.is_none_or(|same| time(&checkout.join("same")) == same));
            assert!(time(&checkout.join("other")) > built, "{}", checkout.display());
            assert_eq!(listed["other"].nanoseconds, time(&checkout.join("other")));
            built = nanoseconds(SystemTime::now());
        }
        let unchanged = restore_in(first, &listed).unwrap();
        assert_eq!(unchanged, listed);
    }

    #[test]
    fn a_list_is_read_as_it_was_written_for_the_same_checkout_only() {
        let source = Source { hash: "ab12".to_string(), nanoseconds: 17 };
        let sources = Sources::from([("a folder/a file".to_string(), source)]);
        let folder = Folder::new();
        let file = folder.file("list");
        let checkout = Path::new("clone");
        fs::write(&file, format!("{}x ab12 damaged\n9 ab12\n", written(checkout, &sources)))
            .unwrap();
        assert_eq!(read(&file, checkout), sources);
        assert_eq!(read(&file, Path::new("other clone")), Sources::new());
    }
}
