//! Wiping API keys from what others say.

use fh_session::{ApiKey, Notice, Problem};

/// Wipes the secret parts of keys, as they are and as a URL writes them.
pub(crate) struct Secrets {
    found: Vec<String>,
}

/// Shorter texts stand in too many words by chance.
const SHORTEST: usize = 6;

impl Secrets {
    pub(crate) fn of<'a>(keys: impl IntoIterator<Item = &'a ApiKey>) -> Self {
        let mut found = Vec::new();
        for key in keys.into_iter().map(ApiKey::expose) {
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

    /// The problem without any of them: what a server or a transport says may repeat them.
    pub(crate) fn wiped_from(&self, problem: Problem) -> Problem {
        match problem {
            Problem::Failure(text) => Problem::Failure(self.wiped(&text)),
            Problem::ContentType(text) => Problem::ContentType(self.wiped(&text)),
            Problem::Malformed(text) => Problem::Malformed(self.wiped(&text)),
            Problem::Unreachable(text) => Problem::Unreachable(self.wiped(&text)),
            Problem::Tls(text) => Problem::Tls(self.wiped(&text)),
            other => other,
        }
    }

    /// The notice without any of them.
    pub(crate) fn wiped_off(&self, notice: Notice) -> Notice {
        match notice {
            Notice::Ignored { what } => Notice::Ignored { what: self.wiped(&what) },
            Notice::StoreIgnored { source, why } => {
                Notice::StoreIgnored { source, why: self.wiped(&why) }
            }
            other => other,
        }
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
    use fh_session::ApiKeys;

    use super::*;

    #[test]
    fn keys_are_wiped_in_every_spelling() {
        let keys = ApiKeys::parse(["environment/s3cret*word", "default/other/hidden*1"]).unwrap();
        let secrets = Secrets::of(keys.iter());
        let said =
            "GET http://x/features/environment/s3cret*word, apiKey=other/hidden%2A1: refused";
        assert_eq!(
            secrets.wiped(said),
            "GET http://x/features/environment/***, apiKey=other/***: refused"
        );
        assert_eq!(secrets.wiped("nothing here"), "nothing here");
    }
}
