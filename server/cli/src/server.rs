//! A server from which commands get features: an Edge, or a server of FeatBit or FeatureSignals.

use fh_client::{ClientBuilder, Problem};

use crate::edge::Edge;
use crate::systems::featbit::server::FeatbitServer;
use crate::systems::featuresignals::server::FeaturesignalsServer;
use crate::troubled::Troubled;

/// The server that a command queries.
#[derive(Debug)]
pub(crate) enum Server {
    Edge(Edge),
    Featbit(FeatbitServer),
    Featuresignals(FeaturesignalsServer),
}

impl Server {
    /// Returns a builder of a client of the server.
    pub(crate) fn client(&self) -> ClientBuilder {
        match self {
            Self::Edge(edge) => edge.client(),
            Self::Featbit(server) => server.client(),
            Self::Featuresignals(server) => server.client(),
        }
    }
}

impl Troubled for Server {
    fn trouble(&self, problem: &Problem) -> String {
        match self {
            Self::Edge(edge) => edge.trouble(problem),
            Self::Featbit(server) => server.trouble(problem),
            Self::Featuresignals(server) => server.trouble(problem),
        }
    }

    fn silence(&self) -> &'static str {
        match self {
            Self::Edge(edge) => edge.silence(),
            Self::Featbit(server) => server.silence(),
            Self::Featuresignals(server) => server.silence(),
        }
    }
}
