use std::fs::{self, File};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use super::*;

/// A folder of its own for each test, gone with it.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("fh-files-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self) -> PathBuf {
        self.0.join("file")
    }

    /// Writes the file with a time in the past, each time another one.
    fn write(&self, text: &str, minute: u64) {
        fs::write(self.file(), text).unwrap();
        self.set_minute(minute);
    }

    fn set_minute(&self, minute: u64) {
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(minute * 60);
        File::options().append(true).open(self.file()).unwrap().set_modified(time).unwrap();
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A look, in short: what is new.
fn shown(seen: Seen) -> String {
    match seen {
        Seen::Nothing => "-".to_owned(),
        Seen::Unsettled => "...".to_owned(),
        Seen::New(Ok(found)) => String::from_utf8(found.bytes).unwrap(),
        Seen::New(Err(error)) if error.is_missing() => "missing".to_owned(),
        Seen::New(Err(_)) => "unreadable".to_owned(),
    }
}

/// Long after every time that is used here.
fn later() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000)
}

#[test]
fn a_change_is_read_once_it_rests() {
    let folder = Folder::new();
    folder.write("A1", 1);
    let mut look = Look::new(100);
    assert_eq!(shown(Seen::New(look.first(&folder.file()))), "A1");
    let mut again = || shown(look.again(&folder.file(), later()));
    assert_eq!(again(), "-");

    folder.write("A2", 2);
    assert_eq!(again(), "...", "it may still be written");
    assert_eq!(again(), "A2");
    assert_eq!(again(), "-");

    // Half of it, and then all of it: half of it never counts.
    folder.write("A", 3);
    assert_eq!(again(), "...");
    folder.write("A3", 4);
    assert_eq!(again(), "...");
    assert_eq!(again(), "A3");

    // The same content at another time is nothing new.
    folder.set_minute(5);
    assert_eq!([again(), again()], ["...", "-"]);
}

#[test]
fn each_sign_of_change_is_seen() {
    let folder = Folder::new();
    folder.write("A1", 1);
    let mut look = Look::new(100);
    assert_eq!(shown(Seen::New(look.first(&folder.file()))), "A1");
    let mut again = || shown(look.again(&folder.file(), later()));

    folder.write("A2", 2);
    assert_eq!([again(), again()], ["...", "A2"], "the time");
    folder.write("A22", 2);
    assert_eq!([again(), again()], ["...", "A22"], "the size");
    // Another file is put in its place, as editors and orchestrators do.
    let other = folder.0.join("other");
    fs::write(&other, "A33").unwrap();
    File::options()
        .append(true)
        .open(&other)
        .unwrap()
        .set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(120))
        .unwrap();
    fs::rename(&other, folder.file()).unwrap();
    #[cfg(unix)]
    assert_eq!([again(), again()], ["...", "A33"], "the file's number");
}

#[test]
fn a_fresh_file_is_not_trusted_by_its_looks() {
    let folder = Folder::new();
    folder.write("A1", 1);
    let mut look = Look::new(100);
    assert_eq!(shown(Seen::New(look.first(&folder.file()))), "A1");
    let after = |seconds: u64| SystemTime::UNIX_EPOCH + Duration::from_secs(60 + seconds);

    // Written again within the same tick of the file system's clock: nothing shows outside.
    folder.write("A2", 1);
    assert_eq!(shown(look.again(&folder.file(), after(3))), "-", "too old to be looked into");
    assert_eq!(shown(look.again(&folder.file(), after(1))), "A2");
    assert_eq!(shown(look.again(&folder.file(), after(1))), "-");
    // A clock that was set back.
    folder.write("A3", 1);
    assert_eq!(shown(look.again(&folder.file(), SystemTime::UNIX_EPOCH)), "A3");
}

#[test]
fn unreadable_and_missing_files_are_told_once_and_come_back() {
    let folder = Folder::new();
    let mut look = Look::new(100);
    assert_eq!(shown(Seen::New(look.first(&folder.file()))), "missing");
    let mut again = || shown(look.again(&folder.file(), later()));
    assert_eq!([again(), again()], ["-", "-"]);

    folder.write("A1", 1);
    assert_eq!([again(), again(), again()], ["...", "A1", "-"]);
    folder.write(&"A".repeat(101), 2);
    assert_eq!([again(), again(), again()], ["...", "unreadable", "-"]);
    folder.write(&"B".repeat(102), 3);
    assert_eq!([again(), again(), again()], ["...", "unreadable", "-"]);
    folder.write("A1", 4);
    assert_eq!([again(), again(), again()], ["...", "A1", "-"]);
    fs::remove_file(folder.file()).unwrap();
    assert_eq!([again(), again(), again()], ["...", "missing", "-"]);
    folder.write("A1", 4);
    assert_eq!([again(), again(), again()], ["...", "A1", "-"]);
    fs::remove_file(folder.file()).unwrap();
    fs::create_dir(folder.file()).unwrap();
    assert_eq!([again(), again(), again()], ["...", "unreadable", "-"]);
}

/// Somebody allows it to be read, say: the file itself is as it was.
#[test]
fn what_could_not_be_read_is_tried_again() {
    let folder = Folder::new();
    folder.write("A1", 1);
    let mut look = Look::new(1);
    assert_eq!(shown(Seen::New(look.first(&folder.file()))), "unreadable");
    assert_eq!(shown(look.again(&folder.file(), later())), "-", "told once");
    look.most_bytes = 100;
    assert_eq!(shown(look.again(&folder.file(), later())), "A1");
    assert_eq!(shown(look.again(&folder.file(), later())), "-");
}

#[test]
fn what_cannot_be_read_says_why() {
    let folder = Folder::new();
    folder.write("12345", 1);
    let read = |most_bytes| read(&folder.file(), most_bytes).map_err(|error| error.to_string());
    assert_eq!(read(4).unwrap_err(), "it is larger than 4 bytes");
    let found = read(5).unwrap();
    assert_eq!(found.bytes, b"12345");
    assert_eq!(found.modified, Some(SystemTime::UNIX_EPOCH + Duration::from_secs(60)));
    fs::remove_file(folder.file()).unwrap();
    assert_eq!(read(5).unwrap_err(), "there is no such file");
    fs::create_dir(folder.file()).unwrap();
    assert_eq!(read(5).unwrap_err(), "it cannot be read: it is no file");
}

/// An orchestrator lays a new folder beside the old one and swaps a link: the file's own path never changes.
#[cfg(unix)]
#[test]
fn links_that_are_swapped_are_changes() {
    use std::os::unix::fs::symlink;
    let folder = Folder::new();
    let within = |name: &str| folder.0.join(name);
    for (version, text) in [("v1", "A1"), ("v2", "A2")] {
        fs::create_dir(within(version)).unwrap();
        fs::write(within(version).join("file"), text).unwrap();
        let file = File::options().append(true).open(within(version).join("file")).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH).unwrap();
    }
    symlink("v1", within("current")).unwrap();
    symlink("current/file", folder.file()).unwrap();
    let mut look = Look::new(100);
    assert_eq!(shown(Seen::New(look.first(&folder.file()))), "A1");
    let mut again = || shown(look.again(&folder.file(), later()));
    assert_eq!(again(), "-");
    symlink("v2", within("next")).unwrap();
    fs::rename(within("next"), within("current")).unwrap();
    assert_eq!([again(), again(), again()], ["...", "A2", "-"]);
}
