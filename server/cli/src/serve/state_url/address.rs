//! The URL of a state, as `--state` gives it.

use std::fmt;

use reqwest::Url;

use crate::edge_address::is_loopback;

/// The URL of a state. `Display` and `Debug` leave out its query, which may hold a signature.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct StateUrl(Url);

impl StateUrl {
    /// Returns true if a text is meant as a URL and not as a path.
    pub(crate) fn is_meant(text: &str) -> bool {
        text.split_once("://").is_some_and(|(scheme, _)| {
            !scheme.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric())
        })
    }

    /// Parses the URL of a state. The error never repeats the text, which may hold a secret.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let example = "write a path, or a URL such as https://example.com/flags/state.yaml";
        let url = Url::parse(text.trim())
            .map_err(|why| format!("the URL is invalid ({why}): {example}"))?;
        match url.scheme() {
            "https" | "http" if url.host().is_some() => {}
            "file" => return Err("a file is given by its path: leave out file://".to_string()),
            scheme @ ("s3" | "gs" | "az") => {
                return Err(format!(
                    "{scheme}:// is not supported: write the https:// URL of the object, for example a signed one"
                ));
            }
            scheme => return Err(format!("{scheme}:// is not supported: {example}")),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("the URL contains a user name or a password: leave them out, and give a token by --state-token-file".to_string());
        }
        Ok(Self(url))
    }

    /// Returns true if no other machine can read the requests: they use TLS, or do not leave this machine.
    pub(crate) fn is_private(&self) -> bool {
        self.0.scheme() == "https" || is_loopback(self.0.host_str().unwrap_or_default())
    }

    /// Returns the whole URL, which may hold a secret.
    pub(super) const fn whole(&self) -> &Url {
        &self.0
    }

    /// Returns the identity of the object, without the query, in which a signature may change.
    pub(crate) fn identity(&self) -> String {
        let mut url = self.0.clone();
        url.set_query(None);
        url.set_fragment(None);
        url.into()
    }
}

impl fmt::Display for StateUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.identity())
    }
}

impl fmt::Debug for StateUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StateUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_and_paths() {
        for path in ["state.yaml", "/etc/fh-edge/state.yaml", "C:\\state.yaml", "a/b://c", "://x"] {
            assert!(!StateUrl::is_meant(path), "{path}");
        }
        let url =
            StateUrl::parse(" https://bucket.example/a/state.yaml?signature=s3cr3t#x ").unwrap();
        assert_eq!(url.to_string(), "https://bucket.example/a/state.yaml");
        assert!(!format!("{url:?}").contains("s3cr3t") && url.is_private());
        assert!(url.whole().as_str().contains("s3cr3t"));
        assert!(!StateUrl::parse("http://bucket.example/s").unwrap().is_private());
        assert!(StateUrl::parse("http://[::1]:80/s").unwrap().is_private());
        for (wrong, part) in [
            ("https://", "such as https://"),
            ("file:///etc/state.yaml", "leave out file://"),
            ("s3://bucket/state.yaml", "https:// URL of the object"),
            ("ftp://host/state.yaml", "ftp:// is not supported"),
            ("https://me:s3cr3t@host/state.yaml", "--state-token-file"),
        ] {
            assert!(StateUrl::is_meant(wrong), "{wrong}");
            let error = StateUrl::parse(wrong).unwrap_err();
            assert!(error.contains(part) && !error.contains("s3cr3t"), "{wrong}: {error}");
        }
    }
}
