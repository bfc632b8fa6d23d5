//! Arguments of commands that query a server: its URL and keys, the features, and the context.

use std::sync::Arc;

use clap::Args;
use fh_eval::Attributes;

use crate::context::ContextArgs;
use crate::edge::{self, EdgeArgs};
use crate::failure::Failure;
use crate::flag_server_args::FlagServerArgs;
use crate::server::Server;
use crate::system::System;
use crate::systems::{self, flag_system::FlagSystem};

#[derive(Args)]
pub(crate) struct EdgeQueryArgs {
    #[command(flatten)]
    edge: EdgeArgs,

    /// The keys of the features to show. Default: all features
    #[arg(value_name = "FEATURE")]
    features: Vec<String>,

    #[command(flatten)]
    context: ContextArgs,

    #[command(flatten)]
    flags: FlagServerArgs,
}

/// The resolved arguments of a query of a server.
pub(crate) struct EdgeQuery {
    pub(crate) server: Box<dyn Server>,
    pub(crate) system: &'static dyn FlagSystem,
    pub(crate) who: Arc<Attributes>,
    /// The keys of the requested features. If the list is empty, all features are requested.
    pub(crate) features: Vec<String>,
}

impl EdgeQueryArgs {
    /// Resolves the arguments. `alone` has the options of the command that only an Edge has, each with true if it is given.
    pub(crate) fn resolve(&self, alone: &[(&str, bool)]) -> Result<EdgeQuery, Failure> {
        let context = self.context.attributes();
        self.flags.refuse()?;
        let system = self.flags.system();
        let api_key = [("--api-key", self.edge.has_api_key())];
        let given = alone.iter().chain(&api_key).find(|(_, is_given)| *is_given);
        if let Some((name, _)) = given.filter(|_| system != System::Featurehub) {
            return Err(Failure::Input(format!(
                "{name} is an option of FeatureHub: leave it out with {}",
                system.option()
            )));
        }
        let system = systems::of(system);
        if let Some(servers) = system.servers() {
            let (url, arguments) = self.edge.plain(&self.features);
            let (server, features) = self.flags.server(servers, url, arguments)?;
            let who = Arc::new((servers.context)(self.flags.user(), &context)?);
            return Ok(EdgeQuery { server, system, who, features });
        }
        let (edge, rest) = self.edge.resolve(&self.features)?;
        let features = edge::features(rest)?;
        Ok(EdgeQuery { server: Box::new(edge), system, who: Arc::new(context), features })
    }
}
