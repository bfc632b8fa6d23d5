//! The replacement of the snapshot file as a whole, even while other processes replace the file too.

use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The age at which a temporary file counts as abandoned. The age is the time from the last change of that file to the last
/// change of the temporary file of the present write. A write normally takes seconds.
const ABANDONED_AFTER: Duration = Duration::from_secs(600);
/// The suffix of a temporary file's name.
const SUFFIX: &str = ".new";

/// Replaces a file as a whole. A reader sees either the complete old text or the complete new text, even after a power failure.
///
/// Any number of processes may replace the same file at the same time, because each process writes its own temporary file and
/// renames it. The last rename wins. If a process dies during a write, its temporary file can stay. A write more than ten
/// minutes later tries to remove that file.
///
/// # Errors
/// Returns an [`io::Error`] if the text cannot be written or the file cannot be replaced. The file is unchanged after an
/// error.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    replace_as(std::process::id(), path, bytes)
}

/// Replaces a file as [`replace`] does, with this process id in the temporary file's name. Tests set the id, because two
/// containers that share a volume may both have process id 1.
fn replace_as(process: u32, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let beside = beside(process, path);
    let written = create(&beside).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    if written.is_ok() {
        remove_abandoned(path, &beside);
    }
    let replaced = written.and_then(|()| fs::rename(&beside, path));
    if replaced.is_err() {
        let _ = fs::remove_file(&beside);
        return replaced;
    }
    sync_directory(path);
    Ok(())
}

/// Returns a unique path in the same directory for a temporary file, because a file can only be renamed within its file system.
///
/// The process id helps people who list the directory. The random part makes the names of different processes differ.
fn beside(process: u32, path: &Path) -> PathBuf {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    // The random number comes from the standard library's hash keys, which are random and differ from call to call.
    let random = RandomState::new().build_hasher().finish();
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".{process}-{count}-{random:016x}{SUFFIX}"));
    path.with_file_name(name)
}

/// Creates a file that, on Unix, only its owner can read. Fails if the file exists.
fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Removes abandoned temporary files of this snapshot file. The age of such a file is the time from its last change to the
/// last change of the file `written`, so that both times come from the file system's clock. Errors are ignored, because the
/// next write of the snapshot file tries again.
fn remove_abandoned(path: &Path, written: &Path) {
    let Ok(now) = fs::metadata(written).and_then(|metadata| metadata.modified()) else { return };
    let Ok(entries) = fs::read_dir(directory(path)) else { return };
    for entry in entries.flatten() {
        if !is_temporary(path, &entry.file_name()) {
            continue;
        }
        let age = entry
            .metadata()
            .and_then(|metadata| metadata.modified())
            .map(|modified| now.duration_since(modified).unwrap_or_default());
        if age.is_ok_and(|age| age > ABANDONED_AFTER) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Returns true for the name of a temporary file of this snapshot file, including names of earlier versions of this crate.
fn is_temporary(path: &Path, name: &std::ffi::OsStr) -> bool {
    let Some(file) = path.file_name() else { return false };
    let (file, name) = (file.as_encoded_bytes(), name.as_encoded_bytes());
    let parts = name
        .strip_prefix(file)
        .and_then(|rest| rest.strip_prefix(b"."))
        .and_then(|rest| rest.strip_suffix(SUFFIX.as_bytes()))
        .and_then(|rest| std::str::from_utf8(rest).ok());
    let Some(parts) = parts else { return false };
    let mut parts = parts.split('-');
    let mut is_number = || {
        let digits = parts.next().unwrap_or_default();
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    let are_numbers = is_number() && is_number();
    let is_random = |part: &str| part.len() == 16 && part.bytes().all(|b| b.is_ascii_hexdigit());
    are_numbers && parts.next().is_none_or(is_random) && parts.next().is_none()
}

fn directory(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Makes the rename of a temporary file to `path` durable on Unix, if the file system can sync directories. The caller has
/// made the file's text durable before.
fn sync_directory(path: &Path) {
    #[cfg(unix)]
    let _ = File::open(directory(path)).and_then(|directory| directory.sync_all());
    #[cfg(not(unix))]
    let _ = path;
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::process::{Command, Stdio};
    use std::time::SystemTime;

    use super::*;

    const FILE: &str = "FH_TEST_SNAPSHOT_FILE";
    const SAVES: u64 = 1_000;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn replaced_as_a_whole_and_private() {
        let folder = fh_test::Folder::new();
        let path = folder.file("flags.json");
        replace(&path, b"one").unwrap();
        replace(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(names(folder.path()), ["flags.json"]);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert!(replace(&folder.file("none/x"), b"").is_err());
    }

    /// Another program that can write to the directory could place a link under the name of a temporary file.
    #[test]
    fn a_temporary_file_that_exists_is_not_written_to() {
        let folder = fh_test::Folder::new();
        let path = folder.file("flags.json.1-0-0123456789abcdef.new");
        fs::write(&path, b"another's").unwrap();
        assert_eq!(create(&path).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"another's");
    }

    #[test]
    fn names_of_temporary_files() {
        let path = Path::new("folder/flags.json");
        let own = beside(1, path);
        assert!(is_temporary(path, own.file_name().unwrap()), "{own:?}");
        assert_ne!(own, beside(1, path));
        assert!(is_temporary(path, OsStr::new("flags.json.17-3.new")));
        for other in [
            "flags.json",
            "flags.json.new",
            "flags.json.1-.new",
            "flags.json.1-2-3.new",
            "flags.json.1-2-0123456789abcdef-4.new",
            "flags.json.1-2-0123456789abcdef.old",
            "my-flags.json.1-2.new",
            "flags.json.a-2.new",
        ] {
            assert!(!is_temporary(path, OsStr::new(other)), "{other}");
        }
    }

    #[test]
    fn abandoned_temporary_files_are_removed() {
        let folder = fh_test::Folder::new();
        let path = folder.file("flags.json");
        let left = |name: &str, age: Duration| {
            let file = File::create(folder.file(name)).unwrap();
            file.set_modified(SystemTime::now() - age).unwrap();
        };
        let long = ABANDONED_AFTER + Duration::from_secs(60);
        left("flags.json.1-0-0123456789abcdef.new", long);
        left("flags.json.1-7.new", long);
        left("flags.json.1-1-0123456789abcdef.new", Duration::ZERO);
        left("other.json.1-0-0123456789abcdef.new", long);
        replace(&path, b"text").unwrap();
        let mut left = names(folder.path());
        left.sort_unstable();
        let young = "flags.json.1-1-0123456789abcdef.new";
        assert_eq!(left, ["flags.json", young, "other.json.1-0-0123456789abcdef.new"]);
    }

    /// Returns a text whose first and last numbers are equal if it is complete.
    fn text(number: u64) -> String {
        format!("{number}:{}:{number}", "x".repeat(20_000))
    }

    /// Runs this test twice more, as two processes that use the same process id, and reads the file while they write.
    #[test]
    fn two_processes_with_one_file() {
        if let Some(path) = std::env::var_os(FILE) {
            for number in 0..SAVES {
                replace_as(1, Path::new(&path), text(number).as_bytes()).unwrap();
            }
            return;
        }
        let folder = fh_test::Folder::new();
        let path = folder.file("flags.json");
        fs::write(&path, text(0)).unwrap();
        let test = concat!(module_path!(), "::two_processes_with_one_file");
        let test = test.split_once("::").unwrap().1;
        let start = || {
            Command::new(std::env::current_exe().unwrap())
                .args(["--exact", test])
                .env(FILE, &path)
                .stdout(Stdio::null())
                .spawn()
                .unwrap()
        };
        let mut processes = [start(), start()];
        let mut reads = 0;
        loop {
            let ended = processes.iter_mut().all(|process| process.try_wait().unwrap().is_some());
            let read = fs::read_to_string(&path).unwrap();
            let (first, rest) = read.split_once(':').unwrap();
            let (filling, last) = rest.split_once(':').unwrap();
            assert_eq!((first, filling.len()), (last, 20_000));
            reads += 1;
            if ended {
                break;
            }
        }
        assert!(reads > 2);
        for process in &mut processes {
            assert!(process.wait().unwrap().success(), "a save failed");
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), text(SAVES - 1));
        assert_eq!(names(folder.path()), ["flags.json"]);
    }
}
