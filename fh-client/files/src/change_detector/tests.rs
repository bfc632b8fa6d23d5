use std::fs::{self, File};

use fh_test::Folder;

use super::*;

const FILE: &str = "file";

/// Formats the result of a check in short form.
fn shown(seen: FileChange) -> String {
    match seen {
        FileChange::Nothing => "-".to_owned(),
        FileChange::Unsettled => "...".to_owned(),
        FileChange::New(Ok(found)) => String::from_utf8(found.bytes).unwrap(),
        FileChange::New(Err(error)) if error.is_missing() => "missing".to_owned(),
        FileChange::New(Err(_)) => "unreadable".to_owned(),
    }
}

/// Returns a time long after every file time in these tests, so that no file counts as fresh.
fn later() -> SystemTime {
    SystemTime::now() + Duration::from_secs(3_600)
}

#[test]
fn a_change_is_read_after_two_equal_checks() {
    let folder = Folder::new();
    folder.write(FILE, "A1", 1);
    let mut look = ChangeDetector::new(100);
    assert_eq!(shown(FileChange::New(look.first(&folder.file(FILE)))), "A1");
    let mut again = || shown(look.again(&folder.file(FILE), later()));
    assert_eq!(again(), "-");

    folder.write(FILE, "A2", 2);
    assert_eq!(again(), "...", "it may still be written");
    assert_eq!(again(), "A2");
    assert_eq!(again(), "-");

    // Content that is replaced before the second check is not reported.
    folder.write(FILE, "A", 3);
    assert_eq!(again(), "...");
    folder.write(FILE, "A3", 4);
    assert_eq!(again(), "...");
    assert_eq!(again(), "A3");

    // The same content with another time is not a change.
    folder.set_minute(FILE, 5);
    assert_eq!([again(), again()], ["...", "-"]);
}

#[test]
fn each_sign_of_change_is_seen() {
    let folder = Folder::new();
    folder.write(FILE, "A1", 1);
    let mut look = ChangeDetector::new(100);
    assert_eq!(shown(FileChange::New(look.first(&folder.file(FILE)))), "A1");
    let mut again = || shown(look.again(&folder.file(FILE), later()));

    folder.write(FILE, "A2", 2);
    assert_eq!([again(), again()], ["...", "A2"], "the time");
    folder.write(FILE, "A22", 2);
    assert_eq!([again(), again()], ["...", "A22"], "the size");
    // The file is replaced by another one, as editors and orchestrators do.
    let other = folder.file("other");
    fs::write(&other, "A33").unwrap();
    File::options()
        .append(true)
        .open(&other)
        .unwrap()
        .set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(120))
        .unwrap();
    fs::rename(&other, folder.file(FILE)).unwrap();
    #[cfg(unix)]
    assert_eq!([again(), again()], ["...", "A33"], "the file's number");
}

#[test]
fn a_recently_changed_file_is_read_again() {
    let folder = Folder::new();
    folder.write(FILE, "A1", 1);
    let mut look = ChangeDetector::new(100);
    assert_eq!(shown(FileChange::New(look.first(&folder.file(FILE)))), "A1");
    // The file is written again, perhaps within one tick of the file system's clock, so its metadata may not differ.
    folder.write(FILE, "A2", 1);
    let mut soon = || shown(look.again(&folder.file(FILE), SystemTime::now()));
    let seen = [soon(), soon(), soon()];
    assert!(seen.contains(&"A2".to_owned()), "{seen:?}");
    assert_eq!(soon(), "-");
    // The clock was set back.
    folder.write(FILE, "A3", 1);
    let mut back = || shown(look.again(&folder.file(FILE), SystemTime::UNIX_EPOCH));
    let seen = [back(), back()];
    assert!(seen.contains(&"A3".to_owned()), "{seen:?}");
}

/// Tests an edit that restores the modification time, as `rsync -t` and `touch -r` do.
#[cfg(unix)]
#[test]
fn an_edit_of_the_same_size_and_time_is_seen() {
    let folder = Folder::new();
    folder.write(FILE, "A1", 1);
    let mut look = ChangeDetector::new(100);
    assert_eq!(shown(FileChange::New(look.first(&folder.file(FILE)))), "A1");
    let touched = || touched(&fs::metadata(folder.file(FILE)).unwrap());
    let before = touched();
    folder.write(FILE, "A2", 1);
    // Write again until the clock of the file system has moved.
    while touched() == before {
        folder.write(FILE, "A2", 1);
    }
    let mut again = || shown(look.again(&folder.file(FILE), later()));
    assert_eq!([again(), again(), again()], ["...", "A2", "-"]);
}

#[test]
fn unreadable_and_missing_files_are_reported_once_and_recover() {
    let folder = Folder::new();
    let mut look = ChangeDetector::new(100);
    assert_eq!(shown(FileChange::New(look.first(&folder.file(FILE)))), "missing");
    let mut again = || shown(look.again(&folder.file(FILE), later()));
    assert_eq!([again(), again()], ["-", "-"]);

    folder.write(FILE, "A1", 1);
    assert_eq!([again(), again(), again()], ["...", "A1", "-"]);
    folder.write(FILE, "A".repeat(101), 2);
    assert_eq!([again(), again(), again()], ["...", "unreadable", "-"]);
    folder.write(FILE, "B".repeat(102), 3);
    assert_eq!([again(), again(), again()], ["...", "unreadable", "-"]);
    folder.write(FILE, "A1", 4);
    assert_eq!([again(), again(), again()], ["...", "A1", "-"]);
    fs::remove_file(folder.file(FILE)).unwrap();
    assert_eq!([again(), again(), again()], ["...", "missing", "-"]);
    folder.write(FILE, "A1", 4);
    assert_eq!([again(), again(), again()], ["...", "A1", "-"]);
    fs::remove_file(folder.file(FILE)).unwrap();
    fs::create_dir(folder.file(FILE)).unwrap();
    assert_eq!([again(), again(), again()], ["...", "unreadable", "-"]);
}

/// Tests a file that becomes readable while its metadata stays the same, for example through changed permissions.
#[test]
fn an_unreadable_file_is_read_again() {
    let folder = Folder::new();
    folder.write(FILE, "A1", 1);
    let mut look = ChangeDetector::new(1);
    assert_eq!(shown(FileChange::New(look.first(&folder.file(FILE)))), "unreadable");
    assert_eq!(shown(look.again(&folder.file(FILE), later())), "-", "told once");
    look.most_bytes = 100;
    assert_eq!(shown(look.again(&folder.file(FILE), later())), "A1");
    assert_eq!(shown(look.again(&folder.file(FILE), later())), "-");
}

#[test]
fn what_cannot_be_read_says_why() {
    let folder = Folder::new();
    folder.write(FILE, "12345", 1);
    let read = |most_bytes| read(&folder.file(FILE), most_bytes).map_err(|error| error.to_string());
    assert_eq!(read(4).unwrap_err(), "the file is larger than 4 bytes");
    let found = read(5).unwrap();
    assert_eq!(found.bytes, b"12345");
    assert_eq!(found.modified, Some(SystemTime::UNIX_EPOCH + Duration::from_secs(60)));
    fs::remove_file(folder.file(FILE)).unwrap();
    assert_eq!(read(5).unwrap_err(), "there is no such file");
    folder.write(format!("{FILE}x"), "", 1);
    let meant = folder.file(format!("{FILE}x"));
    let expected = format!("there is no such file; did you mean {}?", meant.display());
    assert_eq!(read(5).unwrap_err(), expected);
    fs::create_dir(folder.file(FILE)).unwrap();
    assert_eq!(
        read(5).unwrap_err(),
        "the file cannot be read: the path is that of a folder: write the path of a file"
    );
}

/// Tests how an orchestrator replaces a file: it creates a new folder beside the old one and swaps a link. The path of the file stays the
/// same.
#[cfg(unix)]
#[test]
fn replacing_a_symbolic_link_is_a_change() {
    use std::os::unix::fs::symlink;
    let folder = Folder::new();
    let within = |name: &str| folder.file(name);
    for (version, text) in [("v1", "A1"), ("v2", "A2")] {
        fs::create_dir(within(version)).unwrap();
        fs::write(within(version).join("file"), text).unwrap();
        let file = File::options().append(true).open(within(version).join("file")).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH).unwrap();
    }
    symlink("v1", within("current")).unwrap();
    symlink("current/file", folder.file(FILE)).unwrap();
    let mut look = ChangeDetector::new(100);
    assert_eq!(shown(FileChange::New(look.first(&folder.file(FILE)))), "A1");
    let mut again = || shown(look.again(&folder.file(FILE), later()));
    assert_eq!(again(), "-");
    symlink("v2", within("next")).unwrap();
    fs::rename(within("next"), within("current")).unwrap();
    assert_eq!([again(), again(), again()], ["...", "A2", "-"]);
}

/// Some editors and shells write a byte order mark before a text.
#[test]
fn byte_order_marks_are_left_out_or_named() {
    let folder = Folder::new();
    let file = folder.file(FILE);
    let read = |bytes: &[u8]| {
        fs::write(&file, bytes).unwrap();
        let mut detector = ChangeDetector::new(100);
        let read = read(&file, 100).map(|found| found.bytes).map_err(|error| error.to_string());
        assert_eq!(
            detector.first(&file).map(|found| found.bytes).map_err(|error| error.to_string()),
            read
        );
        read
    };
    assert_eq!(read(b"\xef\xbb\xbfa=1"), Ok(b"a=1".to_vec()));
    assert_eq!(read(b"\xef\xbb\xbf\xef\xbb\xbfa"), Ok(b"\xef\xbb\xbfa".to_vec()), "one mark");
    assert_eq!(read(b"a\xef\xbb\xbf"), Ok(b"a\xef\xbb\xbf".to_vec()));
    for utf16 in [&b"\xff\xfea\0"[..], b"\xfe\xff\0a"] {
        assert_eq!(read(utf16), Err("the file is UTF-16 text: save it as UTF-8".to_owned()));
    }
}
