//! The options for reading state files.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use fh_eval::Profile;
use uuid::Uuid;

use super::secrets::{self, Incomplete};
use crate::state::{Permissions, ServiceKey};

/// The options for reading state files.
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
    secrets: Secrets,
    pub(super) environment: Option<Uuid>,
    pub(super) accounts: Vec<ExtraAccount>,
    /// True if the accounts of a state file are not read.
    pub(super) is_without_accounts: bool,
}

/// A function that returns the text that replaces `${NAME}`, or `None` if the name is unknown.
type Lookup = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// The source of the texts that replace `${NAME}`.
#[derive(Clone)]
enum Secrets {
    /// No text is replaced, and a `${` is an error.
    Verbatim,
    Lookup(Lookup),
    ProcessEnvironment,
}

/// An account that is not in the file, for instance one for keys from a command line. It has the same permissions in every environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtraAccount {
    /// The name of the account, for people, logs and metrics. No other account has this name, neither in the file nor in the options.
    pub name: Arc<str>,
    /// The client-evaluated keys, which contain a `*`.
    pub client_keys: Vec<ServiceKey>,
    /// The server-evaluated keys, which contain no `*`.
    pub server_keys: Vec<ServiceKey>,
    /// The filters of the account. If there are any, the account sees only features that have at least one of them.
    pub filters: BTreeSet<String>,
    /// The permissions that the account has in every environment.
    pub permissions: Permissions,
}

impl Options {
    /// Creates options with profile `client` and without extra accounts. Each `${NAME}` in an API key or in the id of an environment is an
    /// error until [`Self::secrets`] or [`Self::process_environment`] is called.
    #[must_use]
    pub fn new() -> Self {
        Self {
            profile: Profile::default(),
            secrets: Secrets::Lookup(Arc::new(|_| None)),
            environment: None,
            accounts: Vec::new(),
            is_without_accounts: false,
        }
    }

    /// Sets the profile of environments that name no profile. The profile affects the warnings about the strategies of these environments.
    #[must_use]
    pub fn profile(self, profile: Profile) -> Self {
        Self { profile, ..self }
    }

    /// Sets a function that returns the text for `${NAME}`. If the function returns `None`, reading fails with an error at the position of
    /// the key or id that contains `${NAME}`.
    #[must_use]
    pub fn secrets(self, lookup: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        Self { secrets: Secrets::Lookup(Arc::new(lookup)), ..self }
    }

    /// Makes the reader keep keys and ids as they are written. `$$` stays two dollar signs, and `${` is an error. The admin API reads
    /// states in this way.
    pub(crate) fn verbatim(self) -> Self {
        Self { secrets: Secrets::Verbatim, ..self }
    }

    /// Replaces each `${NAME}` in an API key or in the id of an environment. The error is the reason why a `${NAME}` cannot be replaced.
    pub(super) fn complete(&self, text: &str) -> Result<String, Incomplete> {
        match &self.secrets {
            Secrets::Lookup(lookup) => secrets::complete(text, &**lookup),
            Secrets::ProcessEnvironment => {
                let read = secrets::complete(text, &|name| std::env::var(name).ok());
                read.map_err(|why| match why {
                    Incomplete::Unknown(name) => Incomplete::NotSet(name),
                    other => other,
                })
            }
            Secrets::Verbatim if text.contains("${") => Err(Incomplete::Verbatim),
            Secrets::Verbatim => Ok(text.to_owned()),
        }
    }

    /// Makes the reader replace `${NAME}` by the environment variable `NAME` of this process. A variable that is not set, or is not valid
    /// Unicode, is an error.
    #[must_use]
    pub fn process_environment(self) -> Self {
        Self { secrets: Secrets::ProcessEnvironment, ..self }
    }

    /// Sets the id of the environment for lists of features that name no environment. Without this call, the id is derived from the name
    /// `default`, and a warning is added. If the list is read from a file whose name begins with an id and a dot, that id is used instead
    /// of the derived id.
    #[must_use]
    pub fn environment(self, id: Uuid) -> Self {
        Self { environment: Some(id), ..self }
    }

    /// Sets the id of the environment like [`Self::environment`], unless it is already set.
    pub(crate) fn environment_if_unknown(mut self, id: Uuid) -> Self {
        self.environment.get_or_insert(id);
        self
    }

    /// Makes the reader ignore the accounts of a state file, for programs that only evaluate features. The variables that hold the keys of
    /// the accounts need not be set then.
    pub(crate) fn without_accounts(self) -> Self {
        Self { is_without_accounts: true, ..self }
    }

    /// Adds an account after the accounts of the file.
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
        let Self { profile, environment, accounts, is_without_accounts, secrets: _ } = self;
        f.debug_struct("Options")
            .field("profile", profile)
            .field("environment", environment)
            .field("accounts", accounts)
            .field("is_without_accounts", is_without_accounts)
            .finish_non_exhaustive()
    }
}
