//! A state of all features, for several reads.

use std::sync::Arc;

use fh_eval::{Attributes, Kind, Number, Value};
use fh_session::{ContextValues, Detail, ExplainedDetail, Readiness};
use serde::de::DeserializeOwned;

use crate::reads::reads;

/// The features at one instant. All reads answer from the same state (D-83), even if updates arrive meanwhile.
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
    state: Arc<fh_session::RepositorySnapshot>,
    attributes: Option<Arc<Attributes>>,
}

reads!(Snapshot, |self| self.state, self.attributes.as_ref());

impl Snapshot {
    pub(crate) const fn new(
        state: Arc<fh_session::RepositorySnapshot>,
        attributes: Option<Arc<Attributes>>,
    ) -> Self {
        Self { state, attributes }
    }

    /// Returns the same state, read for other attributes.
    #[must_use]
    pub fn of(&self, attributes: &Arc<Attributes>) -> Self {
        Self { state: Arc::clone(&self.state), attributes: Some(Arc::clone(attributes)) }
    }

    /// Returns the readiness of the client at that instant.
    #[must_use]
    pub fn readiness(&self) -> Readiness {
        self.state.readiness()
    }

    /// Returns a number that increases whenever an answer may have changed.
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
