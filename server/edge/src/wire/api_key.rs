//! API keys as they occur in requests.

use uuid::Uuid;

/// The body of a response with status 404 to a request whose API key is unknown. It is the same whichever part of the key is wrong, so that
/// the response does not reveal which part exists.
pub(crate) const UNKNOWN_KEY: &str = "unknown API key: write it as ENVIRONMENT/KEY; its service account needs a permission in this environment";

/// The API key of a request, which consists of an environment and a secret. If the request also names a cache, that name is ignored.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct RequestKey<'a> {
    pub(crate) environment: Uuid,
    pub(crate) secret: &'a str,
}

impl<'a> RequestKey<'a> {
    /// Parses `environment/secret` or `cache/environment/secret`. Returns `None` if the text is not a well-formed key.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.split('/');
        match (parts.next()?, parts.next()?, parts.next(), parts.next()) {
            (environment, secret, None, _) | (_, environment, Some(secret), None) => {
                Self::of(environment, secret)
            }
            _ => None,
        }
    }

    /// Makes a key from the texts of its two parts. Returns `None` if the environment is not a UUID in its standard form or the secret is
    /// empty.
    pub(crate) fn of(environment: &str, secret: &'a str) -> Option<Self> {
        if secret.is_empty() {
            return None;
        }
        Some(Self { environment: environment_id(environment)?, secret })
    }
}

/// Parses a UUID in its standard form of 36 characters, in upper or lower case. Returns `None` for other forms, such as Java's `1-1-1-1-1`.
pub(crate) fn environment_id(text: &str) -> Option<Uuid> {
    (text.len() == 36).then(|| Uuid::try_parse(text).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "71ed3c04-122b-4312-9ea8-06b2b8d6ceac";

    #[test]
    fn other_forms_of_uuids_are_no_environments() {
        let forms = [format!("{{{ID}}}/k"), format!("urn:uuid:{ID}/k"), format!("{ID}/a/b")];
        for text in forms {
            assert!(RequestKey::parse(&text).is_none(), "{text}");
        }
    }
}
