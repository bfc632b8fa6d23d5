//! Wiping API keys from what others say.

use fh_session::{ApiKey, ApiKeys};

/// Wipes the secret parts of keys, as they are and as a URL writes them.
pub(crate) struct Secrets {
    found: Vec<String>,
}

/// Shorter texts stand in too many words by chance.
const SHORTEST: usize = 6;

impl Secrets {
    pub(crate) fn of(keys: &ApiKeys) -> Self {
        let mut found = Vec::new();
        for key in keys.iter().map(ApiKey::expose) {
            let secret = key.rsplit('/').next().unwrap_or(key);
            for text in [secret.to_string(), secret.replace('*', "%2A"), secret.replace('*', "%2a")]
            {
                if text.len() >= SHORTEST && !found.contains(&text) {
                    found.push(text);
                }
            }
        }
        Self { found }
    }

    /// The text without any of them.
    pub(crate) fn wiped(&self, text: &str) -> String {
        let mut wiped = text.to_string();
        for secret in &self.found {
            if wiped.contains(secret.as_str()) {
                wiped = wiped.replace(secret.as_str(), "***");
            }
        }
        wiped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_wiped_in_every_spelling() {
        let keys = ApiKeys::parse(["environment/s3cret*word", "default/other/hidden*1"]).unwrap();
        let secrets = Secrets::of(&keys);
        let said =
            "GET http://x/features/environment/s3cret*word, apiKey=other/hidden%2A1: refused";
        assert_eq!(
            secrets.wiped(said),
            "GET http://x/features/environment/***, apiKey=other/***: refused"
        );
        assert_eq!(secrets.wiped("nothing here"), "nothing here");
    }
}
