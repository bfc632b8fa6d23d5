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
use self::reach::Target;
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
    let mut report = Report::new(listener, Secrets::of(examination.edge.keys.iter()));
    go(examination, &mut report).await?;
    report.leave_out(due(examination));
    Ok(report)
}

/// Goes as far as there is a way.
async fn go(examination: &Examination<'_>, report: &mut Report<'_>) -> Result<(), Failure> {
    let edge = examination.edge;
    key(report, edge)?;
    let target = reach::proxies(report, edge.url.as_str())?;
    let Some(addresses) = reach::resolve(report, &target).await? else { return Ok(()) };
    encryption(report, &edge.url, &target, &addresses)?;
    if !reach::connect(report, &target, &addresses).await? {
        return Ok(());
    }
    let watched = Watched::default();
    let http = Http::new(&watched, examination.deadline)?;
    Visit { examination, http, watched }.edge(report).await
}

/// What is looked at if nothing is in the way. About the others there may be nothing to say.
fn due(examination: &Examination<'_>) -> impl Iterator<Item = Topic> {
    let keys = &examination.edge.keys;
    let (one_key, kind) = (!keys.are_several(), keys.kind());
    let is_update_asked_for = examination.update.is_some();
    [
        (Topic::Connect, true),
        (Topic::Edge, true),
        (Topic::Poll, true),
        (Topic::Payload, true),
        // A real Edge answers several keys with empty lists then (D-60), so nobody asks.
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

/// What every check needs.
struct Visit<'a> {
    examination: &'a Examination<'a>,
    http: Http,
    watched: Watched,
}

impl Visit<'_> {
    /// Everything that is said over HTTP.
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
            // What a stream says about the key is no news.
            Polled::Refused | Polled::NoEdge => return Ok(()),
        }
        self.cors(report).await?;
        self.update(report).await
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
    target: &Target,
    addresses: &[SocketAddr],
) -> Result<(), Failure> {
    let is_open = url.as_str().starts_with("http://");
    // Behind a proxy, however near it is, the way goes on.
    let is_far = target.is_proxy || addresses.iter().any(|address| !reach::is_near(address.ip()));
    if is_open && is_far {
        let finding = Finding::warning(
            Topic::Url,
            "http:// is not encrypted: whoever is on the way reads the API key",
        )
        .advice("use https://");
        return report.add(finding);
    }
    Ok(())
}
