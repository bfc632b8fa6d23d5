//! The start of an Edge that shares its state with others.

use std::sync::Arc;

use super::{Edge, EdgeBuilder, StartError};
use crate::cluster::Cluster;
use crate::notices::Notices;
use crate::origin::own_state::OwnState;
use crate::serving::{AnswerBudget, Environments};
use crate::shared_state::SharedState;
use crate::state::State;
use crate::state_store::{Records, ServeDefaults, StateStore, Writer};

impl EdgeBuilder {
    /// Builds an Edge that shares its state with others.
    pub(super) fn build_for_cluster(
        self,
        environments: Arc<Environments>,
        notices: Arc<Notices>,
    ) -> Result<Edge, StartError> {
        let Self { options, state: None, owner: None, cluster: Some(cluster), data_folder, .. } =
            self
        else {
            return Err(StartError::Cluster);
        };
        let prepared = Cluster::prepare(cluster, data_folder, Arc::clone(&notices));
        let (cluster, change_store) = prepared.map_err(StartError::Thread)?;
        let defaults = ServeDefaults {
            profile: options.profile,
            cache_control: options.cache_control.clone(),
            answers: AnswerBudget::new(options.answer_cache),
            notices: Arc::clone(&notices),
        };
        let first = (State::default(), StateStore::waiting(Records::default()));
        let writer = Writer::start(first, change_store, defaults, Arc::clone(&environments));
        let writer = writer.map_err(StartError::Thread)?;
        let running = cluster.run(writer.refresher()).map_err(StartError::Thread)?;
        let origin = Box::new(OwnState::of_cluster(writer, running, Arc::clone(&environments)));
        let shared = SharedState::new(options, environments, origin, notices);
        Ok(Edge { shared: Arc::new(shared) })
    }
}
