//! The handle that changes features at the Edge, for tests.

use std::sync::Arc;

use fh_session::{ApiKey, KeyError};
use tokio::sync::oneshot;

use crate::command::Command;
use crate::shared_state::SharedState;
use crate::test_updates::{AfterAccepted, Outcome, Refusal, Update, UpdateRequest};

/// A handle that changes features at the Edge, for tests. The API key needs permission to change features.
///
/// If two clients change the same feature at the same time, FeatureHub's server can lose one of the changes.
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
    shared: Arc<SharedState>,
    key: Option<ApiKey>,
}

impl TestUpdates {
    pub(crate) const fn new(shared: Arc<SharedState>) -> Self {
        Self { shared, key: None }
    }

    /// Returns a handle that uses this API key instead of the client's first API key. Tests often need another key, because the
    /// program's own key may have no permission to change features.
    ///
    /// # Errors
    /// [`KeyError`] if the text is not an API key.
    pub fn with_api_key(self, key: &str) -> Result<Self, KeyError> {
        Ok(Self { key: Some(ApiKey::parse(key)?), ..self })
    }

    /// Changes a feature, and returns once the Edge has answered. The client receives the change later, on its stream or with a
    /// later poll. To wait until the client has received the change, use [`Self::set_and_wait`].
    ///
    /// # Errors
    /// [`Refusal`] if the Edge rejects the update, cannot be reached or does not answer in time, or if the client is closed.
    /// [`Refusal::NoSuchFeature`] also for the feature keys `.` and `..`, which no URL can contain.
    pub async fn set(&self, feature: &str, update: Update) -> Result<Outcome, Refusal> {
        self.send(feature, update, AfterAccepted::Return).await
    }

    /// Changes a feature, and waits until this client has received the default value and the lock that the update sets.
    /// FeatureHub's server sometimes loses a write, so the update is sent once more if the change has not arrived after 2
    /// seconds.
    ///
    /// A client without an open stream requests the features repeatedly during the wait, unless it is offline. With a
    /// server-evaluated key, the client does not receive the default value of a feature while a strategy matches the client's
    /// context, so that the wait can fail. Use [`Self::set`] for such a feature.
    ///
    /// # Errors
    /// [`Refusal`] as for [`Self::set`], and [`Refusal::NotApplied`] if the change does not arrive within about 10 seconds
    /// after the Edge has accepted the update.
    pub async fn set_and_wait(&self, feature: &str, update: Update) -> Result<Outcome, Refusal> {
        self.send(feature, update, AfterAccepted::Wait).await
    }

    async fn send(
        &self,
        feature: &str,
        update: Update,
        then: AfterAccepted,
    ) -> Result<Outcome, Refusal> {
        let (reply, sent) = oneshot::channel();
        let key = self.key.clone();
        let request = UpdateRequest { feature: feature.to_string(), update, then, key };
        self.shared.send(Command::Update(request, reply));
        sent.await.unwrap_or(Err(Refusal::Closed))
    }
}

impl std::fmt::Debug for TestUpdates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TestUpdates").finish_non_exhaustive()
    }
}
