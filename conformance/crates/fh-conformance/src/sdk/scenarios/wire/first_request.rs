//! Requests of clients of both transports.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use fh_test_servers::featurehub::{Recording, Request, Route};
use serde_json::{Value, json};

use crate::protocol::{Context, Create, Mode};
use crate::sdk::{Scene, SdkClient, Stop, Verdict, patience};

/// An interval between polls after which no second poll follows during a scenario.
const NO_SECOND_POLL: Duration = Duration::from_secs(600);

/// Returns the settings of a client of each transport that the SDK has.
pub(super) fn transports(scene: &Scene<'_>) -> Vec<Create> {
    let polling = scene.can("transport.poll").then(|| scene.polling());
    let streaming = scene.can("transport.stream").then(|| scene.streaming());
    polling.into_iter().chain(streaming).collect()
}

/// Returns the route of the requests of a client with these settings.
pub(super) fn route(create: &Create) -> Route {
    match create.mode {
        Mode::Stream => Route::Stream,
        Mode::Poll | Mode::Passive | Mode::Once => Route::Poll,
    }
}

/// Returns the name of the transport, for labels of checks.
pub(super) fn transport(create: &Create) -> &'static str {
    match create.mode {
        Mode::Stream => "stream",
        Mode::Poll | Mode::Passive | Mode::Once => "poll",
    }
}

/// Closes a client whose close is not the subject. Meanwhile the Edge ends streams, for SDKs whose `close` waits for the end of the stream.
///
/// # Errors
/// The failed check, if the adapter violates the protocol.
pub(super) fn end(scene: &Scene<'_>, client: &SdkClient) -> Verdict {
    const PAUSE: Duration = Duration::from_millis(10);
    let is_closed = AtomicBool::new(false);
    thread::scope(|scope| {
        let edge = scene.edge().handle();
        let is_closed = &is_closed;
        scope.spawn(move || {
            while !is_closed.load(Ordering::Relaxed) {
                edge.end_streams();
                thread::sleep(PAUSE);
            }
        });
        let closed = client.try_ask::<Value>("close", &json!({}));
        is_closed.store(true, Ordering::Relaxed);
        closed.map(drop)
    })
}

/// Creates a client, waits until it is ready, closes it, and returns its first request.
///
/// # Errors
/// The failed check.
pub(super) fn first_request(scene: &Scene<'_>, mut create: Create) -> Result<Arc<Request>, Stop> {
    let route = route(&create);
    create.poll_ms.get_or_insert(u64::try_from(NO_SECOND_POLL.as_millis()).unwrap_or(u64::MAX));
    let before = scene.edge().recording().count(route);
    let client = scene.create(create)?;
    scene.until_requests("the client sends a request", route, before + 1)?;
    client.until_ready()?;
    let seen = scene.edge().recording();
    end(scene, &client)?;
    // A client that was closed before may open a last stream, with the id of its last event.
    let mut requests = seen.of(route).skip(before).map(|seen| Arc::clone(&seen.request));
    requests.find(|request| request.header("last-event-id").is_none()).ok_or_else(no_request)
}

/// Returns one request of a route by its position.
///
/// # Errors
/// A failed check, if there is none.
pub(super) fn request(
    seen: &Recording,
    route: Route,
    position: usize,
) -> Result<Arc<Request>, Stop> {
    let request = seen.of(route).nth(position).map(|seen| Arc::clone(&seen.request));
    request.ok_or_else(no_request)
}

fn no_request() -> Stop {
    Stop::failed("the request was recorded", "a request", "none")
}

/// Returns a context.
pub(super) fn context<const N: usize>(attributes: [(&str, &[&str]); N]) -> Context {
    let values = |values: &[&str]| values.iter().map(|&value| value.to_owned()).collect();
    attributes.into_iter().map(|(name, all)| (name.to_owned(), values(all))).collect()
}

/// Sets the context of a client with a server-evaluated key.
///
/// # Errors
/// The failed check, also if the SDK refuses the context.
pub(super) fn set_context(client: &SdkClient, context: &Context) -> Verdict {
    match client.context(context, patience())? {
        Ok(_) => Ok(()),
        Err(error) => Err(Stop::failed("the SDK accepts the context", "no error", error.message)),
    }
}

/// Waits until a request of a route carries a context, as the Edge decodes it, and returns the first one.
///
/// # Errors
/// The failed check, after a long time.
pub(super) fn request_with_context(
    scene: &Scene<'_>,
    route: Route,
    context: &Context,
) -> Result<Arc<Request>, Stop> {
    let label = match route {
        Route::Stream => "a stream request with the context",
        Route::Poll | Route::Put | Route::Other => "a poll with the context",
    };
    let of = |seen: &Recording| {
        let found = seen.of(route).find(|seen| seen.request.context() == *context);
        found.map(|seen| Arc::clone(&seen.request))
    };
    match scene.wait_for(of) {
        Ok(request) => Ok(request),
        Err(seen) => {
            let contexts: Vec<Context> =
                seen.of(route).map(|seen| seen.request.context()).collect();
            Err(Stop::failed(label, format!("{context:?}"), format!("{contexts:?}")))
        }
    }
}
