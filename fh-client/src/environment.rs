//! Settings from environment variables.

use crate::start_error::StartError;

const URL: &str = "FEATUREHUB_EDGE_URL";
/// The environment variables that can hold the API key. The first variable that is neither missing nor blank is used.
const KEYS: [&str; 2] = ["FEATUREHUB_CLIENT_API_KEY", "FEATUREHUB_API_KEY"];

/// The error for a client without a URL.
pub(crate) const MISSING_URL: StartError = StartError::Missing {
    setting: "the Edge's URL",
    instead: "write https://edge.example",
    variables: &[URL],
};
/// The error for a client without an API key.
pub(crate) const MISSING_KEY: StartError = StartError::Missing {
    setting: "the API key",
    instead: "write ENVIRONMENT/KEY",
    variables: &KEYS,
};

/// The settings found in environment variables. A setting is `None` if each of its variables is empty, blank, not Unicode or
/// not set.
pub(crate) struct Found {
    pub(crate) url: Option<String>,
    pub(crate) key: Option<String>,
}

pub(crate) fn read(variable: impl Fn(&str) -> Option<String>) -> Found {
    let set = |name: &str| variable(name).filter(|text| !text.trim().is_empty());
    Found { url: set(URL), key: KEYS.into_iter().find_map(set) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_is_missing() {
        let found = read(|name| match name {
            "FEATUREHUB_EDGE_URL" => Some("https://x".into()),
            "FEATUREHUB_CLIENT_API_KEY" => Some(" ".into()),
            "FEATUREHUB_API_KEY" => Some("e/k".into()),
            _ => None,
        });
        assert_eq!(found.url.as_deref(), Some("https://x"));
        assert_eq!(found.key.as_deref(), Some("e/k"));
        let found = read(|_| Some(String::new()));
        assert!(found.url.is_none() && found.key.is_none());
        let found = read(|name| Some(name.to_string()));
        assert_eq!(found.key.as_deref(), Some("FEATUREHUB_CLIENT_API_KEY"));
    }
}
