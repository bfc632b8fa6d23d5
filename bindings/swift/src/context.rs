//! The contexts of Swift, which are immutable.

use fh_client::Context;

use crate::reads::reads;

/// The attributes of a user, with the reads for them.
#[derive(uniffi::Object)]
pub(crate) struct NativeContext {
    pub(crate) context: Context,
}

reads!(NativeContext, context);
