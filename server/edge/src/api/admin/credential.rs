//! The credential of a request to the admin API. A new admin key revokes it, so that no connection and no evaluation outlives the key with
//! which it was requested.

use tokio::sync::watch;

use super::problem::Problem;
use crate::admin_key::AdminKey;

/// The admin key of one request, with the key that is in force.
#[derive(Debug, Clone)]
pub(super) struct Credential {
    key: AdminKey,
    in_force: watch::Receiver<Option<AdminKey>>,
}

impl Credential {
    /// Returns the credential of a request that carries the text `given`, or `None` if this text is not the admin key in force.
    pub(super) fn of(given: &str, in_force: watch::Receiver<Option<AdminKey>>) -> Option<Self> {
        let key = in_force.borrow().clone().filter(|key| key.is(given))?;
        Some(Self { key, in_force })
    }

    /// Returns true if another admin key is in force. The same key, read again, revokes nothing.
    pub(super) fn is_revoked(&self) -> bool {
        self.in_force.borrow().as_ref() != Some(&self.key)
    }

    /// Waits until another admin key is in force.
    pub(super) async fn revoked(&mut self) {
        // Without its sender, the Edge that would check the key is gone.
        while !self.is_revoked() && self.in_force.changed().await.is_ok() {}
    }

    /// Runs `work`. If another admin key is in force before `work` ends, `work` is dropped, and the error has status 401.
    pub(super) async fn during<T>(
        mut self,
        work: impl Future<Output = Result<T, Problem>>,
    ) -> Result<T, Problem> {
        tokio::select! {
            biased;
            () = self.revoked() => {
                Err(Problem::unauthorized("the admin key was replaced while this request was running"))
            }
            done = work => done,
        }
    }
}
