//! The program; everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    fh_conformance::commands::main()
}
