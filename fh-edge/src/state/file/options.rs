//! What a reader of files is told beside the text.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use fh_eval::Profile;
use uuid::Uuid;

use super::secrets::{self, Incomplete};
use crate::state::{Permissions, ServiceKey};

/// What a reader of files is told beside the text.
///
/// ```
/// use fh_edge::state::State;
/// use fh_edge::state::file::Options;
/// let text = "environments: [{name: dev}]\naccounts: [{name: web, clientKey: '${KEY}', permissions: {dev: READ}}]";
/// let options = Options::new().secrets(|name| (name == "KEY").then(|| "secret*1".to_owned()));
/// let parsed = State::from_text(text, &options)?;
/// assert_eq!(parsed.state.accounts[0].client_keys[0].expose(), "secret*1");
/// # Ok::<(), fh_edge::state::file::StateFileError>(())
/// ```
#[derive(Clone)]
pub struct Options {
    pub(super) profile: Profile,
    secrets: Option<Secrets>,
    pub(super) environment: Option<Uuid>,
    pub(super) accounts: Vec<ExtraAccount>,
}

/// What names of secrets stand for.
type Secrets = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// An account that no file names, with the same permissions in every environment of the file: keys from a command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtraAccount {
    /// Its name, for people, logs and metrics.
    pub name: Arc<str>,
    /// Keys with a `*`.
    pub client_keys: Vec<ServiceKey>,
    /// Keys without.
    pub server_keys: Vec<ServiceKey>,
    /// Only features with one of these filters are seen; empty: all.
    pub filters: BTreeSet<String>,
    /// What it may do.
    pub permissions: Permissions,
}

impl Options {
    /// No secrets, no further accounts, profile `client`.
    #[must_use]
    pub fn new() -> Self {
        Self {
            profile: Profile::default(),
            secrets: Some(Arc::new(|_| None)),
            environment: None,
            accounts: Vec::new(),
        }
    }

    /// The profile of environments that name none, to warn of what it makes of their strategies.
    #[must_use]
    pub fn profile(self, profile: Profile) -> Self {
        Self { profile, ..self }
    }

    /// What `${NAME}` stands for; `None` is an error at its place.
    #[must_use]
    pub fn secrets(self, lookup: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        Self { secrets: Some(Arc::new(lookup)), ..self }
    }

    /// Takes keys and ids as they are written, `$$` too; a `${` is an error. So are the states that the admin API writes.
    pub(crate) fn verbatim(self) -> Self {
        Self { secrets: None, ..self }
    }

    /// A key or an id of an environment, with names of secrets replaced.
    pub(super) fn complete(&self, text: &str) -> Result<String, Incomplete> {
        match &self.secrets {
            Some(lookup) => secrets::complete(text, &**lookup),
            None if text.contains("${") => Err(Incomplete::Verbatim),
            None => Ok(text.to_owned()),
        }
    }

    /// `${NAME}` is the environment variable of this process.
    #[must_use]
    pub fn process_environment(self) -> Self {
        self.secrets(|name| std::env::var(name).ok())
    }

    /// The environment of a list of features that names none.
    #[must_use]
    pub fn environment(self, id: Uuid) -> Self {
        Self { environment: Some(id), ..self }
    }

    /// The same, unless one is known.
    pub(crate) fn environment_if_unknown(mut self, id: Uuid) -> Self {
        self.environment.get_or_insert(id);
        self
    }

    /// One more account, after those of the file.
    #[must_use]
    pub fn account(mut self, account: ExtraAccount) -> Self {
        self.accounts.push(account);
        self
    }
}

impl Default for Options {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { profile, environment, accounts, secrets: _ } = self;
        f.debug_struct("Options")
            .field("profile", profile)
            .field("environment", environment)
            .field("accounts", accounts)
            .finish_non_exhaustive()
    }
}
