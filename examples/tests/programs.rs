//! Runs every example program as a user would, with a scripted Edge on real sockets.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use fh_test::Folder;
use fh_test::wait::{PATIENCE, wait_for};
use fh_test_servers::featurehub::{FakeEdge, Feature};

struct Running {
    child: Child,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn edge() -> FakeEdge {
    let edge = FakeEdge::start().expect("a port");
    edge.set_feature(Feature::boolean("NEW_CHECKOUT", true));
    edge.set_feature(Feature::string("BANNER", "Welcome"));
    edge.set_feature(Feature::number("PAGE_SIZE", 33.0));
    edge
}

fn command(program: &str, edge: Option<&FakeEdge>) -> Command {
    let mut command = Command::new(program);
    for name in ["FEATUREHUB_EDGE_URL", "FEATUREHUB_API_KEY", "FEATUREHUB_CLIENT_API_KEY"] {
        command.env_remove(name);
    }
    if let Some(edge) = edge {
        command.env("FEATUREHUB_EDGE_URL", edge.url());
        command.env("FEATUREHUB_CLIENT_API_KEY", edge.client_key());
    }
    command
}

fn output(mut command: Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Repeats a request until the answer meets a condition.
fn until(address: &str, path: &str, is_so: impl Fn(&str) -> bool) -> String {
    wait_for(path, || Some(get(address, path)).filter(|answer| is_so(answer)))
}

fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// Sends the signal of Ctrl-C.
#[cfg(unix)]
fn interrupt(running: &mut Running) {
    let id = running.child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
}

#[test]
fn web_service() {
    for edge in [None, Some(edge())] {
        let mut command = command(env!("CARGO_BIN_EXE_web-service"), edge.as_ref());
        let mut child = command.env("PORT", "0").stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        #[cfg_attr(not(unix), allow(unused_mut))]
        let mut running = Running { child };
        let first = lines.next().unwrap().unwrap();
        let address = first.strip_prefix("listening on http://").unwrap();
        let ready = until(address, "/ready", |answer| {
            assert!(answer.starts_with("HTTP/1.1 200") || answer.starts_with("HTTP/1.1 503"));
            answer.starts_with("HTTP/1.1 200")
        });
        assert!(ready.contains("\"connection\":\"streaming\""), "{ready}");
        let home = get(address, "/?user=mara&country=new_zealand");
        assert!(home.contains("Hello mara: new checkout"), "{home}");
        assert_eq!(home.contains("33 items"), edge.is_some(), "{home}");
        let checkout = get(address, "/checkout?user=mara&country=new_zealand");
        assert!(checkout.starts_with("HTTP/1.1 200"), "{checkout}");
        let why = get(address, "/why?user=mara");
        assert!(why.contains("NEW_CHECKOUT"), "{why}");
        if let Some(edge) = &edge {
            assert!(!ready.contains(&edge.client_key()));
            edge.set_value("NEW_CHECKOUT", false);
            until(address, "/?user=mara", |answer| answer.contains("old checkout"));
            let checkout = get(address, "/checkout?user=mara");
            assert!(checkout.starts_with("HTTP/1.1 404"), "{checkout}");
        }
        #[cfg(unix)]
        {
            interrupt(&mut running);
            assert_eq!(lines.next().unwrap().unwrap(), "bye");
            assert!(running.child.wait().unwrap().success());
        }
    }
}

#[test]
fn bootstrapped_page() {
    let edge = edge();
    edge.set_feature(Feature::string("BANNER", "</script><b>Welcome"));
    let mut command = command(env!("CARGO_BIN_EXE_bootstrapped-page"), Some(&edge));
    let mut child = command.env("PORT", "0").stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    #[cfg_attr(not(unix), allow(unused_mut))]
    let mut running = Running { child };
    let first = lines.next().unwrap().unwrap();
    let address = first.strip_prefix("listening on http://").unwrap();
    let answer = until(address, "/features?user=mara", |answer| answer.contains("NEW_CHECKOUT"));
    assert!(answer.contains("cache-control: private, no-store"), "{answer}");
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    let read: fh_client::Bootstrap = serde_json::from_str(body).unwrap();
    let banner = read.features.iter().find(|feature| &*feature.key == "BANNER").unwrap();
    assert_eq!(banner.value.as_ref().unwrap().to_string(), "</script><b>Welcome");
    let page = get(address, "/?user=mara");
    assert!(page.contains("\\u003c/script>\\u003cb>Welcome"), "{page}");
    assert!(!page.contains("mara"), "{page}");
    #[cfg(unix)]
    {
        interrupt(&mut running);
        assert_eq!(lines.next().unwrap().unwrap(), "bye");
        assert!(running.child.wait().unwrap().success());
    }
}

#[test]
fn batch_job() {
    let own = output(command(env!("CARGO_BIN_EXE_batch-job"), None));
    assert!(own.contains("of 1000 customers get the new checkout, 20 items a page"), "{own}");
    let edge = edge();
    let folder = Folder::new();
    let file = folder.file("features.json");
    let with_file = |edge: &FakeEdge| {
        let mut command = command(env!("CARGO_BIN_EXE_batch-job"), Some(edge));
        command.env("FEATURES_FILE", &file);
        output(command)
    };
    let first = with_file(&edge);
    assert!(first.contains("1000 of 1000 customers get the new checkout, 33 items"), "{first}");
    // The Edge is unreachable, so the last known state is used.
    edge.refuse();
    let second = with_file(&edge);
    assert!(second.contains("1000 of 1000 customers get the new checkout, 33 items"), "{second}");
}

#[test]
fn catch_and_release() {
    let told = output(command(env!("CARGO_BIN_EXE_catch-and-release"), None));
    let expected = "\
at first
  NEW_CHECKOUT   false (version 2)
  BANNER         Free shipping in November (version 1)
  PAGE_SIZE      20 (version 1)
two updates came; held back: true
  NEW_CHECKOUT   false (version 2)
  BANNER         Free shipping in November (version 1)
  PAGE_SIZE      20 (version 1)
the banner was released
  NEW_CHECKOUT   false (version 2)
  BANNER         Sale! (version 2)
  PAGE_SIZE      20 (version 1)
all was released; held back: false
  NEW_CHECKOUT   false (version 2)
  BANNER         Sale! (version 2)
  PAGE_SIZE      50 (version 2)
";
    assert_eq!(told, expected);
    let other = output(command(env!("CARGO_BIN_EXE_catch-and-release"), Some(&edge())));
    assert!(other.contains("Welcome"), "{other}");
}

#[test]
fn local_overrides() {
    let edge = edge();
    let folder = Folder::new();
    let file = folder.file("flags.yaml");
    std::fs::write(&file, "flagValues:\n  BANNER: mine\n").unwrap();
    let mut command = command(env!("CARGO_BIN_EXE_local-overrides"), Some(&edge));
    command.env("FEATUREHUB_LOCAL_YAML", &file).arg("1").stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let _running = Running { child };
    let first: Vec<String> =
        lines.by_ref().take_while(|line| !line.contains("following")).collect();
    assert_eq!(
        first,
        ["NEW_CHECKOUT   true", "BANNER         mine  (by local-yaml)", "PAGE_SIZE      33"]
    );
    std::fs::write(&file, "flagValues:\n  PAGE_SIZE: 7\n").unwrap();
    let second: Vec<String> = lines.collect();
    assert_eq!(
        second,
        [
            "the file has changed",
            "NEW_CHECKOUT   true",
            "BANNER         Welcome",
            "PAGE_SIZE      7  (by local-yaml)"
        ]
    );
}

#[test]
fn embedded_edge() {
    let mut command = command(env!("CARGO_BIN_EXE_embedded-edge"), None);
    let mut child = command.env("PORT", "0").stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    #[cfg_attr(not(unix), allow(unused_mut))]
    let mut running = Running { child };
    let first = lines.next().unwrap().unwrap();
    let address = first.strip_prefix("listening on http://").unwrap().to_string();
    let second = lines.next().unwrap().unwrap();
    let key = second.strip_prefix("key ").unwrap();
    let client =
        fh_client::Client::builder(format!("http://{address}/flags"), key).start().unwrap();
    client.wait_ready(PATIENCE).unwrap();
    assert!(!client.is_enabled("NEW_CHECKOUT"));
    let (sender, changes) = std::sync::mpsc::channel();
    let _watch = client.on_change("NEW_CHECKOUT", move |_| sender.send(()).unwrap());
    assert!(get(&address, "/flip").ends_with("NEW_CHECKOUT is on\n"));
    changes.recv_timeout(PATIENCE).unwrap();
    assert!(client.is_enabled("NEW_CHECKOUT"));
    #[cfg(unix)]
    {
        interrupt(&mut running);
        assert!(running.child.wait().unwrap().success());
    }
}
