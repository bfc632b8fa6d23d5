//! The answers of a healthy Edge.
pub(crate) mod poll;
mod put;
pub(crate) mod stream;

use crate::server::locked;

use crate::featurehub::connection::{Closing, Interrupted};
use crate::featurehub::player::Player;
use crate::featurehub::request::{EXPOSED, Request, Route};
use crate::featurehub::step::{Framing, Head};

/// Answers the request. Returns `Some` if the connection ends with it.
pub(crate) fn answer(
    player: &mut Player<'_>,
    status: Option<u16>,
) -> Result<Option<Closing>, Interrupted> {
    let Some(request) = player.request.cloned() else { return Ok(None) };
    match request.route {
        Route::Poll => poll::answer(player, &request, status)?,
        Route::Stream => return stream::answer(player, &request, status),
        Route::Put => put::answer(player, &request)?,
        Route::Other => other(player, &request)?,
    }
    Ok(None)
}

fn other(player: &mut Player<'_>, request: &Request) -> Result<(), Interrupted> {
    let mut head = head(player, request, 404);
    if request.is_preflight() {
        head.status = 200;
        head.set("access-control-allow-methods", "GET, POST, PUT, DELETE, OPTIONS, HEAD");
        head.set(
            "access-control-allow-headers",
            "x-requested-with,authorization,content-type,cache-control,x-featurehub,baggage,\
             if-none-match,etag,last-event-id,x-sdk,x-sdk-version,traceparent,tracestate",
        );
        head.set("access-control-max-age", "86400");
    } else if request.path.split('/').any(|segment| segment == "features") {
        head.status = 405;
        head.set("allow", "GET,OPTIONS");
    }
    player.respond(head, b"")
}

/// Returns a head with the headers that every healthy answer has (edge-protocol 2.7).
fn head(player: &Player<'_>, request: &Request, status: u16) -> Head {
    let mut head = Head::new(status, Framing::Length);
    let cache_control = locked(&player.edge.server.world).cache_control.clone();
    if let (Some(cache_control), 200 | 236 | 304 | 404) = (cache_control, status) {
        head.set("cache-control", &cache_control);
    }
    if request.path.contains("/features/") {
        head.set("x-accel-buffering", "no");
    }
    if request.header("origin").is_some() {
        head.set("access-control-allow-origin", "*");
        head.set("access-control-expose-headers", EXPOSED);
    }
    head
}
