//! The address of an Edge as people write it: with or without a scheme, and with or without API keys in its path or query.

use std::net::IpAddr;

use fh_session::EdgeUrl;

/// The path below which an Edge serves features.
const FEATURES: &str = "/features";

/// The URL of an Edge, and the API keys that were part of it.
#[derive(Debug)]
pub(crate) struct Address {
    pub(crate) url: EdgeUrl,
    pub(crate) keys: Vec<String>,
}

impl Address {
    /// Parses the URL of an Edge, of its polls (`…/features?apiKey=KEY`) or of its streams (`…/features/KEY`). A loopback host
    /// without a scheme gets `http://`. For any other host without a scheme, the error shows both forms, because an API key
    /// would travel unencrypted with `http://`.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let text = match text.contains("://") {
            true => text.to_string(),
            false => with_scheme(text)?,
        };
        let (text, query) = text.split_once('?').unwrap_or((&text, ""));
        let mut keys: Vec<String> = query
            .split('&')
            .filter_map(|part| part.strip_prefix("apiKey="))
            .flat_map(|keys| keys.split(','))
            .map(decoded)
            .collect();
        let after = text.rfind(&format!("{FEATURES}/")).and_then(|at| text.get(at + 10..));
        keys.extend(
            after.map(|key| key.trim_matches('/')).filter(|key| !key.is_empty()).map(decoded),
        );
        if !query.is_empty() && keys.is_empty() {
            return Err("the Edge's URL contains a query without `apiKey=`: write the URL of the Edge without `?`, then the API key".to_string());
        }
        let url = EdgeUrl::parse(text).map_err(|error| error.to_string())?;
        Ok(Self { url, keys })
    }
}

/// Returns the text with its percent-encoded `/` and `*`, in which clients send keys.
fn decoded(key: &str) -> String {
    key.replace("%2F", "/").replace("%2f", "/").replace("%2A", "*").replace("%2a", "*")
}

/// Adds `http://` to a loopback host. For any other host, the error shows both forms.
pub(crate) fn with_scheme(text: &str) -> Result<String, String> {
    if is_loopback(host(text)) {
        return Ok(format!("http://{text}"));
    }
    let shown = authority(text);
    Err(format!(
        "the URL has no scheme: write https://{shown}, or http://{shown} if this server has no TLS (anyone on the network can then read the API key)"
    ))
}

/// Returns true if a text without `://` is probably the address of an Edge and no key of a feature: an IP address, `localhost`, or a
/// host with a port. With `has_key`, which says that an API key follows, a name with a dot counts as well.
pub(crate) fn is_host(text: &str, has_key: bool) -> bool {
    if text.contains("://") || text.is_empty() {
        return false;
    }
    let authority = authority(text);
    let host = host(text);
    let port = authority.strip_prefix(host).and_then(|rest| rest.strip_prefix(':'));
    let is_port =
        port.is_some_and(|port| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()));
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    let is_named = !host.is_empty() && host.chars().all(is_name);
    let is_address = unbracketed(host).parse::<IpAddr>().is_ok();
    is_address || (is_named && (is_port || host == "localhost" || (has_key && host.contains('.'))))
}

/// Returns the part before the path and the query.
fn authority(text: &str) -> &str {
    text.find(['/', '?', '#']).and_then(|end| text.get(..end)).unwrap_or(text)
}

/// Returns the host of a text without a scheme, with the brackets of an IPv6 address.
fn host(text: &str) -> &str {
    let authority = authority(text);
    if authority.parse::<IpAddr>().is_ok() {
        return authority;
    }
    match authority.rsplit_once(':') {
        Some((host, _)) => host,
        None => authority,
    }
}

fn unbracketed(host: &str) -> &str {
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}

/// Returns true if the host is `localhost`, an address of 127.0.0.0/8, or `::1`.
pub(crate) fn is_loopback(host: &str) -> bool {
    let host = unbracketed(host);
    host.eq_ignore_ascii_case("localhost")
        || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_with_and_without_keys() {
        for (text, url, keys) in [
            ("https://edge.example/", "https://edge.example", &[][..]),
            ("https://edge.example/features/e/k*y", "https://edge.example", &["e/k*y"]),
            ("http://x/fh/features/d/e/k/", "http://x/fh", &["d/e/k"]),
            ("http://x/features?apiKey=e/k*y&contextSha=0", "http://x", &["e/k*y"]),
            ("http://x/features?apiKey=e%2Fk%2Ay&apiKey=f/k*", "http://x", &["e/k*y", "f/k*"]),
            ("127.0.0.1:8903", "http://127.0.0.1:8903", &[]),
            ("localhost", "http://localhost", &[]),
            ("[::1]:8903/fh", "http://[::1]:8903/fh", &[]),
        ] {
            let read = Address::parse(text).unwrap();
            assert_eq!(
                (read.url.as_str(), &read.keys[..]),
                (url, &keys.iter().map(ToString::to_string).collect::<Vec<_>>()[..]),
                "{text}"
            );
        }
        let error = Address::parse("edge.example:8903/features/e/secret*").unwrap_err();
        assert!(
            error.contains("https://edge.example:8903, or http://edge.example:8903 if"),
            "{error}"
        );
        assert!(!error.contains("secret"), "{error}");
        assert!(Address::parse("http://x/features?key=e/k").unwrap_err().contains("apiKey="));
    }

    #[test]
    fn hosts_differ_from_keys_of_features() {
        for host in ["127.0.0.1", "127.0.0.1:8903", "localhost", "edge:8903", "[::1]:8903", "::1"] {
            assert!(is_host(host, false), "{host}");
        }
        assert!(is_host("edge.example", true) && !is_host("edge.example", false));
        for other in ["NEW_CHECKOUT", "a.b", "e/k*y", "https://x", "", "-", "plan:gold"] {
            assert!(!is_host(other, false), "{other}");
        }
    }
}
