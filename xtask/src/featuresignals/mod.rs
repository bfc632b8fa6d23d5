//! `cargo xtask featuresignals live`: the real server of FeatureSignals, built from a checkout of its source, with the recorded ruleset and
//! the recorded requests.

mod build;
mod client_check;
mod database;
mod http;
mod live_server;
mod recorded;
mod requirements;
mod ruleset;
mod service;
mod stream;

use std::path::Path;
use std::time::Instant;

use crate::output::say;
use crate::temporary_folder::TemporaryFolder;
use build::StreamSupport;
pub(crate) use client_check::test;
use live_server::LiveServer;
use requirements::Requirements;

const USAGE: &str = "\
cargo xtask featuresignals live FOLDER [--with-flush]

  FOLDER        a checkout of the source of FeatureSignals (the folder that contains `server`), which is only read
  --with-flush  build the server with the method `Flush` that its event stream needs; as shipped, the stream answers 500";

/// Runs the command with these arguments.
pub(crate) fn command(arguments: &[String]) -> Result<(), String> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (folder, stream) = match words.as_slice() {
        ["live", folder] if !folder.starts_with("--") => (*folder, StreamSupport::AsShipped),
        ["live", folder, "--with-flush"] | ["live", "--with-flush", folder] => {
            (*folder, StreamSupport::WithFlush)
        }
        _ => return Err(USAGE.to_string()),
    };
    live(Path::new(folder), stream)
}

/// Builds and starts the server, and compares it with the recording. All programs and files that it needs end with this function.
fn live(checkout: &Path, stream: StreamSupport) -> Result<(), String> {
    let requirements = Requirements::find(checkout)?;
    let folder = TemporaryFolder::create("fh-featuresignals")?;
    let begin = Instant::now();
    let program = build::server(&requirements.source, folder.path(), stream)?;
    say!("    built in {:.1} s", begin.elapsed().as_secs_f64());
    let begin = Instant::now();
    let server = LiveServer::start(&requirements.postgresql, &program, &folder)?;
    say!("    {} is ready after {:.1} s", server.url(), begin.elapsed().as_secs_f64());
    compare(&server, stream)
}

/// Compares a running server with the recording. Both comparisons run, even if the first one fails.
fn compare(server: &LiveServer, stream: StreamSupport) -> Result<(), String> {
    let begin = Instant::now();
    let replayed = recorded::replay(server);
    say!("    replayed in {:.1} s", begin.elapsed().as_secs_f64());
    stream::check(server, stream).and(replayed)?;
    client_check::run(server, stream)
}
