//! A server whose log is not read, and commands whose output is not read.
#![cfg(unix)]

use std::io::{BufRead, BufReader, Read, Write};
use std::process::Stdio;

use fh_test::wait::wait_for;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use super::{WRITER, get, state};
use crate::signals::Killed;
use crate::tool::{command, file};

/// Changes and requests fill the pipe and the queue behind it.
#[test]
fn a_server_whose_log_is_not_read_serves_counts_dropped_lines_and_ends() {
    let state = file("serve-stalled-log.yaml", state("plain"));
    let mut command = command(&["serve", "--state", &state, "--port", "0", "--access-log"]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut running = Killed(command.spawn().unwrap());
    let mut line = String::new();
    BufReader::new(running.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let url = line.trim().trim_start_matches("listening on ").to_string();
    // The log shows `***` for each segment.
    let long = "x/".repeat(100);
    let (count, changes) = (2500, 20);
    let mut stream = super::open(&url, "/health/liveness", "");
    let mut answers = BufReader::new(stream.try_clone().unwrap());
    for each in 0..count {
        let request = match each % (count / changes) {
            0 => {
                let body = json!({ "value": each.to_string() }).to_string();
                let length = body.len();
                format!(
                    "PUT /features/{WRITER}/BANNER HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
                )
            }
            _ => format!("GET /{long} HTTP/1.1\r\nhost: x\r\n\r\n"),
        };
        stream.write_all(request.as_bytes()).unwrap();
        skip_answer(&mut answers);
    }
    // The last answer is that of the last request.
    skip_answer(&mut answers);
    assert!(get(&url, "/health/liveness").contains("200 OK"));
    let dropped = |kind: &str| {
        let metrics = get(&url, "/metrics");
        let name = format!("fh_edge_log_lines_dropped_total{{kind=\"{kind}\"}} ");
        let number = metrics.lines().find_map(|line| line.strip_prefix(&name));
        number.unwrap_or_else(|| panic!("{name} in {metrics}")).parse::<usize>().unwrap()
    };
    let access = dropped("access");
    assert!(access > 0);
    // There is room for the few lines of the audit log.
    assert_eq!(dropped("audit"), 0);
    let mut log = BufReader::new(running.0.stderr.take().unwrap());
    let (mut lines, mut line) = (Vec::new(), String::new());
    while !line.contains("log lines were dropped") {
        line.clear();
        assert!(log.read_line(&mut line).unwrap() > 0, "no report in {lines:?}");
        lines.push(line.clone());
    }
    assert!(line.contains("audit=0") && !line.contains("access=0"), "{line}");
    kill_process(Pid::from_child(&running.0), Signal::TERM).unwrap();
    let mut rest = String::new();
    log.read_to_string(&mut rest).unwrap();
    lines.extend(rest.lines().map(str::to_string));
    let of = |target: &str| lines.iter().filter(|line| line.contains(target)).count();
    assert_eq!(of("fh_edge::audit"), changes);
    assert!(of("fh_edge::access") > 0);
    assert!(running.0.wait().unwrap().success());
}

/// A stop waits for the log, though not without limit.
#[test]
fn sigterm_ends_a_server_whose_log_and_stdout_are_not_read() {
    let state = file("serve-stalled-end.yaml", state("plain"));
    let ((out, stdout), (err, stderr)) = (full_pipe(), full_pipe());
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut command = command(&["serve", "--state", &state, "--port", &port.to_string()]);
    command.stdin(Stdio::null()).stdout(stdout).stderr(stderr);
    let mut running = Killed(command.spawn().unwrap());
    // The command still holds ends of the pipes.
    drop(command);
    let url = format!("http://127.0.0.1:{port}");
    wait_for("it serves", || std::net::TcpStream::connect(("127.0.0.1", port)).ok());
    assert!(get(&url, "/health/readiness").contains("200 OK"));
    kill_process(Pid::from_child(&running.0), Signal::TERM).unwrap();
    let status = wait_for("it ends", || running.0.try_wait().unwrap());
    assert!(status.success(), "{status}");
    drop((out, err));
}

/// `fh watch` and the live part of `fh demo` wait for the reader, and handle signals on the same thread.
#[test]
#[cfg(target_os = "linux")]
fn sigterm_ends_commands_whose_stdout_is_not_read() {
    let serving = super::Serving::of_banner("serve-stalled-watch.yaml", &[]);
    for args in [&["watch", "--json", &serving.url, super::KEY][..], &["demo", "--speed", "10000"]]
    {
        let (out, stdout) = full_pipe();
        let mut command = command(args);
        command.stdin(Stdio::null()).stdout(stdout);
        let mut running = Killed(command.spawn().unwrap());
        // The command still holds an end of the pipe.
        drop(command);
        let status = format!("/proc/{}/status", running.0.id());
        // SIGTERM has the number 15, and the bit 14 of the mask.
        wait_for("it handles SIGTERM", || {
            let status = std::fs::read_to_string(&status).unwrap();
            let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:\t"));
            let caught = u64::from_str_radix(caught.unwrap(), 16).unwrap();
            (caught & 1 << 14 != 0).then_some(())
        });
        kill_process(Pid::from_child(&running.0), Signal::TERM).unwrap();
        let status = wait_for("it ends", || running.0.try_wait().unwrap());
        assert!(status.success(), "{args:?}: {status}");
        drop(out);
    }
}

/// Returns a pipe that is full.
fn full_pipe() -> (std::io::PipeReader, std::io::PipeWriter) {
    let (reader, writer) = std::io::pipe().unwrap();
    rustix::io::ioctl_fionbio(&writer, true).unwrap();
    while (&writer).write(&[b'x'; 4096]).is_ok() {}
    rustix::io::ioctl_fionbio(&writer, false).unwrap();
    (reader, writer)
}

fn skip_answer(answers: &mut impl BufRead) {
    let mut length = 0;
    let mut line = String::new();
    while line != "\r\n" {
        line.clear();
        answers.read_line(&mut line).unwrap();
        if let Some(text) = line.to_ascii_lowercase().strip_prefix("content-length: ") {
            length = text.trim().parse().unwrap();
        }
    }
    answers.read_exact(&mut vec![0; length]).unwrap();
}
