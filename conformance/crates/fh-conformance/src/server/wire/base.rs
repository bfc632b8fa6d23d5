//! The base URL of a server.

use std::fmt;
use std::str::FromStr;

/// The base URL of a server: `http://HOST[:PORT][/PREFIX]`.
///
/// ```
/// use fh_conformance::server::wire::Base;
/// let base: Base = "http://127.0.0.1:8903/flags/".parse()?;
/// assert_eq!(base.authority(), "127.0.0.1:8903");
/// assert_eq!(base.target("/features"), "/flags/features");
/// assert!("https://edge.example".parse::<Base>().is_err());
/// # Ok::<(), fh_conformance::server::wire::NotABase>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base {
    authority: String,
    prefix: String,
}

/// The error of a text that is not a supported base URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotABase(String);

impl fmt::Display for NotABase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not http://HOST[:PORT][/PREFIX]", self.0)
    }
}

impl std::error::Error for NotABase {}

impl Base {
    /// Returns host and port, as used for `Host` and for connecting.
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// Returns the request target of a path below the base URL.
    #[must_use]
    pub fn target(&self, path: &str) -> String {
        format!("{}{path}", self.prefix)
    }
}

impl From<std::net::SocketAddr> for Base {
    fn from(address: std::net::SocketAddr) -> Self {
        Self { authority: address.to_string(), prefix: String::new() }
    }
}

impl FromStr for Base {
    type Err = NotABase;

    fn from_str(text: &str) -> Result<Self, NotABase> {
        let refused = || NotABase(text.to_owned());
        let rest = text.strip_prefix("http://").ok_or_else(refused)?;
        let (authority, prefix) = match rest.find('/') {
            Some(slash) => rest.split_at(slash),
            None => (rest, ""),
        };
        let is_odd = |c: char| c.is_whitespace() || c.is_control() || "?#@".contains(c);
        if authority.is_empty() || rest.chars().any(is_odd) {
            return Err(refused());
        }
        let has_port = authority.rsplit_once(':').is_some_and(|(_, port)| !port.contains(']'));
        let authority = if has_port { authority.to_owned() } else { format!("{authority}:80") };
        Ok(Self { authority, prefix: prefix.trim_end_matches('/').to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        let base = |text: &str| text.parse::<Base>();
        assert_eq!(base("http://[::1]").unwrap().authority(), "[::1]:80");
        assert_eq!(base("http://[::1]:81/").unwrap().target("/features"), "/features");
        for bad in ["", "http://", "ftp://x", "http://a b", "http://x?y", "localhost:80"] {
            assert!(base(bad).is_err(), "{bad}");
        }
    }
}
