//! Which Edge to ask, and with which API key: from the command line, the environment, or stdin.

use std::io::{self, Read};
use std::time::Duration;

use clap::Args;
use fh_client::transport::ReqwestTransport;
use fh_client::{Client, ClientBuilder, NotReady, Problem, StartError};
use fh_session::{ApiKey, ApiKeys, EdgeUrl};

use crate::failure::Failure;

/// Where the URL is looked for.
const URL: &str = "FEATUREHUB_EDGE_URL";
/// Where the key is looked for; the first that is set counts.
const KEYS: [&str; 2] = ["FEATUREHUB_CLIENT_API_KEY", "FEATUREHUB_API_KEY"];
/// More than any list of keys takes.
const LARGEST_KEYS: u64 = 64 * 1024;

#[derive(Clone, Args)]
pub(crate) struct EdgeArgs {
    /// Where the Edge is, known by its `://`; else --url, else $FEATUREHUB_EDGE_URL
    #[arg(value_name = "URL")]
    first: Option<String>,

    /// The API key, known by its `/`, or - for stdin; else --api-key, else
    /// $FEATUREHUB_CLIENT_API_KEY or $FEATUREHUB_API_KEY, which no process list shows
    // Where both are left out, `fh set` has its VALUE here.
    #[arg(value_name = "KEY", allow_negative_numbers = true)]
    second: Option<String>,

    /// Where the Edge is
    #[arg(long, value_name = "URL", help_heading = "Edge")]
    url: Option<String>,

    /// The API key, or - for stdin; several keys: once for each
    #[arg(long, value_name = "KEY", help_heading = "Edge")]
    api_key: Vec<String>,
}

/// Never shows what may be a key.
impl std::fmt::Debug for EdgeArgs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EdgeArgs").finish_non_exhaustive()
    }
}

/// An Edge to ask.
#[derive(Debug, Clone)]
pub(crate) struct Edge {
    pub(crate) url: EdgeUrl,
    pub(crate) keys: ApiKeys,
}

impl EdgeArgs {
    /// The Edge, and what was given behind URL and KEY. A URL is known by its `://`, a key by its `/`, so that either may be left
    /// out.
    pub(crate) fn resolve(&self, others: &[String]) -> Result<(Edge, Vec<String>), Failure> {
        let given = self.first.iter().chain(&self.second).chain(others);
        let mut given = given.map(String::as_str).peekable();
        let positional = match &self.url {
            Some(_) => None,
            None => given.next_if(|text| text.contains("://")),
        };
        let url = positional.or(self.url.as_deref()).map(str::to_string).or_else(|| variable(URL));
        let mut keys = self.api_key.clone();
        if keys.is_empty() {
            let key = given.next_if(|text| *text == "-" || text.contains('/')).map(str::to_string);
            keys.extend(key.or_else(|| KEYS.into_iter().find_map(variable)));
        }
        let rest: Vec<String> = given.map(str::to_string).collect();
        let Some(url) = url else {
            return Err(usage(&format!(
                "no URL of an Edge: write one with http:// or https:// before all others, or set {URL}"
            )));
        };
        let url = EdgeUrl::parse(&url).map_err(|error| usage(&error.to_string()))?;
        if keys.is_empty() {
            let [first, second] = KEYS;
            return Err(usage(&format!(
                "no API key: write one (ENVIRONMENT/KEY, or - for stdin) behind the URL, or set {first} or {second}"
            )));
        }
        let keys = if keys.iter().any(|key| key == "-") { from_stdin(&keys)? } else { keys };
        let keys = ApiKeys::parse(&keys).map_err(|error| usage(&error.to_string()))?;
        Ok((Edge { url, keys }, rest))
    }
}

/// Names of features. What has a `/` is more likely a key that stands in the wrong place: it is not repeated.
pub(crate) fn features(given: Vec<String>) -> Result<Vec<String>, Failure> {
    if given.iter().any(|name| name.contains('/')) {
        return Err(usage(
            "a feature's key has no `/`: the order is URL, API key, feature, and a URL begins with http:// or https://",
        ));
    }
    Ok(given)
}

/// Environments have such ids.
pub(crate) fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// An API key that stands somewhere on the command line, also behind `--option=`. A path with one `/` looks much like one.
pub(crate) fn key_in(argument: &str) -> Option<ApiKey> {
    let key = ApiKey::parse(argument).ok()?;
    let environment = key.environment();
    is_uuid(environment.rsplit('=').next().unwrap_or(environment)).then_some(key)
}

fn usage(text: &str) -> Failure {
    Failure::Input(text.to_string())
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|text| !text.trim().is_empty())
}

/// Puts the keys that stdin holds, one a line, in the place of `-`.
fn from_stdin(keys: &[String]) -> Result<Vec<String>, Failure> {
    let mut text = String::new();
    io::stdin()
        .lock()
        .take(LARGEST_KEYS)
        .read_to_string(&mut text)
        .map_err(|error| usage(&format!("cannot read the API key from stdin: {error}")))?;
    let read = text.split_whitespace().map(str::to_string);
    let others = keys.iter().filter(|key| *key != "-").cloned();
    let keys: Vec<String> = others.chain(read).collect();
    if keys.is_empty() {
        return Err(usage("stdin holds no API key"));
    }
    Ok(keys)
}

impl Edge {
    /// A client of it, to be set up.
    pub(crate) fn client(&self) -> ClientBuilder {
        let keys = self.keys.iter().map(|key| key.expose().to_string());
        Client::from_environment()
            .edge_url(self.url.as_str())
            .api_keys(keys)
            .identification(concat!("fh/", env!("CARGO_PKG_VERSION")))
    }
}

impl Edge {
    /// A client that sends updates and nothing else.
    pub(crate) fn for_updates(&self) -> Result<Client, StartError> {
        self.client().transport(ReqwestTransport::builder().build()?).offline().start()
    }
}

/// Why a client does not start.
pub(crate) fn unstarted(error: StartError) -> Failure {
    Failure::Input(error.to_string())
}

/// Why a client will not be ready, and what to do about it.
pub(crate) fn not_ready(why: &NotReady) -> Failure {
    Failure::Edge(match why {
        NotReady::Failed(problem) => trouble(problem),
        why => why.to_string(),
    })
}

/// That there are no features yet, within this time, and why.
pub(crate) fn no_features(client: &Client, within: Option<Duration>) -> Failure {
    let within =
        within.map(|limit| format!(" within {} s", limit.as_secs_f64())).unwrap_or_default();
    let why = match client.status().problem {
        Some(problem) => trouble(&problem),
        None => "the Edge has not answered".to_string(),
    };
    Failure::Edge(format!("no features{within}: {why}"))
}

/// What went wrong, and what to do about it.
pub(crate) fn trouble(problem: &Problem) -> String {
    let advice = match problem {
        Problem::BadRequest | Problem::NotFound | Problem::Failure(_) => {
            "check the key and that its service account may read this environment"
        }
        Problem::Unauthorised(_) => {
            "an Edge does not say so by itself: look for a proxy or gateway before it"
        }
        Problem::ContentType(_) | Problem::Redirect => "check the URL",
        Problem::Malformed(_) => "check that the URL is that of an Edge",
        Problem::Unreachable(_) | Problem::Tls(_) | Problem::TimedOut(_) => {
            "`fh doctor` looks closer"
        }
        _ => return problem.to_string(),
    };
    format!("{problem}; {advice}")
}
