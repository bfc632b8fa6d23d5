//! Options for reading state files.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use fh_eval::Profile;
use uuid::Uuid;

use super::secrets::{self, Incomplete};
use crate::state::{Permissions, ServiceKey};

/// Options for reading state files.
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

/// A function that returns the text that `${NAME}` stands for.
type Secrets = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// An account that is not in the file, for instance for keys from a command line. It has the same permissions in every environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtraAccount {
    /// The name, for people, logs and metrics.
    pub name: Arc<str>,
    /// Client-evaluated keys, which contain a `*`.
    pub client_keys: Vec<ServiceKey>,
    /// Server-evaluated keys, which contain no `*`.
    pub server_keys: Vec<ServiceKey>,
    /// Filters. If there are any, the account sees only features that have one of them.
    pub filters: BTreeSet<String>,
    /// The permissions in each environment.
    pub permissions: Permissions,
}

impl Options {
    /// Creates options without secrets and extra accounts, with profile `client`.
    #[must_use]
    pub fn new() -> Self {
        Self {
            profile: Profile::default(),
            secrets: Some(Arc::new(|_| None)),
            environment: None,
            accounts: Vec::new(),
        }
    }

    /// Sets the profile of environments that have none. It is used for warnings about their strategies.
    #[must_use]
    pub fn profile(self, profile: Profile) -> Self {
        Self { profile, ..self }
    }

    /// Sets a function that returns the text for `${NAME}`. If it returns `None`, that is an error at this place.
    #[must_use]
    pub fn secrets(self, lookup: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        Self { secrets: Some(Arc::new(lookup)), ..self }
    }

    /// Takes keys and ids as they are written, even `$$`; a `${` is an error. The admin API writes states in this way.
    pub(crate) fn verbatim(self) -> Self {
        Self { secrets: None, ..self }
    }

    /// Replaces `${NAME}` in a key, or in the id of an environment.
    pub(super) fn complete(&self, text: &str) -> Result<String, Incomplete> {
        match &self.secrets {
            Some(lookup) => secrets::complete(text, &**lookup),
            None if text.contains("${") => Err(Incomplete::Verbatim),
            None => Ok(text.to_owned()),
        }
    }

    /// Replaces `${NAME}` by environment variables of this process.
    #[must_use]
    pub fn process_environment(self) -> Self {
        self.secrets(|name| std::env::var(name).ok())
    }

    /// Sets the environment of lists of features that name none.
    #[must_use]
    pub fn environment(self, id: Uuid) -> Self {
        Self { environment: Some(id), ..self }
    }

    /// Does the same, unless an environment is set already.
    pub(crate) fn environment_if_unknown(mut self, id: Uuid) -> Self {
        self.environment.get_or_insert(id);
        self
    }

    /// Adds an account after those of the file.
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
