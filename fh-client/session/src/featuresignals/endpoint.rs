//! The URLs of a FeatureSignals server for one environment.

use std::fmt;
use std::sync::Arc;

use crate::context_header::percent_encode_but;
use crate::edge_url::{EdgeUrl, SecretUrl, UrlError};

/// The server and the environment of a client.
///
/// ```
/// use fh_session::featuresignals::Endpoint;
/// let endpoint = Endpoint::parse("https://flags.example/", "production")?;
/// assert_eq!((endpoint.url().as_str(), &**endpoint.environment()), ("https://flags.example", "production"));
/// assert!(Endpoint::parse("https://flags.example", "").is_err());
/// # Ok::<(), fh_session::featuresignals::EndpointError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    url: EdgeUrl,
    environment: Arc<str>,
}

/// The reason why the URL or the environment cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum EndpointError {
    /// The URL is invalid.
    Url(UrlError),
    /// The environment is empty or blank.
    NoEnvironment,
    /// The environment contains a slash or a control character, and so is no slug.
    Environment,
}

impl fmt::Display for EndpointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(why) => why.write(f, "the URL of the server", "https://flags.example"),
            Self::NoEnvironment => f.write_str(
                "the environment is empty: write the slug of the environment, such as production",
            ),
            Self::Environment => f.write_str(
                "the environment contains a slash or a control character: write the slug of the environment, such as production",
            ),
        }
    }
}

impl std::error::Error for EndpointError {}

/// The characters that the server, which compares paths as they were sent, expects without an escape.
const PLAIN: &str = "$&+,:;=@";

impl Endpoint {
    /// The URL of the service that FeatureSignals runs.
    pub const CLOUD: &'static str = "https://api.featuresignals.com";

    /// Reads the URL of a server and the slug of an environment, without white space around them.
    ///
    /// # Errors
    /// [`EndpointError`] if one of them cannot be used.
    pub fn parse(url: &str, environment: &str) -> Result<Self, EndpointError> {
        let url = EdgeUrl::parse_server(url, &["http", "https"]).map_err(EndpointError::Url)?;
        let environment = environment.trim();
        if environment.is_empty() {
            return Err(EndpointError::NoEnvironment);
        }
        if environment.contains(|c: char| c == '/' || c.is_control()) {
            return Err(EndpointError::Environment);
        }
        Ok(Self { url, environment: environment.into() })
    }

    /// Returns the base URL.
    #[must_use]
    pub const fn url(&self) -> &EdgeUrl {
        &self.url
    }

    /// Returns the slug of the environment.
    #[must_use]
    pub const fn environment(&self) -> &Arc<str> {
        &self.environment
    }

    /// Returns the URL of the values of all flags for this user key.
    pub(super) fn map(&self, user_key: &str) -> SecretUrl {
        let user_key = percent_encode_but(user_key, "");
        SecretUrl::new(format!("{}/flags?key={user_key}", self.of_environment("client")))
    }

    /// Returns the URL that answers for named flags.
    pub(super) fn bulk(&self) -> SecretUrl {
        SecretUrl::new(format!("{}/v1/evaluate/bulk", self.url.as_str()))
    }

    /// Returns the URL of the stream of changes.
    pub(super) fn stream(&self) -> SecretUrl {
        SecretUrl::new(self.of_environment("stream"))
    }

    fn of_environment(&self, route: &str) -> String {
        let environment = percent_encode_but(&self.environment, PLAIN);
        format!("{}/v1/{route}/{environment}", self.url.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The escapes are those that a running server accepts.
    #[test]
    fn slugs_and_keys_are_encoded_as_the_server_expects() {
        for (slug, path) in
            [("x y", "x%20y"), ("prüf", "pr%C3%BCf"), ("a:b", "a:b"), ("a*b", "a%2Ab")]
        {
            let endpoint = Endpoint::parse("http://h/base/", slug).unwrap();
            assert_eq!(endpoint.stream().expose(), format!("http://h/base/v1/stream/{path}"));
        }
        let endpoint = Endpoint::parse("http://h", " p ").unwrap();
        let map = endpoint.map("a b+c&d;ü");
        assert_eq!(map.expose(), "http://h/v1/client/p/flags?key=a%20b%2Bc%26d%3B%C3%BC");
    }
}
