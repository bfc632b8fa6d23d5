//! The Edges of one scenario.

use std::cell::OnceCell;

use fh_fake_edge::{FakeEdge, Feature};

use super::tempo::Tempo;

/// The Edges that a scenario sets up. `fh-conformance edge --scenario ID` serves the same.
#[derive(Debug)]
pub struct Stage {
    edge: FakeEdge,
    other: OnceCell<FakeEdge>,
    tempo: Tempo,
}

impl Stage {
    /// Starts an Edge for a client with these delays.
    ///
    /// # Errors
    /// If no port is available.
    pub fn start(tempo: Tempo) -> std::io::Result<Self> {
        Ok(Self { edge: FakeEdge::start()?, other: OnceCell::new(), tempo })
    }

    /// Returns the Edge that clients connect to.
    #[must_use]
    pub fn edge(&self) -> &FakeEdge {
        &self.edge
    }

    /// Returns a second Edge at another origin, which is started by the first call. `None` if no port is available.
    #[must_use]
    pub fn other(&self) -> Option<&FakeEdge> {
        if self.other.get().is_none() {
            let _ = self.other.set(FakeEdge::start().ok()?);
        }
        self.other.get()
    }

    /// Returns the second Edge, if it was started.
    pub(super) fn started_other(&self) -> Option<&FakeEdge> {
        self.other.get()
    }

    /// Returns the delays of the client.
    #[must_use]
    pub fn tempo(&self) -> Tempo {
        self.tempo
    }

    /// Serves the feature `F`, a STRING with the value `one` and version 1.
    pub fn with_feature_f(&self) {
        self.edge.set_feature(Feature::string("F", "one"));
    }
}
