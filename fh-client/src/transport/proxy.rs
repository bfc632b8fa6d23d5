//! Proxies: their URLs, and those of environment variables. All HTTP clients of this project use this reading,
//! because reqwest's own reading ignores some entries of `NO_PROXY`, and cuts a password at an `@`.

pub(crate) mod environment;
mod no_proxy;

use std::fmt;

use fh_session::ResponseHead;
use reqwest::Url;

use super::{TransportError, TransportErrorKind};

/// The URL of a proxy, and the setting or environment variable that holds it. `Debug` and `Display` show no credentials.
#[derive(Clone)]
pub(crate) struct Proxy {
    url: Url,
    source: &'static str,
}

impl Proxy {
    /// Parses the URL of a proxy. `source` names the setting or the environment variable that holds the URL.
    ///
    /// # Errors
    /// Returns the reason why the URL can never work. The reason contains no part of the URL, because the URL may contain a
    /// password.
    pub(super) fn parse(text: &str, source: &'static str) -> Result<Self, &'static str> {
        let text = text.trim();
        // curl and reqwest also add `http://` to a proxy without a scheme.
        let url = if text.contains("://") { text.to_string() } else { format!("http://{text}") };
        let invalid = "the proxy is not a valid URL: write http://HOST:PORT or http://USER:PASSWORD@HOST:PORT, \
                       with / ? # and % in a password as %2F %3F %23 and %25";
        let url = Url::parse(&url).map_err(|_| invalid)?;
        match url.scheme() {
            "http" | "https" => {}
            "socks4" | "socks4a" | "socks5" | "socks5h" if cfg!(feature = "socks") => {}
            "socks4" | "socks4a" | "socks5" | "socks5h" => {
                return Err(
                    "SOCKS proxies need the cargo feature `socks` of fh-client: enable it, or write an http:// proxy",
                );
            }
            _ => {
                return Err(
                    "the proxy's URL begins with neither http:// nor https://: write http://HOST:PORT",
                );
            }
        }
        if url.host_str().is_none_or(str::is_empty) {
            return Err("the proxy's URL has no host: write http://HOST:PORT");
        }
        Ok(Self { url, source })
    }

    /// Returns the URL with its credentials, in percent-encoding.
    pub(super) fn url(&self) -> Url {
        self.url.clone()
    }

    /// Returns the name of the setting or of the environment variable that holds the URL.
    pub(crate) const fn source(&self) -> &'static str {
        self.source
    }

    /// Returns the host of the proxy. An IPv6 address is in brackets.
    pub(crate) fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// Returns the port of the proxy, which is that of its scheme if the URL has none.
    pub(crate) fn port(&self) -> u16 {
        self.url.port_or_known_default().unwrap_or(1080)
    }

    /// Returns the error for a response that is the proxy's own refusal of a request to this URL; `None` if it may be the server's.
    pub(super) fn refusal_of(
        &self,
        destination: &Url,
        response: &ResponseHead,
    ) -> Option<TransportError> {
        // tinyproxy adds `Via` to the responses of servers, and keeps their `Server`.
        let is_tinyproxys = response.get("via").is_none()
            && response.get("server").is_some_and(|name| name.starts_with("tinyproxy"));
        match response.status {
            _ if !self.forwards(destination) => None,
            407 => Some(self.refusal(407)),
            401 if is_tinyproxys || response.get("proxy-authenticate").is_some() => {
                Some(self.refusal(401))
            }
            403 if is_tinyproxys => {
                let host = destination.host_str().unwrap_or_default();
                let text = format!(
                    "{self} refuses requests to {host} (status 403): allow this host and this client in its rules"
                );
                Some(TransportError::new(TransportErrorKind::Connect, text))
            }
            _ => None,
        }
    }

    /// Returns true if requests to this URL are sent to the proxy itself, and not through a tunnel, so that the proxy may answer
    /// them.
    pub(super) fn forwards(&self, destination: &Url) -> bool {
        destination.scheme() == "http" && matches!(self.url.scheme(), "http" | "https")
    }

    /// Returns true if the URL has neither a user name nor a password.
    pub(super) fn is_anonymous(&self) -> bool {
        self.url.username().is_empty() && self.url.password().is_none()
    }

    /// Returns the error for a proxy that answered with status 407, or with status 401 as tinyproxy does.
    pub(super) fn refusal(&self, status: u16) -> TransportError {
        let text = if self.is_anonymous() {
            format!(
                "{self} requires a user name and a password (status {status}): write http://USER:PASSWORD@{}:{}",
                self.host(),
                self.port()
            )
        } else {
            format!(
                "{self} refuses the user name and the password of its URL (status {status}): correct them, \
                 with / ? # and % as %2F %3F %23 and %25"
            )
        };
        TransportError::new(TransportErrorKind::Connect, text)
    }
}

#[cfg(feature = "featbit")]
impl Proxy {
    /// Returns the error for a proxy that answered a request for a tunnel to this host and port with this status.
    pub(super) fn no_tunnel(&self, target: &str, status: u16) -> TransportError {
        // With these statuses, a proxy reports that it could not connect.
        if matches!(status, 500 | 502..=504) {
            let text = format!("{self} could not connect to {target} (status {status})");
            return TransportError::new(TransportErrorKind::Connect, text);
        }
        let text = format!(
            "{self} refuses a tunnel to {target} (status {status}): allow CONNECT to this port, or use wss:// and port 443"
        );
        TransportError::new(TransportErrorKind::NoTunnel, text).before_sending()
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the proxy {}:{} of {}", self.host(), self.port(), self.source)
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proxy_urls_that_can_never_work_are_rejected() {
        for good in
            ["http://p:3128", "https://me:pw@p", "p:3128", "p", "http://[::1]:1", " http://p "]
        {
            assert!(Proxy::parse(good, "proxy").is_ok(), "{good}");
        }
        for (bad, why) in [
            ("http://p:99999", "not a valid URL"),
            ("http://[::1", "not a valid URL"),
            ("p:port", "not a valid URL"),
            ("http://", "not a valid URL"),
            ("http://me:a/b@p", "%2F"),
            ("ftp://p", "neither http"),
            ("quic://p:1", "neither http"),
        ] {
            let said = Proxy::parse(bad, "proxy").unwrap_err();
            assert!(said.contains(why) && said.contains("write http://"), "{bad}: {said}");
        }
        for socks in ["socks5://p:1080", "socks4://p", "socks5h://me:pw@p"] {
            let parsed = Proxy::parse(socks, "proxy");
            assert_eq!(parsed.is_ok(), cfg!(feature = "socks"), "{socks}");
            assert!(parsed.err().is_none_or(|said| said.contains("cargo feature `socks`")));
        }
    }

    #[test]
    fn refusals_of_the_proxy_are_told_from_those_of_the_server() {
        let (own, via) = (("server", "tinyproxy/1.11.1"), ("via", "1.1 p (tinyproxy/1.11.1)"));
        let (other, challenge) = (("server", "nginx"), ("proxy-authenticate", "Basic realm=p"));
        let plain = "http://edge.example/features/e/k";
        for (url, status, headers, said) in [
            (plain, 401, &[own] as &[_], "refuses the user name and the password"),
            (plain, 401, &[other, challenge], "refuses the user name and the password"),
            (plain, 407, &[], "refuses the user name and the password"),
            (plain, 403, &[own], "refuses requests to edge.example (status 403)"),
            (plain, 401, &[own, via], ""),
            (plain, 401, &[other, ("www-authenticate", "Basic realm=p")], ""),
            (plain, 403, &[other], ""),
            (plain, 404, &[own], ""),
            ("https://edge.example/", 401, &[own], ""),
        ] {
            let response = headers
                .iter()
                .fold(ResponseHead::new(status), |head, (name, value)| head.header(name, *value));
            let proxy = Proxy::parse("http://me:pw@p:3128", "HTTP_PROXY").unwrap();
            let found = proxy.refusal_of(&url.parse().unwrap(), &response);
            assert_eq!(found.is_some(), !said.is_empty(), "{url} {response:?}");
            assert!(found.is_none_or(|why| why.text().contains(said)), "{url} {response:?}");
        }
    }

    #[test]
    fn an_error_names_the_proxy_without_its_password() {
        for (url, place) in [
            ("http://me:p@ss@p", "p:80"),
            ("me:p@ss@p:3128", "p:3128"),
            ("https://me:p%40ss@[::1]", "[::1]:443"),
        ] {
            let proxy = Proxy::parse(url, "HTTP_PROXY").unwrap();
            assert_eq!(proxy.url.password(), Some("p%40ss"), "{url}");
            for text in [proxy.refusal(407).text(), &proxy.to_string(), &format!("{proxy:?}")] {
                let named = format!("the proxy {place} of HTTP_PROXY");
                assert!(text.starts_with(&named) && !text.contains("ss@"), "{url}: {text}");
            }
        }
        let anonymous = Proxy::parse("p:3128", "proxy").unwrap().refusal(407);
        assert!(anonymous.text().ends_with("write http://USER:PASSWORD@p:3128"), "{anonymous}");
    }
}
