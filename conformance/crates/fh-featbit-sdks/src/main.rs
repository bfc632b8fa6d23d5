//! Sets our client of FeatBit beside FeatBit's published SDKs, against the test server `fh-test-featbit`. `cargo xtask featbit sdks` installs the
//! SDKs and runs this program.
//!
//! Each SDK runs in an adapter: a program that executes commands in lines of JSON (`protocol`). The command `adapter` is the adapter of our
//! client, and those of the published SDKs are in `conformance/adapters`.
#![forbid(unsafe_code)]

mod adapter;
mod answers;
mod arguments;
mod faults;
mod insights;
mod large;
mod program;
mod protocol;
mod report;
mod server_process;
mod synchronisation;
mod typed;

use std::process::ExitCode;

use clap::Parser;

use crate::arguments::Command;

fn main() -> ExitCode {
    let ended = match Command::parse() {
        Command::Adapter => adapter::run(),
        Command::Compare(arguments) => report::run(&arguments),
        Command::Start(arguments) => report::run_start(&arguments),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("fh-featbit-sdks: {why}");
            ExitCode::FAILURE
        }
    }
}
