//! The console: a web page that uses the admin API. Its files are compiled into the program. The page loads nothing from other servers.

use axum::Router;
use axum::extract::{Path, Request};
use axum::response::Response;
use axum::routing::get;
use bytes::Bytes;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, ETAG, IF_NONE_MATCH, LOCATION, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use super::respond;
use crate::digest::{digest, digits};
use crate::wire::entity_tags::entity_tags;

/// The content security policy of the page. It allows only content of this server, no markup that scripts make from text, and no frames
/// around the page.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";
const PERMISSIONS: &str = "camera=(), geolocation=(), microphone=(), payment=(), usb=()";

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

macro_rules! files {
    ($($name:literal $kind:expr,)*) => {
        &[$(($name, $kind, include_bytes!(concat!("../../console/", $name)))),*]
    };
}

/// The name, content type and content of each file of the console.
const FILES: &[(&str, &str, &[u8])] = files![
    "index.html" HTML,
    "style.css" CSS,
    "icon.svg" SVG,
    "api.js" SCRIPT,
    "app.js" SCRIPT,
    "ask.js" SCRIPT,
    "clients.js" SCRIPT,
    "context.js" SCRIPT,
    "dialogs.js" SCRIPT,
    "dom.js" SCRIPT,
    "feature.js" SCRIPT,
    "features.js" SCRIPT,
    "in-turn.js" SCRIPT,
    "in-words.js" SCRIPT,
    "json.js" SCRIPT,
    "keys.js" SCRIPT,
    "live.js" SCRIPT,
    "notices.js" SCRIPT,
    "rollout.js" SCRIPT,
    "route.js" SCRIPT,
    "sign-in.js" SCRIPT,
    "store.js" SCRIPT,
    "strategies.js" SCRIPT,
    "strategy-form.js" SCRIPT,
    "switch.js" SCRIPT,
    "value.js" SCRIPT,
    "words.js" SCRIPT,
];

/// Returns the routes of `/console` and the files below it.
pub(super) fn router() -> Router {
    Router::new()
        .route("/console", get(to_folder))
        .route(
            "/console/",
            get(|request: Request| async move { file("index.html", request.headers()) }),
        )
        .route(
            "/console/{file}",
            get(|Path(name): Path<String>, request: Request| async move {
                file(&name, request.headers())
            }),
        )
}

/// Redirects `/console` to `/console/`, because the links of the page are relative to that folder. The target is relative, too, so that the
/// folder may be mounted at any path.
async fn to_folder() -> Response {
    let mut response = respond::empty(StatusCode::PERMANENT_REDIRECT);
    response.headers_mut().insert(LOCATION, HeaderValue::from_static("console/"));
    response
}

fn file(name: &str, request: &HeaderMap) -> Response {
    let Some((_, kind, content)) = FILES.iter().find(|(known, ..)| *known == name) else {
        return respond::empty(StatusCode::NOT_FOUND);
    };
    let tag = digits(&digest(content), 12);
    let etag = HeaderValue::try_from(format!("\"{tag}\"")).ok();
    let lines = request.get_all(IF_NONE_MATCH).iter().filter_map(|line| line.to_str().ok());
    let is_known = lines.flat_map(entity_tags).any(|known| known.opaque == tag);
    let mut response = if is_known {
        respond::empty(StatusCode::NOT_MODIFIED)
    } else {
        respond::bytes(StatusCode::OK, kind, Bytes::from_static(content))
    };
    let headers = response.headers_mut();
    if let Some(etag) = etag {
        headers.insert(ETAG, etag);
    }
    for (name, value) in [
        // Files of different versions may not work together, so browsers must revalidate each file before every use.
        (CACHE_CONTROL, "no-cache"),
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_FRAME_OPTIONS, "DENY"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), PERMISSIONS),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_folder_is_served_and_no_other() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/console");
        let mut there: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        let mut served: Vec<&str> = FILES.iter().map(|(name, ..)| *name).collect();
        there.sort();
        served.sort_unstable();
        assert_eq!(there, served);
        assert_eq!(file("../../Cargo.toml", &HeaderMap::new()).status(), 404);
    }

    #[test]
    fn no_file_makes_markup_of_text_or_loads_from_other_servers() {
        for (name, kind, content) in FILES {
            let text = std::str::from_utf8(content).unwrap();
            let forbidden: &[&str] = match *kind {
                SCRIPT => &[
                    "innerHTML",
                    "outerHTML",
                    "insertAdjacentHTML",
                    "document.write",
                    "eval(",
                    "new Function",
                    "localStorage",
                    "https://",
                ],
                SVG => &["script", "href"],
                _ => &["style=", "onclick", "://", "@import", "url("],
            };
            for each in forbidden {
                assert!(!text.contains(each), "{name} holds {each}");
            }
        }
    }

    #[test]
    fn a_known_file_is_answered_with_304() {
        let first = file("app.js", &HeaderMap::new());
        let mut request = HeaderMap::new();
        let list = format!("\"x\", {}", first.headers()[ETAG].to_str().unwrap());
        request.insert(IF_NONE_MATCH, HeaderValue::try_from(list).unwrap());
        let second = file("app.js", &request);
        assert_eq!((first.status(), second.status()), (StatusCode::OK, StatusCode::NOT_MODIFIED));
        assert_eq!(second.headers()[CONTENT_SECURITY_POLICY], POLICY);
    }
}
