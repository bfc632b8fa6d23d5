//! Arguments of commands that query a server: its URL and keys, the features, and the context.

use std::sync::Arc;

use clap::Args;
use fh_eval::Attributes;

use crate::context::ContextArgs;
use crate::edge::{self, EdgeArgs};
use crate::failure::Failure;
use crate::featbit_server::FeatbitArgs;
use crate::server::Server;

#[derive(Debug, Args)]
pub(crate) struct EdgeQueryArgs {
    #[command(flatten)]
    edge: EdgeArgs,

    /// The keys of the features to show. Default: all features
    #[arg(value_name = "FEATURE")]
    features: Vec<String>,

    #[command(flatten)]
    context: ContextArgs,

    #[command(flatten)]
    featbit: FeatbitArgs,
}

/// The resolved arguments of a query of a server.
pub(crate) struct EdgeQuery {
    pub(crate) server: Server,
    pub(crate) who: Arc<Attributes>,
    /// The keys of the requested features. If the list is empty, all features are requested.
    pub(crate) features: Vec<String>,
}

impl EdgeQueryArgs {
    /// Resolves the arguments. `alone` has the options of the command that only an Edge has, each with true if it is given.
    pub(crate) fn resolve(&self, alone: &[(&str, bool)]) -> Result<EdgeQuery, Failure> {
        let context = self.context.attributes();
        if self.featbit.is_chosen() {
            let api_key = [("--api-key", self.edge.has_api_key())];
            if let Some((name, _)) = alone.iter().chain(&api_key).find(|(_, is_given)| *is_given) {
                return Err(Failure::Input(format!(
                    "{name} is an option of FeatureHub: leave it out with --system featbit"
                )));
            }
            let (url, arguments) = self.edge.plain(&self.features);
            let (server, features) = self.featbit.server(url, arguments)?;
            let who = Arc::new(self.featbit.user(&context)?);
            return Ok(EdgeQuery { server: Server::Featbit(server), who, features });
        }
        self.featbit.refuse()?;
        let (edge, rest) = self.edge.resolve(&self.features)?;
        let features = edge::features(rest)?;
        Ok(EdgeQuery { server: Server::Edge(edge), who: Arc::new(context), features })
    }
}
