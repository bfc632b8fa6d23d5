use std::fs;
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use fh_test::Folder;
use fh_test::wait::PATIENCE;

use super::*;
use crate::origin::file::watch::{ChangeSource, Pace, Watch};

const FILE: &str = "state.yaml";

/// Returns the text of a state with this environment.
fn state(name: &str) -> String {
    format!("environments: [{{name: {name}}}]\n")
}

/// Returns a short description of what was read.
fn shown(read: Result<Loaded, FileError>) -> String {
    match read {
        Ok(loaded) => {
            let environments = &loaded.parsed.state.environments;
            environments.first().map_or("empty", |environment| &environment.name).to_owned()
        }
        Err(error) => {
            error.to_string().replace(&format!("{}", error.path.parent().unwrap().display()), "")
        }
    }
}

#[test]
fn a_file_is_read_with_its_time() {
    let folder = Folder::new();
    folder.write(FILE, state("dev"), 2);
    let loaded = check(&folder.file(FILE), &Options::new()).unwrap();
    assert_eq!(loaded.modified, 120_000);
    assert_eq!(shown(Ok(loaded)), "dev");
    folder.write(FILE, "environments: [{}]\naccounts: 7\n", 3);
    assert_eq!(
        shown(check(&folder.file(FILE), &Options::new())),
        "/state.yaml, line 1, column 16, environments[0]: this environment has neither a name nor an id: write name: NAME\n\
         /state.yaml, line 2, column 11, accounts: accounts are a list, not 7: begin each entry with `- `"
    );
    fs::write(folder.file(FILE), b"\xff").unwrap();
    let said = shown(check(&folder.file(FILE), &Options::new()));
    assert_eq!(
        said,
        "/state.yaml, line 1, column 1: the text is not UTF-8: save the file as UTF-8"
    );
    fs::remove_file(folder.file(FILE)).unwrap();
    assert_eq!(
        shown(check(&folder.file(FILE), &Options::new())),
        "/state.yaml: there is no such file"
    );
    assert_eq!(milliseconds(SystemTime::UNIX_EPOCH - Duration::from_millis(1_500)), -1_500);
}

#[test]
fn the_name_of_a_file_may_be_its_environment() {
    const ID: &str = "71ed3c04-122b-4312-9ea8-06b2b8d6ceac";
    let folder = Folder::new();
    let read = |name: &str, options: &Options| {
        fs::write(folder.file(name), "[]").unwrap();
        check(&folder.file(name), options).unwrap().parsed.state.environments[0].id.to_string()
    };
    assert_eq!(read(&format!("{ID}.json"), &Options::new()), ID);
    assert_ne!(read("features.json", &Options::new()), ID);
    assert_ne!(read(&format!("{ID}-1.json"), &Options::new()), ID);
    let other = Uuid::from_u128(7);
    let options = Options::new().environment(other);
    assert_eq!(read(&format!("{ID}.json"), &options), other.to_string());
}

#[test]
fn new_content_is_reported_once() {
    let later = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
    let folder = Folder::new();
    let (mut file, first) = StateFile::open(folder.file(FILE), Options::new());
    assert_eq!(shown(first), "/state.yaml: there is no such file");
    let mut look = || match file.check(later) {
        (Some(read), Next::Later) => shown(read),
        (None, next) => format!("{next:?}"),
        (Some(_), Next::Soon) => panic!("what was read has settled"),
    };
    assert_eq!(look(), "Later");
    folder.write(FILE, state("dev"), 1);
    assert_eq!([look(), look(), look()], ["Soon", "dev", "Later"]);
    // An invalid text is reported once, even if it is saved several times.
    folder.write(FILE, "environments: [", 2);
    let wrong = "/state.yaml, line 2, column 1: while parsing a node, did not find expected node content: write a value here, or close the bracket before it";
    assert_eq!([look(), look(), look()], ["Soon", wrong, "Later"]);
    folder.write(FILE, "environments: [", 3);
    assert_eq!([look(), look()], ["Soon", "Later"]);
    // A text that becomes valid again is reported, even if its state was served without interruption.
    folder.write(FILE, state("dev"), 4);
    assert_eq!([look(), look(), look()], ["Soon", "dev", "Later"]);
    // A text that was already read is not reported again.
    folder.write(FILE, state("prod"), 5);
    assert_eq!(shown(file.read()), "prod");
    assert_eq!(file.check(later), (None, Next::Later));
}

const HOUR: Duration = Duration::from_secs(3600);
const SOON: Duration = Duration::from_millis(5);

fn follow(path: PathBuf, pace: Pace) -> (Watch, Receiver<String>) {
    let (file, first) = StateFile::open(path, Options::new());
    let (tell, told) = mpsc::channel();
    tell.send(shown(first)).unwrap();
    let on_change = move |read| {
        let shown = shown(read);
        let panics = shown == "panic";
        tell.send(shown).unwrap();
        assert!(!panics, "a panic in here ends nothing");
    };
    (Watch::start(file, pace, on_change).unwrap(), told)
}

/// Returns the next report. On a busy machine the file may stay empty for a while, between being truncated and written; reports about the
/// empty file are skipped.
#[track_caller]
fn next(told: &Receiver<String>) -> String {
    loop {
        let said = told.recv_timeout(PATIENCE).unwrap();
        if !said.ends_with("the document is empty") {
            return said;
        }
    }
}

/// Checks that each of these kinds of changes is noticed.
#[cfg(unix)]
fn changes_are_noticed(pace: Pace) {
    use std::os::unix::fs::symlink;
    let folder = Folder::new();
    fs::write(folder.file(FILE), state("first")).unwrap();
    let (watch, told) = follow(folder.file(FILE), pace);
    assert_eq!(next(&told), "first");
    // The file is written in place.
    fs::write(folder.file(FILE), state("second")).unwrap();
    assert_eq!(next(&told), "second");
    // Another file is written and then renamed to the file.
    fs::write(folder.file("other"), state("third")).unwrap();
    fs::rename(folder.file("other"), folder.file(FILE)).unwrap();
    assert_eq!(next(&told), "third");
    fs::write(folder.file(FILE), state("panic")).unwrap();
    assert_eq!(next(&told), "panic");
    fs::write(folder.file(FILE), "x").unwrap();
    assert_eq!(
        next(&told),
        "/state.yaml, line 1, column 1: a state is a map, not \"x\": write its members, such as `features: …`"
    );
    fs::remove_file(folder.file(FILE)).unwrap();
    assert_eq!(next(&told), "/state.yaml: there is no such file");
    // In a volume of Kubernetes, the file is a link into a folder that is itself a link, and that link is swapped.
    let within = |name: &str| folder.file(name);
    for version in ["v1", "v2"] {
        fs::create_dir(within(version)).unwrap();
        fs::write(within(version).join("state.yaml"), state(version)).unwrap();
    }
    symlink("v1", within("..data")).unwrap();
    symlink("..data/state.yaml", folder.file(FILE)).unwrap();
    assert_eq!(next(&told), "v1");
    symlink("v2", within("..data_tmp")).unwrap();
    fs::rename(within("..data_tmp"), within("..data")).unwrap();
    assert_eq!(next(&told), "v2");
    // The file that the link points to is written.
    fs::write(within("v2").join("state.yaml"), state("v3")).unwrap();
    assert_eq!(next(&told), "v3");
    drop(watch);
    // The thread drops its callback when it ends.
    assert_eq!(told.recv_timeout(PATIENCE), Err(mpsc::RecvTimeoutError::Disconnected));
}

/// Checks the reports of the operating system alone. The interval of checks is so long that a check cannot find the changes.
#[cfg(target_os = "linux")]
#[test]
fn the_system_tells_of_changes() {
    changes_are_noticed(Pace { settle: SOON, usual: HOUR, hears: ChangeSource::TheSystem });
}

/// Checks that changes are found without reports of the system, as on file systems that have none.
#[cfg(unix)]
#[test]
fn looking_finds_changes() {
    changes_are_noticed(Pace { settle: SOON, usual: SOON, hears: ChangeSource::Nothing });
}

/// Checks that a change between the first reading and the first watch is not lost.
#[test]
fn a_change_before_the_first_watch() {
    let folder = Folder::new();
    folder.write(FILE, state("dev"), 1);
    let (file, _) = StateFile::open(folder.file(FILE), Options::new());
    folder.write(FILE, state("prod"), 2);
    let (tell, told) = mpsc::channel();
    let pace = Pace { settle: SOON, usual: HOUR, hears: ChangeSource::Nothing };
    let watch = Watch::start(file, pace, move |read| tell.send(shown(read)).unwrap()).unwrap();
    assert_eq!(next(&told), "prod");
    drop(watch);
}

#[test]
fn reloading_reads_what_has_not_changed() {
    let folder = Folder::new();
    folder.write(FILE, state("dev"), 1);
    let pace = Pace { settle: HOUR, usual: HOUR, hears: ChangeSource::Nothing };
    let (watch, told) = follow(folder.file(FILE), pace);
    assert_eq!(next(&told), "dev");
    for _ in 0..3 {
        watch.reload();
        assert_eq!(next(&told), "dev");
    }
    folder.write(FILE, "x", 2);
    watch.reload();
    assert!(next(&told).starts_with("/state.yaml, line 1"));
    assert!(format!("{watch:?}").contains("state.yaml"));
    // Dropping the watch does not wait for the next check.
    drop(watch);
    assert_eq!(told.recv_timeout(PATIENCE), Err(mpsc::RecvTimeoutError::Disconnected));
}
