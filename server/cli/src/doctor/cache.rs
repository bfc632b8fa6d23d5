//! Checks of caches between this machine and the Edge, and of the polling interval that the Edge requests.

use fh_session::{ContextHeader, KeyKind};
use serde_json::json;

use crate::failure::Failure;

use super::check::{Finding, Report, Topic};
use super::exchange::Ask;
use super::poll::Poll;
use super::visit::Visit;
use super::wording::several;

/// Response headers that caches and proxies add.
const MARKS: [&str; 7] = [
    "via",
    "x-cache",
    "x-served-by",
    "cf-cache-status",
    "x-amz-cf-id",
    "x-varnish",
    "x-fastly-request-id",
];
/// The longest polling interval that gets no warning, in seconds.
const LONG: u64 = 3600;

impl Visit<'_> {
    pub(super) async fn cache(&self, report: &mut Report<'_>, poll: &Poll) -> Result<(), Failure> {
        let head = &poll.answer.head;
        let interval = head.get("cache-control").as_deref().and_then(max_age);
        let age = head.get("age").and_then(|age| age.parse::<u64>().ok()).unwrap_or(0);
        let marks: Vec<&str> = MARKS.into_iter().filter(|mark| head.get(mark).is_some()).collect();
        let wants_sha = self.wants_sha().await;
        let data = json!({
            "cacheControl": head.get("cache-control"),
            "maxAgeSeconds": interval,
            "ageSeconds": age,
            "marks": marks,
            "contextShaRequired": wants_sha,
        });
        let mut parts = Vec::new();
        if let Some(seconds) = interval {
            parts.push(format!("the Edge's cache-control tells clients to poll every {seconds} s"));
        }
        if !marks.is_empty() {
            parts.push(format!(
                "a cache or proxy is between this machine and the Edge ({})",
                several(&marks)
            ));
        }
        if wants_sha == Some(true) {
            parts.push(
                "requests without contextSha are refused, such as those of old SDKs".to_string(),
            );
        }
        let finding = if age > 0 {
            let message = format!("the answer is {age} s old: it comes from a cache");
            Finding::warning(Topic::Cache, message).advice(
                "clients see changes late by the age of the answer: purge the cache on changes, or exclude /features from the cache",
            )
        } else if interval.is_some_and(|seconds| seconds > LONG) {
            Finding::warning(Topic::Cache, parts.join("; ")).advice(
                "clients see changes late by the polling interval: lower max-age in the Edge's cache-control",
            )
        } else if parts.is_empty() {
            Finding::good(
                Topic::Cache,
                "no cache is visible between this machine and the Edge, and no polling interval is requested",
            )
        } else {
            Finding::note(Topic::Cache, parts.join("; "))
        };
        report.add(finding.data(data))
    }

    /// Returns true if a poll without a digest of the context is answered with status 400, as by an Edge behind Fastly.
    /// Returns `None` if the request fails, or if polls send no digest.
    async fn wants_sha(&self) -> Option<bool> {
        let url = self.poll_url(&ContextHeader::default());
        let (without, _) = url.rsplit_once("&contextSha=")?;
        let answer = self.http.ask(Ask::get(without)).await.ok()?;
        Some(answer.head.status == 400)
    }

    /// Checks that the context of a server-evaluated key reaches the Edge. Does nothing for client-evaluated keys, or after
    /// the deadline.
    pub(super) async fn context(&self, report: &mut Report<'_>) -> Result<(), Failure> {
        if self.keys().kind() == KeyKind::ClientEvaluated || !self.http.has_time() {
            return Ok(());
        }
        super::context::compare(self, report).await
    }
}

/// Returns the number of seconds in `max-age=N`, or `None` if it is 0, missing or not a number.
fn max_age(cache_control: &str) -> Option<u64> {
    let seconds = cache_control.split(',').find_map(|part| {
        let (name, value) = part.split_once('=')?;
        let is_it = name.trim().eq_ignore_ascii_case("max-age");
        is_it.then(|| value.trim().parse().ok()).flatten()
    })?;
    (seconds > 0).then_some(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals() {
        assert_eq!(max_age("bork, bork, max-age=20, sister"), Some(20));
        assert_eq!(max_age("no-store, max-age=0"), None);
        assert_eq!(max_age("public, Max-Age = 5"), Some(5));
        assert_eq!(max_age("s-maxage=5"), None);
    }
}
