//! Controls the access to the admin API. Each request must carry the admin key as `Authorization: Bearer KEY`.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{AUTHORIZATION, CACHE_CONTROL, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, HeaderValue, StatusCode};

use super::problem::Problem;
use super::{Admin, transport};
use crate::api::audit::{self, Entry};

/// Passes a request on if it carries the admin key and its transport is allowed, and rejects it otherwise. Each response gets headers that
/// forbid browsers to cache it or to guess another content type.
pub(super) async fn check(
    State(admin): State<Arc<Admin>>,
    request: Request,
    next: Next,
) -> Response {
    let may = transport::check(admin.shared.options.admin_transport, &request)
        .and_then(|()| may(&admin, request.headers(), audit::address(request.extensions())));
    let mut response = match may {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    };
    let headers = response.headers_mut();
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

fn may(admin: &Admin, headers: &HeaderMap, address: Option<IpAddr>) -> Result<(), Problem> {
    let Some(given) = bearer(headers) else {
        return Err(Problem::new(
            StatusCode::UNAUTHORIZED,
            "the admin API requires the admin key, as `Authorization: Bearer KEY`",
        )
        .at("Authorization"));
    };
    if admin.shared.is_admin_key(given) {
        return Ok(());
    }
    if let Err(seconds) = admin.failed_attempts.wrong_key(address) {
        return Err(Problem::too_many(seconds, "too many wrong admin keys from this address"));
    }
    Entry::wrong_admin_key(address);
    Err(Problem::new(StatusCode::UNAUTHORIZED, "the admin key is wrong").at("Authorization"))
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, key) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}
