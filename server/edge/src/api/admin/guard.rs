//! Controls the access to the admin API. Each request must carry the admin key as `Authorization: Bearer KEY`.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{AUTHORIZATION, CACHE_CONTROL, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, HeaderValue, Method};

use super::credential::Credential;
use super::problem::Problem;
use super::shared::Admin;
use super::transport;
use crate::api::audit::{self, Entry};
use crate::shared_state::SharedState;

/// Passes a request on if it carries the admin key and its transport is allowed, and rejects it otherwise. Each response gets headers that
/// forbid browsers to cache it or to guess another content type.
pub(super) async fn check(
    State(admin): State<Arc<Admin>>,
    mut request: Request,
    next: Next,
) -> Response {
    let response = match credential(&admin.shared, &request) {
        Ok(credential) => {
            request.extensions_mut().insert(credential.clone());
            match *request.method() {
                // The caller of a change must learn its outcome, so these routes watch the credential only until the change begins.
                Method::PUT | Method::PATCH => Ok(next.run(request).await),
                _ => credential.during(async { Ok(next.run(request).await) }).await,
            }
        }
        Err(problem) => Err(problem),
    };
    let mut response = response.unwrap_or_else(IntoResponse::into_response);
    let headers = response.headers_mut();
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// Returns true if a request may use the admin API. A wrong key is counted and logged.
pub(in crate::api) fn is_operator(shared: &SharedState, request: &Request) -> bool {
    credential(shared, request).is_ok()
}

/// Returns the credential of a request, whose transport must be allowed. A wrong key is counted and logged.
///
/// # Errors
/// Returns the response to a request that may not use the admin API.
fn credential(shared: &SharedState, request: &Request) -> Result<Credential, Problem> {
    transport::check(shared.options.admin_transport, request)?;
    let address = audit::address(request.extensions());
    let Some(given) = bearer(request.headers()) else {
        let why = "the admin API requires the admin key, as `Authorization: Bearer KEY`";
        return Err(Problem::unauthorized(why));
    };
    if let Some(credential) = Credential::of(given, shared.admin_key()) {
        return Ok(credential);
    }
    if let Err(seconds) = shared.failed_attempts.take(address, Entry::wrong_admin_keys) {
        return Err(Problem::too_many(seconds, "too many wrong admin keys from this address"));
    }
    Entry::wrong_admin_key(address);
    Err(Problem::unauthorized("the admin key is wrong"))
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, key) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}
