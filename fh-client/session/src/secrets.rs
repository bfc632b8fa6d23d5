//! Removal of the secret parts of API keys, of header values and of found texts from the texts about problems.

use std::sync::Arc;

use fh_eval::{Diagnostic, Place};
use fh_repository::notice::Notice;
use fh_repository::problem::Problem;

use crate::key::ApiKey;

/// The secret parts of API keys, and values of headers. They can be removed from texts of servers, proxies and transports, which often
/// repeat URLs.
///
/// Secrets of keys are found in plain form, and with every `*` written as `%2A` or every `*` as `%2a`; values of headers only in plain
/// form. The first 8 or more characters of a secret are found as well, because a text may be cut off within a secret. Spellings with fewer
/// than 6 characters are not found. The environment id is not removed.
///
/// ```
/// use fh_session::{ApiKey, Secrets};
/// let key = ApiKey::parse("71ed3c04-122b-4312-9ea8-06b2b8d6ceac/fsTmCrU0*g7hq")?;
/// let secrets = Secrets::of([&key]);
/// let said = "no route for /features/71ed3c04-122b-4312-9ea8-06b2b8d6ceac/fsTmCrU0%2Ag7hq";
/// assert_eq!(secrets.wiped(said), "no route for /features/71ed3c04-122b-4312-9ea8-06b2b8d6ceac/***");
/// # Ok::<(), fh_session::KeyError>(())
/// ```
#[derive(Clone)]
pub struct Secrets {
    spellings: Arc<[String]>,
}

/// Minimum length in characters of a secret's spelling that is removed. A shorter spelling could occur in other words by chance.
const SHORTEST: usize = 6;
/// Minimum length in characters of a secret's beginning that is removed without the rest of the secret. A shorter beginning reveals little
/// of the key.
const SHORTEST_BEGINNING: usize = 8;

/// Writes the name of the type without the secrets.
impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Secrets").finish_non_exhaustive()
    }
}

impl Secrets {
    /// Collects the secrets of these keys. A spelling of a secret with fewer than 6 characters is left out, because it could occur in other
    /// words by chance.
    #[must_use]
    pub fn of<'a>(keys: impl IntoIterator<Item = &'a ApiKey>) -> Self {
        let mut spellings = Vec::new();
        for key in keys.into_iter().map(ApiKey::expose) {
            let secret = key.rsplit('/').next().unwrap_or(key);
            for text in [secret.to_string(), secret.replace('*', "%2A"), secret.replace('*', "%2a")]
            {
                if text.chars().count() >= SHORTEST && !spellings.contains(&text) {
                    spellings.push(text);
                }
            }
        }
        Self { spellings: spellings.into() }
    }

    /// Adds the values of headers that a program sends. Each value is added as a whole, and without its first word, which may be a scheme
    /// (`Bearer`, `Basic`). Texts with fewer than 6 characters are left out.
    #[must_use]
    pub fn and_headers<'a>(self, values: impl IntoIterator<Item = &'a str>) -> Self {
        let mut spellings = self.spellings.to_vec();
        for value in values {
            let value = value.trim();
            let credentials =
                value.split_once(' ').map_or(value, |(_, credentials)| credentials.trim());
            for text in [value, credentials] {
                if text.chars().count() >= SHORTEST && !spellings.iter().any(|known| known == text)
                {
                    spellings.push(text.to_string());
                }
            }
        }
        Self { spellings: spellings.into() }
    }

    /// Returns the text with `***` in place of each secret, and of each beginning of a secret with at least 8 characters.
    #[must_use]
    pub fn wiped(&self, text: &str) -> String {
        let mut wiped = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(next) = rest.chars().next() {
            let found = self.spellings.iter().filter_map(|secret| found(rest, secret)).max();
            match found.and_then(|length| rest.get(length..)) {
                Some(behind) => {
                    wiped.push_str("***");
                    rest = behind;
                }
                None => {
                    wiped.push(next);
                    rest = rest.get(next.len_utf8()..).unwrap_or_default();
                }
            }
        }
        wiped
    }

    /// Returns the problem with `***` in place of each secret in its text.
    #[must_use]
    pub fn wiped_from(&self, problem: Problem) -> Problem {
        match problem {
            Problem::Failure(text) => Problem::Failure(self.wiped(&text)),
            Problem::ContentType(text) => Problem::ContentType(self.wiped(&text)),
            Problem::Malformed(text) => Problem::Malformed(self.wiped(&text)),
            Problem::Unreachable(text) => Problem::Unreachable(self.wiped(&text)),
            Problem::Rejected { status, message } => {
                Problem::Rejected { status, message: self.wiped(&message) }
            }
            Problem::Tls(text) => Problem::Tls(self.wiped(&text)),
            Problem::Transport(text) => Problem::Transport(self.wiped(&text)),
            Problem::SocketsBlocked(Some(text)) => Problem::SocketsBlocked(Some(self.wiped(&text))),
            other => other,
        }
    }

    /// Returns the notice with `***` in place of each secret in the description of an ignored part, and in the reason why a store's
    /// features were not applied. Other notices are returned unchanged.
    #[must_use]
    pub fn wiped_off(&self, notice: Notice) -> Notice {
        match notice {
            Notice::Ignored { what } => Notice::Ignored { what: self.wiped(&what) },
            Notice::StoreIgnored { source, why } => {
                Notice::StoreIgnored { source, why: self.wiped(&why) }
            }
            other => other,
        }
    }
}

/// Compares the start of the text with the secret. If the text starts with the whole secret, or with the first [`SHORTEST_BEGINNING`] or
/// more characters of the secret, returns the length of the match in bytes. Otherwise returns `None`.
fn found(text: &str, secret: &str) -> Option<usize> {
    let same = text.chars().zip(secret.chars()).take_while(|(one, other)| one == other);
    let (characters, bytes) =
        same.fold((0, 0), |(count, bytes), (c, _)| (count + 1, bytes + c.len_utf8()));
    (bytes == secret.len() || characters >= SHORTEST_BEGINNING).then_some(bytes)
}

/// Returns the place and the reason of a diagnostic, without the text that was found there: it may hold the keys of users.
pub(crate) fn without_found_text(diagnostic: &Diagnostic) -> String {
    let place = Place { value: None, ..diagnostic.place.clone() };
    Diagnostic { place, ..diagnostic.clone() }.to_string()
}
