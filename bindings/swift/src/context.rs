//! The contexts of Swift, which are immutable.

use std::sync::OnceLock;

use fh_binding::late_context::{
    AttributesBuilder, LateContext, LateReads, RepositorySnapshot, WasRead, attributes, first_read,
};
use fh_binding::packed::PackedAttributes;
use fh_client::{Client, Context};

use crate::reads::reads;

/// The attributes of a user, with the reads for them. The client's own context is made by the second read.
#[derive(uniffi::Object)]
pub(crate) struct NativeContext {
    client: Client,
    attributes: Box<[u8]>,
    was_read: WasRead,
    context: OnceLock<Context>,
}

impl NativeContext {
    /// Returns a context with packed attributes. It keeps the client running.
    pub(crate) fn new(client: Client, attributes: &[u8]) -> Self {
        let (was_read, context) = (WasRead::new(), OnceLock::new());
        Self { client, attributes: attributes.into(), was_read, context }
    }

    fn given(&self) -> PackedAttributes<'_> {
        PackedAttributes { bytes: &self.attributes, system: self.client.system() }
    }
}

impl LateContext for NativeContext {
    type Given<'a> = PackedAttributes<'a>;

    fn first_read<R>(
        &self,
        read: impl FnOnce(&RepositorySnapshot, &Self::Given<'_>, &mut AttributesBuilder) -> Option<R>,
    ) -> Option<R> {
        let first = |snapshot: &_, builder: &mut _| read(snapshot, &self.given(), builder);
        self.was_read.is_first_read().then(|| first_read(&self.client, first))?
    }

    fn context(&self) -> &Context {
        self.context.get_or_init(|| self.client.context_of(attributes(&self.given())))
    }
}

reads!(NativeContext, |self| LateReads(self));
