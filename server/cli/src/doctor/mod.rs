//! Checks of a deployment from end to end: the network path to the Edge, the Edge, the key, polls, streams and browsers.

mod answers;
mod cache;
mod check;
mod context;
mod cors;
mod etag;
mod exchange;
mod features;
mod identity;
mod poll;
mod reach;
mod stream;
mod tls;
mod update;
mod visit;
mod wording;

use std::net::SocketAddr;

use fh_session::{ApiKey, EdgeUrl, KeyKind, Secrets};
use serde_json::json;

pub(crate) use self::check::{Check, CheckResult, Listener, Report, Topic};
pub(crate) use self::visit::Examination;

use self::check::Finding;
use self::exchange::Http;
use self::poll::Polled;
use self::reach::Target;
use self::tls::Watched;
use self::visit::Visit;
use self::wording::several;
use crate::edge::{Edge, is_uuid};
use crate::failure::Failure;

/// Runs the checks. Checks that depend on a failed check are left out, and most checks after the deadline.
pub(crate) async fn examine<'l>(
    examination: &Examination<'_>,
    listener: &'l mut Listener<'l>,
) -> Result<Report<'l>, Failure> {
    let mut report = Report::new(listener, Secrets::of(examination.edge.keys.iter()));
    go(examination, &mut report).await?;
    report.leave_out(due(examination));
    Ok(report)
}

/// Runs the checks in order. Stops if a check fails on which all later checks depend.
async fn go(examination: &Examination<'_>, report: &mut Report<'_>) -> Result<(), Failure> {
    let edge = examination.edge;
    key(report, edge)?;
    let target = reach::proxies(report, edge.url.as_str())?;
    let deadline = examination.deadline;
    let Some(addresses) = reach::resolve(report, &target, deadline).await? else { return Ok(()) };
    encryption(report, &edge.url, &target, &addresses)?;
    if !reach::connect(report, &target, &addresses, deadline).await? {
        return Ok(());
    }
    let watched = Watched::default();
    let http = Http::new(&watched, deadline)?;
    Visit { examination, http, watched }.edge(report).await
}

/// Returns the topics that count as left out if the report has no check of them.
fn due(examination: &Examination<'_>) -> impl Iterator<Item = Topic> {
    let keys = &examination.edge.keys;
    let (one_key, kind) = (!keys.are_several(), keys.kind());
    let is_update_asked_for = examination.update.is_some();
    [
        (Topic::Connect, true),
        (Topic::Edge, true),
        (Topic::Poll, true),
        (Topic::Payload, true),
        // An Edge of FeatureHub answers `if-none-match` for several keys with empty lists (decisions D-60), so etags are
        // not checked.
        (Topic::Etag, one_key),
        (Topic::Cache, true),
        (Topic::Context, kind == KeyKind::ServerEvaluated),
        (Topic::Stream, true),
        (Topic::Cors, true),
        (Topic::Update, is_update_asked_for),
    ]
    .into_iter()
    .filter_map(|(topic, is_due)| is_due.then_some(topic))
}

impl Visit<'_> {
    /// Runs the checks that use HTTP.
    async fn edge(&self, report: &mut Report<'_>) -> Result<(), Failure> {
        let Some(identity) = self.identity(report).await? else { return Ok(()) };
        match self.poll(report, &identity).await? {
            Polled::Features(polled) => {
                self.features(report, &polled)?;
                self.etag(report).await?;
                self.cache(report, &polled).await?;
                self.clock(report, &polled)?;
                self.context(report).await?;
                self.stream(report, Some(&polled)).await?;
            }
            Polled::Nothing => return self.stream(report, None).await,
            // A stream would only repeat the result of the poll.
            Polled::Refused | Polled::NoEdge => return Ok(()),
        }
        self.cors(report).await?;
        self.update(report).await
    }
}

/// Checks the form of the API keys.
fn key(report: &mut Report<'_>, edge: &Edge) -> Result<(), Failure> {
    let kind = match edge.keys.kind() {
        KeyKind::ClientEvaluated => {
            "client-evaluated: strategies are sent, and evaluated in SDKs; right for services, which read features for many \
             users, and not for web pages and apps, which would get the rules of all users"
        }
        KeyKind::ServerEvaluated => {
            "server-evaluated: the Edge evaluates for one context; right for web pages and apps of one user, and not for \
             services with many users, which need a key with `*` or a pool of contexts"
        }
    };
    let environments: Vec<&str> = edge.keys.iter().map(|key| &**key.environment()).collect();
    let shown = several(&environments);
    let data = json!({
        "environments": environments,
        "kind": match edge.keys.kind() {
            KeyKind::ClientEvaluated => "client",
            KeyKind::ServerEvaluated => "server",
        },
    });
    let odd: Vec<&str> = edge
        .keys
        .iter()
        .map(|key| &**key.environment())
        .filter(|environment| !is_uuid(environment))
        .collect();
    let finding = if !odd.is_empty() {
        Finding::bad(
            Topic::Key,
            format!("the environment {} is no UUID: Edges ignore such a key", several(&odd)),
        )
        .advice("copy the key again: it is ENVIRONMENT/KEY, and ENVIRONMENT is a UUID")
    } else if edge.keys.iter().any(is_old) {
        let message = format!(
            "the key is for environment {shown}, {kind}; it is written in the old form CACHE/ENVIRONMENT/KEY"
        );
        Finding::note(Topic::Key, message)
            .advice("leave the first part out: only old Edges need it")
    } else {
        Finding::good(Topic::Key, format!("the key is for environment {shown}, {kind}"))
    };
    report.add(finding.data(data))
}

fn is_old(key: &ApiKey) -> bool {
    key.expose().split('/').count() == 3
}

/// Adds a warning if the key is sent unencrypted over a network that others may read.
fn encryption(
    report: &mut Report<'_>,
    url: &EdgeUrl,
    target: &Target,
    addresses: &[SocketAddr],
) -> Result<(), Failure> {
    let is_open = url.as_str().starts_with("http://");
    // Behind a proxy the request may leave the network, even if the proxy is near.
    let is_far = target.is_proxy || addresses.iter().any(|address| !reach::is_near(address.ip()));
    if is_open && is_far {
        let finding = Finding::warning(
            Topic::Url,
            "http:// is not encrypted: the API key can be read on the network",
        )
        .advice("use https://");
        return report.add(finding);
    }
    Ok(())
}
