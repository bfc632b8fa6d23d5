//! Operation of a server: start, ports, TLS, kept changes and the admin API.

use std::io::Read;

use fh_test::Folder;
use fh_test::certificates::Authority;

use super::{ENVIRONMENT, KEY, Serving, WRITER, banner, get, open, state, until};
use crate::following::Following;
use crate::tool::{command, fh, file, path};

#[test]
fn health_on_a_port_of_its_own() {
    let mut serving = Serving::of_banner("serve-monitor.yaml", &["--monitor-port", "0"]);
    let monitor = serving.monitor();
    assert!(get(&monitor, "/").contains("200 OK") && serving.get("/").contains("404 Not Found"));
    // The monitor port has a thread of its own, so that probes are answered even if all other threads are busy.
    #[cfg(target_os = "linux")]
    {
        let threads = std::fs::read_dir(format!("/proc/{}/task", serving.process.id())).unwrap();
        let mut names = threads.map(|thread| {
            std::fs::read_to_string(thread.unwrap().path().join("comm")).unwrap_or_default()
        });
        assert!(names.any(|name| name.trim() == "fh-monitor"));
    }
}

#[test]
fn what_is_taken() {
    let serving = Serving::of_banner("serve-taken.yaml", &["--listen", "127.0.0.1"]);
    let port = serving.url.rsplit(':').next().unwrap();
    let state = file("serve-taken-too.yaml", state("plain"));
    fh(&["serve", "--state", &state, "--listen", "127.0.0.1", "--port", port])
        .refused(2, &["cannot listen at 127.0.0.1:", port, "in use; stop the program", "--port"]);
    fh(&["serve", "--state", &state, "--listen", "203.0.113.1", "--port", "0"])
        .refused(2, &["cannot listen at 203.0.113.1:0", "an address of this machine"]);
}

#[test]
fn changes_are_kept_in_a_folder_that_one_process_has() {
    let folder = path("serve-data");
    let state = file("serve-data.yaml", state("plain"));
    let serving = Serving::start(&state, &["--data", &folder], &[]);
    fh(&["set", &serving.url, WRITER, "BANNER", "changed"]).expect(0);
    assert_eq!(banner(&serving.url), "changed");
    fh(&["serve", "--state", &state, "--port", "0", "--data", &folder])
        .refused(2, &["serve-data", "another process"]);
    // Dropping kills the process, as `kill -9` does.
    drop(serving);
    let serving = Serving::start(&state, &[], &[("FH_EDGE_DATA", &folder)]);
    assert_eq!(banner(&serving.url), "changed");
}

/// Without a state file, the server waits for a state of the admin API, and serves it again after a kill.
#[test]
fn the_admin_api_alone() {
    const ADMIN: &str = "adminSecret4test-0123456789";
    let folder = path("serve-admin-alone");
    let variables = [("FH_EDGE_ADMIN_KEY", ADMIN)];
    let args = ["serve", "--data", &folder, "--console"];
    let serving = Serving::of(&args, &variables);
    let status = |serving: &Serving, path: &str| -> String {
        let head = format!("authorization: Bearer {ADMIN}\r\nconnection: close\r\n");
        let answer = until(&mut open(&serving.url, path, &head), "\r\n");
        answer.split(' ').nth(1).unwrap().to_string()
    };
    let poll = format!("/features?apiKey={KEY}");
    for (path, expected) in [
        ("/health/liveness", "200"),
        ("/health/readiness", "503"),
        (&poll, "503"),
        ("/admin/v1/environments", "200"),
        ("/console/", "200"),
    ] {
        assert_eq!(status(&serving, path), expected, "{path}");
    }
    assert!(serving.get("/metrics").contains("fh_edge_ready 0\n"));
    let mut waiting = open(&serving.url, &format!("/features/{KEY}"), "");
    until(&mut waiting, "event: ack");
    let state = format!(
        r#"{{"features": [{{"key": "BANNER", "type": "STRING"}}],
            "environments": [{{"id": "{ENVIRONMENT}", "name": "dev", "values": {{"BANNER": "put"}}}}],
            "accounts": [{{"name": "reader", "clientKey": "readerSecret4test*1", "permissions": {{"dev": ["READ"]}}}}]}}"#
    );
    let head = format!(
        "PUT /admin/v1/state HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {ADMIN}\r\nif-match: *\r\ncontent-type: application/json\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n{state}",
        state.len()
    );
    let mut stream =
        std::net::TcpStream::connect(serving.url.trim_start_matches("http://")).unwrap();
    std::io::Write::write_all(&mut stream, head.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.contains(" 200 ") || answer.contains(" 204 "), "{answer}");
    assert_eq!(banner(&serving.url), "put");
    assert!(!until(&mut waiting, "event: features").contains("event: failure"));
    drop(serving);
    let serving = Serving::of(&args, &variables);
    assert_eq!(status(&serving, "/health/readiness"), "200");
    assert_eq!(banner(&serving.url), "put");
}

/// The image sets a default of the lowest rank, so that `--relay` and `--state` need no variable to be taken away.
#[cfg(unix)]
#[test]
fn the_default_of_an_image_gives_way_to_what_is_said() {
    let default = file("serve-default.yaml", state("default"));
    let other = file("serve-default-other.yaml", state("other"));
    let image = [("FH_EDGE_DEFAULT_STATE", default.as_str())];
    let serving = Serving::of(&["serve"], &image);
    assert_eq!(banner(&serving.url), "default");
    let with_state = Serving::of(&["serve", "--state", &other], &image);
    assert_eq!(banner(&with_state.url), "other");
    let args = ["serve", "--relay", &serving.url, "--relay-key", KEY];
    let mut relay = Serving::of(&args, &image);
    fh(&["watch", &relay.url, KEY, "--once", "--for", "30", "BANNER"]).expect(0);
    assert_eq!(banner(&relay.url), "default");
    // A state file in FH_EDGE_STATE is overruled, and one warning names the variable.
    relay = Serving::of(&args, &[("FH_EDGE_STATE", &other)]);
    let seen = relay.process.end_after_interrupt();
    let lines: Vec<&str> = seen.lines().filter(|line| line.contains("FH_EDGE_STATE")).collect();
    assert_eq!(lines.len(), 1, "{seen}");
    assert!(lines[0].contains("WARN") && lines[0].contains("--relay"), "{seen}");
}

#[test]
fn the_log_begins_with_what_is_served() {
    let mut serve =
        command(&["serve", "--port", "0", "--state", &file("serve-starts.yaml", state("x"))]);
    serve.env("FH_EDGE_LOG", "info");
    let mut serving = Following::with_errors(serve);
    let line = serving.line(&["starting"]);
    for part in [
        env!("CARGO_PKG_VERSION"),
        "origin=\"file\"",
        "serve-starts.yaml",
        "environments=1",
        "features=2",
    ] {
        assert!(line.contains(part), "{part} {line}");
    }
    let keys = file("serve-starts.keys", format!("{WRITER}\n\n{ENVIRONMENT}/other\n"));
    let relay = ["serve", "--relay", "http://127.0.0.1:1", "--port", "0", "--relay-key", KEY];
    let mut relay = command(&[&relay[..], &["--relay-key-file", &keys]].concat());
    relay.env("FH_EDGE_LOG", "info");
    let mut serving = Following::with_errors(relay);
    let line = serving.line(&["starting"]);
    for part in ["origin=\"relay\"", "url=http://127.0.0.1:1", "accounts=3"] {
        assert!(line.contains(part), "{part} {line}");
    }
}

/// A warning is logged for each secret that every user can read, also for one on the command line.
#[cfg(unix)]
#[test]
fn secrets_that_every_user_can_read_are_warned_of() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    let allow = |path: &std::path::Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    allow(folder.path(), 0o755);
    let certificate = Authority::new("the test's authority").issue("localhost", -1..30);
    let write = |name: &str, text: &str| {
        folder.write(name, text, 1);
        folder.file(name).to_str().unwrap().to_string()
    };
    let state_file = write("state.yaml", &state("plain"));
    let chain = write("chain.pem", certificate.pem());
    let secrets = [
        write("admin.key", "adminSecret4test-0123456789"),
        write("keys", "otherSecret4test*1"),
        write("tls.key", &certificate.key_pem()),
    ];
    let [admin, keys, tls] = &secrets;
    let of_state = ["serve", "--state", &state_file, "--admin-key-file", admin, "--key-file", keys];
    let of_state = [&of_state[..], &["--tls-certificate", &chain, "--tls-key", tls]].concat();
    let relayed = [write("relay.keys", KEY), write("relay.headers", "x-token=secret")];
    let nobody = ["serve", "--relay", "http://127.0.0.1:1"];
    let of_relay = ["--relay-key-file", &relayed[0], "--relay-header-file", &relayed[1]];
    let of_relay = [&nobody[..], &of_relay].concat();
    let with_state = [std::slice::from_ref(&state_file), &secrets].concat();
    for (args, files) in [(of_state, with_state), (of_relay, relayed.to_vec())] {
        for (mode, warnings) in [(0o644, 1), (0o640, 0)] {
            files.iter().for_each(|file| allow(file.as_ref(), mode));
            let all = Serving::of(&args, &[]).process.end_after_interrupt();
            for file in &files {
                let warning = format!("{file} can be read by every user");
                assert_eq!(all.matches(&warning).count(), warnings, "{file} {all}");
            }
        }
    }
    let args = ["--admin-key", "adminSecret4test-0123456789"];
    let serving = Serving::start(&state_file, &args, &[]);
    let all = serving.process.end_after_interrupt();
    assert!(all.contains("WARN") && all.contains("(--admin-key)"), "{all}");
}
