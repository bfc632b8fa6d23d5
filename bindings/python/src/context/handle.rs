//! The object of the class `Context` in each process.

use std::sync::Arc;

use fh_binding::late_context::{
    AttributesBuilder, LateContext, LateReads, RepositorySnapshot, WasRead, first_read,
};
use fh_binding::process::PerProcess;
use fh_client::Attributes;
use pyo3::prelude::*;

use crate::client::Client;
use crate::given_attributes::{BoundAttributes, GivenAttributes};

#[pyclass(frozen, weakref, module = "fh_client")]
pub(crate) struct Context {
    pub(super) client: Py<Client>,
    given: GivenAttributes,
    was_read: WasRead,
    core: PerProcess<fh_client::Context>,
}

impl Context {
    pub(crate) const fn new(client: Py<Client>, given: GivenAttributes) -> Self {
        Self { client, given, was_read: WasRead::new(), core: PerProcess::unmade() }
    }

    /// Returns a context of attributes in the form that rules read.
    pub(crate) const fn of(client: Py<Client>, attributes: Arc<Attributes>) -> Self {
        Self::new(client, GivenAttributes::Read(attributes))
    }

    pub(crate) fn attributes_of(&self) -> Arc<Attributes> {
        match self.core.get() {
            Some(core) => Arc::clone(core.attributes()),
            None => self.given.all(),
        }
    }

    /// The context of this process.
    #[inline]
    pub(crate) fn core(&self) -> &fh_client::Context {
        loop {
            if let Some(core) = self.core.get() {
                return core;
            }
            self.core.set(self.client.get().core().context_of(self.given.all()));
        }
    }

    /// The reads, of which the first one makes no context of this process.
    #[inline]
    pub(super) const fn reads(&self) -> LateReads<'_, Self> {
        LateReads(self)
    }
}

impl LateContext for Context {
    type Given<'a> = BoundAttributes<'a>;

    #[inline]
    fn first_read<R>(
        &self,
        read: impl FnOnce(
            &RepositorySnapshot,
            &BoundAttributes<'_>,
            &mut AttributesBuilder,
        ) -> Option<R>,
    ) -> Option<R> {
        let GivenAttributes::Plain(plain, system) = &self.given else { return None };
        if !self.was_read.is_first_read() {
            return None;
        }
        Python::attach(|py| {
            let given = BoundAttributes { plain, system: *system, py };
            first_read(self.client.get().core(), |snapshot, builder| {
                read(snapshot, &given, builder)
            })
        })
    }

    #[inline]
    fn context(&self) -> &fh_client::Context {
        self.core()
    }
}
