//! One request for a state, and its answer.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use fh_edge::internal::MOST_STATE_BYTES;
use fh_files::FileContent;
use reqwest::header::{
    AUTHORIZATION, DATE, ETAG, HeaderMap, HeaderName, HeaderValue, IF_MODIFIED_SINCE,
    IF_NONE_MATCH, LAST_MODIFIED, RETRY_AFTER,
};
use reqwest::redirect::{Attempt, Policy};
use reqwest::{Response, StatusCode};

use super::StateUrl;
use crate::connection_errors::other_scheme;

/// The time limit for establishing a connection.
const CONNECT: Duration = Duration::from_secs(5);
/// The time limit between two parts of a response.
const SILENCE: Duration = Duration::from_secs(15);
/// The time limit for a whole response.
const WHOLE: Duration = Duration::from_secs(120);
/// The largest number of redirects in a row that are followed.
const MOST_REDIRECTS: usize = 5;
/// The longest wait that a response can ask for by `Retry-After`.
const LONGEST_WAIT: Duration = Duration::from_secs(600);
/// The largest size of a file with a token, in bytes.
const MOST_TOKEN_BYTES: u64 = 16 << 10;

/// Fetches the state of one URL again and again, and downloads it only if it has changed.
pub(crate) struct Fetcher {
    client: reqwest::Client,
    url: StateUrl,
    token_file: Option<PathBuf>,
    /// The headers by which the next request asks for a newer state.
    conditions: HeaderMap,
}

/// The result of a request that did not fail.
pub(crate) enum Fetched {
    Unchanged,
    New {
        content: FileContent,
        /// False if the object was changed within the last second. It may then change once more with the same `Last-Modified`, which has
        /// whole seconds.
        is_settled: bool,
    },
}

/// The reason why a state could not be fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FetchError {
    url: String,
    why: String,
    /// True if the operator has to change something before a further request can succeed.
    pub(crate) is_lasting: bool,
    /// The time that the response asks to wait before the next request.
    pub(crate) retry_after: Option<Duration>,
}

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.url, self.why)
    }
}

impl FetchError {
    /// Returns the error for a URL that has not answered within the time `limit`.
    pub(crate) fn slow(url: &StateUrl, limit: Duration) -> Self {
        passing(url, format!("no answer within {} s", limit.as_secs_f64()))
    }
}

impl Fetcher {
    /// Makes a fetcher. The token file is read for each request, so that a token can be rotated.
    pub(crate) fn new(url: &StateUrl, token_file: Option<&Path>) -> Result<Self, FetchError> {
        if token_file.is_some() && !url.is_private() {
            let why = "--state-token-file needs an https:// URL, because the token could be read on the network";
            return Err(lasting(url, why.to_string()));
        }
        // An error means that the provider is installed already, which is fine.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .redirect(Policy::custom(redirect))
            .referer(false)
            .connect_timeout(CONNECT)
            .read_timeout(SILENCE)
            .timeout(WHOLE)
            .user_agent(concat!("fh/", env!("CARGO_PKG_VERSION")))
            .build();
        let client = client.map_err(|error| {
            lasting(url, format!("HTTP cannot be set up: {}", innermost(&error.without_url())))
        })?;
        let token_file = token_file.map(Path::to_owned);
        Ok(Self { client, url: url.clone(), token_file, conditions: HeaderMap::new() })
    }

    /// Makes the next request download the state, even if it has not changed.
    pub(crate) fn forget(&mut self) {
        self.conditions.clear();
    }

    /// Sends a request. Redirects are followed, but not from https to http.
    pub(crate) async fn fetch(&mut self) -> Result<Fetched, FetchError> {
        let mut request =
            self.client.get(self.url.whole().clone()).headers(self.conditions.clone());
        if let Some(file) = &self.token_file {
            let token = bearer(file).map_err(|why| passing(&self.url, why))?;
            request = request.header(AUTHORIZATION, token);
        }
        let mut response = request.send().await.map_err(|error| self.broken(error))?;
        match response.status() {
            StatusCode::NOT_MODIFIED if !self.conditions.is_empty() => {
                return Ok(Fetched::Unchanged);
            }
            StatusCode::OK => {}
            _ => return Err(self.refused(&response)),
        }
        let mut bytes = Vec::new();
        while let Some(piece) = response.chunk().await.map_err(|error| self.broken(error))? {
            if (bytes.len() + piece.len()) as u64 > MOST_STATE_BYTES {
                let why = format!("the state is larger than {MOST_STATE_BYTES} bytes");
                return Err(lasting(&self.url, why));
            }
            bytes.extend_from_slice(&piece);
        }
        if let Some(rest) = bytes.strip_prefix(b"\xEF\xBB\xBF") {
            bytes = rest.to_vec();
        }
        if bytes.trim_ascii_start().starts_with(b"<") {
            let why = "the answer is a web page and not a state: write the URL of the raw file";
            return Err(lasting(&self.url, why.to_string()));
        }
        let modified = date(response.headers(), LAST_MODIFIED);
        let now = date(response.headers(), DATE);
        // Without both times, or if the object claims to be of the future, another request would show nothing new.
        let age = modified.zip(now).and_then(|(modified, now)| now.duration_since(modified).ok());
        let is_settled = age.is_none_or(|age| age >= Duration::from_secs(1));
        self.conditions = conditions(response.headers());
        Ok(Fetched::New { content: FileContent { bytes, modified }, is_settled })
    }

    fn broken(&self, error: reqwest::Error) -> FetchError {
        let is_redirect = error.is_redirect();
        let why = match error.is_timeout() {
            true => "no answer in time".to_string(),
            false => innermost(&error.without_url()),
        };
        match other_scheme(self.url.whole().as_str(), &why) {
            Some(advice) => lasting(&self.url, advice),
            None if is_redirect => lasting(&self.url, why),
            None => passing(&self.url, why),
        }
    }

    fn refused(&self, response: &Response) -> FetchError {
        let status = response.status();
        let number = status.as_u16();
        let advice = match (number, &self.token_file) {
            (401 | 403, Some(file)) => format!(": check the token in {}", file.display()),
            (401 | 403, None) => {
                ": give a token by --state-token-file, or a signed URL".to_string()
            }
            (404 | 410, _) => ": there is no such object; check the path of the URL".to_string(),
            _ => String::new(),
        };
        let wait = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        let wait = wait.and_then(|text| text.trim().parse().ok()).map(Duration::from_secs);
        FetchError {
            url: self.url.to_string(),
            why: format!("the server answers {number}{advice}"),
            // A rate limit, and a server that is too busy, pass.
            is_lasting: status.is_client_error() && !matches!(number, 408 | 425 | 429),
            retry_after: wait.map(|wait| wait.min(LONGEST_WAIT)),
        }
    }
}

/// Fetches the state of a URL once.
pub(crate) async fn once(
    url: &StateUrl,
    token_file: Option<&Path>,
) -> Result<FileContent, FetchError> {
    match Fetcher::new(url, token_file)?.fetch().await? {
        Fetched::New { content, .. } => Ok(content),
        Fetched::Unchanged => Err(passing(url, "the server answers 304".to_string())),
    }
}

fn lasting(url: &StateUrl, why: String) -> FetchError {
    FetchError { url: url.to_string(), why, is_lasting: true, retry_after: None }
}

fn passing(url: &StateUrl, why: String) -> FetchError {
    FetchError { url: url.to_string(), why, is_lasting: false, retry_after: None }
}

/// Returns the conditions of the next request. A server that sends an etag needs no time.
fn conditions(answer: &HeaderMap) -> HeaderMap {
    let condition = |from, to| Some((to, answer.get(from)?.clone()));
    let found =
        condition(ETAG, IF_NONE_MATCH).or_else(|| condition(LAST_MODIFIED, IF_MODIFIED_SINCE));
    found.into_iter().collect()
}

fn date(headers: &HeaderMap, name: HeaderName) -> Option<SystemTime> {
    httpdate::parse_http_date(headers.get(name)?.to_str().ok()?).ok()
}

/// Reads the token of a file. The error never contains the token.
fn bearer(file: &Path) -> Result<HeaderValue, String> {
    let name = file.display();
    let content = fh_files::read(file, MOST_TOKEN_BYTES)
        .map_err(|why| format!("--state-token-file {name}: {why}"))?;
    let text = String::from_utf8(content.bytes).unwrap_or_default();
    let token = text.trim();
    let is_token = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
    let value = HeaderValue::from_str(&format!("Bearer {token}")).ok().filter(|_| is_token);
    let mut value = value.ok_or_else(|| {
        format!("--state-token-file {name}: the file must hold a token alone, without `Bearer` and spaces")
    })?;
    value.set_sensitive(true);
    Ok(value)
}

/// Follows a redirect unless it leads from https to http, where others can read the state.
fn redirect(attempt: Attempt<'_>) -> reqwest::redirect::Action {
    let was_secure = attempt.previous().last().is_some_and(|url| url.scheme() == "https");
    if was_secure && attempt.url().scheme() != "https" {
        return attempt.error("the server redirects from https to http");
    }
    if attempt.previous().len() > MOST_REDIRECTS {
        return attempt.error("the server redirects too often");
    }
    attempt.follow()
}

/// Returns the text of the innermost error.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}
