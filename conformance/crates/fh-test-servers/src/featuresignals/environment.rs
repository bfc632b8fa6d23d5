//! One environment of a server.

use std::fmt;
use std::sync::Arc;

use crate::server::locked;
use fh_test::json::Json;

use crate::featuresignals::project::{EnvironmentState, find, put, remove};
use crate::featuresignals::state::{Shared, State};

/// A change that is no JSON, or that names something that does not exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeError(pub(crate) String);

impl fmt::Display for ChangeError {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(&self.0)
    }
}

impl std::error::Error for ChangeError {}

/// Reads a JSON object.
pub(crate) fn object(text: &str) -> Result<Json, ChangeError> {
    let json = Json::parse(text).map_err(|why| ChangeError(why.what))?;
    match json {
        Json::Object(_) => Ok(json),
        _ => Err(ChangeError("the text is no JSON object".to_owned())),
    }
}

/// An environment with its slug, its keys and the states of flags. Flags and segments belong to the server, which has one project.
#[derive(Clone, Debug)]
pub struct Environment {
    pub(crate) shared: Arc<Shared>,
    pub(crate) slug: String,
}

impl Environment {
    /// Returns the slug, which is a part of paths.
    #[must_use]
    pub fn slug(&self) -> &str {
        &self.slug
    }

    /// Returns the id, which is a part of events.
    #[must_use]
    pub fn id(&self) -> String {
        self.read(|environment| environment.id.clone())
    }

    /// Returns the API key of type `server`.
    #[must_use]
    pub fn server_key(&self) -> String {
        self.read(|environment| environment.server_key.clone())
    }

    /// Returns the API key of type `client`, which has the same rights.
    #[must_use]
    pub fn client_key(&self) -> String {
        self.read(|environment| environment.client_key.clone())
    }

    /// Revokes both keys. Open streams stay open.
    pub fn revoke_keys(&self) {
        self.change(|environment| environment.are_keys_revoked = true);
    }

    /// Makes both keys valid again.
    pub fn restore_keys(&self) {
        self.change(|environment| environment.are_keys_revoked = false);
    }

    /// Writes the state of a flag, as JSON. The server loads its ruleset again at the next request, and streams get an event.
    ///
    /// # Errors
    /// If the text is no JSON object, or if there is no such flag.
    pub fn put_state(&self, flag_key: &str, state: &str) -> Result<(), ChangeError> {
        let state_value = object(state)?;
        let mut state = locked(&self.shared.state);
        if find(&state.project.flags, flag_key).is_none() {
            return Err(ChangeError(format!("there is no flag {flag_key:?}")));
        }
        let Some(environment) = state.environment(&self.slug) else { return Ok(()) };
        let existed = put(&mut environment.states, flag_key, state_value);
        self.notify(&mut state, if existed { "UPDATE" } else { "INSERT" }, flag_key);
        Ok(())
    }

    /// Sets the switch of a flag, and keeps the other members of its state.
    ///
    /// # Errors
    /// If there is no such flag.
    pub fn enable(&self, flag_key: &str, is_enabled: bool) -> Result<(), ChangeError> {
        let mut members = {
            let mut state = locked(&self.shared.state);
            let environment = state.environment(&self.slug);
            let known = environment.and_then(|it| find(&it.states, flag_key).cloned());
            known.map_or_else(Vec::new, |known| known.members().to_vec())
        };
        put(&mut members, "enabled", is_enabled.into());
        self.put_state(flag_key, &Json::Object(members).to_string())
    }

    /// Deletes the state of a flag, as SQL does. The flag is disabled then.
    ///
    /// # Errors
    /// If the flag has no state.
    pub fn delete_state(&self, flag_key: &str) -> Result<(), ChangeError> {
        let mut state = locked(&self.shared.state);
        let environment = state.environment(&self.slug);
        if !environment.is_some_and(|it| remove(&mut it.states, flag_key)) {
            return Err(ChangeError(format!("flag {flag_key:?} has no state")));
        }
        self.notify(&mut state, "DELETE", flag_key);
        Ok(())
    }

    /// Replaces all flags, all segments, and the states of this environment. The text has the members `flags`, `states` and `segments`, by key,
    /// and further ones are ignored. The server loads the new ruleset at once. Streams get one event for each state that differs.
    ///
    /// # Errors
    /// If the text is no JSON object.
    pub fn replace_all(&self, ruleset: &str) -> Result<(), ChangeError> {
        let ruleset = object(ruleset)?;
        locked(&self.shared.state).replace(&self.slug, &ruleset);
        Ok(())
    }

    fn notify(&self, state: &mut State, action: &str, flag_key: &str) {
        let id = state.project.flag_id(flag_key);
        state.notify(&self.slug, action, &id);
    }

    fn read(&self, read: impl FnOnce(&EnvironmentState) -> String) -> String {
        locked(&self.shared.state).environment(&self.slug).map(|it| read(it)).unwrap_or_default()
    }

    fn change(&self, change: impl FnOnce(&mut EnvironmentState)) {
        if let Some(environment) = locked(&self.shared.state).environment(&self.slug) {
            change(environment);
        }
    }
}
