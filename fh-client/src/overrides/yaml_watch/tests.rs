use std::sync::mpsc;

use fh_test::Folder;
use fh_test::wait::{PATIENCE, wait_until};

use super::*;

const FILE: &str = "features.yaml";

/// Returns the values of the file as a short text.
fn shown(values: &FlagValues) -> String {
    values.iter().map(|(key, node)| format!("{key}={};", node.to_json())).collect()
}

#[test]
fn a_file_that_is_too_large_is_refused() {
    let folder = Folder::new();
    folder.write(FILE, format!("flagValues: {{A: \"{}\"}}", "x".repeat(4 * 1024 * 1024)), 1);
    let problem = WatchedFile::open(folder.file(FILE)).0.problem().unwrap();
    assert!(problem.to_string().ends_with("the file is larger than 4194304 bytes"), "{problem}");
}

const SOON: Duration = Duration::from_millis(1);

#[test]
fn a_watch_reports_changes_and_ends_when_dropped() {
    let folder = Folder::new();
    folder.write(FILE, "flagValues: {A: 1}", 1);
    let (file, values) = WatchedFile::open(folder.file(FILE));
    assert_eq!(shown(&values), "A=1;");
    let file = Arc::new(file);
    let (tell, told) = mpsc::channel();
    let watch = WatchedFile::watch(&file, SOON, move |values| {
        let values: Vec<_> = values.iter().map(|(key, _)| key.to_owned()).collect();
        tell.send(values.concat()).unwrap();
        assert!(values != ["B"], "a panic in here ends nothing");
    });

    folder.write(FILE, "flagValues: {B: 1}", 2);
    assert_eq!(told.recv_timeout(PATIENCE).unwrap(), "B");
    folder.write(FILE, "flagValues: {", 3);
    wait_until("the bad file is noticed", || file.problem().is_some());
    folder.write(FILE, "flagValues: {C: 1}", 4);
    assert_eq!(told.recv_timeout(PATIENCE).unwrap(), "C");
    assert_eq!(file.problem(), None);

    drop(watch);
    // The thread drops the closure when it ends.
    assert_eq!(told.recv_timeout(PATIENCE), Err(mpsc::RecvTimeoutError::Disconnected));
}

#[test]
fn every_watch_of_a_file_is_notified() {
    let folder = Folder::new();
    folder.write(FILE, "flagValues: {A: 1}", 1);
    let (file, _) = WatchedFile::open(folder.file(FILE));
    let file = Arc::new(file);
    let (tell, told) = mpsc::channel();
    let watches = ["one", "two", "three"].map(|name| {
        let tell = tell.clone();
        WatchedFile::watch(&file, SOON, move |values| {
            tell.send(format!("{name} {}", shown(values))).unwrap();
        })
    });
    for (number, text) in (2..).zip(["B", "C"]) {
        folder.write(FILE, format!("flagValues: {{{text}: {number}}}"), number);
        let mut heard: Vec<_> =
            watches.iter().map(|_| told.recv_timeout(PATIENCE).unwrap()).collect();
        heard.sort();
        let all = ["one", "three", "two"].map(|name| format!("{name} {text}={number};"));
        assert_eq!(heard, all);
    }
}

fn until_waiting(file: &WatchedFile, threads: usize) {
    wait_until("the watches have begun", || file.state().waiting >= threads);
}

#[test]
fn closing_ends_all_watches_and_is_harmless_when_done_again() {
    let folder = Folder::new();
    let file = Arc::new(WatchedFile::open(folder.file(FILE)).0);
    let (tell, told) = mpsc::channel::<()>();
    // The interval is long, to show that the end does not wait for the next check.
    let hour = Duration::from_secs(3600);
    let watches = [tell.clone(), tell]
        .map(|tell| WatchedFile::watch(&file, hour, move |_| tell.send(()).unwrap()));
    until_waiting(&file, 2);
    file.close();
    file.close();
    assert_eq!(told.recv_timeout(PATIENCE), Err(mpsc::RecvTimeoutError::Disconnected));
    drop(watches);
    file.close();
}

#[test]
fn a_dropped_watch_does_not_wait_for_its_next_look() {
    let folder = Folder::new();
    let file = Arc::new(WatchedFile::open(folder.file(FILE)).0);
    let (tell, told) = mpsc::channel::<()>();
    let watch =
        WatchedFile::watch(&file, Duration::from_secs(3600), move |_| tell.send(()).unwrap());
    until_waiting(&file, 1);
    drop(watch);
    assert_eq!(told.recv_timeout(PATIENCE), Err(mpsc::RecvTimeoutError::Disconnected));
}
