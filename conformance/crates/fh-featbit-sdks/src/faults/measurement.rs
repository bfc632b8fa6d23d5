//! One SDK under one fault.

use std::thread;
use std::time::{Duration, Instant};

use fh_test_servers::featbit::{Record, TestServer, sample};
use serde_json::Value;

use super::list::{Begin, ServerFault};
use crate::arguments::Sdk;
use crate::program::Program;
use crate::synchronisation::read_text;

/// The time that a fault lasts.
const LASTS: Duration = Duration::from_secs(5);
/// The time within which a client must be back. Our client tries again a minute after a refused token.
const PATIENCE: Duration = Duration::from_secs(90);

/// The behaviour of an SDK during a fault and after it.
pub(super) struct Measured {
    /// True if the client served its last value, or a newer one, at the end of the fault.
    pub(super) has_kept_values: bool,
    /// The seconds from the end of the fault until the client had the newest value. `None` if it did not come back.
    pub(super) back: Option<f64>,
    /// The largest number of attempts to open a socket or to poll in any three seconds, for each second.
    pub(super) attempts: f64,
    /// The notices of the client until the end of the fault, and then its problem if it has one.
    pub(super) notices: Vec<String>,
}

pub(super) fn measure(sdk: &Sdk, fault: ServerFault) -> Result<Measured, String> {
    let server = TestServer::start().map_err(|why| why.to_string())?;
    let environment = server.environment();
    let put = |value: &str| {
        let flag = sample::string_flag("colour", value);
        environment.put_flag(&flag).map_err(|why| why.to_string())
    };
    put("red")?;
    let mut program = Program::start(sdk)?;
    let colour = read_text("colour");
    if !program.connect(&server, environment)? || !program.wait(&colour, "red", PATIENCE)? {
        return Err("it is not ready before the fault".to_string());
    }

    let begin = Instant::now();
    if let Some(fault_of_sockets) = fault.fault {
        server.arm(fault_of_sockets(), fault.times);
    }
    match fault.begin {
        Begin::Drop => server.drop_sockets(true),
        Begin::Silence => server.silence(),
        Begin::OlderData => {
            server.stop();
            let older = sample::string_flag("colour", "orange");
            environment.replace_all(&[&older], &[]).map_err(|why| why.to_string())?;
            server.restart().map_err(|why| why.to_string())?;
        }
    }
    thread::sleep(LASTS / 2);
    let is_old = matches!(fault.begin, Begin::OlderData);
    if !is_old {
        put("blue")?;
    }
    thread::sleep(LASTS / 2);
    // From here on, an error of the adapter means that the SDK has ended the process.
    let value = program.read(vec![colour.clone()]).ok().and_then(|mut values| values.pop());
    let known = ["red", "orange", "blue"];
    let has_kept_values =
        value.as_ref().and_then(Value::as_str).is_some_and(|it| known.contains(&it));
    let notices = program.notices().unwrap_or_else(|why| vec![why]);
    server.clear_faults();
    let end = Instant::now();
    if is_old {
        put("blue")?;
    }
    let is_back = program.wait(&colour, "blue", PATIENCE).unwrap_or_default();
    let back = is_back.then(|| end.elapsed().as_secs_f64());
    let record: Record = server.record();
    let upgrades = record.upgrades.iter().map(|upgrade| upgrade.at);
    let polls = record.requests.iter().filter(|request| request.method == "GET");
    let attempts = attempts(upgrades.chain(polls.map(|poll| poll.at)), begin);
    Ok(Measured { has_kept_values, back, attempts, notices })
}

/// Returns the largest number of attempts since a time in any window of three seconds, divided by three.
pub(super) fn attempts(times: impl Iterator<Item = Instant>, begin: Instant) -> f64 {
    const WINDOW: Duration = Duration::from_secs(3);
    let times: Vec<Instant> = times.filter(|at| *at >= begin).collect();
    let within = |first: &Instant| {
        times.iter().filter(|at| *at >= first && at.duration_since(*first) < WINDOW).count()
    };
    let most = times.iter().map(within).max().unwrap_or_default();
    most as f64 / WINDOW.as_secs_f64()
}
