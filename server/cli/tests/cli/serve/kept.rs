//! Tests with broken files: the last good state and the last good secret stay in force, and a damaged data folder can be repaired.

use super::{KEY, Serving, WRITER, banner, get_with, state};
use crate::tool::{fh, file, path};

#[test]
fn a_broken_file_at_the_start_serves_the_last_good_state() {
    let data = path("serve-last-good");
    let named = state("plain").replace("readerSecret4test*1,", "'${READER}',");
    let variables =
        [("READER", "readerSecret4test*1"), ("FH_EDGE_ADMIN_KEY", "adminSecret4test-0000009")];
    let file_of = |text: &str| file("serve-last-good.yaml", text);
    let path = file_of(&named);
    fh(&["serve", "--state", &file_of("nonsense: 1"), "--port", "0", "--data", &data])
        .refused(2, &["nonsense"]);
    file_of(&named);
    let serving = Serving::start(&path, &["--data", &data], &variables);
    assert_eq!(banner(&serving.url), "plain");
    fh(&["set", &serving.url, WRITER, "BANNER", "changed"]).expect(0);
    drop(serving);

    file_of("features: [");
    let mut serving = Serving::start(&path, &["--data", &data], &variables);
    assert_eq!(banner(&serving.url), "changed", "with what was changed on top of it");
    let ready = serving.get("/health/readyness");
    assert!(ready.contains("200 OK"), "{ready}");
    assert!(ready.contains("an earlier state is served") && !ready.contains(".yaml"), "{ready}");
    let key = "authorization: Bearer adminSecret4test-0000009\r\n";
    let ready = get_with(&serving.url, "/health/readyness", key);
    assert!(ready.contains("the last good state is served"), "{ready}");
    assert!(ready.contains("serve-last-good.yaml: line 2"), "{ready}");
    assert!(serving.get("/metrics").contains("fh_edge_last_reload_successful 0\n"));
    fh(&["serve", "--check", &path]).expect(1);
    // The state is read again as soon as the file is valid.
    file_of(&named.replace("plain", "mended"));
    serving.process.line(&["the state was read again"]);
    assert_eq!(banner(&serving.url), "mended");
    assert!(!serving.get("/health/readyness").contains("state"));
    // From now on this is the last good state.
    file_of("environments: [");
    serving.process.line(&["ERROR", "the current state remains in use"]);
    let ready = serving.get("/health/readyness");
    assert!(ready.contains("200 OK") && ready.contains("an earlier state is served"), "{ready}");
    drop(serving);
    let serving = Serving::start(&path, &["--data", &data], &variables);
    assert_eq!(banner(&serving.url), "mended");
    drop(serving);
    for entry in std::fs::read_dir(&data).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(!bytes.windows(18).any(|part| part == b"readerSecret4test*"));
    }
    // Without a data folder, or for another file, there is no last good state.
    file_of("features: [");
    fh(&["serve", "--state", &path, "--port", "0"]).refused(2, &["serve-last-good.yaml"]);
    let other = file("serve-last-good-other.yaml", "features: [");
    fh(&["serve", "--state", &other, "--port", "0", "--data", &data]).refused(2, &["other.yaml"]);
}

#[test]
fn files_with_secrets_are_followed() {
    let keyless = state("plain").split("accounts:").next().unwrap().to_string();
    let state = file("serve-secrets.yaml", keyless);
    let admin = file("serve-secrets.admin", "adminSecret4test-0000001\n");
    let keys = file("serve-secrets.keys", "\nreaderSecret4test*1\n");
    let args = ["--admin-key-file", &admin, "--key-file", &keys];
    let mut serving = Serving::start(&state, &args, &[]);
    let read = |serving: &Serving, path: &str, number: u32| {
        let key = format!("authorization: Bearer adminSecret4test-{number:07}\r\n");
        get_with(&serving.url, path, &key)
    };
    let ask = |serving: &Serving, number: u32| {
        read(serving, "/admin/v1/environments", number).contains("200 OK")
    };
    assert_eq!(banner(&serving.url), "plain");
    assert!(ask(&serving, 1) && !ask(&serving, 2));
    file("serve-secrets.admin", "adminSecret4test-0000002");
    serving.process.line(&["--admin-key-file", "the secret was read again"]);
    assert!(ask(&serving, 2) && !ask(&serving, 1));
    file("serve-secrets.keys", "other*key,readerSecret4test*1");
    serving.process.line(&["--key-file", "the secret was read again"]);
    serving.process.line(&["the state was read again"]);
    let other = KEY.replace("readerSecret4test*1", "other*key");
    fh(&["get", &serving.url, &other, "BANNER"]).expect(0);
    // An empty file changes nothing, and an error is logged.
    file("serve-secrets.admin", "");
    serving.process.line(&["ERROR", "--admin-key-file", "the file is empty"]);
    assert!(ask(&serving, 2));
    let ready = read(&serving, "/health/readyness", 2);
    assert!(ready.contains("200 OK") && ready.contains("--admin-key-file"), "{ready}");
    // A good file with keys does not remove the notice of the broken file with the admin key.
    file("serve-secrets.keys", "another*key,readerSecret4test*1");
    serving.process.line(&["--key-file", "the secret was read again"]);
    let ready = read(&serving, "/health/readyness", 2);
    assert!(ready.contains("--admin-key-file") && !ready.contains("--key-file "), "{ready}");
    file("serve-secrets.admin", "adminSecret4test-0000003");
    serving.process.line(&["--admin-key-file", "the secret was read again"]);
    assert!(ask(&serving, 3));
    assert!(!read(&serving, "/health/readyness", 3).contains("secret"));
    #[cfg(unix)]
    {
        // SIGHUP reads the file even if it has not changed.
        serving.process.send(rustix::process::Signal::HUP);
        serving.process.line(&["--admin-key-file", "the secret was read again"]);
        serving.process.interrupt();
        let all = serving.process.end().1;
        assert!(!all.contains("adminSecret4test-"), "{all}");
    }
}

#[test]
fn a_damaged_data_folder_is_refused_and_repaired() {
    let data = path("serve-damaged");
    let state = file("serve-damaged.yaml", state("plain"));
    let serving = Serving::start(&state, &["--data", &data], &[]);
    fh(&["set", &serving.url, WRITER, "BANNER", "changed"]).expect(0);
    drop(serving);
    let database = format!("{data}/changes.redb");
    let whole = std::fs::read(&database).unwrap();
    let args = ["serve", "--state", &state, "--port", "0", "--data", &data];
    let mut flipped = whole.clone();
    // With some changed bytes in its header, redb panics.
    flipped[32] ^= 0x55;
    for damaged in [&flipped[..], &whole[..whole.len() - 1]] {
        std::fs::write(&database, damaged).unwrap();
        let refused = fh(&args);
        assert!(!refused.err.contains("panicked"), "{}", refused.err);
        refused.refused(2, &["changes.redb", "damaged", "--data-repair"]);
    }
    let mut serving = Serving::start(&state, &["--data", &data, "--data-repair"], &[]);
    assert_eq!(banner(&serving.url), "changed");
    let ready = serving.get("/health/readyness");
    assert!(ready.contains("200 OK") && ready.contains("it was repaired"), "{ready}");
    drop(serving);
    serving = Serving::start(&state, &["--data", &data], &[]);
    assert_eq!(banner(&serving.url), "changed");
    assert!(!serving.get("/health/readyness").contains("repaired"));
}

/// If a file reaches the limit, the operating system ends the process with SIGXFSZ unless the program handles the signal.
#[cfg(target_os = "linux")]
#[test]
fn a_limit_on_the_size_of_files_is_like_a_full_disk() {
    use rustix::process::{Pid, Resource, Rlimit, prlimit};
    let folder = path("serve-file-size");
    let state = file("serve-file-size.yaml", state("plain"));
    let serving = Serving::start(&state, &["--data", &folder], &[]);
    fh(&["set", &serving.url, WRITER, "BANNER", "first"]).expect(0);
    let id = Pid::from_raw(i32::try_from(serving.process.id()).unwrap());
    let limit = |current| {
        let limit = Rlimit { current, maximum: None };
        prlimit(id, Resource::Fsize, limit).unwrap();
    };
    limit(Some(1));
    let stores = |serving: &Serving| {
        let ready = serving.get("/health/readyness");
        assert!(ready.contains("200 OK"), "{ready}");
        let is_named = ready.contains("the data folder cannot store");
        let metric = format!("fh_edge_changes_stored {}\n", u8::from(!is_named));
        assert!(serving.get("/metrics").contains(&metric), "{ready}");
        !is_named
    };
    assert!(stores(&serving));
    fh(&["set", &serving.url, WRITER, "BANNER", "second"]).expect(2);
    assert_eq!(banner(&serving.url), "first");
    assert!(!stores(&serving));
    fh(&["set", &serving.url, WRITER, "BANNER", "third"]).expect(2);
    limit(None);
    fh(&["set", &serving.url, WRITER, "BANNER", "fourth"]).expect(0);
    assert_eq!(banner(&serving.url), "fourth");
    assert!(stores(&serving));
    drop(serving);
    let serving = Serving::start(&state, &["--data", &folder], &[]);
    assert_eq!(banner(&serving.url), "fourth");
}
