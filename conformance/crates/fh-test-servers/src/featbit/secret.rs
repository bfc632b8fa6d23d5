//! The secrets of an environment.

use serde::{Deserialize, Serialize};

use crate::featbit::guid::{Guid, TEXT_LENGTH};

/// Number of characters of a secret.
pub(crate) const LENGTH: usize = 2 * TEXT_LENGTH;

/// The type of a secret, which must be the type of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SecretKind {
    /// The secret of an SDK that evaluates flags itself.
    Server,
    /// The secret of an SDK for which the server evaluates flags.
    Client,
}

impl SecretKind {
    /// Reads the value of the parameter `type`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "server" => Some(Self::Server),
            "client" => Some(Self::Client),
            _ => None,
        }
    }
}

/// Returns the secret of two GUIDs.
pub(crate) fn encode(header: Guid, environment: Guid) -> String {
    header.to_secret_half() + &environment.to_secret_half()
}

/// Returns the environment of a secret, unless the secret has another form or the environment is all zeros.
pub(crate) fn environment(secret: &str) -> Option<Guid> {
    if secret.len() != LENGTH {
        return None;
    }
    let half = secret.get(TEXT_LENGTH..)?;
    Guid::from_secret_half(half).filter(|id| !id.is_zero())
}
