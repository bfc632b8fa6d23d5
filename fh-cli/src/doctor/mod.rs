//! A look at a deployment from end to end: the way to the Edge, the Edge, the key, polls, streams, browsers.

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
mod words;

use std::net::SocketAddr;
use std::time::Duration;

use fh_eval::Attributes;
use fh_session::{ApiKey, ContextHeader, EdgeUrl, KeyKind, Secrets};
use serde_json::json;
use tokio::time::Instant;

pub(crate) use self::check::{Check, Listener, Report, Topic, Verdict};

use self::check::Finding;
use self::exchange::Http;
use self::poll::Polled;
use self::tls::Watched;
use self::words::several;
use crate::edge::{Edge, is_uuid};
use crate::failure::Failure;

/// What is to be looked at, and how.
pub(crate) struct Examination<'a> {
    pub(crate) edge: &'a Edge,
    /// Whom a server-evaluated key is tried with.
    pub(crate) who: Attributes,
    /// How long to listen to a stream once its features are there.
    pub(crate) listen: Duration,
    /// The site from which a browser would ask.
    pub(crate) origin: &'a str,
    /// The feature that a change without effect is tried on.
    pub(crate) update: Option<&'a str>,
    /// The end of it all.
    pub(crate) deadline: Instant,
}

/// Looks at everything; what depends on what is broken is left out.
pub(crate) async fn examine<'l>(
    examination: &Examination<'_>,
    listener: &'l mut Listener<'l>,
) -> Result<Report<'l>, Failure> {
    let edge = examination.edge;
    let mut report = Report::new(listener, Secrets::of(edge.keys.iter()));
    key(&mut report, edge)?;
    let target = reach::proxies(&mut report, edge.url.as_str())?;
    let Some(addresses) = reach::resolve(&mut report, &target).await? else {
        report.leave_out(&AFTER_NAME);
        return Ok(report);
    };
    encryption(&mut report, &edge.url, &addresses)?;
    if !reach::connect(&mut report, &target, &addresses).await? {
        report.leave_out(&AFTER_CONNECT);
        return Ok(report);
    }
    let watched = Watched::default();
    let http = Http::new(&watched, examination.deadline)?;
    let visit = Visit { examination, http, watched };
    visit.edge(&mut report).await?;
    Ok(report)
}

const AFTER_NAME: [Topic; 2] = [Topic::Connect, Topic::Poll];
const AFTER_CONNECT: [Topic; 4] = [Topic::Edge, Topic::Poll, Topic::Stream, Topic::Cors];

/// What every check needs.
struct Visit<'a> {
    examination: &'a Examination<'a>,
    http: Http,
    watched: Watched,
}

impl Visit<'_> {
    /// Everything that is said over HTTP.
    async fn edge(&self, report: &mut Report<'_>) -> Result<(), Failure> {
        let Some(identity) = self.identity(report).await? else {
            report.leave_out(&[Topic::Poll, Topic::Stream, Topic::Cors]);
            return Ok(());
        };
        match self.poll(report, &identity).await? {
            Polled::Features(polled) => {
                self.features(report, &polled)?;
                self.etag(report).await?;
                self.cache(report, &polled).await?;
                self.clock(report, &polled)?;
                self.context(report).await?;
                self.stream(report, Some(&polled)).await?;
            }
            Polled::Nothing => {
                report.leave_out(&[Topic::Payload, Topic::Etag, Topic::Cache, Topic::Cors]);
                return self.stream(report, None).await;
            }
            // What a stream says about the key is no news.
            Polled::Refused | Polled::NoEdge => {
                report.leave_out(&[
                    Topic::Payload,
                    Topic::Etag,
                    Topic::Cache,
                    Topic::Stream,
                    Topic::Cors,
                ]);
                return Ok(());
            }
        }
        self.cors(report).await?;
        self.update(report).await
    }

    /// Is there time for more? If not, it is left out.
    fn has_time(&self, report: &mut Report<'_>, topic: Topic) -> bool {
        let has_time = self.http.has_time();
        if !has_time {
            report.leave_out(&[topic]);
        }
        has_time
    }

    fn keys(&self) -> &fh_session::ApiKeys {
        &self.examination.edge.keys
    }

    fn url(&self) -> &EdgeUrl {
        &self.examination.edge.url
    }

    /// A poll's URL for a context.
    fn poll_url(&self, context: &ContextHeader) -> String {
        self.url().poll(self.keys(), context).expose().to_string()
    }

    /// The context that requests carry: only server-evaluated keys have one, and none is there unless it was given.
    fn given_context(&self) -> Result<ContextHeader, Failure> {
        match self.keys().kind() {
            KeyKind::ClientEvaluated => Ok(ContextHeader::default()),
            KeyKind::ServerEvaluated => ContextHeader::of(&self.examination.who)
                .map_err(|error| Failure::Input(error.to_string())),
        }
    }
}

/// What the keys look like.
fn key(report: &mut Report<'_>, edge: &Edge) -> Result<(), Failure> {
    let kind = match edge.keys.kind() {
        KeyKind::ClientEvaluated => "client-evaluated: strategies are sent, and evaluated in SDKs",
        KeyKind::ServerEvaluated => "server-evaluated: the Edge evaluates for one context",
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
            format!("the environment {} is no UUID: Edges drop such a key", several(&odd)),
        )
        .advice("copy the key again: it is ENVIRONMENT/KEY, and ENVIRONMENT is a UUID")
    } else if edge.keys.iter().any(is_old) {
        let message = format!(
            "of environment {shown}, {kind}; written in the old form CACHE/ENVIRONMENT/KEY"
        );
        Finding::note(Topic::Key, message)
            .advice("leave the first part out: only old Edges want it")
    } else {
        Finding::good(Topic::Key, format!("of environment {shown}, {kind}"))
    };
    report.add(finding.data(data))
}

fn is_old(key: &ApiKey) -> bool {
    key.expose().split('/').count() == 3
}

/// May others read the key on its way?
fn encryption(
    report: &mut Report<'_>,
    url: &EdgeUrl,
    addresses: &[SocketAddr],
) -> Result<(), Failure> {
    let is_open = url.as_str().starts_with("http://");
    if is_open && addresses.iter().any(|address| !reach::is_near(address.ip())) {
        let finding = Finding::warning(
            Topic::Url,
            "http:// is not encrypted: whoever is on the way reads the API key",
        )
        .advice("use https://");
        return report.add(finding);
    }
    Ok(())
}
