//! A test server for FeatBit's protocol as a program.

use std::process::ExitCode;

fn main() -> ExitCode {
    fh_test_servers::featbit::program()
}
