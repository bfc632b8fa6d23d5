use std::fs::{self, File};
use std::sync::atomic::AtomicU64;
use std::sync::mpsc;

use super::*;

/// A folder of its own for each test, gone with it.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("fh-yaml-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self) -> PathBuf {
        self.0.join("features.yaml")
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
fn shown(found: Option<Result<FlagValues, YamlProblem>>) -> String {
    match found {
        None => "-".to_owned(),
        Some(Ok(values)) => {
            values.iter().map(|(key, node)| format!("{key}={};", node.to_json())).collect()
        }
        Some(Err(problem)) if problem.is_missing() => "missing".to_owned(),
        Some(Err(_)) => "bad".to_owned(),
    }
}

/// Long after every time that is used here.
fn later() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000)
}

#[test]
fn a_change_is_read_once_it_rests() {
    let folder = Folder::new();
    folder.write("flagValues: {A: 1}", 1);
    let mut look = Look::default();
    assert_eq!(shown(Some(look.first(&folder.file()))), "A=1;");
    let mut again = || shown(look.again(&folder.file(), later()));
    assert_eq!(again(), "-");

    folder.write("flagValues: {A: 2}", 2);
    assert_eq!(again(), "-", "it may still be written");
    assert_eq!(again(), "A=2;");
    assert_eq!(again(), "-");

    // Half of it, and then all of it: half of it never counts.
    folder.write("flagValues: {A: 3}\n#", 3);
    assert_eq!(again(), "-");
    folder.write("flagValues: {A: 3}\n# more\n", 4);
    assert_eq!(again(), "-");
    assert_eq!(again(), "A=3;");

    // The same content at another time is nothing new.
    folder.set_minute(5);
    assert_eq!([again(), again()], ["-", "-"]);
}

#[test]
fn each_sign_of_change_is_seen() {
    let folder = Folder::new();
    folder.write("flagValues: {A: 1}", 1);
    let mut look = Look::default();
    assert_eq!(shown(Some(look.first(&folder.file()))), "A=1;");
    let mut again = || shown(look.again(&folder.file(), later()));

    folder.write("flagValues: {A: 2}", 2);
    assert_eq!([again(), again()], ["-", "A=2;"], "the time");
    folder.write("flagValues: {A: 22}", 2);
    assert_eq!([again(), again()], ["-", "A=22;"], "the size");
    // Another file is put in its place, as editors and orchestrators do.
    let other = folder.0.join("other");
    fs::write(&other, "flagValues: {A: 33}").unwrap();
    File::options()
        .append(true)
        .open(&other)
        .unwrap()
        .set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(120))
        .unwrap();
    fs::rename(&other, folder.file()).unwrap();
    #[cfg(unix)]
    assert_eq!([again(), again()], ["-", "A=33;"], "the file's number");
}

#[test]
fn a_fresh_file_is_not_trusted_by_its_looks() {
    let folder = Folder::new();
    folder.write("flagValues: {A: 1}", 1);
    let mut look = Look::default();
    assert_eq!(shown(Some(look.first(&folder.file()))), "A=1;");
    let after = |seconds: u64| SystemTime::UNIX_EPOCH + Duration::from_secs(60 + seconds);

    // Written again within the same tick of the file system's clock: nothing shows outside.
    folder.write("flagValues: {A: 2}", 1);
    assert_eq!(shown(look.again(&folder.file(), after(3))), "-", "too old to be looked into");
    assert_eq!(shown(look.again(&folder.file(), after(1))), "A=2;");
    assert_eq!(shown(look.again(&folder.file(), after(1))), "-");
    // A clock that was set back.
    folder.write("flagValues: {A: 3}", 1);
    assert_eq!(shown(look.again(&folder.file(), SystemTime::UNIX_EPOCH)), "A=3;");
}

#[test]
fn bad_and_missing_files_are_told_once_and_come_back() {
    let folder = Folder::new();
    let mut look = Look::default();
    assert_eq!(shown(Some(look.first(&folder.file()))), "missing");
    let mut again = || shown(look.again(&folder.file(), later()));
    assert_eq!([again(), again()], ["-", "-"]);

    folder.write("flagValues: {A: 1}", 1);
    assert_eq!([again(), again(), again()], ["-", "A=1;", "-"]);
    folder.write("flagValues: {A: ", 2);
    assert_eq!([again(), again(), again()], ["-", "bad", "-"]);
    folder.write("", 3);
    assert_eq!([again(), again(), again()], ["-", "bad", "-"]);
    folder.write("flagValues: {A: 1}", 4);
    assert_eq!([again(), again(), again()], ["-", "A=1;", "-"]);
    fs::remove_file(folder.file()).unwrap();
    assert_eq!([again(), again(), again()], ["-", "missing", "-"]);
    folder.write("flagValues: {A: 1}", 4);
    assert_eq!([again(), again(), again()], ["-", "A=1;", "-"]);
    fs::remove_file(folder.file()).unwrap();
    fs::create_dir(folder.file()).unwrap();
    assert_eq!([again(), again(), again()], ["-", "bad", "-"]);
}

#[test]
fn a_file_that_is_too_large_is_refused() {
    let folder = Folder::new();
    let text = format!("flagValues: {{A: \"{}\"}}", "x".repeat(4 * 1024 * 1024));
    folder.write(&text, 1);
    let mut look = Look::default();
    let problem = look.first(&folder.file()).unwrap_err();
    assert!(problem.to_string().ends_with("it is larger than 4194304 bytes"), "{problem}");
}

const SOON: Duration = Duration::from_millis(1);
/// Nobody waits this long unless something is broken.
const DEADLINE: Duration = Duration::from_secs(20);

#[test]
fn a_watch_tells_of_changes_and_ends_when_dropped() {
    let folder = Folder::new();
    folder.write("flagValues: {A: 1}", 1);
    let (file, values) = WatchedFile::open(folder.file());
    assert_eq!(shown(Some(Ok(values))), "A=1;");
    let file = Arc::new(file);
    let (tell, told) = mpsc::channel();
    let watch = WatchedFile::watch(&file, SOON, move |values| {
        let values: Vec<_> = values.iter().map(|(key, _)| key.to_owned()).collect();
        tell.send(values.concat()).unwrap();
        assert!(values != ["B"], "a panic in here ends nothing");
    });

    folder.write("flagValues: {B: 1}", 2);
    assert_eq!(told.recv_timeout(DEADLINE).unwrap(), "B");
    folder.write("flagValues: {", 3);
    let begun = std::time::Instant::now();
    while file.problem().is_none() {
        assert!(begun.elapsed() < DEADLINE, "the bad file was not noticed");
        std::thread::yield_now();
    }
    folder.write("flagValues: {C: 1}", 4);
    assert_eq!(told.recv_timeout(DEADLINE).unwrap(), "C");
    assert_eq!(file.problem(), None);

    drop(watch);
    // The thread drops what it calls when it ends.
    assert_eq!(told.recv_timeout(DEADLINE), Err(mpsc::RecvTimeoutError::Disconnected));
}

fn until_waiting(file: &WatchedFile, threads: usize) {
    let begun = std::time::Instant::now();
    while file.state().waiting < threads {
        assert!(begun.elapsed() < DEADLINE, "no watch began");
        std::thread::yield_now();
    }
}

#[test]
fn closing_ends_all_watches_and_is_harmless_when_done_again() {
    let folder = Folder::new();
    let file = Arc::new(WatchedFile::open(folder.file()).0);
    let (tell, told) = mpsc::channel::<()>();
    // Long intervals: an end does not wait for the next look.
    let hour = Duration::from_secs(3600);
    let watches = [tell.clone(), tell]
        .map(|tell| WatchedFile::watch(&file, hour, move |_| tell.send(()).unwrap()));
    until_waiting(&file, 2);
    file.close();
    file.close();
    assert_eq!(told.recv_timeout(DEADLINE), Err(mpsc::RecvTimeoutError::Disconnected));
    drop(watches);
    file.close();
}

#[test]
fn a_dropped_watch_does_not_wait_for_its_next_look() {
    let folder = Folder::new();
    let file = Arc::new(WatchedFile::open(folder.file()).0);
    let (tell, told) = mpsc::channel::<()>();
    let watch =
        WatchedFile::watch(&file, Duration::from_secs(3600), move |_| tell.send(()).unwrap());
    until_waiting(&file, 1);
    drop(watch);
    assert_eq!(told.recv_timeout(DEADLINE), Err(mpsc::RecvTimeoutError::Disconnected));
}
