//! The object of the class `Context` in each process.

use std::sync::Arc;

use fh_binding::process::PerProcess;
use pyo3::prelude::*;

use crate::client::Client;

#[pyclass(frozen, weakref, module = "fh_client")]
pub(crate) struct Context {
    pub(super) client: Py<Client>,
    pub(super) attributes: Arc<fh_client::Attributes>,
    core: PerProcess<fh_client::Context>,
}

impl Context {
    pub(crate) const fn new(client: Py<Client>, attributes: Arc<fh_client::Attributes>) -> Self {
        Self { client, attributes, core: PerProcess::unmade() }
    }

    pub(crate) const fn attributes_of(&self) -> &Arc<fh_client::Attributes> {
        &self.attributes
    }

    /// The context of this process. It is made at the first read.
    #[inline]
    pub(crate) fn core(&self) -> &fh_client::Context {
        loop {
            if let Some(core) = self.core.get() {
                return core;
            }
            self.core.set(self.client.get().core().context_of(Arc::clone(&self.attributes)));
        }
    }

    /// Returns a context of the same client with other attributes.
    pub(super) fn of(&self, py: Python<'_>, attributes: fh_client::Attributes) -> Self {
        Self::new(self.client.clone_ref(py), Arc::new(attributes))
    }
}
