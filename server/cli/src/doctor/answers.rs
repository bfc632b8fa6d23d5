//! The meaning of a poll's response, by its status and body.

use crate::payload::Payload;

use super::exchange::{Answer, MOST_REDIRECTS};
use super::identity::Identity;

/// The meaning of a response to a poll. Each pair of texts is a message and its advice.
pub(super) enum Meaning {
    Good,
    Stale,
    UnknownKey,
    /// The Edge or a gateway rejects the request or its API key.
    Refused(String, String),
    /// The Edge or a proxy has a problem that is probably temporary.
    Trouble(String, String),
    /// The response is not that of an Edge.
    NoEdge(String, String),
}

pub(super) fn of_poll(answer: &Answer, identity: &Identity) -> Meaning {
    let status = answer.head.status;
    let said = answer.first_line().map(|line| format!(": {line}")).unwrap_or_default();
    let no_edge = |message: String, advice: &str| Meaning::NoEdge(message, advice.to_string());
    let trouble = |message: String, advice: &str| Meaning::Trouble(message, advice.to_string());
    let refused = |message: String, advice: &str| Meaning::Refused(message, advice.to_string());
    match status {
        200 | 236 if answer.is_page() => no_edge(
            format!("the server answered with a web page (status {status})"),
            "check that the URL is that of an Edge, and not of a web site; if a login page is in front of the Edge, exempt the SDKs' requests from the login",
        ),
        200 | 236 => match readable(answer) {
            Err(why) => no_edge(
                format!("the answer is not what an Edge sends: {why}"),
                "check the URL, and proxies in front of the Edge",
            ),
            Ok(()) if status == 236 => Meaning::Stale,
            Ok(()) => Meaning::Good,
        },
        _ if answer.head.is_redirect() => redirect(answer),
        400 => refused(
            format!("the Edge rejected the request as invalid (status 400{said})"),
            "copy the key again; if it is right, check whether a proxy changes the query",
        ),
        401 | 403 => {
            let wanted = answer.head.get("www-authenticate");
            let scheme = wanted.as_deref().and_then(|text| text.split_whitespace().next());
            let scheme =
                scheme.map(|scheme| format!(", the gateway requires {scheme}")).unwrap_or_default();
            refused(
                format!(
                    "a gateway refused the request (status {status}{scheme}): an Edge never sends this status"
                ),
                "exempt the SDKs' requests from the check of the gateway: the Edge itself checks the API key",
            )
        }
        407 => refused(
            "a proxy refused the request (status 407): it requires a user name and a password"
                .to_string(),
            "write them into the URL of the proxy (HTTP_PROXY or HTTPS_PROXY), or let the proxy accept this machine",
        ),
        404 if identity.shows_pages => wrong_path(),
        404 => Meaning::UnknownKey,
        429 => trouble(
            format!("too many requests (status 429{}{said})", retry_after(answer)),
            "poll less often, or raise the request limit of the Edge; check whether another program polls in a loop",
        ),
        502 | 504 => trouble(
            format!(
                "a proxy in front of the Edge probably cannot reach the Edge (status {status})"
            ),
            "check that the Edge runs, and that the proxy has the address and the port of the Edge",
        ),
        503 => trouble(
            format!(
                "the Edge, or a proxy, has no data now (status 503{}{said})",
                retry_after(answer)
            ),
            "the Edge may be starting; otherwise check that its cache (Dacha) runs and reaches the management server",
        ),
        500..=599 => {
            trouble(format!("the Edge failed (status {status}{said})"), "look at the Edge's log")
        }
        _ => no_edge(
            format!("the server answered with status {status}, which an Edge rarely sends{said}"),
            "check the URL, and proxies in front of the Edge",
        ),
    }
}

/// Returns the meaning of a response with status 404 from a server that probably does not know the path `/features`.
pub(super) fn wrong_path() -> Meaning {
    Meaning::NoEdge(
        "there is probably no Edge at this path (status 404)".to_string(),
        "check the URL's path: SDKs append /features to it".to_string(),
    )
}

/// Checks that the body contains features or environments.
fn readable(answer: &Answer) -> Result<(), String> {
    let payload = Payload::of("it".to_string(), answer.body.clone());
    let parsed = payload.and_then(|payload| payload.environments().map(|_| ()));
    parsed.map_err(|failure| failure.to_string())
}

/// Returns the meaning of a redirect that clients do not follow.
fn redirect(answer: &Answer) -> Meaning {
    let status = answer.head.status;
    let home = reqwest::Url::parse(answer.head.url.expose()).ok();
    let location = answer.head.get("location");
    let target = home.as_ref().zip(location).and_then(|(home, to)| home.join(&to).ok());
    // Path and query are not shown, because they may hold the key.
    let elsewhere = target
        .filter(|target| home.as_ref().is_some_and(|home| home.origin() != target.origin()))
        .and_then(|target| {
            target.host_str().map(|host| match target.port() {
                Some(port) => format!("{}://{host}:{port}", target.scheme()),
                None => format!("{}://{host}", target.scheme()),
            })
        });
    let (message, advice) = match elsewhere {
        Some(origin) => (
            format!(
                "the server redirects to {origin} (status {status}): clients follow no redirect to another origin"
            ),
            format!(
                "if the Edge is at {origin}, use that URL; if {origin} is a login page, allow requests of SDKs without a login"
            ),
        ),
        None if answer.head.redirects >= MOST_REDIRECTS => (
            format!(
                "the server redirects more than {MOST_REDIRECTS} times in a row (status {status}), and clients follow no further redirect"
            ),
            "check the redirects of proxies in front of the Edge for a loop".to_string(),
        ),
        None => (
            format!("the server redirects, but names no valid URL (status {status})"),
            "check which proxy redirects: its header Location is missing or invalid".to_string(),
        ),
    };
    Meaning::NoEdge(message, advice)
}

fn retry_after(answer: &Answer) -> String {
    let wanted = answer.head.get("retry-after");
    wanted.map(|wanted| format!(", Retry-After: {wanted}")).unwrap_or_default()
}
