//! Functions for the tests of this workspace. Any version of this crate may change or remove them.

use fh_repository::publication::RawUpdate;

use crate::client::Client;

/// Notifies the listeners of [`Client::on_raw`] of this update, as if the client had received it.
pub fn notify_raw(client: &Client, update: RawUpdate) {
    client.shared().repository.raw(update);
}

/// Returns a seed as a client draws it at its start.
#[must_use]
pub fn seed() -> u64 {
    crate::seed::seed()
}
