//! Changing features from a test: FeatureHub's PUT (edge-protocol 5, D-80).

mod answer;
mod update;
mod updater;

use std::sync::Arc;

use fh_session::{ApiKey, KeyError};
use tokio::sync::oneshot;

pub use self::answer::{Outcome, Refusal};
pub use self::update::{NewValue, Update};
pub(crate) use self::updater::Updater;
use crate::client::Inner;
use crate::driver::Command;

/// How an update went.
pub(crate) type Sent = Result<Outcome, Refusal>;

/// What the driver is to send.
pub(crate) struct UpdateRequest {
    pub(crate) feature: String,
    pub(crate) update: Update,
    pub(crate) then: Then,
    /// In place of the client's own.
    pub(crate) key: Option<ApiKey>,
}

/// What to do once it was accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    Return,
    Wait,
}

/// Changes features at the Edge, for tests. The API key needs permission to do so.
///
/// Two clients that change the same feature at the same time can lose a write: that is the server's way.
///
/// ```
/// # use fh_client::testing::MemoryEdge;
/// use fh_client::{Outcome, Refusal, Update};
/// # fh_client::block_on(async {
/// # let edge = MemoryEdge::new();
/// # edge.set("CHECKOUT", false);
/// # let client = edge.client().start()?;
/// client.ready().await?;
/// let updates = client.test_updates();
/// assert_eq!(updates.set_and_wait("CHECKOUT", Update::value(true)).await?, Outcome::Accepted);
/// assert!(client.is_enabled("CHECKOUT"));
/// updates.set("CHECKOUT", Update::lock()).await?;
/// let refusal = updates.set("CHECKOUT", Update::value(false)).await.unwrap_err();
/// assert!(matches!(refusal, Refusal::Locked { .. }));
/// updates.set("CHECKOUT", Update::unlock().and(Update::value(false))).await?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
#[derive(Clone)]
pub struct TestUpdates {
    inner: Arc<Inner>,
    key: Option<ApiKey>,
}

impl TestUpdates {
    pub(crate) const fn new(inner: Arc<Inner>) -> Self {
        Self { inner, key: None }
    }

    /// With this API key in place of the client's first one: keys that may change features are often kept apart.
    ///
    /// # Errors
    /// [`KeyError`] if it cannot be one.
    pub fn with_api_key(self, key: &str) -> Result<Self, KeyError> {
        Ok(Self { key: Some(ApiKey::parse(key)?), ..self })
    }

    /// Changes a feature. Says how the server took it; what readers see changes a moment later, see [`Self::set_and_wait`].
    ///
    /// # Errors
    /// [`Refusal`] if the server would not, or could not be asked.
    pub async fn set(&self, feature: &str, update: Update) -> Result<Outcome, Refusal> {
        self.send(feature, update, Then::Return).await
    }

    /// Changes a feature, and waits until this client has received it: until its value (the one without strategies) and its lock
    /// are as asked. A real server loses a write now and then, so it is sent once more after 2 seconds.
    ///
    /// A polling client polls meanwhile. With a server-evaluated key whose strategies answer for the present context, the value without
    /// strategies cannot be seen: use [`Self::set`] there.
    ///
    /// # Errors
    /// [`Refusal`], among them [`Refusal::NotApplied`] if nothing came within 10 seconds.
    pub async fn set_and_wait(&self, feature: &str, update: Update) -> Result<Outcome, Refusal> {
        self.send(feature, update, Then::Wait).await
    }

    async fn send(&self, feature: &str, update: Update, then: Then) -> Result<Outcome, Refusal> {
        let (reply, sent) = oneshot::channel();
        let key = self.key.clone();
        let request = UpdateRequest { feature: feature.to_string(), update, then, key };
        self.inner.tell(Command::Update(request, reply));
        sent.await.unwrap_or(Err(Refusal::Closed))
    }
}

impl std::fmt::Debug for TestUpdates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TestUpdates").finish_non_exhaustive()
    }
}
