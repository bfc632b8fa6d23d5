//! The events that a server receives for one evaluation and one metric.

use std::time::Duration;

use fh_test_servers::featbit::{Record, TestServer, sample};
use serde_json::Value;

use crate::program::Program;
use crate::synchronisation::read_text;

/// The time within which the events must arrive.
const PATIENCE: Duration = Duration::from_secs(10);

/// The numbers of events that the server has accepted.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Received {
    pub(crate) evaluations: usize,
    pub(crate) metrics: usize,
}

pub(crate) fn measure(program: &mut Program) -> Result<Received, String> {
    let server = TestServer::start().map_err(|why| why.to_string())?;
    let flag = sample::string_flag("colour", "red");
    server.environment().put_flag(&flag).map_err(|why| why.to_string())?;
    program.connect(&server, server.environment())?;
    let read = read_text("colour");
    program.read(vec![read.clone()])?;
    program.track(&read.user, "checkout", 12.5)?;
    program.flush()?;
    let has_both = |record: &Record| {
        let received = Received::of(record);
        received.evaluations > 0 && received.metrics > 0
    };
    // If the events do not arrive, the table shows which ones are missing.
    let _ = server.wait_for(PATIENCE, has_both);
    program.close()?;
    Ok(Received::of(&server.record()))
}

impl Received {
    fn of(record: &Record) -> Self {
        let accepted = record.insights.iter().filter(|insight| insight.status == Some(200));
        let events: Vec<Value> = accepted
            .flat_map(|insight| {
                serde_json::from_str::<Vec<Value>>(&insight.body).unwrap_or_default()
            })
            .collect();
        let count = |list: &str| {
            events.iter().filter_map(|event| event.get(list)?.as_array()).map(Vec::len).sum()
        };
        Self { evaluations: count("variations"), metrics: count("metrics") }
    }
}
