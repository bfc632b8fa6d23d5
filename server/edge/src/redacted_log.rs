//! Writes the entries of the access log without API keys and contexts.

use fh_listen::{LoggedRequest, RequestLog};
use http::Uri;
use tracing::info;

use crate::api::{collapsed, written_keys};
use crate::log_text::cut;
use crate::wire::api_key::{RequestKey, environment_id};

/// A writer of access log entries. Each entry becomes an event of `tracing` at level info with target `fh_edge::access`. The event contains
/// the method, the path and query as described below, the status if there was a response, the number of bytes of the response's body that
/// were passed on for sending, and the client's address. It also contains the milliseconds from the head of the request to the end of the
/// response.
///
/// Of the path, only the path at which the API is mounted, a known route and one environment id after them are shown. `***` replaces each
/// other segment, because clients put API keys into wrong paths as well. Of the query, only the environment ids of API keys are shown. Path
/// and query are cut to 500 bytes.
///
/// ```
/// use fh_edge::RedactedLog;
/// use fh_edge::listen::{AccessLog, ListenOptions, TrustedProxies};
///
/// let mut options = ListenOptions::default();
/// options.access_log = Some(AccessLog::new(TrustedProxies::default(), RedactedLog::below("/flags")));
/// ```
#[derive(Debug, Clone, Default)]
pub struct RedactedLog {
    mount: Box<str>,
}

impl RedactedLog {
    /// Creates a writer for an API that is mounted at a path, which is empty for the root. [`RedactedLog::default`] is for the root.
    #[must_use]
    pub fn below(mount: &str) -> Self {
        Self { mount: mount.into() }
    }
}

impl RequestLog for RedactedLog {
    fn target(&self, uri: &Uri) -> String {
        shown(uri, &self.mount)
    }

    fn write(&self, request: &LoggedRequest) {
        let milliseconds = u64::try_from(request.duration.as_millis()).unwrap_or(u64::MAX);
        info!(
            target: "fh_edge::access",
            method = %cut(request.method.as_str()),
            path = request.target,
            status = request.status.map(|status| status.as_u16()),
            bytes = request.bytes,
            milliseconds,
            client = %request.client,
        );
    }
}

const HIDDEN: &str = "***";
/// The routes that are shown. Segments below a route are shown only if they are an environment id.
const ROUTES: [&str; 18] = [
    "/features",
    "/info/version",
    "/schema/state-1.schema.json",
    "/health/liveness",
    "/health/readiness",
    "/health/readyness",
    "/metrics",
    "/ofrep/v1/evaluate/flags",
    "/ofrep/v1/configuration",
    "/admin/v1/state",
    "/admin/v1/environments",
    "/admin/v1/features",
    "/admin/v1/keys",
    "/admin/v1/evaluate",
    "/admin/v1/rollout",
    "/admin/v1/connections",
    "/admin/v1/events",
    "/console",
];

/// Returns the rest of a path after a path above it, or `None` if it is not below that path.
fn below<'a>(path: &'a str, above: &str) -> Option<&'a str> {
    path.strip_prefix(above).filter(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Returns the path and query for the log. `mount` is the path at which the API is mounted.
fn shown(uri: &Uri, mount: &str) -> String {
    let path = uri.path();
    let (mount, path) = below(path, mount).map_or(("", path), |rest| (mount, collapsed(rest)));
    let route = ROUTES.iter().find_map(|route| Some((*route, below(path, route)?)));
    let (route, rest) = route.unwrap_or(("", path));
    let mut out = format!("{mount}{route}");
    let mut has_environment = false;
    for (position, segment) in rest.split('/').enumerate() {
        if position > 0 {
            out.push('/');
        }
        let (id, key) = segment.split_once('+').map_or((segment, ""), |(id, _)| (id, "+***"));
        if !has_environment && environment_id(id).is_some() {
            has_environment = true;
            out.push_str(id);
            out.push_str(key);
        } else if !segment.is_empty() {
            out.push_str(HIDDEN);
        }
    }
    let Some(query) = uri.query() else { return cut(&out).into_owned() };
    let mut begin = '?';
    for text in written_keys(query) {
        out.push(begin);
        out.push_str("apiKey=");
        if let Some(key) = RequestKey::parse(&text) {
            out.push_str(&format!("{}/", key.environment));
        }
        out.push_str(HIDDEN);
        begin = '&';
    }
    if begin == '?' {
        out.push_str("?***");
    }
    cut(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use percent_encoding::percent_decode_str;
    use proptest::prelude::*;

    use super::*;

    const ID: &str = "71ed3c04-122b-4312-9ea8-06b2b8d6ceac";

    #[test]
    fn keys_and_contexts_are_not_shown() {
        for (given, wanted) in [
            ("/", "/"),
            ("/health/liveness", "/health/liveness"),
            ("/features/ID/s*ecret", "/features/ID/***"),
            ("/flags/features/ID/secret/FLAG", "/flags/features/ID/***/***"),
            ("/flags", "/flags"),
            ("/flagsID/features", "/***/***"),
            ("/flags/secret", "/flags/***"),
            ("/features/default/ID/secret/FLAG", "/features/***/ID/***/***"),
            ("/features/ID+secret/FLAG", "/features/ID+***/***"),
            ("/features/ID%2Fsecret", "/features/***"),
            ("/features/ID%2Bsecret/x", "/features/***/***"),
            ("/features/secret", "/features/***"),
            ("/features/", "/features/"),
            ("/features/ID//secret", "/features/ID//***"),
            ("/features/ID/features/secret", "/features/ID/***/***"),
            ("/features/ID/ID/ID", "/features/ID/***/***"),
            ("/feature/ID%2Fsecret", "/***/***"),
            ("/ID%2Fsecret", "/***"),
            ("/x/ID%2Bsecret/F", "/***/***/***"),
            ("/wrong/ID/secret", "/***/ID/***"),
            ("/featuresID+secret", "/***"),
            ("/admin/v1/features/ID/FLAG", "/admin/v1/features/ID/***"),
            ("/admin/v1/features/ID?key=secret", "/admin/v1/features/ID?***"),
            ("/ofrep/v1/evaluate/flags/FLAG", "/ofrep/v1/evaluate/flags/***"),
            ("/features/ID/secret?xfeaturehub=userkey%3Dfred", "/features/ID/***?***"),
            (
                "/features?apiKey=ID/secret&contextSha=0&apiKey=default%2FID%2Fsecret",
                "/features?apiKey=ID/***&apiKey=ID/***",
            ),
            ("/features?sdkUrl=ID/secret", "/features?apiKey=ID/***"),
            ("/features?apiKey=secret", "/features?apiKey=***"),
            ("/features?ID/secret", "/features?***"),
        ] {
            let uri = given.replace("ID", ID).parse().unwrap();
            assert_eq!(shown(&uri, "/flags"), wanted.replace("ID", ID), "{given}");
        }
        let long = format!("/features/{}", "x/".repeat(5000));
        assert_eq!(shown(&long.parse().unwrap(), "").chars().count(), 501);
    }

    /// Generates the secret of a key, in which each character may be percent-encoded, once or twice.
    fn encoded(secret: &'static str) -> impl Strategy<Value = String> {
        prop::collection::vec(0..5, secret.len()).prop_map(|forms| {
            let each = secret.bytes().zip(forms).map(|(byte, form)| match form {
                0 => format!("%{byte:02X}"),
                1 => format!("%{byte:02x}"),
                2 => format!("%25{byte:02x}"),
                _ => char::from(byte).to_string(),
            });
            each.collect()
        })
    }

    fn between() -> impl Strategy<Value = &'static str> {
        const ALL: &[&str] =
            &["/", "//", "+", "%2F", "%2f", "%2B", "%2b", "%252F", "", "?apiKey=", "&", "=", "/x/"];
        prop::sample::select(ALL)
    }

    proptest! {
        #[test]
        fn no_path_shows_a_key(
            mount in prop::sample::select(&["", "/flags", "/Flags", "/features"][..]),
            route in prop::sample::select([&ROUTES[..], &["", "/", "/feature", "/%66eatures", "//features", "/x"]].concat()),
            environment in prop::sample::select(&["", ID, "71ED3C04-122B-4312-9EA8-06B2B8D6CEAC", "default/71ed3c04-122b-4312-9ea8-06b2b8d6ceac", "71ed3c04%2D122b-4312-9ea8-06b2b8d6ceac"][..]),
            secret in encoded("s3cr3t*Xyz"),
            (one, two, three) in (between(), between(), between()),
            feature in prop::sample::select(&["", "FLAG", ID, "features"][..]),
        ) {
            let path = format!("{mount}{route}{one}{environment}{two}{secret}{three}{feature}");
            let Ok(uri) = path.parse::<Uri>() else { return Ok(()) };
            let once = percent_decode_str(&shown(&uri, "/flags")).decode_utf8_lossy().into_owned();
            let twice = percent_decode_str(&once).decode_utf8_lossy().into_owned();
            prop_assert!(!twice.contains("s3cr3t") && !twice.contains("Xyz"), "{path}: {twice}");
        }
    }
}
