//! Keeping API keys out of a report, in whatever spelling a server repeats them.

use fh_session::ApiKeys;
use serde_json::Value;

/// Shorter texts stand in too many words by chance.
const SHORTEST: usize = 6;

pub(super) struct Secrets(Vec<String>);

impl Secrets {
    pub(super) fn of(keys: &ApiKeys) -> Self {
        let secrets = keys.iter().filter_map(|key| key.expose().rsplit('/').next());
        let spellings = secrets.flat_map(|secret| {
            [secret.to_string(), secret.replace('*', "%2A"), secret.replace('*', "%2a")]
        });
        Self(spellings.filter(|text| text.len() >= SHORTEST).collect())
    }

    /// The text without them.
    pub(super) fn wiped(&self, text: &str) -> String {
        self.0.iter().fold(text.to_string(), |text, secret| text.replace(secret.as_str(), "***"))
    }

    /// The same for each text in a document.
    pub(super) fn wiped_in(&self, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.wiped(&text)),
            Value::Array(values) => values.into_iter().map(|value| self.wiped_in(value)).collect(),
            Value::Object(members) => members
                .into_iter()
                .map(|(name, value)| (self.wiped(&name), self.wiped_in(value)))
                .collect(),
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_is_wiped() {
        let keys = ApiKeys::parse(["environment/s3cret*word"]).unwrap();
        let secrets = Secrets::of(&keys);
        let text = "to /features/environment/s3cret%2Aword and environment/s3cret*word";
        assert_eq!(secrets.wiped(text), "to /features/environment/*** and environment/***");
        let data = serde_json::json!({"s3cret*word": [text, 1]});
        assert!(!secrets.wiped_in(data).to_string().contains("s3cret"));
    }
}
