//! Checks whether the server is an Edge, and how the TLS handshake of the first request ends.

use std::time::Duration;

use serde_json::{Value, json};

use crate::failure::Failure;

use super::check::{Finding, Report, Topic};
use super::exchange::{Answer, Ask, Trouble};
use super::tls;
use super::visit::Visit;

/// The time limit for the requests of the server's version and health.
const LIMIT: Duration = Duration::from_secs(5);

/// The properties of the server that its responses show.
pub(super) struct Identity {
    /// True if the server answers with web pages where an Edge has its version.
    pub(super) shows_pages: bool,
}

impl Visit<'_> {
    /// Requests the name and the version of the server. Returns `None` if the TLS handshake fails, or if the connection fails
    /// with another error than a timeout.
    pub(super) async fn identity(
        &self,
        report: &mut Report<'_>,
    ) -> Result<Option<Identity>, Failure> {
        let base = self.url().as_str();
        let version = format!("{base}/info/version");
        let version = self.http.ask_within(LIMIT, Ask::get(&version)).await;
        if !self.certificate(report, version.as_ref().err())? {
            return Ok(None);
        }
        let version = match version {
            Ok(version) => version,
            Err(trouble @ Trouble::Connect(_)) => {
                let finding = Finding::bad(Topic::Edge, trouble.to_string());
                report.add(finding.advice(trouble.advice()))?;
                return Ok(None);
            }
            // A gateway may block unknown paths. The gateway may let polls through nevertheless.
            Err(trouble) => {
                let message = format!("the request for the Edge's version failed: {trouble}");
                report.add(Finding::note(Topic::Edge, message))?;
                return Ok(Some(Identity { shows_pages: false }));
            }
        };
        let health = format!("{base}/health/liveness");
        let health = self.http.ask_within(LIMIT, Ask::get(&health)).await.ok();
        let shows_pages = version.head.status < 400 && version.is_page();
        report.add(finding(&version, health.as_ref()))?;
        Ok(Some(Identity { shows_pages }))
    }

    /// Reports the result of the TLS handshake, if the URL uses TLS. Returns true if requests can be sent.
    fn certificate(
        &self,
        report: &mut Report<'_>,
        trouble: Option<&Trouble>,
    ) -> Result<bool, Failure> {
        if !self.url().as_str().starts_with("https://") {
            return Ok(true);
        }
        let seen = self.watched.seen();
        let error = match trouble {
            Some(Trouble::Tls(error)) => Some(error.clone()),
            // TCP connections work, so a failure before any certificate was accepted is probably a failure of TLS.
            Some(trouble) if seen.accepted == 0 => Some(trouble.to_string()),
            _ => None,
        };
        if let Some(error) = error {
            let url = reqwest::Url::parse(self.url().as_str()).ok();
            let host = url.as_ref().and_then(reqwest::Url::host_str).unwrap_or_default();
            let (message, advice) = tls::trouble(&seen, host, &error);
            report.add(Finding::bad(Topic::Tls, message).advice(advice))?;
            return Ok(false);
        }
        let finding = if seen.ends_soon {
            Finding::warning(
                Topic::Tls,
                "the certificate is accepted, but it or its issuer's certificate expires within two weeks",
            )
            .advice("renew the certificate before it expires")
        } else {
            Finding::good(
                Topic::Tls,
                "the certificate is accepted, and valid for at least two weeks",
            )
        };
        report.add(finding)?;
        Ok(true)
    }
}

fn finding(version: &Answer, health: Option<&Answer>) -> Finding {
    if let Some((name, number)) = named(version) {
        let data = json!({ "name": name, "version": number });
        if name.contains("management") {
            return Finding::bad(
                Topic::Edge,
                format!("the server is {name} {number}, which is a management server and no Edge"),
            )
            .advice("use the URL of the Edge, as the page with the API keys shows it")
            .data(data);
        }
        return Finding::good(Topic::Edge, format!("{name} {number} answers")).data(data);
    }
    let status = version.head.status;
    if let Some(health) = health.filter(|health| health.head.status == 200 && !health.is_page()) {
        let data = json!({ "health": health.head.status });
        return Finding::good(
            Topic::Edge,
            "the server reports that it is healthy (/health/liveness)",
        )
        .data(data);
    }
    if let Some(health) = health.filter(|health| health.head.status == 500) {
        return Finding::warning(
            Topic::Edge,
            "the server reports that it is not healthy (/health/liveness)",
        )
        .advice("look at the Edge's log: the Edge has probably lost its connection to the rest of FeatureHub")
        .data(json!({ "health": health.head.status }));
    }
    if status < 400 && version.is_page() {
        return Finding::warning(Topic::Edge, "a web page is returned at the path of the version")
            .advice("a login page or a proxy answers, or the URL is that of a web site");
    }
    // Many deployments serve version and health only on another port.
    let usual = if status == 404 { ", which is usual" } else { "" };
    let message = format!(
        "the Edge shows neither its version nor its health at this URL (status {status}){usual}"
    );
    Finding::note(Topic::Edge, message).data(json!({ "status": status }))
}

/// Returns the name and the version in a response of a FeatureHub server.
fn named(answer: &Answer) -> Option<(String, String)> {
    if answer.head.status != 200 {
        return None;
    }
    let document: Value = serde_json::from_slice(&answer.body).ok()?;
    let text = |name: &str| {
        let text = document.get(name).and_then(Value::as_str);
        text.map(|text| crate::sanitize::cut(text, 60).into_owned())
    };
    Some((text("name")?, text("version").unwrap_or_default()))
}
