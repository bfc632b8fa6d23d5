//! The keys of a relay, as clients send them to the relay and as the relay sends them upstream.

use std::fmt;

use fh_client::{ApiKey, KeyKind};
use uuid::Uuid;

use crate::state::ServiceKey;
use crate::wire::api_key::{RequestKey, environment_id};

/// A key in the form in which client requests contain it. `Debug` does not show its secret.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct UpstreamKey {
    pub(super) environment: Uuid,
    pub(super) secret: Box<str>,
}

impl UpstreamKey {
    /// Converts a configured key to the form in which client requests contain it. The result is `None` if the key's environment is not a
    /// UUID, since no request could contain it.
    pub(super) fn of(key: &ApiKey) -> Option<Self> {
        let environment = environment_id(key.environment())?;
        Some(Self { environment, secret: key.expose().rsplit('/').next()?.into() })
    }

    /// Returns an unconfigured key in the form in which the relay sends it upstream. The result is `None` if the key is not valid. The
    /// secret is a path segment of the upstream request, so a secret such as `..`, which would change the path, is not valid either.
    pub(super) fn unconfigured(&self) -> Option<ApiKey> {
        ServiceKey::new(&self.secret).ok()?;
        ApiKey::parse(&format!("{}/{}", self.environment, self.secret)).ok()
    }

    pub(super) fn kind(&self) -> KeyKind {
        if self.secret.contains('*') { KeyKind::ClientEvaluated } else { KeyKind::ServerEvaluated }
    }
}

impl From<&RequestKey<'_>> for UpstreamKey {
    fn from(key: &RequestKey<'_>) -> Self {
        Self { environment: key.environment, secret: key.secret.into() }
    }
}

impl fmt::Debug for UpstreamKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/***", self.environment)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "71ed3c04-122b-4312-9ea8-06b2b8d6ceac";

    #[test]
    fn keys_of_both_forms() {
        for text in [format!("{ID}/se*cret"), format!("default/{ID}/se*cret")] {
            let key = UpstreamKey::of(&ApiKey::parse(&text).unwrap()).unwrap();
            assert_eq!((key.environment.to_string().as_str(), &*key.secret), (ID, "se*cret"));
            assert_eq!(key.kind(), KeyKind::ClientEvaluated);
            assert_eq!(key.unconfigured().unwrap().expose(), format!("{ID}/se*cret"));
            assert!(!format!("{key:?}").contains("cret"), "{key:?}");
        }
        assert!(UpstreamKey::of(&ApiKey::parse("production/secret").unwrap()).is_none());
    }

    #[test]
    fn secrets_that_change_the_path_are_no_keys() {
        for secret in ["..", ".", "a/b", "a?b", "a#b", "a%2e", "a b", "\"", &"x".repeat(401)] {
            let key = UpstreamKey { environment: Uuid::nil(), secret: secret.into() };
            assert!(key.unconfigured().is_none(), "{secret}");
        }
    }
}
