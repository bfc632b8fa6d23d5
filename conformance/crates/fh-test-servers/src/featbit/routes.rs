//! The answers to plain requests.

use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use crate::server::{Connection, Protocol, Request, Response, SeenRequest, Then, locked};

use crate::featbit::answers;
use crate::featbit::handshake;

use crate::featbit::insight::{self, BatchError};
use crate::featbit::payload::{self, EventType};
use crate::featbit::query::Query;
use crate::featbit::request_message::is_date;
use crate::featbit::script::{Route, ScriptedAnswer};
use crate::featbit::secret::SecretKind;
use crate::featbit::state::Shared;
use crate::featbit::streaming;

impl Protocol for Shared {
    fn accepted(&self) -> usize {
        self.recorder.add(|record| {
            record.connections += 1;
            record.connections
        })
    }

    fn invalid(&self, status: u16) -> Response {
        dated(self, Response::empty(status))
    }

    fn answer(
        own: &Arc<Self>,
        connection: &mut Connection<'_>,
        request: &Request,
    ) -> io::Result<Then> {
        if handshake::is_streaming(request.path())
            && let Some(key) = handshake::key(request)
        {
            return streaming::serve(own, connection, request, &key);
        }
        let at = Instant::now();
        let answer = answer(own, request);
        let status = match &answer {
            Answer::Response(response) => Some(response.status),
            Answer::Hang | Answer::Reset => None,
        };
        let seen = SeenRequest { status, ..SeenRequest::new(request, connection.number, at) };
        own.recorder.add(|record| {
            record.insights.extend(is_track(request).then(|| seen.clone()));
            record.requests.push(seen);
        });
        match answer {
            Answer::Response(response) => connection.respond(request, &dated(own, response)),
            Answer::Hang => connection.hang(),
            Answer::Reset => Ok(connection.reset()),
        }
    }
}

/// Adds the server's time to an answer.
pub(crate) fn dated(shared: &Shared, response: Response) -> Response {
    response.header("Date", &locked(&shared.state).clock().date())
}

/// The outcome of a request.
enum Answer {
    Response(Response),
    /// No answer on an open connection.
    Hang,
    Reset,
}

/// Returns the path in the form in which the server compares it: in any case, with or without a last slash.
fn plain_path(request: &Request) -> String {
    let path = request.path().to_ascii_lowercase();
    path.strip_suffix('/').unwrap_or(&path).to_owned()
}

fn route(request: &Request) -> Option<Route> {
    match plain_path(request).as_str() {
        "/api/public/sdk/server/latest-all" => Some(Route::LatestAll),
        "/api/public/insight/track" => Some(Route::Track),
        "/health/liveness" => Some(Route::Liveness),
        _ => None,
    }
}

/// Returns true if a request is one with events.
fn is_track(request: &Request) -> bool {
    route(request) == Some(Route::Track) && request.method == "POST"
}

/// Returns the scripted answer of a route, or the correct one.
fn answer(shared: &Shared, request: &Request) -> Answer {
    let route = route(request);
    let scripted = route.map(|route| locked(&shared.state).scripts.next(route));
    match scripted {
        None | Some(ScriptedAnswer::Correct) => {}
        Some(ScriptedAnswer::Delayed(time)) => thread::sleep(time),
        Some(ScriptedAnswer::Hang) => return Answer::Hang,
        Some(ScriptedAnswer::Reset) => return Answer::Reset,
        Some(ScriptedAnswer::Json(body)) => return Answer::Response(answers::json(&body)),
        Some(ScriptedAnswer::Status { status, retry_after }) => {
            return Answer::Response(answers::failure(status, retry_after));
        }
    }
    Answer::Response(correct(shared, request, route))
}

/// Returns the answer without scripts.
pub(crate) fn plain(shared: &Shared, request: &Request) -> Response {
    correct(shared, request, route(request))
}

fn correct(shared: &Shared, request: &Request, route: Option<Route>) -> Response {
    if plain_path(request) == "/health/readiness" || route == Some(Route::Liveness) {
        return answers::healthy();
    }
    let secret = request.joined_header("authorization").unwrap_or_default();
    let Some((environment, kind)) = locked(&shared.state).owner_of(&secret) else {
        return Response::empty(401);
    };
    match (route, request.method.as_str()) {
        (Some(Route::LatestAll), "GET") if kind == SecretKind::Server => {
            latest_all(shared, request, &environment)
        }
        // FeatBit's server of this version does not look at the type. A later one is announced to do so.
        (Some(Route::LatestAll), "GET") => Response::empty(401),
        (Some(Route::Track), "POST") => track(request),
        (Some(Route::Track), _) => Response::empty(405).header("Allow", "POST"),
        (Some(_), _) => Response::empty(405).header("Allow", "GET"),
        (None, _) => Response::empty(404),
    }
}

fn latest_all(shared: &Shared, request: &Request, environment: &str) -> Response {
    let query = Query::parse(request.query());
    let timestamp = match query.all("timestamp").first() {
        None => 0,
        Some(text) => match integer(text) {
            Some(timestamp) if is_date(&timestamp) => timestamp,
            Some(_) => return Response::empty(500),
            None => return answers::bad_request(),
        },
    };
    let mut state = locked(&shared.state);
    let Some(environment) = state.environment(environment) else { return Response::empty(401) };
    let (event, flags, segments) = environment.newer_than(timestamp);
    if event == EventType::Patch && flags.is_empty() && segments.is_empty() {
        return Response::empty(200);
    }
    answers::json(&payload::data_sync(event, &flags, &segments))
}

/// Reads an integer as .NET does: with spaces, a sign, or hexadecimal digits.
fn integer(text: &str) -> Option<i64> {
    let text = text.trim();
    let hex = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    match hex {
        Some(digits) => i64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

fn track(request: &Request) -> Response {
    if !is_json(request.header("content-type").unwrap_or_default()) {
        return answers::unsupported_media_type();
    }
    let Ok(body) = std::str::from_utf8(&request.body) else { return answers::bad_request() };
    match insight::check(body) {
        Ok(()) => Response::empty(200),
        Err(BatchError::Invalid) => answers::bad_request(),
        Err(BatchError::Failure) => Response::empty(500),
    }
}

fn is_json(content_type: &str) -> bool {
    let content_type = content_type.to_ascii_lowercase();
    let mut parts = content_type.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default();
    let is_json = matches!(essence, "application/json" | "text/json")
        || (essence.starts_with("application/") && essence.ends_with("+json"));
    let charset = parts.find_map(|part| part.strip_prefix("charset="));
    is_json && charset.is_none_or(|charset| charset.trim_matches('"') == "utf-8")
}
