//! The answers to requests, with the server's order of checks: version, content type, route, method, body, key, environment.

use std::io;
use std::sync::Arc;
use std::time::Instant;

use super::plain::Untranslated;
use crate::server::{Connection, Faults, Protocol, Request, Response, SeenRequest, Then, locked};
use fh_test::json::Json;

use crate::featuresignals::answers;
use crate::featuresignals::evaluation::Evaluation;
use crate::featuresignals::fault::{Fault, Route};
use crate::featuresignals::go_path;
use crate::featuresignals::pause::Pause;
use crate::featuresignals::project::EnvironmentState;
use crate::featuresignals::request_body::{EvaluationBody, InvalidBody};
use crate::featuresignals::state::Shared;
use crate::featuresignals::streaming::{self, AcceptedStream};

/// Maximum number of keys of a bulk request.
const MOST_KEYS: usize = 100;

impl Protocol for Shared {
    /// 32 MiB, because the server accepts attributes of 10,000 levels. Only the pages that are used need memory.
    const STACK: usize = 32 * 1024 * 1024;

    fn accepted(&self) -> usize {
        self.recorder.add(|record| {
            record.connections += 1;
            record.connections
        })
    }

    fn invalid(&self, status: u16) -> Response {
        answers::not_http(status)
    }

    fn answer(
        own: &Arc<Self>,
        connection: &mut Connection<'_>,
        request: &Request,
    ) -> io::Result<Then> {
        let at = Instant::now();
        // The answer is made before the request is recorded: a change after that is not in it, and its faults are taken.
        let (answer, pause) = answer(own, request, at);
        let seen = SeenRequest::new(request, connection.number, at);
        let index = own.recorder.add(|record| {
            record.requests.push(seen);
            record.requests.len() - 1
        });
        pause.wait(own);
        let answered = |status: u16| {
            own.recorder.add(|record| {
                if let Some(request) = record.requests.get_mut(index) {
                    (request.status, request.answered_at) = (Some(status), Some(Instant::now()));
                }
            });
        };
        match answer {
            Answer::Response(response) => {
                answered(response.status);
                connection.respond(request, &response)
            }
            Answer::Stream(stream) => {
                answered(200);
                streaming::serve(own, connection.socket, index, &stream)?;
                Ok(Then::Close)
            }
            Answer::Silence => connection.hang(),
            Answer::Reset => Ok(connection.reset()),
        }
    }
}

/// The outcome of a request.
enum Answer {
    Response(Response),
    Stream(AcceptedStream),
    /// No answer on an open connection.
    Silence,
    Reset,
}

/// A route, and the environment that the path names.
struct Routed {
    route: Route,
    slug: String,
}

impl Routed {
    fn new(path: &str) -> Option<Self> {
        let named = |route, slug: &str| {
            (!slug.contains('/')).then(|| Self { route, slug: slug.to_owned() })
        };
        match path {
            "/health" => named(Route::Health, ""),
            "/v1/evaluate" => named(Route::Evaluate, ""),
            "/v1/evaluate/bulk" => named(Route::Bulk, ""),
            _ => {
                let map = path.strip_prefix("/v1/client/").and_then(|it| it.strip_suffix("/flags"));
                let stream = path.strip_prefix("/v1/stream/").filter(|slug| !slug.is_empty());
                match (map, stream) {
                    (Some(slug), _) => named(Route::Map, slug),
                    (None, Some(slug)) => named(Route::Stream, slug),
                    (None, None) => None,
                }
            }
        }
    }

    fn method(&self) -> &'static str {
        match self.route {
            Route::Evaluate | Route::Bulk => "POST",
            _ => "GET",
        }
    }
}

/// Returns the answer to a request, which arrived at the given time, and the wait before it.
fn answer(shared: &Shared, request: &Request, since: Instant) -> (Answer, Pause) {
    let routed = match route(request) {
        Ok(routed) => routed,
        Err(refusal) => return (Answer::Response(refusal), Pause::default()),
    };
    let (faults, pause) = {
        let mut state = locked(&shared.state);
        let route = routed.route;
        let affected =
            |(fault, armed): &(Fault, Route)| fault.affects(*armed, route).then(|| fault.clone());
        let faults = state.faults.next(affected);
        let pause = Pause::new(&faults, state.releases);
        (faults, pause)
    };
    (routed_answer(shared, request, &routed, &faults, since), pause)
}

/// Returns the route of a request, or the answer of a check before or at the route.
fn route(request: &Request) -> Result<Routed, Response> {
    let path = go_path::routed(request.path()).ok_or_else(|| answers::not_http(400))?;
    if let Some(refusal) = refusal(request, &path) {
        return Err(refusal);
    }
    let routed = Routed::new(&path).ok_or_else(|| answers::error(404, "route not found"))?;
    match request.method == routed.method() {
        true => Ok(routed),
        false => Err(answers::error(405, "method not allowed")),
    }
}

fn routed_answer(
    shared: &Shared,
    request: &Request,
    routed: &Routed,
    faults: &Faults<Fault>,
    since: Instant,
) -> Answer {
    if let Some(answer) = faults.find(|fault| wrong(fault, routed)) {
        return answer;
    }
    let keep = faults.find(|fault| match fault {
        Fault::Truncate { keep } => Some(*keep),
        _ => None,
    });
    match correct(shared, request, routed, faults) {
        Ok(Correct::Response(response)) => Answer::Response(Response { keep, ..response }),
        Ok(Correct::Stream(_)) if faults.has(&Fault::StreamingUnsupported) => {
            Answer::Response(answers::streaming_unsupported())
        }
        Ok(Correct::Stream(environment)) => {
            let cut_after = faults.find(|fault| match fault {
                Fault::CutStream { events } => Some(*events),
                _ => None,
            });
            Answer::Stream(AcceptedStream { environment, cut_after, since })
        }
        Err(response) => Answer::Response(response),
    }
}

/// Returns the answer of the checks before the route.
fn refusal(request: &Request, path: &str) -> Option<Response> {
    if request.method == "OPTIONS" {
        return Some(Response::empty(204));
    }
    if !path.starts_with("/v1/") {
        return None;
    }
    let version = ["accept-version", "x-api-version"]
        .map(|name| request.header(name).unwrap_or_default().trim());
    let version = version.into_iter().find(|version| !version.is_empty()).unwrap_or("v1");
    if !version.eq_ignore_ascii_case("v1") {
        return Some(answers::unknown_version(version));
    }
    let content_type = request.header("content-type").unwrap_or_default();
    let has_body = matches!(request.method.as_str(), "POST" | "PUT" | "PATCH");
    let is_refused = has_body && !content_type.starts_with("application/json");
    is_refused.then(|| answers::error(415, "Content-Type must be application/json"))
}

/// Returns the answer of a fault that replaces the correct one.
fn wrong(fault: &Fault, routed: &Routed) -> Option<Answer> {
    Some(Answer::Response(match fault {
        Fault::Unauthorized if routed.route == Route::Stream => {
            answers::error(401, "invalid API key")
        }
        Fault::Unauthorized => answers::unauthorized(),
        Fault::Forbidden => answers::forbidden(&routed.slug),
        Fault::TooManyRequests { retry_after } => answers::failure(429, *retry_after),
        Fault::Status { status, retry_after } => answers::failure(*status, *retry_after),
        Fault::List => answers::json(&Json::List(Vec::new())),
        Fault::Json(text) => Response::with(200, "application/json", text),
        Fault::Page => {
            let page = "<!DOCTYPE html><html><body>Sign in to continue.</body></html>\n";
            Response::with(200, "text/html; charset=utf-8", page)
        }
        Fault::Silence => return Some(Answer::Silence),
        Fault::Reset => return Some(Answer::Reset),
        Fault::Truncate { .. }
        | Fault::Gone { .. }
        | Fault::Delay(_)
        | Fault::Hold
        | Fault::StreamingUnsupported
        | Fault::CutStream { .. } => return None,
    }))
}

enum Correct {
    Response(Response),
    /// A stream of the environment with this id.
    Stream(String),
}

fn correct(
    shared: &Shared,
    request: &Request,
    routed: &Routed,
    faults: &Faults<Fault>,
) -> Result<Correct, Response> {
    let value = match routed.route {
        Route::Evaluate => {
            let body = EvaluationBody::single(&request.body).map_err(invalid)?;
            if body.flag_key.is_empty() || body.context_key.is_empty() {
                return Err(answers::error(400, "flag_key and context.key are required"));
            }
            let (ruleset, now) = ruleset(shared, request)?;
            Evaluation::new(&ruleset, now).single(&body.flag_key, &body.context())
        }
        Route::Bulk => {
            let body = EvaluationBody::bulk(&request.body).map_err(invalid)?;
            if body.context_key.is_empty() {
                return Err(answers::error(400, "context.key is required"));
            }
            if body.flag_keys.len() > MOST_KEYS {
                return Err(answers::error(400, "flag_keys must contain at most 100 items"));
            }
            let (ruleset, now) = ruleset(shared, request)?;
            let is_gone = |key: &str| faults.has(&Fault::Gone { flag_key: key.to_owned() });
            Evaluation::new(&ruleset, now).bulk(&body.flag_keys, &body.context(), is_gone)
        }
        Route::Map => {
            let (ruleset, now) = ruleset(shared, request)?;
            check_slug(shared, api_key(request), &routed.slug)?;
            let key = go_path::first_parameter(request.query(), "key");
            let key = key.filter(|key| !key.is_empty());
            Evaluation::new(&ruleset, now).map(key.as_deref().unwrap_or("anonymous"))
        }
        Route::Stream => return stream(shared, request, &routed.slug).map(Correct::Stream),
        Route::Health | Route::Any => {
            Ok(Json::object([("service", "featuresignals".into()), ("status", Json::from("ok"))]))
        }
    };
    value.map(|value| Correct::Response(answers::json(&value))).map_err(untranslated)
}

fn invalid(_: InvalidBody) -> Response {
    answers::error(400, "invalid request body")
}

/// Returns the answer if the evaluator does not know a pattern, which the server would evaluate.
fn untranslated(Untranslated(pattern): Untranslated) -> Response {
    answers::error(500, &format!("the test server does not know the pattern {pattern}"))
}

/// Returns the first API key, without the spaces around it.
fn api_key(request: &Request) -> &str {
    request.header("x-api-key").unwrap_or_default().trim()
}

/// Returns the ruleset of the environment that owns the key, and the time of the evaluation.
fn ruleset(shared: &Shared, request: &Request) -> Result<(Arc<Json>, i128), Response> {
    let mut state = locked(&shared.state);
    let now = state.now();
    let ruleset = state.ruleset(api_key(request)).ok_or_else(answers::unauthorized)?;
    Ok((ruleset, now))
}

/// Returns the id of the environment that owns a key, if it is the one of the path.
fn check_slug(shared: &Shared, key: &str, slug: &str) -> Result<String, Response> {
    let state = locked(&shared.state);
    let owner = state.owner_of(key).ok_or_else(answers::unauthorized)?;
    let EnvironmentState { slug: own, id, .. } = owner;
    // The server compares only a slug that is given.
    match slug.is_empty() || slug == own {
        true => Ok(id.clone()),
        false => Err(answers::forbidden(slug)),
    }
}

/// Returns the id of the environment whose events the stream carries.
fn stream(shared: &Shared, request: &Request, slug: &str) -> Result<String, Response> {
    let from_query = go_path::first_parameter(request.query(), "api_key").unwrap_or_default();
    let key = Some(api_key(request)).filter(|key| !key.is_empty()).unwrap_or(&from_query);
    if key.is_empty() {
        return Err(answers::error(401, "API key required"));
    }
    if locked(&shared.state).owner_of(key).is_none() {
        return Err(answers::error(401, "invalid API key"));
    }
    check_slug(shared, key, slug)
}
