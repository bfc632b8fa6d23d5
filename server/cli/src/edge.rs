//! The URL and the API keys of the Edge to query, from the command line, the environment or stdin.

use std::io::{self, Read};

use clap::Args;
use fh_client::transport::ReqwestTransport;
use fh_client::{Client, ClientBuilder, StartError};
use fh_session::{ApiKey, ApiKeys, EdgeUrl};

use crate::edge_address::{Address, is_host};
use crate::failure::Failure;

/// The environment variable with the URL of the Edge.
const URL: &str = "FEATUREHUB_EDGE_URL";
/// The environment variables with the API key, in order of precedence.
const KEYS: [&str; 2] = ["FEATUREHUB_CLIENT_API_KEY", "FEATUREHUB_API_KEY"];
/// The largest size of the keys on stdin, in bytes. Further bytes are not read.
const LARGEST_KEYS: u64 = 64 * 1024;

#[derive(Clone, Args)]
pub(crate) struct EdgeArgs {
    /// The URL of the Edge. Without --url, the first argument is the URL if it contains `://`. Default: $FEATUREHUB_EDGE_URL
    #[arg(value_name = "URL")]
    first: Option<String>,

    /// The API key, or - to read keys from stdin. Without --api-key, the argument after the URL, or the first argument if URL
    /// is left out, is the key if it contains `/` or is -. Default: $FEATUREHUB_CLIENT_API_KEY, then $FEATUREHUB_API_KEY. Use
    /// a variable or stdin if other users of the machine can see the arguments of its processes
    // If URL and KEY are both left out, this argument may hold the VALUE of `fh set`, which may be a negative number.
    #[arg(value_name = "KEY", allow_negative_numbers = true)]
    second: Option<String>,

    /// The URL of the Edge, instead of the argument URL
    #[arg(long, value_name = "URL", help_heading = "Edge")]
    url: Option<String>,

    /// The API key, or - to read keys from stdin. Repeat the option for several keys
    #[arg(long, value_name = "KEY", help_heading = "Edge")]
    api_key: Vec<String>,
}

/// The URL and the API keys of an Edge.
#[derive(Debug, Clone)]
pub(crate) struct Edge {
    pub(crate) url: EdgeUrl,
    pub(crate) keys: ApiKeys,
}

impl EdgeArgs {
    /// Returns true if `--api-key` is given.
    pub(crate) fn has_api_key(&self) -> bool {
        !self.api_key.is_empty()
    }

    /// Returns the URL of `--url`, and all arguments as they are given.
    pub(crate) fn plain(&self, others: &[String]) -> (Option<&str>, Vec<String>) {
        let all = self.first.iter().chain(&self.second).chain(others);
        (self.url.as_deref(), all.cloned().collect())
    }

    /// Returns the Edge, and the arguments that follow URL and KEY. A URL is recognised by its `://` or as the address of a
    /// host, and a key by its `/`, so that URL and KEY may be left out. With `--url`, no argument is read as the URL. With
    /// `--api-key`, or with a key in the URL, no argument is read as the key.
    pub(crate) fn resolve(&self, others: &[String]) -> Result<(Edge, Vec<String>), Failure> {
        let given: Vec<&str> =
            self.first.iter().chain(&self.second).chain(others).map(String::as_str).collect();
        // With a URL in the environment, a name with a dot is the key of a feature.
        let has_key = variable(URL).is_none() && given.get(1).is_some_and(|second| is_key(second));
        let mut given = given.into_iter().peekable();
        let is_url = |text: &str| text.contains("://") || is_host(text, has_key);
        let positional = match &self.url {
            Some(_) => None,
            None => given.next_if(|text| is_url(text)),
        };
        let named = positional.or(self.url.as_deref());
        let Some(url) = named.map(str::to_string).or_else(|| variable(URL)) else {
            return Err(usage(&format!(
                "no URL of an Edge: give a URL with http:// or https:// as the first argument, or set {URL}"
            )));
        };
        let address = Address::parse(&url).map_err(|why| match named {
            Some(_) => Failure::Input(why),
            None => Failure::Input(format!("{URL} in the environment: {why}")),
        })?;
        let mut keys = self.api_key.clone();
        if keys.is_empty() {
            keys.extend(given.next_if(|text| is_key(text)).map(str::to_string));
            let is_without = keys.is_empty()
                && address.keys.is_empty()
                && KEYS.into_iter().all(|name| variable(name).is_none());
            if let Some(next) = given.peek().filter(|_| is_without) {
                return Err(usage(&no_slash(next)));
            }
        }
        Ok((Edge::at(address, keys)?, given.map(str::to_string).collect()))
    }
}

/// Returns true if an argument is an API key, or `-`, which stands for the keys on stdin.
fn is_key(text: &str) -> bool {
    text == "-" || text.contains('/')
}

/// Returns the error for an argument in the place of the API key. A long argument may be the secret part of a key, and is not
/// repeated.
fn no_slash(text: &str) -> String {
    let shown = match text.len() > 32 || text.contains('*') {
        true => "the argument after the URL",
        false => text,
    };
    let [first, second] = KEYS;
    format!(
        "no API key: {shown} has no `/`, and an API key is ENVIRONMENT/KEY (or - for stdin); give a key after the URL, or set {first} or {second}"
    )
}

/// Checks that the arguments may be feature keys. An argument with a `/` is probably a misplaced API key, so the error does
/// not repeat it.
pub(crate) fn features(given: Vec<String>) -> Result<Vec<String>, Failure> {
    if given.iter().any(|name| name.contains('/')) {
        return Err(usage(
            "a feature's key has no `/`: the order is URL, API key, feature, and a URL begins with http:// or https://",
        ));
    }
    Ok(given)
}

/// Returns true for the text form of a UUID with dashes, which is the form of environment ids.
pub(crate) fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// Returns the API key in an argument, also if the key follows `--option=`, which is then a part of the environment. Returns
/// `None` if there is no key, or if the rest of the environment is not a UUID, because paths with one `/` look like keys.
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

/// Removes each `-`, and adds the keys on stdin at the end. White space separates the keys on stdin.
fn from_stdin(keys: &[String]) -> Result<Vec<String>, Failure> {
    let mut text = String::new();
    io::stdin()
        .lock()
        .take(LARGEST_KEYS)
        .read_to_string(&mut text)
        .map_err(|error| usage(&format!("cannot read the API key from stdin: {error}")))?;
    let read = fh_files::without_mark(&text).split_whitespace().map(str::to_string);
    let others = keys.iter().filter(|key| *key != "-").cloned();
    let keys: Vec<String> = others.chain(read).collect();
    if keys.is_empty() {
        return Err(usage("stdin holds no API key"));
    }
    Ok(keys)
}

impl Edge {
    /// Returns the Edge at an address. The keys are the given ones, otherwise those in the address, otherwise those of the
    /// environment. Keys that are `-` are read from stdin.
    pub(crate) fn at(address: Address, given: Vec<String>) -> Result<Self, Failure> {
        let Address { url, keys } = address;
        let mut keys = if given.is_empty() { keys } else { given };
        let named = KEYS.into_iter().find(|name| keys.is_empty() && variable(name).is_some());
        keys.extend(named.and_then(variable));
        if keys.is_empty() {
            let [first, second] = KEYS;
            return Err(usage(&format!(
                "no API key: give a key (ENVIRONMENT/KEY, or - for stdin) after the URL, or set {first} or {second}"
            )));
        }
        let keys = if keys.iter().any(|key| key == "-") { from_stdin(&keys)? } else { keys };
        let keys = ApiKeys::parse(&keys).map_err(|error| match named {
            Some(name) => usage(&format!("{name} in the environment: {error}")),
            None => usage(&error.to_string()),
        })?;
        Ok(Self { url, keys })
    }

    /// Returns a builder of a client for this Edge and its API keys. Environment variables may set further options.
    pub(crate) fn client(&self) -> ClientBuilder {
        let keys = self.keys.iter().map(|key| key.expose().to_string());
        Client::from_environment()
            .edge_url(self.url.as_str())
            .api_keys(keys)
            .identification(concat!("fh/", env!("CARGO_PKG_VERSION")))
    }
}

impl Edge {
    /// Starts a client that can send test updates and fetches nothing.
    pub(crate) fn for_updates(&self) -> Result<Client, StartError> {
        self.client().transport(ReqwestTransport::builder().build()?).offline().start()
    }
}

/// Converts the error of a client that could not start into an error of the command.
pub(crate) fn unstarted(error: StartError) -> Failure {
    Failure::Input(error.to_string())
}
