//! Starts a relay from its settings.

use std::sync::{Arc, RwLock};

use fh_client::transport::{ReqwestTransport, Transport};
use fh_client::{Config, EdgeUrl};
use fh_eval::Profile;

use super::Relay;
use super::configured::{Checked, Configured};
use super::error::RelayError;
use super::folder::FolderLock;
use super::key_state::Terms;
use super::options::RelayOptions;
use super::put::Updates;
use super::source::{Source, config};
use super::upstream_pool::UpstreamPool;
use super::worker::Worker;
use crate::options::Options;
use crate::serving::{AnswerBudget, Environments};

impl Relay {
    /// Starts a relay. Returns without waiting for the upstream Edge.
    ///
    /// # Errors
    /// Returns [`RelayError`] if a setting is not valid, if another relay uses the snapshot folder, or if the operating system refuses a
    /// resource such as a thread.
    pub(crate) fn start(
        options: RelayOptions,
        edge: &Options,
        environments: &Arc<Environments>,
    ) -> Result<Self, RelayError> {
        if edge.profile == Profile::Edge {
            return Err(RelayError::ProfileEdge);
        }
        let keys = Checked::all(&options.keys)?;
        if keys.is_empty() && options.any_key.is_none() {
            return Err(RelayError::NoKeys);
        }
        let lock = options.snapshots.as_deref().map(FolderLock::take).transpose()?;
        let idle = Worker::prepare().map_err(RelayError::Thread)?;
        let url = EdgeUrl::parse(&options.url).map_err(RelayError::Url)?;
        let settings = config(&options, &options.headers, &url)?;
        let source = Arc::new(Source {
            transport: match &options.transport {
                Some(transport) => Arc::clone(transport),
                None => default_transport(&settings)?,
            },
            edge: url,
            options: options.clone(),
            headers: RwLock::new(settings.headers.clone()),
            runtime: idle.handle().clone(),
            environments: Arc::clone(environments),
            cache_control: edge.cache_control.clone(),
            answers: AnswerBudget::new(edge.answer_cache),
            terms: Terms {
                max_age: options.limits.max_age,
                revoke_after: options.limits.revoke_after,
            },
            patience: settings.limits.poll,
        });
        source.check_settings(&settings.headers)?;
        let updates = Updates::new(&source, settings.limits.connect);
        let pool = Arc::new(UpstreamPool::new(Arc::clone(&source)));
        let configured = Arc::new(Configured::default());
        configured.change(keys, &pool)?;
        idle.handle().spawn(Arc::clone(&pool).keep_tidy());
        let (last, folder) = (Arc::clone(&configured), lock.clone());
        let runtime = idle.handle().clone();
        let at_last = async move {
            last.close(&runtime).await;
            drop(folder);
        };
        let worker = idle.start(at_last).map_err(RelayError::Thread)?;
        Ok(Self { configured, pool, updates, lock, worker })
    }
}

/// Creates a transport that uses a separate connection for each stream, because servers limit the number of streams on one connection.
fn default_transport(config: &Config) -> Result<Arc<dyn Transport>, RelayError> {
    let builder = ReqwestTransport::builder().http1_only().connect_timeout(config.limits.connect);
    match builder.build() {
        Ok(transport) => Ok(Arc::new(transport)),
        Err(why) => Err(RelayError::Client(why.into())),
    }
}
