//! Sends every request of the conversation and compares the answers.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use serde_json::Value;

use super::answer::{self, Difference, differences, insert};
use super::asked;
use super::deviations::{Deviations, Used};
use super::etags::Etags;
use super::order;
use super::report::{Report, Row};
use super::versions::Versions;
use super::watch::{Watch, Watched};
use super::when::{Facts, Route};
use crate::server::transcript::{Answered, Asked, Exchange, Step, Told, Transcript};
use crate::server::wire::{Base, Connection, Headers, Request, Response, WireError};

/// The times that a replay waits.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// The time that an answer, an event, or the end of a stream that must end may take.
    pub patience: Duration,
    /// The time for which a stream is watched for events that must not come.
    pub quiet: Duration,
    /// The pause after a write, for servers that acknowledge a write before they apply it.
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

/// Replaces an event id that is the current etag; see `deviations.json`.
const CURRENT_ETAG: &str = "(the current etag)";

/// Replays the recorded conversation with the server at `base`. Differences are in the report.
///
/// # Errors
/// If the server cannot be reached or does not speak HTTP.
pub fn replay(
    base: &Base,
    transcript: &Transcript,
    deviations: &Deviations,
    pace: Pace,
) -> Result<Report, WireError> {
    let mut replay = Replay::new(base, deviations, pace);
    for step in &transcript.steps {
        replay.step(step)?;
    }
    replay.report.unused = deviations.unused(&replay.used);
    replay.report.idle = deviations.idle(&replay.used);
    Ok(replay.report)
}

/// Sends the requests of `plan` to the server at `base`, and returns them with the server's answers: a recording of that server. Etags in
/// requests are translated to the server's own.
///
/// # Errors
/// If the server cannot be reached or does not speak HTTP.
pub fn record(base: &Base, plan: &Transcript, pace: Pace) -> Result<Transcript, WireError> {
    let deviations = Deviations::default();
    let mut replay = Replay::new(base, &deviations, pace);
    let steps = plan.steps.iter().map(|step| replay.step(step)).collect::<Result<_, _>>()?;
    Ok(Transcript { steps, ..plan.clone() })
}

struct Replay<'a> {
    base: &'a Base,
    deviations: &'a Deviations,
    pace: Pace,
    etags: Etags,
    versions: Versions,
    /// The recorded etags of the current content, by keys and context.
    current: HashMap<(Vec<String>, String), String>,
    used: Used,
    report: Report,
}

/// A recorded request, and the request that was sent for it.
struct Sent<'a> {
    asked: &'a Asked,
    request: Request,
}

impl<'a> Replay<'a> {
    fn new(base: &'a Base, deviations: &'a Deviations, pace: Pace) -> Self {
        Self {
            base,
            deviations,
            pace,
            etags: Etags::default(),
            versions: Versions::default(),
            current: HashMap::new(),
            used: Used::default(),
            report: Report::default(),
        }
    }

    /// Runs one step, and returns it with the actual request and answer.
    fn step(&mut self, step: &Step) -> Result<Step, WireError> {
        let sent = self.sent(&step.request);
        if step.response.events.is_some() {
            return self.stream(step, &sent);
        }
        let response = self.ask(&sent.request)?;
        self.compare(&step.name, &sent, &step.response, answer::whole(&response))?;
        let (name, during) = (step.name.clone(), Vec::new());
        Ok(Step { name, request: sent.as_asked(), response: answered(&response), during })
    }

    fn sent<'s>(&self, asked: &'s Asked) -> Sent<'s> {
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

    fn stream(&mut self, step: &Step, sent: &Sent<'_>) -> Result<Step, WireError> {
        self.report.requests += 1;
        let stream = Connection::open(self.base, self.pace.patience)?.stream(&sent.request)?;
        let mut watch = match stream {
            Ok(stream) => Watch::new(stream),
            Err(response) => {
                let mut seen = answer::whole(&response);
                insert(&mut seen, "events", Value::Array(Vec::new()));
                insert(&mut seen, "endedByServer", false.into());
                self.compare(&step.name, sent, &step.response, seen)?;
                let (name, during) = (step.name.clone(), Vec::new());
                let response = answered(&response);
                return Ok(Step { name, request: sent.as_asked(), response, during });
            }
        };
        // Each change during the stream gave one recorded event. All other events come before the changes.
        let recorded = answer::recorded(&step.response);
        let current = self.current_etag(sent.asked, &step.response);
        let facts = Facts {
            step: &step.name,
            asked: sent.asked,
            recorded: &step.response,
            current: current.as_deref(),
        };
        let expected = self.deviations.expect(&facts, &recorded, None, &mut Used::default());
        let expected = expected.answer;
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
        let told = watched.events.iter().map(|event| Told {
            event: event.name.clone(),
            id: event.id.clone(),
            data: event.json(),
        });
        let response = Answered {
            status: 200,
            headers: kept(&watched.headers),
            body: Value::Null,
            events: Some(told.collect()),
            ended_by_server: watched.ended,
        };
        let mut updates = step.response.events.iter().flatten();
        // If the recording has ids in `feature` events, the ids are compared like etags.
        if !updates.any(|event| event.event == "feature" && event.id.is_some()) {
            self.name_current_etags(&sent.request, &mut watched)?;
        }
        let seen = answer::streamed(200, &watched.headers, &watched.events, watched.ended);
        self.compare(&step.name, sent, &step.response, seen)?;
        let mut exchanges = Vec::new();
        for (exchange, sent, response) in &during {
            let name = format!("{}/{}", step.name, exchange.name);
            self.compare(&name, sent, &exchange.response, answer::whole(response))?;
            let (name, response) = (exchange.name.clone(), answered(response));
            exchanges.push(Exchange { name, request: sent.as_asked(), response });
        }
        let (name, request) = (step.name.clone(), sent.as_asked());
        Ok(Step { name, request, response, during: exchanges })
    }

    /// Replaces the ids of `feature` events by a placeholder if they are correct. The last id must be the etag of a poll with the same key
    /// and context now, and all earlier ids must differ from it.
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

    fn compare(
        &mut self,
        step: &str,
        sent: &Sent<'_>,
        answered: &Answered,
        mut seen: Value,
    ) -> Result<(), WireError> {
        let current = self.current_etag(sent.asked, answered);
        let (asked, current) = (sent.asked, current.as_deref());
        let facts = Facts { step, asked, recorded: answered, current };
        let equivalent = match self.deviations.needs_equivalent(&facts) {
            true => self.with_commas(sent)?,
            false => None,
        };
        let keys = asked::keys(asked);
        let as_recorded = answer::recorded(answered);
        let recorded = order::by_key(&as_recorded, &keys, &seen);
        let expectation =
            self.deviations.expect(&facts, &recorded, equivalent.as_ref(), &mut self.used);
        let mut expected = expectation.answer;
        for member in ["status", "headers", "body", "events"] {
            if self.deviations.leaves_out(&facts, member) {
                insert(&mut expected, member, Value::Null);
                insert(&mut seen, member, Value::Null);
            }
        }
        self.versions.translate(&expected, &mut seen);
        let whole = as_recorded.pointer("/headers/etag").and_then(Value::as_str);
        self.translate_etags(sent, &expected, &mut seen, whole);
        self.note_etag(asked, answered);
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
            if !is_unexpected && !self.deviations.leaves_out(&facts, top(&difference.path)) {
                self.report.rows.push(row(&difference, expectation.because.clone()));
            }
        }
        self.report.rows.extend(unexpected.iter().map(|each| row(each, Vec::new())));
        Ok(())
    }

    /// Returns the answer to the same request with `,` in place of each `&` in its context.
    fn with_commas(&mut self, sent: &Sent<'_>) -> Result<Option<Value>, WireError> {
        let Some(context) = sent.request.value("x-featurehub") else { return Ok(None) };
        let context = context.replace('&', ",");
        let mut request = sent.request.clone();
        request.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("x-featurehub"));
        let request = request.header("x-featurehub", context);
        Ok(Some(answer::whole(&self.ask(&request)?)))
    }

    /// Returns the recorded etag of the current content for these keys and this context. It is the etag of the recorded answer itself, or
    /// of the last answer since the last change. `None` if neither is known.
    fn current_etag(&self, asked: &Asked, answered: &Answered) -> Option<String> {
        let place = (asked::keys(asked), asked::context(asked).unwrap_or_default());
        own_etag(asked, answered).or_else(|| self.current.get(&place).cloned())
    }

    /// Remembers the etag of an answer. A change invalidates all remembered etags.
    fn note_etag(&mut self, asked: &Asked, answered: &Answered) {
        if asked::route(asked, answered) == Some(Route::Put) && answered.status == 200 {
            return self.current.clear();
        }
        if let Some(etag) = own_etag(asked, answered) {
            let place = (asked::keys(asked), asked::context(asked).unwrap_or_default());
            self.current.insert(place, etag);
        }
    }

    /// Replaces received etags that correspond to the expected ones by those. The etag of a 304 must be that of the request. `whole` is the
    /// recorded etag before its parts were reordered.
    fn translate_etags(
        &mut self,
        sent: &Sent<'_>,
        expected: &Value,
        seen: &mut Value,
        whole: Option<&str>,
    ) {
        let keys = asked::keys(sent.asked);
        let expected_etag = expected.pointer("/headers/etag").and_then(Value::as_str);
        if let (Some(etag), Some(seen_etag)) = (expected_etag, seen.pointer_mut("/headers/etag")) {
            let ours = seen_etag.as_str().unwrap_or_default();
            let stands = match expected.get("status").and_then(Value::as_u64) {
                Some(304) => sent.request.value("if-none-match") == Some(ours),
                _ => {
                    let stands = self.etags.header_stands(&keys, etag, ours);
                    if let Some(whole) = whole.filter(|_| stands) {
                        self.etags.remember(&keys, whole, ours);
                    }
                    stands
                }
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

/// Returns the etag of the content of an answer, without quotes. `None` if the answer has no content, or if a key has no part in the etag.
fn own_etag(asked: &Asked, answered: &Answered) -> Option<String> {
    let etag = match asked::route(asked, answered)? {
        Route::Poll => answered.headers.get("etag").map(|etag| etag.trim_matches('"')),
        Route::Stream => {
            let mut events = answered.events.iter().flatten();
            events.find(|event| event.event == "features").and_then(|event| event.id.as_deref())
        }
        Route::Put => None,
    };
    let is_whole = |etag: &&str| {
        let tags = etag.split("//").next().unwrap_or_default();
        answered.status == 200 && tags.split(';').all(|tag| !tag.is_empty())
    };
    etag.filter(is_whole).map(str::to_owned)
}

impl Sent<'_> {
    /// Returns the request as it was sent, in the form of a recording.
    fn as_asked(&self) -> Asked {
        let names = self.asked.headers.keys();
        let headers = names.filter_map(|name| {
            let value = self.request.value(&name.to_ascii_lowercase())?;
            Some((name.clone(), value.to_owned()))
        });
        Asked { headers: headers.collect(), ..self.asked.clone() }
    }
}

/// Returns an answer in the form of a recording.
fn answered(response: &Response) -> Answered {
    Answered {
        status: response.status,
        headers: kept(&response.headers),
        body: response.json(),
        events: None,
        ended_by_server: false,
    }
}

/// Returns the headers without date, length and connection management.
fn kept(headers: &Headers) -> BTreeMap<String, String> {
    const LEFT_OUT: [&str; 5] =
        ["connection", "content-length", "date", "keep-alive", "transfer-encoding"];
    let mut kept: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in headers.0.iter().filter(|(name, _)| !LEFT_OUT.contains(&name.as_str())) {
        let values = kept.entry(name.clone()).or_default();
        if !values.is_empty() {
            values.push_str(" | ");
        }
        values.push_str(value);
    }
    kept
}

fn shown(value: Option<&Value>) -> String {
    value.map(Value::to_string).unwrap_or_default()
}

fn top(path: &str) -> &str {
    path.split('.').next().unwrap_or_default()
}
