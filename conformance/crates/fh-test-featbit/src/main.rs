//! Starts a test server, prints its address and secrets as one line of JSON, and executes the commands on its standard input, one a line.

use std::io;
use std::process::ExitCode;

use fh_test_featbit::{Control, TestServer};

const USAGE: &str = "usage: fh-test-featbit [--port N]";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let port = match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => Some(0),
        ["--port", number] => number.parse().ok(),
        _ => None,
    };
    let Some(port) = port else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    match run(port) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("fh-test-featbit: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Serves until the standard input ends.
fn run(port: u16) -> io::Result<()> {
    fh_test_http::serve(&Control::new(TestServer::start_on(port)?))
}
