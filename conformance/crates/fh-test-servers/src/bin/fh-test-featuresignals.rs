//! A test server for FeatureSignals' evaluation API as a program.

use std::process::ExitCode;

fn main() -> ExitCode {
    fh_test_servers::featuresignals::program()
}
