//! Sends every request of the conversation and compares the answers.

use std::time::Duration;

use serde_json::Value;

use super::answer::{self, Difference, differences, insert};
use super::asked;
use super::deviations::{Deviations, Used};
use super::etags::Etags;
use super::report::{Report, Row};
use super::versions::Versions;
use super::watch::{Watch, Watched};
use crate::transcript::{Answered, Asked, Step, Transcript};
use crate::wire::{Base, Connection, Request, Response, WireError};

/// How long to wait for what.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// For an answer, an event, the end of a stream that must end.
    pub patience: Duration,
    /// How long a stream is watched for events that must not come.
    pub quiet: Duration,
    /// After a write, for servers that acknowledge before they apply.
    pub rest: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            patience: Duration::from_secs(10),
            quiet: Duration::from_millis(100),
            rest: Duration::ZERO,
        }
    }
}

/// What stands in place of an id that is the etag of the moment; see `deviations.json`.
const CURRENT_ETAG: &str = "(the current etag)";

/// Holds the conversation with the server at `base`.
///
/// # Errors
/// If the server cannot be spoken to; wrong answers are in the report.
pub fn replay(
    base: &Base,
    transcript: &Transcript,
    deviations: &Deviations,
    pace: Pace,
) -> Result<Report, WireError> {
    let mut replay = Replay {
        base,
        deviations,
        pace,
        etags: Etags::default(),
        versions: Versions::default(),
        used: Used::default(),
        report: Report::default(),
    };
    for step in &transcript.steps {
        replay.step(step)?;
    }
    replay.report.unused = deviations.unused(&replay.used);
    Ok(replay.report)
}

struct Replay<'a> {
    base: &'a Base,
    deviations: &'a Deviations,
    pace: Pace,
    etags: Etags,
    versions: Versions,
    used: Used,
    report: Report,
}

/// A request as it was recorded, and as it was sent now.
struct Sent<'a> {
    asked: &'a Asked,
    request: Request,
}

impl Replay<'_> {
    fn step(&mut self, step: &Step) -> Result<(), WireError> {
        let sent = self.sent(&step.request);
        if step.response.events.is_some() {
            return self.stream(step, &sent);
        }
        let response = self.ask(&sent.request)?;
        self.compare(&step.name, &sent, &step.response, answer::whole(&response));
        Ok(())
    }

    fn sent<'a>(&self, asked: &'a Asked) -> Sent<'a> {
        let keys = asked::keys(asked);
        let mut request = Request::new(&asked.method, self.base.target(&asked.path));
        for (name, value) in &asked.headers {
            let is_etag = ["if-none-match", "last-event-id"].contains(&&*name.to_ascii_lowercase());
            let value = if is_etag { self.etags.translated(&keys, value) } else { value.clone() };
            request = request.header(name, value);
        }
        let body = asked.body.clone().unwrap_or_default();
        Sent { asked, request: request.body(body) }
    }

    fn ask(&mut self, request: &Request) -> Result<Response, WireError> {
        self.report.requests += 1;
        let response = Connection::open(self.base, self.pace.patience)?.request(request)?;
        if request.method == "PUT" && response.status == 200 {
            std::thread::sleep(self.pace.rest);
        }
        Ok(response)
    }

    fn stream(&mut self, step: &Step, sent: &Sent<'_>) -> Result<(), WireError> {
        self.report.requests += 1;
        let stream = Connection::open(self.base, self.pace.patience)?.stream(&sent.request)?;
        let mut watch = match stream {
            Ok(stream) => Watch::new(stream),
            Err(response) => {
                let mut seen = answer::whole(&response);
                insert(&mut seen, "events", Value::Array(Vec::new()));
                insert(&mut seen, "endedByServer", false.into());
                self.compare(&step.name, sent, &step.response, seen);
                return Ok(());
            }
        };
        // Each change that was made meanwhile gave one event, the others came before.
        let recorded = answer::recorded(&step.response);
        let expected = self.deviations.expect(&step.name, &recorded, &mut Used::default()).answer;
        let expected = expected.get("events").and_then(Value::as_array).map_or(0, Vec::len);
        let is_change = |answered: &Answered| answered.status == 200;
        let changes = step.during.iter().filter(|each| is_change(&each.response)).count();
        let mut awaited = expected.saturating_sub(changes);
        watch.until(awaited)?;
        let mut during = Vec::new();
        for exchange in &step.during {
            let sent = self.sent(&exchange.request);
            let response = self.ask(&sent.request)?;
            during.push((exchange, sent, response));
            if is_change(&exchange.response) {
                awaited += 1;
                watch.until(awaited)?;
            }
        }
        let mut watched = watch.finish(step.response.ended_by_server, self.pace.quiet)?;
        self.report.events += watched.events.len();
        self.name_current_etags(&sent.request, &mut watched)?;
        let seen = answer::streamed(200, &watched.headers, &watched.events, watched.ended);
        self.compare(&step.name, sent, &step.response, seen);
        for (exchange, sent, response) in &during {
            let name = format!("{}/{}", step.name, exchange.name);
            self.compare(&name, sent, &exchange.response, answer::whole(response));
        }
        Ok(())
    }

    /// Ids of `feature` events get a name if they are what they should be: the last one is the etag that a poll with the
    /// same key and context gives now, and those before were others.
    fn name_current_etags(
        &mut self,
        request: &Request,
        watched: &mut Watched,
    ) -> Result<(), WireError> {
        let updates = || watched.events.iter().filter(|event| event.name == "feature");
        let ids: Vec<String> = updates().filter_map(|event| event.id.clone()).collect();
        let Some((last, before)) = ids.split_last() else { return Ok(()) };
        let Some(poll) = asked::poll_like(request, self.base) else { return Ok(()) };
        let response = self.ask(&poll)?;
        let is_current = response.header("etag") == Some(&*format!("\"{last}\""));
        let distinct = before.iter().all(|id| id != last);
        if ids.len() == updates().count() && is_current && distinct {
            for event in watched.events.iter_mut().filter(|event| event.name == "feature") {
                event.id = Some(CURRENT_ETAG.to_owned());
            }
        }
        Ok(())
    }

    fn compare(&mut self, step: &str, sent: &Sent<'_>, recorded: &Answered, mut seen: Value) {
        let recorded = answer::recorded(recorded);
        let expectation = self.deviations.expect(step, &recorded, &mut self.used);
        let mut expected = expectation.answer;
        for member in ["status", "headers", "body", "events"] {
            if self.deviations.leaves_out(step, member) {
                insert(&mut expected, member, Value::Null);
                insert(&mut seen, member, Value::Null);
            }
        }
        self.versions.translate(&expected, &mut seen);
        self.translate_etags(sent, &expected, &mut seen);
        let unexpected = differences(&expected, &seen);
        let row = |difference: &Difference, because: Vec<String>| Row {
            step: step.to_owned(),
            place: difference.path.clone(),
            recorded: shown(difference.expected.as_ref()),
            seen: shown(difference.seen.as_ref()),
            because,
        };
        for difference in differences(&recorded, &expected) {
            let is_unexpected = unexpected.iter().any(|each| each.path == difference.path);
            if !is_unexpected && !self.deviations.leaves_out(step, top(&difference.path)) {
                self.report.rows.push(row(&difference, expectation.because.clone()));
            }
        }
        self.report.rows.extend(unexpected.iter().map(|each| row(each, Vec::new())));
    }

    /// Etags that stand for the expected ones are replaced by them; that of a 304 must be the request's.
    fn translate_etags(&mut self, sent: &Sent<'_>, expected: &Value, seen: &mut Value) {
        let keys = asked::keys(sent.asked);
        let expected_etag = expected.pointer("/headers/etag").and_then(Value::as_str);
        if let (Some(etag), Some(seen_etag)) = (expected_etag, seen.pointer_mut("/headers/etag")) {
            let ours = seen_etag.as_str().unwrap_or_default();
            let stands = match expected.get("status").and_then(Value::as_u64) {
                Some(304) => sent.request.value("if-none-match") == Some(ours),
                _ => self.etags.header_stands(&keys, etag, ours),
            };
            if stands {
                *seen_etag = etag.into();
            }
        }
        let events = expected.get("events").and_then(Value::as_array);
        let seen = seen.get_mut("events").and_then(Value::as_array_mut);
        for (expected, seen) in events.into_iter().flatten().zip(seen.into_iter().flatten()) {
            let id = expected.get("id").and_then(Value::as_str);
            if let (Some(id), Some(seen)) = (id, seen.get_mut("id"))
                && self.etags.stands(&keys, id, seen.as_str().unwrap_or_default())
            {
                *seen = id.into();
            }
        }
    }
}

fn shown(value: Option<&Value>) -> String {
    value.map(Value::to_string).unwrap_or_default()
}

fn top(path: &str) -> &str {
    path.split('.').next().unwrap_or_default()
}
