//! HTTP requests, and responses with their timing.

use std::error::Error as _;
use std::time::Duration;

use fh_session::SecretUrl;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Response, Url};
use tokio::time::{Instant, timeout_at};

use crate::failure::Failure;

use super::tls::{self, Watched};

/// The time limit for establishing a connection.
const CONNECT: Duration = Duration::from_secs(5);
/// The time limit for a complete response.
const WHOLE: Duration = Duration::from_secs(12);
/// The maximum number of redirects in a row that clients follow.
pub(super) const MOST_REDIRECTS: u8 = 5;
/// The largest size of a response's body, in bytes.
const LARGEST: usize = 16 * 1024 * 1024;
/// The size of features above which a warning says that clients will soon refuse them.
pub(super) const LARGE: usize = 12 * 1024 * 1024;

pub(super) struct Http {
    client: reqwest::Client,
    deadline: Instant,
}

/// A request to the Edge, before it is sent.
pub(super) struct Ask<'a> {
    method: Method,
    url: &'a str,
    headers: Vec<(&'static str, String)>,
}

/// A response whose body was read to its end.
pub(super) struct Answer {
    pub(super) head: Head,
    pub(super) body: Vec<u8>,
}

/// The status and the headers of a response, with the time that they took.
pub(super) struct Head {
    pub(super) status: u16,
    pub(super) version: String,
    headers: HeaderMap,
    /// The URL that sent the response.
    pub(super) url: SecretUrl,
    /// The number of redirects that led to this response.
    pub(super) redirects: u8,
    /// The time from the request until the head of the response arrived.
    pub(super) after: Duration,
}

/// The reason why a request has no complete response.
#[derive(Debug)]
pub(super) enum Trouble {
    /// TLS failed with this error, in most cases in the handshake.
    Tls(String),
    /// No connection was established. The text is the innermost error.
    Connect(String),
    /// No connection was established, or no complete response arrived, within this time.
    TimedOut(Duration),
    /// The request cannot be built, the connection broke, or the response is not valid HTTP.
    Broken(String),
    /// The body of the response is larger than [`LARGEST`].
    TooLarge {
        /// True if the content type is that of features.
        is_json: bool,
    },
}

impl<'a> Ask<'a> {
    pub(super) fn get(url: &'a str) -> Self {
        Self::new(Method::GET, url)
    }

    pub(super) fn options(url: &'a str) -> Self {
        Self::new(Method::OPTIONS, url)
    }

    fn new(method: Method, url: &'a str) -> Self {
        Self { method, url, headers: Vec::new() }
    }

    pub(super) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Adds this header to the request if `value` is not `None`.
    pub(super) fn maybe(self, name: &'static str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.header(name, value),
            None => self,
        }
    }
}

impl Head {
    /// Returns the text of the first header with this name, without white space around it. Invalid UTF-8 is replaced.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        let value = self.headers.get(name)?;
        Some(String::from_utf8_lossy(value.as_bytes()).trim().to_string())
    }

    /// Returns the target of a redirect within the same origin, or `None` for other responses.
    fn redirect(&self) -> Option<SecretUrl> {
        let location = self.get("location").filter(|_| self.is_redirect())?;
        self.url.redirected(&location)
    }

    /// Returns true for the statuses that clients treat as redirects.
    pub(super) const fn is_redirect(&self) -> bool {
        matches!(self.status, 301 | 302 | 303 | 307 | 308)
    }

    /// Returns true if the content type of the response is `content_type`, which is in lower case. Parameters are ignored.
    pub(super) fn is(&self, content_type: &str) -> bool {
        let found = self.get("content-type").unwrap_or_default().to_ascii_lowercase();
        found.split(';').next().unwrap_or_default().trim() == content_type
    }
}

impl Answer {
    /// Returns true if the content type is HTML, or if the body begins with `<`.
    pub(super) fn is_page(&self) -> bool {
        self.head.is("text/html") || self.body.trim_ascii_start().starts_with(b"<")
    }

    /// Returns the first line of the body that is not blank, cut to 120 columns. Returns `None` for web pages, for bodies
    /// that are not UTF-8, and for bodies without such a line.
    pub(super) fn first_line(&self) -> Option<String> {
        let text = std::str::from_utf8(&self.body).ok()?;
        let line = text.lines().find(|line| !line.trim().is_empty())?;
        (!self.is_page()).then(|| crate::sanitize::cut(line.trim(), 120).into_owned())
    }
}

impl Http {
    /// Creates an HTTP client that trusts the same certificates as clients do. [`Self::ask`] and [`Self::ask_within`] wait for
    /// a response until `deadline` at most.
    pub(super) fn new(watched: &Watched, deadline: Instant) -> Result<Self, Failure> {
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls::configuration(watched)?)
            // `open` follows redirects as clients do.
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            // Bodies are inspected as they are sent, so they are not decompressed.
            .gzip(false)
            .connect_timeout(CONNECT)
            .user_agent(concat!("fh/", env!("CARGO_PKG_VERSION")))
            .build();
        let client = client.map_err(|error| {
            let error = error.without_url();
            Failure::Edge(format!("HTTP cannot be set up: {}", innermost(&error)))
        })?;
        Ok(Self { client, deadline })
    }

    /// Returns true as long as the deadline of the examination has not passed.
    pub(super) fn has_time(&self) -> bool {
        Instant::now() < self.deadline
    }

    /// Returns the time at which an operation with the time limit `limit` must end. This time is never after the deadline.
    pub(super) fn until(&self, limit: Duration) -> Instant {
        (Instant::now() + limit).min(self.deadline)
    }

    /// Sends a request, and reads the whole response within [`WHOLE`] and before the deadline.
    pub(super) async fn ask(&self, ask: Ask<'_>) -> Result<Answer, Trouble> {
        self.ask_within(WHOLE, ask).await
    }

    /// Sends a request, and reads the whole response within the limit and before the deadline.
    pub(super) async fn ask_within(
        &self,
        limit: Duration,
        ask: Ask<'_>,
    ) -> Result<Answer, Trouble> {
        let until = self.until(limit);
        let start = Instant::now();
        let whole = async {
            let (head, mut response) = self.open(ask).await?;
            let mut body = Vec::new();
            while let Some(piece) = response.chunk().await.map_err(trouble)? {
                if body.len() + piece.len() > LARGEST {
                    return Err(Trouble::TooLarge { is_json: head.is("application/json") });
                }
                body.extend_from_slice(&piece);
            }
            Ok(Answer { head, body })
        };
        timeout_at(until, whole).await.unwrap_or_else(|_| Err(Trouble::TimedOut(start.elapsed())))
    }

    /// Sends a request, and returns as soon as the head has arrived. Only the connection has a time limit. A GET follows
    /// redirects as clients do: within the same origin, and at most [`MOST_REDIRECTS`] in a row.
    pub(super) async fn open(&self, ask: Ask<'_>) -> Result<(Head, Response), Trouble> {
        let start = Instant::now();
        let mut url = SecretUrl::new(ask.url);
        let mut redirects = 0;
        loop {
            let response = self.send(&ask, &url).await?;
            let head = Head {
                status: response.status().as_u16(),
                version: format!("{:?}", response.version()),
                headers: response.headers().clone(),
                url,
                redirects,
                after: start.elapsed(),
            };
            match head.redirect().filter(|_| ask.method == Method::GET) {
                Some(target) if redirects < MOST_REDIRECTS => url = target,
                _ => return Ok((head, response)),
            }
            redirects += 1;
        }
    }

    /// Sends one request to a URL, which is that of the request or the target of a redirect.
    async fn send(&self, ask: &Ask<'_>, url: &SecretUrl) -> Result<Response, Trouble> {
        let broken = |text: &str| Trouble::Broken(text.to_string());
        let url = Url::parse(url.expose()).map_err(|_| broken("the URL is invalid"))?;
        let mut request = self.client.request(ask.method.clone(), url);
        for (name, value) in &ask.headers {
            let value = HeaderValue::from_str(value)
                .map_err(|_| broken("a header contains a character that HTTP does not allow"))?;
            request = request.header(HeaderName::from_static(name), value);
        }
        request.send().await.map_err(trouble)
    }
}

/// Returns the next chunk of a response's body, or `None` at the end of the body.
pub(super) async fn piece(response: &mut Response) -> Result<Option<impl AsRef<[u8]>>, Trouble> {
    response.chunk().await.map_err(trouble)
}

fn trouble(error: reqwest::Error) -> Trouble {
    let error = error.without_url();
    let mut cause: Option<&(dyn std::error::Error + 'static)> = error.source();
    let mut is_tls = false;
    while let Some(found) = cause {
        is_tls |= found.is::<rustls::Error>();
        cause = inner(found);
    }
    let text = innermost(&error);
    if is_tls {
        Trouble::Tls(text)
    } else if error.is_connect() && error.is_timeout() {
        Trouble::TimedOut(CONNECT)
    } else if error.is_connect() {
        Trouble::Connect(text)
    } else {
        Trouble::Broken(text)
    }
}

/// Returns the text of the innermost error.
fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let mut error = error;
    while let Some(next) = inner(error) {
        error = next;
    }
    error.to_string()
}

/// Returns the source of an error. An I/O error does not return its inner error as its source, so the inner error is read
/// separately.
fn inner<'a>(
    error: &'a (dyn std::error::Error + 'static),
) -> Option<&'a (dyn std::error::Error + 'static)> {
    let hidden = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    match hidden {
        Some(hidden) => Some(hidden),
        None => error.source(),
    }
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Tls(text) => write!(f, "the TLS handshake failed: {text}"),
            Self::Connect(text) => write!(f, "no connection: {text}"),
            Self::TimedOut(after) => write!(f, "no answer within {:.1} s", after.as_secs_f64()),
            Self::Broken(text) => write!(f, "the answer cannot be read: {text}"),
            Self::TooLarge { .. } => f.write_str(
                "the answer is larger than 16 MiB, the default of the clients' setting `limits.bytes`",
            ),
        }
    }
}

impl Trouble {
    /// Returns advice that helps to mend this problem.
    pub(super) const fn advice(&self) -> &'static str {
        match self {
            Self::Tls(_) => "check the certificate and the port",
            Self::Connect(_) => "check that the Edge runs, and that this machine may connect to it",
            Self::TimedOut(_) => {
                "check the health and the log of the Edge, and proxies in front of it"
            }
            Self::Broken(_) => {
                "check the port (a port with TLS needs https://), and proxies in front of the Edge"
            }
            Self::TooLarge { is_json: true } => {
                "clients refuse this answer: remove or shorten features, limit the service account by filters, or raise `limits.bytes` in each client"
            }
            Self::TooLarge { is_json: false } => "check that the URL is that of an Edge",
        }
    }
}
