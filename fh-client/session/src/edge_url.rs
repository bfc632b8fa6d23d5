//! The URL of an Edge, and the URLs of its resources.

use std::fmt;
use std::net::Ipv6Addr;
use std::sync::Arc;

use crate::context_header::{ContextHeader, percent_encode, percent_encode_but};
use crate::key::{ApiKey, ApiKeys, is_dots};

/// The base URL of an Edge, without slashes at its end. `Debug` and `Display` show its origin, and `/***` in place of its path if it has
/// one, because users may paste a URL with an API key in its path.
///
/// ```
/// use fh_session::EdgeUrl;
/// for text in ["https://edge.example/fh", "https://edge.example/fh/", "https://edge.example/fh/features/"] {
///     let url = EdgeUrl::parse(text)?;
///     assert_eq!(url.as_str(), "https://edge.example/fh");
///     assert_eq!(url.to_string(), "https://edge.example/***");
/// }
/// assert_eq!(EdgeUrl::parse("https://edge.example/")?.to_string(), "https://edge.example");
/// # Ok::<(), fh_session::UrlError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct EdgeUrl {
    base: Arc<str>,
}

/// The reason why a base URL is invalid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum UrlError {
    /// The URL is empty, or contains nothing but white space.
    Empty,
    /// The URL begins with neither `http://` nor `https://`.
    Scheme,
    /// The host is missing or invalid, for example because of an unclosed bracket, an invalid IPv6 address, or a character that hosts
    /// cannot contain.
    Host,
    /// The port is not a number from 1 to 65535.
    Port,
    /// The URL contains white space, a control character, or a character that is not ASCII.
    Character,
    /// The URL contains an `@` before its path, as URLs with a user name or password do. Give credentials as a header instead.
    Credentials,
    /// The URL contains a query or a fragment.
    Query,
}

impl fmt::Display for UrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, "the Edge's URL", "https://edge.example")
    }
}

impl UrlError {
    /// Writes the reason for a URL with this name, and an example of a valid URL.
    pub(crate) fn write(
        self,
        f: &mut fmt::Formatter<'_>,
        name: &str,
        example: &str,
    ) -> fmt::Result {
        let secure = example.split("://").next().unwrap_or_default();
        let plain = secure.strip_suffix('s').unwrap_or(secure);
        match self {
            Self::Empty => write!(f, "{name} is empty: write {example}"),
            Self::Scheme => {
                write!(f, "{name} begins with neither {plain}:// nor {secure}://: write {example}")
            }
            Self::Host => write!(f, "{name} has no valid host: write {example}"),
            Self::Port => write!(f, "the port in {name} is not a number from 1 to 65535"),
            Self::Character => write!(
                f,
                "{name} contains a character that is not printable ASCII: write {example}"
            ),
            Self::Credentials => {
                write!(f, "{name} contains credentials: send them as a header instead")
            }
            Self::Query => write!(f, "{name} contains a query or a fragment: write {example}"),
        }
    }
}

impl std::error::Error for UrlError {}

impl EdgeUrl {
    /// Parses a base URL. White space around the URL and trailing slashes are removed. The scheme and the host are changed to lower case.
    /// The last path segment `features` is removed with everything after it, so that the URL of a stream is accepted as well.
    ///
    /// # Errors
    /// [`UrlError`] if the text is not a valid base URL.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        let (scheme, host, path) = parts(text, &["http", "https"])?;
        let path = match format!("{path}/").rfind("/features/") {
            Some(at) => path.get(..at).unwrap_or_default(),
            None => path,
        };
        Ok(Self::of(&scheme, host, path))
    }

    /// Parses the base URL of a server that is no Edge, with one of these schemes. The schemes `ws` and `wss` become `http` and `https`, and the
    /// path is kept.
    ///
    /// # Errors
    /// [`UrlError`] if the text is not a valid base URL.
    #[cfg(any(feature = "featbit", feature = "featuresignals"))]
    pub(crate) fn parse_server(text: &str, schemes: &[&str]) -> Result<Self, UrlError> {
        let (scheme, host, path) = parts(text, schemes)?;
        Ok(Self::of(&scheme.replace("ws", "http"), host, path))
    }

    fn of(scheme: &str, host: &str, path: &str) -> Self {
        let base =
            format!("{scheme}://{}{}", host.to_ascii_lowercase(), path.trim_end_matches('/'));
        Self { base: base.into() }
    }

    /// Returns the URL of a poll, which contains all keys and the digest of the context.
    #[must_use]
    pub fn poll(&self, keys: &ApiKeys, context: &ContextHeader) -> SecretUrl {
        let mut url = format!("{}/features?", self.base);
        for key in keys.iter() {
            url.push_str("apiKey=");
            url.push_str(&percent_encode_but(key.expose(), "*/"));
            url.push('&');
        }
        url.push_str("contextSha=");
        url.push_str(&context.context_sha());
        SecretUrl(url)
    }

    /// Returns the URL of a stream. If `context_in_query` is given, the URL's query carries this text of the context header, for programs
    /// that cannot send headers with a stream.
    #[must_use]
    pub fn stream(&self, key: &ApiKey, context_in_query: Option<&str>) -> SecretUrl {
        let key = percent_encode_but(key.expose(), "*/");
        let mut url = format!("{}/features/{key}", self.base);
        if let Some(context) = context_in_query {
            url.push_str("?xfeaturehub=");
            url.push_str(&percent_encode(context));
        }
        SecretUrl(url)
    }

    /// Returns the URL to which a test sends a change of a feature. Returns `None` for the feature keys `.` and `..`,
    /// which URL parsers treat as steps to another path.
    #[must_use]
    pub fn update(&self, key: &ApiKey, feature: &str) -> Option<SecretUrl> {
        if is_dots(feature) {
            return None;
        }
        let key = percent_encode_but(key.expose(), "*/");
        Some(SecretUrl(format!("{}/features/{key}/{}", self.base, percent_encode(feature))))
    }

    /// Returns the base URL with its path, for requests and settings. Do not log the URL, because it may hold an API
    /// key.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.base
    }
}

impl fmt::Display for EdgeUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_origin(f, &self.base)
    }
}

impl fmt::Debug for EdgeUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EdgeUrl({self})")
    }
}

/// Returns the scheme in lower case, which must be one of `schemes`, the host with its port, and the path of a base URL.
fn parts<'a>(text: &'a str, schemes: &[&str]) -> Result<(String, &'a str, &'a str), UrlError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(UrlError::Empty);
    }
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(UrlError::Character);
    }
    let (scheme, rest) = text.split_once("://").ok_or(UrlError::Scheme)?;
    let scheme = scheme.to_ascii_lowercase();
    if !schemes.contains(&&*scheme) {
        return Err(UrlError::Scheme);
    }
    if rest.contains(['?', '#']) {
        return Err(UrlError::Query);
    }
    let (host, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    if host.contains('@') {
        return Err(UrlError::Credentials);
    }
    check_authority(host)?;
    Ok((scheme, host, path))
}

/// Characters that hosts cannot contain: double quotes, backticks, braces, and most forbidden domain code points of the WHATWG URL
/// standard. The other forbidden code points end the host, or are rejected by [`EdgeUrl::parse`] before it checks the host.
const NOT_IN_HOSTS: &[u8] = b"<>[]\\^|%\"`{}";

/// Checks a host, with or without a port.
fn check_authority(authority: &str) -> Result<(), UrlError> {
    let port = match authority.strip_prefix('[') {
        Some(rest) => {
            let (address, behind) = rest.split_once(']').ok_or(UrlError::Host)?;
            address.parse::<Ipv6Addr>().map_err(|_| UrlError::Host)?;
            match behind.strip_prefix(':') {
                None if !behind.is_empty() => return Err(UrlError::Host),
                port => port,
            }
        }
        None => {
            let (host, port) = match authority.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (authority, None),
            };
            if host.is_empty() || host.bytes().any(|byte| NOT_IN_HOSTS.contains(&byte)) {
                return Err(UrlError::Host);
            }
            port
        }
    };
    // An empty port, as in `http://edge:/`, means the default port.
    match port.filter(|port| !port.is_empty()) {
        Some(digits) if !digits.bytes().all(|byte| byte.is_ascii_digit()) => Err(UrlError::Port),
        Some(digits) => match digits.parse::<u16>() {
            Ok(0) | Err(_) => Err(UrlError::Port),
            Ok(_) => Ok(()),
        },
        None => Ok(()),
    }
}

/// Writes the scheme, host and port of a URL, and `/***` for the rest if there is one. Credentials before the host are left out. For a text
/// without a scheme, writes only `***`.
fn write_origin(f: &mut fmt::Formatter<'_>, url: &str) -> fmt::Result {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let (authority, path) = rest.find(['/', '?', '#']).map_or((rest, ""), |at| rest.split_at(at));
    let host = authority.rsplit('@').next().unwrap_or(authority);
    let path = if path.is_empty() { "" } else { "/***" };
    match scheme {
        "" => f.write_str("***"),
        scheme => write!(f, "{scheme}://{host}{path}"),
    }
}

/// A URL that may contain API keys. `Debug` and `Display` show the origin without credentials, and `/***` in place of the rest if there is
/// one. A text without a scheme is shown as `***`.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretUrl(String);

impl SecretUrl {
    /// Wraps any URL that must not be printed.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self(url.into())
    }

    /// Returns the complete URL, for requests. Do not print the URL, because it may contain API keys.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Returns the part of the URL before its path, query and fragment: the scheme, the host, the port, and credentials if there are any.
    /// Returns the whole text if it has no scheme.
    #[must_use]
    pub fn origin(&self) -> &str {
        let path = self.0.find("://").and_then(|at| {
            let start = at + 3;
            self.0.get(start..)?.find(['/', '?', '#']).map(|slash| start + slash)
        });
        path.and_then(|end| self.0.get(..end)).unwrap_or(&self.0)
    }

    /// Returns the target of a redirect from this URL; `None` if the target is invalid or has another origin.
    #[must_use]
    pub fn redirected(&self, location: &str) -> Option<Self> {
        let location = location.trim();
        if location.is_empty() || !location.bytes().all(|byte| byte.is_ascii_graphic()) {
            return None;
        }
        let origin = self.origin();
        // A request has no fragment.
        let location = location.split('#').next()?;
        let target = if location.is_empty() {
            Self(self.0.split('#').next()?.to_string())
        } else if has_scheme(location) {
            // A target without `//` after its scheme, such as `mailto:x`, has no origin.
            location.contains("://").then(|| Self(location.to_string()))?
        } else if let Some(rest) = location.strip_prefix("//") {
            let scheme = origin.split("//").next()?;
            Self(format!("{scheme}//{rest}"))
        } else if location.starts_with('/') {
            Self(format!("{origin}{location}"))
        } else if location.starts_with('?') {
            Self(format!("{}{location}", self.0.split(['?', '#']).next()?))
        } else {
            let path = self.0.split(['?', '#']).next()?;
            let folder = path.rfind('/').filter(|at| *at >= origin.len());
            Self(format!("{}/{location}", folder.and_then(|at| path.get(..at)).unwrap_or(origin)))
        };
        let is_home = normal_origin(target.origin()) == normal_origin(origin);
        is_home.then_some(target)
    }
}

/// Returns true if a URL reference begins with a scheme and a colon (RFC 3986, 4.2). A colon in a path, a query or a fragment does not
/// count.
fn has_scheme(reference: &str) -> bool {
    let is_of_scheme = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
    match reference.split([':', '/', '?']).next() {
        Some(scheme) if reference.get(scheme.len()..).is_some_and(|rest| rest.starts_with(':')) => {
            scheme.starts_with(|first: char| first.is_ascii_alphabetic())
                && scheme.bytes().all(is_of_scheme)
        }
        _ => false,
    }
}

/// Returns an origin in normal form: in lower case, and without the default port.
fn normal_origin(origin: &str) -> String {
    let origin = origin.to_ascii_lowercase();
    let usual = if origin.starts_with("http://") { ":80" } else { ":443" };
    origin.strip_suffix(usual).map_or_else(|| origin.clone(), str::to_string)
}

impl fmt::Display for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_origin(f, &self.0)
    }
}

impl fmt::Debug for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretUrl({self})")
    }
}
