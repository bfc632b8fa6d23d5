//! Wrong inputs of every command. Each error says what is wrong, where, and what to write instead. The table is `wrong_inputs.txt`.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener};

use fh_test_servers::featurehub::{FakeEdge, Feature};

use crate::secure::Secure;
use crate::self_description::COMMANDS;
use crate::tool::{FEATURES, command, file, run};

const STATE: &str = "features: [{ key: BANNER, type: STRING }, { key: OLD, type: BOOLEAN }]
environments:
  - { name: dev, values: { BANNER: plain, OLD: { value: true, retired: true } } }
  - { name: production, values: { BANNER: plain } }
accounts: [{ name: shop, serverKey: key-of-the-shop, permissions: { dev: [READ] } }]
";

/// A row of the table.
struct Row {
    arguments: &'static str,
    text: Vec<u8>,
    code: i32,
    parts: Vec<&'static str>,
}

impl Row {
    fn read(line: &'static str) -> Self {
        let mut fields = line.split(" | ").peekable();
        let arguments = fields.next().unwrap();
        let text = fields.next_if(|field| field.starts_with('"'));
        let text: String =
            text.map_or_else(String::new, |text| serde_json::from_str(text).unwrap());
        let text = text.chars().map(|character| u8::try_from(character).unwrap()).collect();
        let code =
            fields.next().unwrap().parse().unwrap_or_else(|_| panic!("no exit code: {line}"));
        let parts: Vec<_> = fields.collect();
        assert!(!parts.is_empty(), "no part of the answer: {line}");
        Self { arguments, text, code, parts }
    }

    fn all() -> Vec<Self> {
        let lines = include_str!("wrong_inputs.txt").lines();
        lines.filter(|line| !line.is_empty() && !line.starts_with('#')).map(Self::read).collect()
    }

    fn command(&self) -> &str {
        self.arguments.split(' ').next().unwrap_or_default()
    }

    /// Returns true if the answer is a report of findings in a file, on stdout.
    fn is_report(&self) -> bool {
        self.code == 1 && self.arguments.contains("serve --check")
    }
}

struct Fixture {
    tls: Secure,
    /// Each name in braces with its text.
    names: Vec<(&'static str, String)>,
}

impl Fixture {
    /// The listener uses a port.
    fn new(edge: &FakeEdge, listener: &TcpListener) -> Self {
        edge.set_feature(Feature::number("LIMIT", 7.5));
        let tls = Secure::start("localhost", 30);
        let names = vec![
            ("{state}", file("wrong-state.yaml", STATE)),
            ("{payload}", file("wrong-payload.json", FEATURES)),
            ("{folder}", env!("CARGO_MANIFEST_DIR").to_string()),
            // The address of a server of plain HTTP.
            ("{plain}", plain_server().to_string()),
            ("{port}", listener.local_addr().unwrap().port().to_string()),
            ("{tls-port}", tls.port.to_string()),
            ("{url}", edge.url()),
            ("{key}", edge.client_key()),
            ("{server-key}", edge.server_key()),
        ];
        Self { tls, names }
    }

    /// Runs a row. Returns what is wrong with the answer, if something is.
    fn run(&self, number: usize, row: &Row) -> Option<String> {
        let path = file(&format!("wrong-{number}.txt"), &row.text);
        let filled = |text: &str| {
            let text = text.replace("{file}", &path);
            self.names.iter().fold(text, |text, (name, value)| text.replace(name, value))
        };
        let args: Vec<String> = row.arguments.split(' ').map(filled).collect();
        let stdin: &[u8] = if row.arguments.contains("{file}") { b"" } else { &row.text };
        let mut fh = command(&args);
        // A system with another language words the errors of the system in another way.
        fh.env("LC_ALL", "C").env("SSL_CERT_FILE", &self.tls.authority);
        let run = run(&mut fh, stdin);
        let is_error = run.out.is_empty() && run.err.starts_with("error: ");
        let answer = [run.out, run.err].concat();
        let is_good = run.code == row.code
            && (is_error || row.is_report())
            && !answer.contains("(os error")
            && row.parts.iter().all(|part| answer.contains(&filled(part)));
        let Row { arguments, code, parts, .. } = row;
        (!is_good).then(|| {
            format!("fh {arguments}\n    wanted {code} {parts:?}\n    {} {answer}", run.code)
        })
    }
}

/// Starts a server that answers each connection with status 400. Its thread ends with the tests.
fn plain_server() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            // The client may have closed the connection. All its bytes are read, because unread bytes would reset the connection.
            let _ = stream.read_exact(&mut [0]);
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n");
            let _ = stream.shutdown(Shutdown::Write);
            let _ = io::copy(&mut stream, &mut io::sink());
        }
    });
    address
}

#[test]
fn each_error_says_what_is_wrong_and_where_and_what_to_write() {
    let (edge, listener) = (FakeEdge::start().unwrap(), TcpListener::bind("0.0.0.0:0").unwrap());
    let (fixture, rows) = (Fixture::new(&edge, &listener), Row::all());
    let wrong: Vec<String> =
        rows.iter().enumerate().filter_map(|(number, row)| fixture.run(number, row)).collect();
    assert!(wrong.is_empty(), "{} of {} rows:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
}

#[test]
fn every_command_has_wrong_inputs() {
    let rows = Row::all();
    assert!(rows.len() >= 320, "{}", rows.len());
    for name in COMMANDS {
        let count = rows.iter().filter(|row| row.command() == name).count();
        assert!(count >= 3, "{name} has {count} rows");
    }
}
