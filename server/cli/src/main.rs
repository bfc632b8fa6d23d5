//! `fh`: feature flags on the command line. It evaluates and explains payloads of FeatureHub, reads and changes the features
//! of a running Edge, and can serve features itself.
#![forbid(unsafe_code)]

mod attribute_names;
mod cli;
mod clock;
mod commands;
mod connection_errors;
mod context;
mod demo;
mod doctor;
mod edge;
mod edge_address;
mod edge_query;
mod edge_trouble;
mod failure;
mod feature_table;
mod flag_lint;
mod flag_server;
mod flag_server_args;
#[cfg(unix)]
mod ignored_signals;
mod json_output;
mod live_display;
mod numbers;
mod payload;
mod percentages;
mod population;
mod profile;
mod random_ids;
mod reader_end;
mod ruleset;
mod runtime;
mod sanitize;
mod screen;
mod seconds;
mod serve;
mod server;
mod shell;
mod shutdown_signal;
mod stream;
mod suspension;
mod system;
mod systems;
mod table;
mod usage_advice;
mod value_ids;
mod written_file;

use std::io::{self, BufWriter, ErrorKind, Write};
use std::process::ExitCode;

use crate::cli::Cli;
use crate::failure::{Failure, Status};
use crate::screen::Screen;

fn main() -> ExitCode {
    let cli = Cli::read();
    let mut out = BufWriter::new(io::stdout().lock());
    let mut screen = Screen::new(&mut out, cli.color);
    let result = commands::run(&cli, &mut screen);
    // Output written before a failure is still useful, so it is flushed first.
    let flushed = out.flush().map_err(Failure::Output);
    let code = match result.and_then(|status| flushed.map(|()| status)) {
        Ok(Status::Fine) => ExitCode::SUCCESS,
        Ok(Status::Findings) => ExitCode::from(1),
        // Stdout has no reader any more, for example because `head` has ended.
        Err(Failure::Output(error)) if error.kind() == ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(failure) => {
            serve::logs::write_error(&failure.to_string());
            failure.exit_code()
        }
    };
    serve::logs::finish();
    code
}
