//! The rule for several slashes before `features` and `ofrep`. The router, the poll shortcut and the access log use it.

use axum::Router;
use axum::extract::Request;
use http::Uri;
use http::uri::PathAndQuery;
use tower_service::Service;

/// Returns the path with one slash before `features` or `ofrep`. A client whose base URL ends in `/` sends two. Other slashes and other paths
/// are kept. `path` is the path within the API, without the path at which the router is mounted.
pub(crate) fn collapsed(path: &str) -> &str {
    match path.starts_with("//") {
        true => client_route(path).unwrap_or(path),
        false => path,
    }
}

/// Returns the end of a path that begins with the last of its leading slashes, if `features` or `ofrep` follows them.
fn client_route(path: &str) -> Option<&str> {
    let rest = path.trim_start_matches('/');
    let last_slash = path.len().checked_sub(rest.len() + 1)?;
    let is_client_route = matches!(rest.split('/').next(), Some("features" | "ofrep"));
    path.get(last_slash..).filter(|_| is_client_route)
}

fn client_uri(uri: &Uri) -> Option<Uri> {
    let removed = uri.path().len() - client_route(uri.path())?.len();
    let mut parts = uri.clone().into_parts();
    let path = parts.path_and_query?.as_str().get(removed..)?.parse::<PathAndQuery>().ok()?;
    parts.path_and_query = Some(path);
    Uri::from_parts(parts).ok()
}

/// Returns the router with a fallback that routes requests with several slashes before `features` or `ofrep` again, with one slash.
/// `unknown` answers the others. So requests that the router routes at once do not pay for the rule, and each request is counted once.
///
/// If the router is nested at a path, axum removes one slash before the fallback. So the fallback may see one slash where the client sent two.
pub(super) fn collapse_slashes(router: Router, unknown: Router) -> Router {
    let routes = router.clone();
    router.fallback(move |mut request: Request| match client_uri(request.uri()) {
        Some(uri) => {
            *request.uri_mut() = uri;
            routes.clone().call(request)
        }
        None => unknown.clone().call(request),
    })
}
