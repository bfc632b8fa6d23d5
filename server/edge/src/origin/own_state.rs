//! An origin that is the Edge's own state, with the writer that changes it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, StatusCode};
#[cfg(feature = "cluster")]
use tokio::time::Instant;

use super::opening::PollWait;
use super::{
    Admission, BoxFuture, KeyRequest, NotOpen, NotPut, Opened, Opening, Origin, Pending, Put,
    PutAnswer, PutLine,
};
#[cfg(feature = "cluster")]
use crate::cluster::{ClusterStatus, RunningCluster};
#[cfg(feature = "cluster")]
use crate::origin::KeyProof;
use crate::request_memory::RETRY_AFTER_SECONDS;
#[cfg(feature = "cluster")]
use crate::serving::Environments;
use crate::serving::{Grant, Published, ServedFeature};
use crate::state_store::{
    PutError, READ_ONLY, Refusal, ReplaceError, Update, UpdateOutcome, Writer, read_only,
};
use crate::wire::api_key::RequestKey;

/// A state of this Edge's own, with the writer that changes it.
#[derive(Debug)]
pub(crate) struct OwnState {
    writer: Writer,
    /// The place where the state is changed, if this Edge only reads the state.
    owner: Option<Arc<str>>,
    /// The connection to the database, if several servers share the state.
    #[cfg(feature = "cluster")]
    cluster: Option<Shared>,
}

/// The cluster of this Edge, and the environments in which keys are looked up again after a query.
#[cfg(feature = "cluster")]
#[derive(Debug)]
struct Shared {
    running: RunningCluster,
    environments: Arc<Environments>,
}

/// The longest time for which a request with an unknown key waits until the database confirms that no other server has added the key.
#[cfg(feature = "cluster")]
const PROOF: Duration = Duration::from_secs(2);

impl OwnState {
    pub(crate) const fn new(writer: Writer, owner: Option<Arc<str>>) -> Self {
        #[cfg(feature = "cluster")]
        return Self { writer, owner, cluster: None };
        #[cfg(not(feature = "cluster"))]
        Self { writer, owner }
    }

    /// Makes an origin whose state several servers share.
    #[cfg(feature = "cluster")]
    pub(crate) fn of_cluster(
        writer: Writer,
        running: RunningCluster,
        environments: Arc<Environments>,
    ) -> Self {
        Self { writer, owner: None, cluster: Some(Shared { running, environments }) }
    }

    /// Returns what a key opens that no environment contains, once there is a state. In a cluster, another server may have added the key.
    #[cfg(feature = "cluster")]
    fn open_unknown(&self, request: &KeyRequest<'_>) -> Opening {
        let Some(Shared { running, environments }) = &self.cluster else { return Opening::Unknown };
        if request.proof == KeyProof::Given {
            return Opening::Unknown;
        }
        let (environment, secret) = (request.key.environment, request.key.secret.to_owned());
        let environments = Arc::clone(environments);
        let look_up = move || {
            let key = RequestKey { environment, secret: &secret };
            Opened::find(&environments, &key).map_or(Opening::Unknown, Opened::for_poll)
        };
        Opening::Pending(Pending {
            change: Box::pin(running.proof().ask()),
            poll: PollWait::Again(Box::new(look_up), Instant::now() + PROOF),
        })
    }

    #[cfg(not(feature = "cluster"))]
    fn open_unknown(&self, _: &KeyRequest<'_>) -> Opening {
        Opening::Unknown
    }

    /// Returns the reason to refuse a PUT before its body is read. In a cluster, the reason counts only if this server serves the newest
    /// state.
    async fn refusal(
        &self,
        opened: &mut Opened,
        request: &KeyRequest<'_>,
        feature: &str,
    ) -> Result<Option<Refusal>, NotOpen> {
        let first = refusal_without_body(opened, feature);
        if first.is_none() {
            return Ok(None);
        }
        if !self.is_newest().await {
            return Err(NotOpen::NotReady);
        }
        *opened = Opened::find(request.environments, request.key).ok_or(NotOpen::Unknown)?;
        Ok(refusal_without_body(opened, feature))
    }

    async fn put(&self, put: Put<'_>) -> Result<PutAnswer, NotPut> {
        let Put { request, feature, body, effect } = put;
        let mut opened = request.open(self).settled().await.map_err(NotPut::NotOpen)?;
        let refusal = self.refusal(&mut opened, &request, feature).await;
        if let Some(refusal) = refusal.map_err(NotPut::NotOpen)? {
            let answer = answer(&Err(PutError::Refused(refusal)), &opened.grant.account);
            effect(&answer);
            return Ok(answer);
        }
        if let Some(owner) = &self.owner {
            let answer = read_only_answer(owner, &opened.grant.account);
            effect(&answer);
            return Ok(answer);
        }
        let account = Arc::clone(&opened.grant.account);
        drop(opened);
        let body = body.await.map_err(NotPut::NoBody)?;
        let update = match Update::read(&body) {
            Ok(update) => update,
            Err(refusal) => {
                let refused = answer(&Err(PutError::Refused(refusal)), &account);
                let answer = PutAnswer { line: None, ..refused };
                effect(&answer);
                return Ok(answer);
            }
        };
        let place = (request.key.environment, feature.into());
        let named = Arc::clone(&account);
        let effect = Box::new(move |outcome: &_| effect(&answer(outcome, &named)));
        let outcome = self.writer.put(place, request.key.secret, update, effect).await;
        Ok(answer(&outcome, &account))
    }
}

impl Origin for OwnState {
    fn admits(&self, _: &RequestKey<'_>) -> Admission {
        match self.is_ready() {
            false => Admission::NotYet,
            #[cfg(feature = "cluster")]
            true if self.cluster.is_some() => Admission::Yes,
            true => Admission::No,
        }
    }

    fn open(&self, request: &KeyRequest<'_>) -> Opening {
        match self.is_ready() {
            true => self.open_unknown(request),
            false => Opening::Pending(Pending {
                change: Box::pin(self.writer.loading.wait()),
                poll: PollWait::None,
            }),
        }
    }

    #[cfg(feature = "cluster")]
    fn cluster(&self) -> Option<ClusterStatus> {
        self.cluster.as_ref().map(|cluster| cluster.running.status())
    }

    #[cfg(feature = "cluster")]
    fn is_newest(&self) -> BoxFuture<'_, bool> {
        let Some(cluster) = &self.cluster else { return Box::pin(std::future::ready(true)) };
        let proof = cluster.running.proof().ask();
        Box::pin(async move { tokio::time::timeout(PROOF, proof).await.unwrap_or(false) })
    }

    fn put<'a>(&'a self, put: Put<'a>) -> BoxFuture<'a, Result<PutAnswer, NotPut>> {
        Box::pin(self.put(put))
    }

    fn writer(&self) -> Result<&Writer, ReplaceError> {
        Ok(&self.writer)
    }

    fn writer_of_changes(&self) -> Result<&Writer, ReplaceError> {
        match &self.owner {
            Some(owner) => Err(ReplaceError::ReadOnly(Arc::clone(owner))),
            None => Ok(&self.writer),
        }
    }

    /// Returns true once a state is loaded.
    fn is_ready(&self) -> bool {
        self.writer.loading.is_loaded()
    }

    fn stop(&self) {
        self.writer.loading.stop();
        #[cfg(feature = "cluster")]
        if let Some(cluster) = &self.cluster {
            cluster.running.proof().stop();
        }
    }

    fn close(&self, within: Duration) -> BoxFuture<'_, ()> {
        Box::pin(self.writer.close(within))
    }

    fn end(&self) -> BoxFuture<'_, ()> {
        Box::pin(self.writer.end())
    }
}

/// Returns the answer to a PUT with a key of this account.
fn answer(outcome: &Result<UpdateOutcome, PutError>, account: &Arc<str>) -> PutAnswer {
    let text = outcome.as_ref().err().map(|why| why.answer().1);
    PutAnswer {
        status: status(outcome),
        content_type: text.map(|_| HeaderValue::from_static("text/plain")),
        // Only a change that certainly was not made may be sent again.
        retry_after: (*outcome == Err(PutError::Away))
            .then(|| HeaderValue::from(RETRY_AFTER_SECONDS)),
        body: text.map_or_else(Bytes::new, |text| Bytes::from_static(text.as_bytes())),
        // A request with an unknown key has no line in the audit log.
        line: (*outcome != Err(PutError::UnknownKey)).then(|| PutLine {
            action: "put",
            account: Some(Arc::clone(account)),
            outcome: outcome.as_ref().map(ToString::to_string).map_err(|why| why.answer().1),
            is_refused: matches!(outcome, Err(PutError::Refused(_))),
        }),
    }
}

/// Returns the answer to a PUT to an Edge that only reads its state.
fn read_only_answer(owner: &str, account: &Arc<str>) -> PutAnswer {
    PutAnswer {
        status: StatusCode::FORBIDDEN,
        content_type: Some(HeaderValue::from_static("text/plain")),
        retry_after: None,
        body: Bytes::from(read_only(owner)),
        line: Some(PutLine {
            action: "put",
            account: Some(Arc::clone(account)),
            outcome: Err(READ_ONLY),
            is_refused: true,
        }),
    }
}

fn status(outcome: &Result<UpdateOutcome, PutError>) -> StatusCode {
    match outcome {
        Ok(UpdateOutcome::Changed | UpdateOutcome::AlreadySo) => StatusCode::OK,
        Ok(UpdateOutcome::SameValue) => StatusCode::ACCEPTED,
        Err(why) => StatusCode::from_u16(why.answer().0).unwrap_or(StatusCode::BAD_REQUEST),
    }
}

/// Returns the reason to refuse every PUT to this feature with this key, whatever the body says. FeatureHub makes these checks before all
/// others, and a caller that may change nothing must not make the server read a body.
fn refusal_without_body(open: &Opened, feature: &str) -> Option<Refusal> {
    let filters = filters(&open.published, &open.grant)?;
    let is_visible = |each: &Arc<ServedFeature>| *each.key == *feature && each.passes(filters);
    if !open.published.features.iter().any(is_visible) {
        return Some(Refusal::NotFound);
    }
    open.grant.permissions.is_read_only().then_some(Refusal::NoWriteRoles)
}

/// Returns the filters that limit which features a key sees; `None` if the generation has no such view.
fn filters<'a>(published: &'a Published, grant: &Grant) -> Option<&'a BTreeSet<String>> {
    Some(&published.grants.views().get(grant.view)?.filters)
}
