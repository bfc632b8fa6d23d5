//! A snapshot of all features, so that several reads use the same state.

use std::sync::Arc;

use fh_eval::{Attributes, Kind, Number, Ruleset, Value};
use fh_repository::readiness::Readiness;
use fh_repository::status::SessionStatus;
use fh_repository::{ContextValues, Detail, ExplainedDetail};
use serde::de::DeserializeOwned;

use crate::reads::reads;

/// The features of a client at one instant. All reads use these features, even if updates arrive in the meantime.
/// Interceptors are called, and rules on the time are evaluated, at each read.
///
/// ```
/// # use fh_client::testing::MemoryEdge;
/// # let edge = MemoryEdge::new();
/// # edge.set("OLD_TAX", false);
/// # edge.set("NEW_TAX", true);
/// # let client = edge.client().start()?;
/// # client.wait_ready(std::time::Duration::from_secs(5))?;
/// let now = client.snapshot();
/// assert_ne!(now.is_enabled("OLD_TAX"), now.is_enabled("NEW_TAX"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Snapshot {
    state: Arc<fh_repository::RepositorySnapshot>,
    attributes: Option<Arc<Attributes>>,
}

reads!(Snapshot, |self| self.state, self.attributes.as_ref());

impl Snapshot {
    pub(crate) const fn new(
        state: Arc<fh_repository::RepositorySnapshot>,
        attributes: Option<Arc<Attributes>>,
    ) -> Self {
        Self { state, attributes }
    }

    /// Returns a copy of this snapshot whose reads are for these attributes.
    #[must_use]
    pub fn of(&self, attributes: &Arc<Attributes>) -> Self {
        Self { state: Arc::clone(&self.state), attributes: Some(Arc::clone(attributes)) }
    }

    /// Calls `each` with the key and the value of every feature, in the order of [`Self::keys`]. The value is `None` if it is null, or if the
    /// client has no features for the context. Unlike [`Self::values`], this function creates no [`Detail`] for each feature. If there are no
    /// interceptors, the features are evaluated together, and no memory is allocated. Observers are not notified.
    ///
    /// ```
    /// # use fh_client::testing::MemoryEdge;
    /// # let edge = MemoryEdge::new();
    /// # edge.set("COLOUR", "red");
    /// # let client = edge.client().start()?;
    /// # client.wait_ready(std::time::Duration::from_secs(5))?;
    /// client.snapshot().for_each_value(|key, value| {
    ///     println!("{key} = {}", value.map_or("null".to_string(), ToString::to_string));
    /// });
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn for_each_value(&self, each: impl FnMut(&str, Option<&Value>)) {
        self.state.for_each_value(self.attributes.as_ref(), each);
    }

    /// Returns the client's readiness at the time of the snapshot.
    #[must_use]
    pub fn readiness(&self) -> Readiness {
        self.state.readiness()
    }

    /// Returns the status of the client's connection at the time of the snapshot. The status and the features of the snapshot are
    /// of the same instant.
    #[must_use]
    pub fn status(&self) -> &SessionStatus {
        self.state.status()
    }

    /// Returns the features as the engine holds them, for tools that evaluate features for many contexts, or read rules and
    /// versions. Interceptors and the snapshot's attributes are not applied, and observers are not notified.
    #[must_use]
    pub fn ruleset(&self) -> &Ruleset {
        self.state.rules().ruleset()
    }

    /// Returns the id of the environment that this feature comes from, or `None` if the environment is unknown. If all features
    /// come from one environment, returns its id even if the feature does not exist.
    #[must_use]
    pub fn environment_of(&self, key: &str) -> Option<&Arc<str>> {
        self.state.rules().environment_of(key)
    }

    /// Returns true if the features are values for one context, as they are with a server-evaluated API key. Returns false
    /// before the first features.
    #[must_use]
    pub fn is_server_evaluated(&self) -> bool {
        self.state.rules().evaluated_for().is_some()
    }

    /// Returns the generation of the snapshot's state. The generation is a number that increases whenever the result of a read
    /// may have changed, except by the passing of time or by an interceptor that does not report its changes.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.state.generation()
    }
}

impl std::fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.state.fmt(f)
    }
}
