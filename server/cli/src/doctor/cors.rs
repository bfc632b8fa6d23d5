//! Checks that browsers may use the Edge.

use serde_json::json;

use crate::failure::Failure;

use super::check::{Finding, Report, Topic};
use super::exchange::{Ask, Head};
use super::visit::Visit;
use super::wording::several;

/// Request headers of SDKs in browsers, which the Edge must allow.
const SENT: [&str; 2] = ["x-featurehub", "if-none-match"];
/// Response headers that these SDKs read.
const READ: [&str; 2] = ["etag", "cache-control"];

impl Visit<'_> {
    /// Sends a preflight request and a poll, as a browser does for a page of the examined origin, and reports the result. Does
    /// nothing after the deadline.
    pub(super) async fn cors(&self, report: &mut Report<'_>) -> Result<(), Failure> {
        if !self.http.has_time() {
            return Ok(());
        }
        let origin = self.examination.origin;
        let url = self.poll_url(&fh_session::ContextHeader::default());
        let preflight = Ask::options(&url)
            .header("origin", origin)
            .header("access-control-request-method", "GET")
            .header("access-control-request-headers", SENT.join(","));
        let preflight = self.http.ask(preflight).await;
        let poll = self.http.ask(Ask::get(&url).header("origin", origin)).await;
        let (preflight, poll) = match (preflight, poll) {
            (Ok(preflight), Ok(poll)) => (preflight.head, poll.head),
            (Err(trouble), _) | (_, Err(trouble)) => {
                let finding = Finding::warning(
                    Topic::Cors,
                    format!("requests like those of a browser failed: {trouble}"),
                );
                return report.add(finding.advice(trouble.advice()));
            }
        };
        let refused = missing(&preflight, "access-control-allow-headers", &SENT);
        let hidden = missing(&poll, "access-control-expose-headers", &READ);
        let is_preflight_fine =
            (200..300).contains(&preflight.status) && allows(&preflight, origin);
        let data = json!({
            "origin": origin,
            "preflightStatus": preflight.status,
            "allowed": allows(&poll, origin),
            "refusedHeaders": refused,
            "hiddenHeaders": hidden,
        });
        let what = "if browsers are to use this Edge, let the Edge's own CORS headers pass, or set them in the proxy";
        let finding = if !allows(&poll, origin) {
            let message = format!("browsers may not read answers from a page of {origin}");
            Finding::warning(Topic::Cors, message).advice(what)
        } else if !is_preflight_fine {
            let message = format!(
                "browsers may not send requests from a page of {origin} (preflight: status {})",
                preflight.status
            );
            Finding::warning(Topic::Cors, message).advice(what)
        } else if !refused.is_empty() {
            let refused = several(&refused);
            Finding::warning(Topic::Cors, format!("browsers may not send {refused}")).advice(what)
        } else if !hidden.is_empty() {
            let hidden = several(&hidden);
            Finding::warning(
                Topic::Cors,
                format!(
                    "browsers may not read {hidden}, with which SDKs avoid transfers and polls"
                ),
            )
            .advice(what)
        } else {
            Finding::good(
                Topic::Cors,
                format!("browsers may send requests from a page of {origin}"),
            )
        };
        report.add(finding.data(data))
    }
}

/// Returns true if the response allows this origin, or every origin.
fn allows(head: &Head, origin: &str) -> bool {
    let allowed = head.get("access-control-allow-origin");
    allowed.is_some_and(|allowed| allowed == "*" || allowed.eq_ignore_ascii_case(origin))
}

/// Returns the names that are missing in the list of a response header. A list with the entry `*` contains all names.
fn missing<'n>(head: &Head, list: &str, names: &[&'n str]) -> Vec<&'n str> {
    let listed = head.get(list).unwrap_or_default().to_ascii_lowercase();
    let listed: Vec<&str> = listed.split(',').map(str::trim).collect();
    let lacks = |name: &&&str| !listed.contains(*name) && !listed.contains(&"*");
    names.iter().filter(lacks).copied().collect()
}
