//! The program `fh-conformance`. All code is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    fh_conformance::commands::main()
}
