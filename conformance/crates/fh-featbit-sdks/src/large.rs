//! The start of a client with a large environment: 3,000 flags in one message of about 5.6 MB.

use std::time::Instant;

use fh_test_servers::featbit::{TestServer, sample};
use serde_json::{Value, json};

use crate::arguments::{Owner, Sdk};
use crate::program::Program;
use crate::synchronisation::read_text;
use fh_test::table::lines;

const FLAGS: usize = 3_000;
/// Each of this many flags has a JSON value of 2 KiB.
const ONE_IN: usize = 6;
const JSON: usize = 2_048;
/// Number of processes of each kind. Of their times, the median counts.
const PROCESSES: usize = 7;
/// Number of clients that a process starts, one after the other.
const CLIENTS: usize = 5;

/// The start of one SDK. Times are in seconds; `None` if a client was not ready.
struct Start {
    /// From the start of a process until its client is ready.
    of_process: Option<f64>,
    /// From the start of the first client of a running process until that client is ready.
    first: Option<f64>,
    /// From the start of a later client until that client is ready: the fastest of a process.
    later: Option<f64>,
    /// The peak of the memory of a process in KiB with its first client, beyond that before.
    memory: Option<u64>,
    /// True if the other flags are served although one flag cannot be read and one condition has no operator.
    is_tolerant: bool,
}

/// Measures all SDKs, one after the other, and prints a table. Returns what our clients miss.
pub(crate) fn run(sdks: &[Sdk]) -> Result<Vec<String>, String> {
    let good: Vec<String> = (0..FLAGS).map(flag).collect();
    let mut odd = good.clone();
    if let [first, second, ..] = odd.as_mut_slice() {
        *first =
            r#"{"key": "flag-0", "updatedAt": "2024-01-01T00:00:00Z", "rules": 5}"#.to_string();
        *second = with_null_operator(second);
    }
    let message = server(&good)?.environment().full_message().len();
    let mut rows = vec![vec![
        format!("{FLAGS} flags, {message} bytes: ready"),
        "from the start of the process".into(),
        "first client".into(),
        "later client".into(),
        "memory".into(),
        "with two odd flags".into(),
    ]];
    let mut missed = Vec::new();
    for sdk in sdks {
        let start = measure(sdk, &good, &odd)?;
        let memory =
            start.memory.map_or_else(String::new, |kib| format!("{:.1} MB", kib as f64 / 1024.0));
        let odd = if start.is_tolerant { "the others are served" } else { "no flag is served" };
        let times = [start.of_process, start.first, start.later].map(milliseconds);
        let [of_process, first, later] = times;
        rows.push(vec![sdk.name.clone(), of_process, first, later, memory, odd.to_string()]);
        if sdk.owner == Owner::Ours && !(start.is_tolerant && start.first.is_some()) {
            missed.push(format!("{} misses: a large environment", sdk.name));
        }
    }
    println!("\n{}", lines(&rows));
    Ok(missed)
}

fn measure(sdk: &Sdk, good: &[String], odd: &[String]) -> Result<Start, String> {
    let server = server(good)?;
    let (mut of_process, mut first, mut later) = (Vec::new(), Vec::new(), Vec::new());
    let mut memory = None;
    for _ in 0..PROCESSES {
        let begin = Instant::now();
        let mut program = Program::start(sdk)?;
        of_process.push(connected(&mut program, &server, begin)?);
        if of_process == [None] {
            // Each further client would take the whole time limit.
            break;
        }
        let mut program = Program::start(sdk)?;
        // The answer shows that the process runs. It may be an error, since there is no client.
        let _ = program.close();
        let before = program.peak_memory();
        first.push(connected(&mut program, &server, Instant::now())?);
        memory =
            program.peak_memory().zip(before).map(|(peak, before)| peak.saturating_sub(before));
        later.push(fastest_of_later(&mut program, &server)?);
    }
    let server = self::server(odd)?;
    let mut program = Program::start(sdk)?;
    // An SDK may end its process.
    let read = program.connect(&server, server.environment());
    let values = read.and_then(|_| program.read(vec![read_text("flag-7")]));
    let is_tolerant = values.is_ok_and(|values| values.first() == Some(&json!("value-7")));
    let [of_process, first, later] = [of_process, first, later].map(median);
    Ok(Start { of_process, first, later, memory, is_tolerant })
}

/// Starts further clients. Returns the time of the fastest; `None` if none was ready in time, or if the one before was not.
fn fastest_of_later(program: &mut Program, server: &TestServer) -> Result<Option<f64>, String> {
    let mut fastest: Option<f64> = None;
    for _ in 1..CLIENTS {
        // A client that was not ready may have ended.
        if program.close().is_err() {
            return Ok(None);
        }
        let took = connected(program, server, Instant::now())?;
        fastest = fastest.into_iter().chain(took).min_by(f64::total_cmp);
    }
    Ok(fastest)
}

/// Starts a client. Returns the seconds since `begin`; `None` if it is not ready in time.
fn connected(
    program: &mut Program,
    server: &TestServer,
    begin: Instant,
) -> Result<Option<f64>, String> {
    let is_ready = program.connect(server, server.environment())?;
    Ok(is_ready.then(|| begin.elapsed().as_secs_f64()))
}

/// Returns the median of times; `None` if one is missing.
fn median(times: Vec<Option<f64>>) -> Option<f64> {
    let mut times: Vec<f64> = times.into_iter().collect::<Option<_>>()?;
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied()
}

fn milliseconds(seconds: Option<f64>) -> String {
    seconds.map_or_else(|| "no".to_string(), |seconds| format!("{:.0} ms", seconds * 1e3))
}

fn server(flags: &[String]) -> Result<TestServer, String> {
    let server = TestServer::start().map_err(|why| why.to_string())?;
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    server.environment().replace_all(&flags, &[]).map_err(|why| why.to_string())?;
    Ok(server)
}

/// Returns a flag with three rules, as FeatBit's user interface makes them.
fn flag(number: usize) -> String {
    let value = match number % ONE_IN {
        0 => format!("{{\"text\": \"{}\"}}", "x".repeat(JSON - 13)),
        _ => format!("value-{number}"),
    };
    let mut flag = parsed(&sample::string_flag(&format!("flag-{number}"), &value));
    let rule = |rule: usize| {
        json!({
            "id": format!("rule-{rule}"), "name": format!("Rule {rule}"), "dispatchKey": "keyId", "includedInExpt": false,
            "conditions": [
                {"id": "plan", "property": "plan", "op": "Equal", "value": format!("plan-{rule}")},
                {"id": "country", "property": "country", "op": "IsOneOf", "value": "[\"fr\",\"de\",\"nz\"]"},
            ],
            "variations": [{"id": "v0", "rollout": [0, 1], "exptRollout": 1}],
        })
    };
    if let Some(rules) = flag.get_mut("rules") {
        *rules = (0..3).map(rule).collect();
    }
    flag.to_string()
}

fn with_null_operator(flag: &str) -> String {
    let mut flag = parsed(flag);
    if let Some(condition) = flag.pointer_mut("/rules/0/conditions/0/op") {
        *condition = Value::Null;
    }
    flag.to_string()
}

fn parsed(flag: &str) -> Value {
    serde_json::from_str(flag).unwrap_or_default()
}
