//! How fast an SDK is ready, and sees changes: of a flag, of a segment, after a dropped connection, and after a restart.

use std::time::{Duration, Instant};

use fh_test_servers::featbit::{TestServer, sample};
use serde_json::json;

use crate::program::Program;
use crate::protocol::Read;
use crate::typed::Type;

/// The time within which a change must be seen.
const PATIENCE: Duration = Duration::from_secs(20);

/// The seconds of each step. `None` if it did not happen in time.
#[derive(Debug, Default)]
pub(crate) struct Synchronisation {
    pub(crate) ready: Option<f64>,
    pub(crate) changed_flag: Option<f64>,
    pub(crate) changed_segment: Option<f64>,
    pub(crate) after_drop: Option<f64>,
    pub(crate) after_restart: Option<f64>,
}

/// Returns a read of a text for the user `bob`.
pub(crate) fn read_text(flag: &str) -> Read {
    Read {
        user: json!({"keyId": "bob", "name": "Bob", "customizedProperties": []}),
        flag: flag.to_string(),
        r#type: Type::String,
        default: json!("default"),
    }
}

pub(crate) fn measure(program: &mut Program) -> Result<Synchronisation, String> {
    let server = TestServer::start().map_err(|why| why.to_string())?;
    let environment = server.environment();
    let put = |flag: &str| environment.put_flag(flag).map_err(|why| why.to_string());
    let put_segment =
        |segment: &str| environment.put_segment(segment).map_err(|why| why.to_string());
    put(&sample::string_flag("colour", "red"))?;
    put(&sample::segment_flag("beta", "members"))?;
    put_segment(&sample::segment("members", &["alice"]))?;
    let colour = read_text("colour");
    let beta = Read { r#type: Type::Boolean, default: json!(false), ..read_text("beta") };
    let mut measured = Synchronisation::default();

    let begin = Instant::now();
    let is_ready = program.connect(&server, environment)?;
    measured.ready = is_ready.then(|| begin.elapsed().as_secs_f64());

    let begin = Instant::now();
    put(&sample::string_flag("colour", "green"))?;
    let seconds = |begin: Instant| begin.elapsed().as_secs_f64();
    measured.changed_flag = program.wait(&colour, "green", PATIENCE)?.then(|| seconds(begin));

    let begin = Instant::now();
    put_segment(&sample::segment("members", &["alice", "bob"]))?;
    measured.changed_segment = program.wait(&beta, true, PATIENCE)?.then(|| seconds(begin));

    let begin = Instant::now();
    server.drop_sockets(true);
    put(&sample::string_flag("colour", "blue"))?;
    measured.after_drop = program.wait(&colour, "blue", PATIENCE)?.then(|| seconds(begin));

    server.stop();
    put(&sample::string_flag("colour", "yellow"))?;
    server.restart().map_err(|why| why.to_string())?;
    let begin = Instant::now();
    measured.after_restart = program.wait(&colour, "yellow", PATIENCE)?.then(|| seconds(begin));
    program.close()?;
    Ok(measured)
}
