//! The headers with which a caller of a cluster reads its own changes on any server. An answer to a change has the header `x-fh-revision`. A
//! read with the header `x-fh-min-revision` waits until the server serves this revision.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};

use super::respond;
use crate::shared_state::SharedState;

const REVISION: HeaderName = HeaderName::from_static("x-fh-revision");
const LEAST: HeaderName = HeaderName::from_static("x-fh-min-revision");
/// The longest time for which a request waits for a revision.
const PATIENCE: Duration = Duration::from_secs(2);

/// Waits until this server of a cluster serves the revision that the request demands. The error is the response with status 503 if it does
/// not serve the revision in time, or 400 if the header is not a number.
pub(super) async fn wait<B: From<Bytes>>(
    shared: &SharedState,
    headers: &HeaderMap,
) -> Result<(), http::Response<B>> {
    let Some(least) = headers.get(LEAST).filter(|_| shared.origin.cluster().is_some()) else {
        return Ok(());
    };
    let Some(least) = least.to_str().ok().and_then(|text| text.trim().parse::<u64>().ok()) else {
        let why = "the header x-fh-min-revision is not a number";
        return Err(respond::text(StatusCode::BAD_REQUEST, why));
    };
    let mut served = shared.environments.served_revision();
    let wait = served.wait_for(|revision| *revision >= least);
    match tokio::time::timeout(PATIENCE, wait).await {
        Ok(Ok(_)) => Ok(()),
        _ => Err(respond::unavailable(
            "this server does not serve the revision of x-fh-min-revision yet; try again shortly",
        )),
    }
}

/// Adds the revision to the answer to a change that this server of a cluster has made.
pub(super) fn add(shared: &SharedState, response: &mut Response) {
    if response.status().is_success() && shared.origin.cluster().is_some() {
        let revision = *shared.environments.served_revision().borrow();
        response.headers_mut().insert(REVISION, HeaderValue::from(revision));
    }
}

/// Does both for the routes of the admin API.
pub(super) async fn layer(
    State(shared): State<Arc<SharedState>>,
    request: Request,
    next: Next,
) -> Response {
    if let Err(response) = wait::<Body>(&shared, request.headers()).await {
        return response;
    }
    let is_change = [Method::PUT, Method::PATCH].contains(request.method());
    let mut response = next.run(request).await;
    if is_change {
        add(&shared, &mut response);
    }
    response
}
