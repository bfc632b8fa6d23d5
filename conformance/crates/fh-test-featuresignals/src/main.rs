//! Starts a test server, prints its address and keys as one line of JSON, and executes the commands on its standard input, one a line.

use std::io;
use std::process::ExitCode;

use fh_test_featuresignals::{Control, TestServer};

const USAGE: &str = "usage: fh-test-featuresignals [--port N] [--state FILE]";

#[derive(Default)]
struct Arguments {
    port: u16,
    state: Option<String>,
}

impl Arguments {
    fn read(mut words: impl Iterator<Item = String>) -> Option<Self> {
        let mut arguments = Self::default();
        while let Some(word) = words.next() {
            let value = words.next()?;
            match word.as_str() {
                "--port" => arguments.port = value.parse().ok()?,
                "--state" => arguments.state = Some(value),
                _ => return None,
            }
        }
        Some(arguments)
    }
}

fn main() -> ExitCode {
    let Some(arguments) = Arguments::read(std::env::args().skip(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("fh-test-featuresignals: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Serves until the standard input ends.
fn run(arguments: &Arguments) -> io::Result<()> {
    let server = TestServer::start_on(arguments.port)?;
    if let Some(path) = &arguments.state {
        let state = std::fs::read_to_string(path)?;
        server.environment().replace_all(&state).map_err(io::Error::other)?;
    }
    fh_test_http::serve(&Control::new(server))
}
