//! The URLs of a FeatBit server.

use std::fmt;

use crate::edge_url::{EdgeUrl, SecretUrl, UrlError};

/// The base URLs of a FeatBit server: for sockets, for polls, and for events. A path in a URL is kept.
///
/// ```
/// use fh_session::featbit::Endpoints;
/// let endpoints = Endpoints::parse(Some("wss://flags.example/featbit/streaming/"), None, Some("https://events.example"))?;
/// assert_eq!(endpoints.polling().as_str(), "https://flags.example/featbit");
/// assert_eq!(endpoints.track().expose(), "https://events.example/api/public/insight/track");
/// let named = Endpoints::parse(Some("wss://streaming"), None, None)?;
/// assert_eq!(named.streaming().as_str(), "https://streaming");
/// assert!(Endpoints::parse(Some("ftp://flags.example"), None, None).is_err());
/// # Ok::<(), fh_session::featbit::EndpointError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoints {
    streaming: EdgeUrl,
    polling: EdgeUrl,
    events: EdgeUrl,
}

/// The reason why the URLs cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EndpointError {
    /// The name of the setting: `streaming_url`, `polling_url` or `event_url`.
    pub setting: &'static str,
    /// The reason why the URL is invalid.
    pub why: UrlError,
}

impl fmt::Display for EndpointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let example = if self.setting == "streaming_url" {
            "wss://flags.example"
        } else {
            "https://flags.example"
        };
        self.why.write(f, &format!("the setting {}", self.setting), example)
    }
}

impl std::error::Error for EndpointError {}

/// The schemes of URLs. `ws` and `http`, and `wss` and `https`, mean the same.
const SCHEMES: [&str; 4] = ["ws", "wss", "http", "https"];

/// Leaves out the path that the client adds by itself, with which FeatBit's pages show the URL of a socket.
fn without_path_of_sockets(url: &str) -> &str {
    let base = url.trim().trim_end_matches('/').strip_suffix("/streaming");
    // `wss://streaming` has the name as its host.
    base.filter(|base| !base.ends_with('/')).unwrap_or(url)
}

impl Endpoints {
    /// Reads the URLs for sockets, polls and events. The last segment `streaming` of the URL for sockets is left out. Each URL that is missing is the first of the others that is given. The schemes `ws` and
    /// `http`, and `wss` and `https`, mean the same.
    ///
    /// # Errors
    /// [`EndpointError`] if no URL is given, or if one of them is invalid.
    pub fn parse(
        streaming: Option<&str>,
        polling: Option<&str>,
        events: Option<&str>,
    ) -> Result<Self, EndpointError> {
        let given = |setting: &'static str, text: Option<&str>| {
            text.map(|text| {
                EdgeUrl::parse_server(text, &SCHEMES).map_err(|why| EndpointError { setting, why })
            })
            .transpose()
        };
        let streaming = given("streaming_url", streaming.map(without_path_of_sockets))?;
        let polling = given("polling_url", polling)?;
        let events = given("event_url", events)?;
        let first = streaming.as_ref().or(polling.as_ref()).or(events.as_ref()).cloned();
        let first =
            first.ok_or(EndpointError { setting: "streaming_url", why: UrlError::Empty })?;
        let or_first = |url: Option<EdgeUrl>| url.unwrap_or_else(|| first.clone());
        Ok(Self {
            streaming: or_first(streaming),
            polling: or_first(polling),
            events: or_first(events),
        })
    }

    /// Returns the base URL for sockets, with the scheme `http` or `https`.
    #[must_use]
    pub const fn streaming(&self) -> &EdgeUrl {
        &self.streaming
    }

    /// Returns the base URL for polls.
    #[must_use]
    pub const fn polling(&self) -> &EdgeUrl {
        &self.polling
    }

    /// Returns the base URL for events.
    #[must_use]
    pub const fn events(&self) -> &EdgeUrl {
        &self.events
    }

    /// Returns the URL that receives events: evaluations and metrics.
    #[must_use]
    pub fn track(&self) -> SecretUrl {
        SecretUrl::new(format!("{}/api/public/insight/track", self.events.as_str()))
    }

    /// Returns the URL of a socket that is opened with this token.
    pub(super) fn socket(&self, token: &str) -> SecretUrl {
        SecretUrl::new(format!("{}/streaming?type=server&token={token}", self.streaming.as_str()))
    }

    /// Returns the URL of a poll for the changes after this time in milliseconds, or for everything.
    pub(super) fn latest(&self, timestamp: Option<i64>) -> SecretUrl {
        let query =
            timestamp.map(|timestamp| format!("?timestamp={timestamp}")).unwrap_or_default();
        SecretUrl::new(format!("{}/api/public/sdk/server/latest-all{query}", self.polling.as_str()))
    }

    /// Returns the URL of a request that any server answers, whose answer shows the server's clock.
    pub(super) fn liveness(&self) -> SecretUrl {
        SecretUrl::new(format!("{}/health/liveness", self.streaming.as_str()))
    }
}
