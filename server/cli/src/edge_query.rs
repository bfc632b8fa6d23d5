//! Arguments of commands that query an Edge: its URL and keys, the features, and the context.

use std::sync::Arc;

use clap::Args;
use fh_eval::Attributes;

use crate::context::ContextArgs;
use crate::edge::{self, Edge, EdgeArgs};
use crate::failure::Failure;

#[derive(Debug, Args)]
pub(crate) struct EdgeQueryArgs {
    #[command(flatten)]
    edge: EdgeArgs,

    /// The keys of the features to show. Default: all features
    #[arg(value_name = "FEATURE")]
    features: Vec<String>,

    #[command(flatten)]
    context: ContextArgs,
}

/// The resolved arguments of a query of an Edge.
pub(crate) struct EdgeQuery {
    pub(crate) edge: Edge,
    pub(crate) who: Arc<Attributes>,
    /// The keys of the requested features. If the list is empty, all features are requested.
    pub(crate) features: Vec<String>,
}

impl EdgeQueryArgs {
    pub(crate) fn resolve(&self) -> Result<EdgeQuery, Failure> {
        let (edge, rest) = self.edge.resolve(&self.features)?;
        let features = edge::features(rest)?;
        Ok(EdgeQuery { edge, who: Arc::new(self.context.attributes()), features })
    }
}
