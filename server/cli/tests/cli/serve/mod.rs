//! Tests of `fh serve`, run as a process.

mod chaos;
mod end;
mod files;
mod kept;
mod limits;
mod metrics;
mod operation;
mod percentages;
mod ports;
mod relay;
mod settings;
mod stalled_log;
pub(crate) mod state_url;

use std::io::{Read, Write};
use std::net::TcpStream;

use fh_test::wait::PATIENCE;
use serde_json::Value;

use crate::following::Following;
use crate::tool::{command, fh, file};

pub(crate) const ENVIRONMENT: &str = "71ed3c04-122b-4312-9ea8-06b2b8d6ceac";
pub(crate) const KEY: &str = "71ed3c04-122b-4312-9ea8-06b2b8d6ceac/readerSecret4test*1";
pub(crate) const WRITER: &str = "71ed3c04-122b-4312-9ea8-06b2b8d6ceac/writerSecret4test*1";

/// Returns a state file with this value of BANNER.
pub(crate) fn state(banner: &str) -> String {
    format!(
        "features:
  - {{ key: NEW_CHECKOUT, type: BOOLEAN }}
  - {{ key: BANNER, type: STRING }}
environments:
  - id: {ENVIRONMENT}
    name: dev
    values: {{ NEW_CHECKOUT: true, BANNER: {banner} }}
accounts:
  - {{ name: reader, clientKey: readerSecret4test*1, permissions: {{ dev: READ }} }}
  - {{ name: writer, clientKey: writerSecret4test*1, permissions: {{ dev: [READ, LOCK, UNLOCK, CHANGE_VALUE] }} }}
"
    )
}

/// A running server with its output and logs.
pub(crate) struct Serving {
    pub(crate) process: Following,
    pub(crate) url: String,
}

impl Serving {
    /// Starts a server with a state file, further arguments and variables. Without `--port`, it uses a free port.
    pub(crate) fn start(state: &str, args: &[&str], variables: &[(&str, &str)]) -> Self {
        let all = [&["serve", "--state", state], args].concat();
        Self::of(&all, variables)
    }

    /// Starts a server with these arguments and variables. Without `--port`, it uses a free port.
    pub(crate) fn of(args: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut command = command(args);
        if !args.contains(&"--port") {
            command.args(["--port", "0"]);
        }
        command.envs(variables.iter().copied());
        let mut process = Following::with_errors(command);
        let line = process.line(&["listening on http"]);
        Self { process, url: line.trim_start_matches("listening on ").to_string() }
    }

    fn of_banner(name: &str, args: &[&str]) -> Self {
        Self::start(&file(name, state("plain")), args, &[])
    }

    /// Returns the URL of the monitor port.
    pub(crate) fn monitor(&mut self) -> String {
        let line = self.process.line(&["health and metrics on http"]);
        line.trim_start_matches("health and metrics on ").to_string()
    }

    /// Sends a GET and returns the whole answer.
    pub(crate) fn get(&self, path: &str) -> String {
        get(&self.url, path)
    }
}

/// Sends a GET and returns the whole answer.
pub(crate) fn get(url: &str, path: &str) -> String {
    get_with(url, path, "")
}

/// Sends a GET with further headers, each with its line end, and returns the whole answer.
pub(crate) fn get_with(url: &str, path: &str, headers: &str) -> String {
    let mut stream = open(url, path, &format!("{headers}connection: close\r\n"));
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// Sends a request with a JSON body and further headers, each with its line end, and returns the whole answer.
pub(crate) fn send(url: &str, method: &str, path: &str, headers: &str, body: &str) -> String {
    let address = url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let length = body.len();
    let all = format!(
        "host: {address}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nif-match: *\r\nconnection: close\r\n{headers}"
    );
    write!(stream, "{method} {path} HTTP/1.1\r\n{all}\r\n{body}").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// Sends a GET and returns the connection, from which the answer can be read.
pub(crate) fn open(url: &str, path: &str, headers: &str) -> TcpStream {
    let address = url.trim_start_matches("http://");
    let address = address.split('/').next().unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: {address}\r\n{headers}\r\n").unwrap();
    stream
}

/// Reads until the data contains a text, and returns all of it.
pub(crate) fn until(stream: &mut TcpStream, text: &str) -> String {
    let mut read = Vec::new();
    let mut buffer = [0; 1024];
    loop {
        let so_far = String::from_utf8_lossy(&read);
        if so_far.contains(text) {
            return so_far.into_owned();
        }
        let count = stream.read(&mut buffer).unwrap();
        assert!(count > 0, "no {text:?} in {so_far}");
        read.extend(&buffer[..count]);
    }
}

pub(crate) fn banner(url: &str) -> Value {
    fh(&["get", url, KEY, "BANNER", "--json"]).expect(0).json()[0]["value"].clone()
}
