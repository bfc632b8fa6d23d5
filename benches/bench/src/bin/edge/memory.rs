//! `edge memory`: the memory of `fh serve`, beside the formula of docs/guide/edge.md.

use std::fmt::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use harness::Table;

use crate::environment::CLIENT_KEY;
use crate::process::descriptors;
use crate::servers::Server;
use crate::streams::Streams;

/// The terms of the formula, in bytes.
const PROGRAM: usize = 12 << 20;
const ENVIRONMENT: usize = 12 << 10;
const VALUE: usize = 3 << 10;
const JSON: usize = 9;
const STREAM: usize = 15 << 10;

/// The bytes of a value besides its text: the key, the names of members and the version.
const MEMBERS: usize = 36;

/// Numbers of environments, features, bytes of each value, and streams.
const CASES: [(usize, usize, usize, usize); 7] = [
    (1, 1, 20, 0),
    (1000, 1, 20, 0),
    (1, 1000, 20, 0),
    (10, 1000, 20, 0),
    (100, 100, 20, 0),
    (1, 10_000, 220, 0),
    (1, 60, 20, 2000),
];

#[derive(Args)]
pub struct Options {
    /// The program to measure; looked for beside this one
    #[arg(long)]
    fh: Option<PathBuf>,
}

pub fn run(options: &Options) -> Result<(), String> {
    descriptors()?;
    let own = std::env::current_exe().map_err(|why| why.to_string())?;
    let fh = options.fh.clone().unwrap_or_else(|| own.with_file_name("fh"));
    let state = std::env::temp_dir().join(format!("edge-memory-{}.json", std::process::id()));
    let table = measure_all(&fh, &state);
    let _ = std::fs::remove_file(&state);
    println!("{}", table?);
    Ok(())
}

fn measure_all(fh: &Path, state: &Path) -> Result<Table, String> {
    let head = ["environments", "features", "bytes of a value", "streams", "MiB", "formula, MiB"];
    let mut table = Table::new("memory", &head);
    for (environments, features, bytes, streams) in CASES {
        std::fs::write(state, text(environments, features, bytes))
            .map_err(|why| why.to_string())?;
        let resident = measure(fh, state, streams)?;
        let values = environments * features;
        let formula = PROGRAM
            + environments * ENVIRONMENT
            + values * (VALUE + JSON * (bytes + MEMBERS))
            + streams * STREAM;
        let mib = |bytes: f64| format!("{:.1}", bytes / f64::from(1 << 20));
        let counts = [environments, features, bytes, streams].map(|count| count.to_string());
        let figures = [mib(resident as f64), mib(formula as f64)];
        table.rows.push(counts.into_iter().chain(figures).collect());
    }
    Ok(table)
}

fn measure(fh: &Path, state: &Path, streams: usize) -> Result<u64, String> {
    let free = TcpListener::bind(("127.0.0.1", 0)).and_then(|socket| socket.local_addr());
    let monitor = free.map_err(|why| why.to_string())?.port().to_string();
    let server = Server::serve(fh, state, &monitor, &[])?;
    let request = format!("GET /features/{}/{CLIENT_KEY} HTTP/1.1\r\nhost: bench\r\n\r\n", id(0));
    let patience = Duration::from_secs(20);
    let _streams =
        Streams::open(streams, server.address, &|_| request.clone(), "event: features", patience)?;
    Ok(server.usage()?.resident)
}

fn id(number: usize) -> String {
    format!("71ed3c04-122b-4312-9ea8-{number:012}")
}

/// Returns a state file whose environments all have a value of each feature.
pub fn text(environments: usize, features: usize, bytes: usize) -> String {
    let (mut definitions, mut values) = (String::new(), String::new());
    let value = "x".repeat(bytes);
    for number in 0..features {
        let comma = if number == 0 { "" } else { "," };
        let _ = write!(
            definitions,
            r#"{comma}{{"id":"0c2f5b8e-96a4-4d1a-8d9e-{number:012}","key":"FEATURE_{number}","type":"STRING"}}"#
        );
        let _ = write!(values, r#"{comma}"FEATURE_{number}":{{"value":"{value}","version":1}}"#);
    }
    let all = (0..environments)
        .map(|number| format!(r#"{{"id":"{}","name":"e","values":{{{values}}}}}"#, id(number)));
    let rights = (0..environments).map(|number| format!(r#""{}":["READ"]"#, id(number)));
    let (all, rights) = (all.collect::<Vec<_>>().join(","), rights.collect::<Vec<_>>().join(","));
    format!(
        r#"{{"features":[{definitions}],"environments":[{all}],"accounts":[{{"name":"bench","clientKey":["{CLIENT_KEY}"],"permissions":{{{rights}}}}}]}}"#
    )
}
