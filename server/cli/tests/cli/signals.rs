//! Tests with signals that are ignored at the start, with Ctrl-Z, and with a reader of the output that ends first.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Child, Stdio};

use fh_test::wait::{PATIENCE, wait_for};
use fh_test_servers::featurehub::{FakeEdge, Feature};
use rustix::process::Signal;

use crate::following::{ENTER, FRAME, Following, LEAVE};
use crate::tool::{command, file, ignoring};

/// The escape sequences that switch line wrap and the cursor on again.
const WRAP_AND_CURSOR: &str = "\u{1b}[?7h\u{1b}[?25h";

fn edge() -> FakeEdge {
    let edge = FakeEdge::start().unwrap();
    edge.set_feature(Feature::number("LIMIT", 1.0));
    edge
}

fn watch_args<'a>(url: &'a str, key: &'a str) -> [&'a str; 4] {
    ["watch", url, key, "--json"]
}

/// `nohup` and the background of a script start programs with ignored signals.
#[test]
fn watch_goes_on_after_signals_that_were_ignored_at_the_start() {
    let edge = edge();
    let (url, key) = (edge.url(), edge.client_key());
    for (signals, ignored, ends) in [
        ("HUP", &[Signal::HUP][..], Signal::INT),
        ("INT", &[Signal::INT], Signal::HUP),
        ("HUP INT", &[Signal::HUP, Signal::INT], Signal::TERM),
    ] {
        let mut watch = Following::start(&mut ignoring(signals, &watch_args(&url, &key)));
        watch.line(&["\"value\"", "LIMIT"]);
        for value in 2..5 {
            for signal in ignored {
                watch.send(*signal);
            }
            edge.set_value("LIMIT", value);
            watch.line(&["\"change\"", &format!("\"value\":{value}")]);
        }
        edge.set_value("LIMIT", 1);
        watch.line(&["\"change\""]);
        watch.send(ends);
        assert!(watch.end().0.success(), "{signals}");
    }
}

/// SIGINT stays ignored. SIGHUP reloads and SIGTERM ends the server even if they were ignored at the start.
#[test]
fn serve_reloads_and_ends_though_signals_were_ignored_at_the_start() {
    let path = file("signals-serve.yaml", "features: []\nenvironments: []\naccounts: []\n");
    let args = ["serve", "--state", &path, "--port", "0"];
    let mut serving = Following::with_errors(ignoring("HUP INT TERM", &args));
    serving.line(&["listening on http"]);
    for _ in 0..3 {
        serving.send(Signal::INT);
        serving.send(Signal::HUP);
        serving.line(&["the state was read again"]);
    }
    serving.send(Signal::TERM);
    let (status, all) = serving.end();
    assert!(status.success() && all.contains("stopped"), "{all}");
}

/// While the process is stopped, the terminal shows its normal screen, the cursor and line wrap.
#[test]
fn ctrl_z_gives_the_screen_back_and_takes_it_again() {
    let edge = edge();
    let (url, key) = (edge.url(), edge.client_key());
    let mut watch = Following::on_a_terminal(command(&["watch", &url, &key]), 20, 100);
    watch.until(FRAME, &["ready, streaming", "LIMIT"]);
    for value in 2..4 {
        watch.send(Signal::TSTP);
        watch.until(LEAVE, &[WRAP_AND_CURSOR]);
        watch.wait_until_stopped();
        edge.set_value("LIMIT", value);
        watch.send(Signal::CONT);
        watch.until(ENTER, &[]);
        watch.until(FRAME, &["LIMIT", &format!("→ {value}")]);
    }
    watch.interrupt();
    let (status, all) = watch.end();
    assert!(status.success(), "{status}");
    assert_eq!((all.matches(ENTER).count(), all.matches(LEAVE).count()), (3, 3), "{all}");
}

/// A shell without job control ignores SIGTSTP, and its child processes inherit that.
#[test]
fn ctrl_z_that_was_ignored_at_the_start_stays_ignored() {
    let edge = edge();
    let (url, key) = (edge.url(), edge.client_key());
    let mut watch = Following::on_a_terminal(ignoring("TSTP", &["watch", &url, &key]), 20, 100);
    watch.until(FRAME, &["ready, streaming", "LIMIT"]);
    watch.send(Signal::TSTP);
    edge.set_value("LIMIT", 2);
    watch.until(FRAME, &["→ 2"]);
    watch.interrupt();
    let (status, all) = watch.end();
    assert!(status.success() && all.matches(LEAVE).count() == 1, "{all}");
}

/// A command that writes lines has no handler of Ctrl-Z: the system stops the process.
#[test]
fn ctrl_z_stops_a_command_that_writes_lines() {
    let edge = edge();
    let (url, key) = (edge.url(), edge.client_key());
    // The process gets a group of its own: the system stops no member of an orphaned group, which the group of the tests may be.
    let mut watch = Following::start(command(&watch_args(&url, &key)).process_group(0));
    watch.line(&["\"value\"", "LIMIT"]);
    watch.send(Signal::TSTP);
    watch.wait_until_stopped();
    edge.set_value("LIMIT", 2);
    watch.send(Signal::CONT);
    watch.line(&["\"change\""]);
}

/// Runs as in `fh watch --json | head -2`, while no feature changes.
#[test]
fn watch_ends_with_the_program_that_reads_its_lines() {
    let edge = edge();
    let (url, key) = (edge.url(), edge.client_key());
    let (reader, writer) = std::io::pipe().unwrap();
    let (socket, peer) = std::os::unix::net::UnixStream::pair().unwrap();
    let of_pipe = Stdio::from(writer);
    let of_socket = Stdio::from(std::os::fd::OwnedFd::from(peer));
    ends_after_two_lines(&url, &key, of_pipe, reader);
    ends_after_two_lines(&url, &key, of_socket, socket);
    edge.wait_until(PATIENCE, |seen| seen.open_connections() == 0).unwrap();
}

fn ends_after_two_lines(url: &str, key: &str, out: Stdio, reader: impl std::io::Read) {
    let mut watch = command(&watch_args(url, key));
    let child = watch.stdin(Stdio::null()).stdout(out).spawn().unwrap();
    // The command still holds the other end of the pipe.
    drop(watch);
    let mut child = Killed(child);
    let mut lines = BufReader::new(reader).lines();
    // After the last value, nothing is written until a feature changes.
    assert!(lines.any(|line| line.unwrap().contains("LIMIT")));
    drop(lines);
    let status = wait_for("it ends without a reader", || child.0.try_wait().unwrap());
    assert_eq!(status.code(), Some(0));
}

/// A process that is killed when this is dropped.
pub(crate) struct Killed(pub(crate) Child);

impl Drop for Killed {
    fn drop(&mut self) {
        // The process may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
