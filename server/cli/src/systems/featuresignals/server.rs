//! FeatureSignals' server: its URL, its environment and its API key.

use fh_client::{Client, ClientBuilder, Problem, System, featuresignals};
use fh_session::featuresignals::{Endpoint, EndpointError, Key};

use crate::failure::Failure;
use crate::flag_server::{FoundSecret, Servers, trouble, usage, variable};
use crate::server::Server;
use crate::systems::featuresignals::flags::context_of_server;

pub(crate) const SERVERS: Servers = Servers {
    url: "FEATURESIGNALS_URL",
    secret: "FEATURESIGNALS_API_KEY",
    secret_name: "API key",
    an_environment: "a FeatureSignals environment",
    is_like_a_secret,
    has_environment: true,
    open: |url, slug, secret| {
        Ok(Box::new(FeaturesignalsServer::new(url.as_deref(), slug, secret)?))
    },
    context: context_of_server,
};
/// The environment variable with the slug of the environment.
const ENVIRONMENT: &str = "FEATURESIGNALS_ENVIRONMENT";
/// The beginnings of the API keys that FeatureSignals has made.
const BEGINNINGS: [&str; 2] = ["fs_srv_", "fs_cli_"];

/// The environment of a server, and its API key.
#[derive(Debug)]
struct FeaturesignalsServer {
    endpoint: Endpoint,
    key: Key,
}

fn is_like_a_secret(text: &str) -> bool {
    BEGINNINGS.iter().any(|beginning| text.starts_with(beginning))
}

impl FeaturesignalsServer {
    /// Returns the environment with this slug at a URL. The API key is read after the URL and the slug were checked.
    fn new(
        url: Option<&str>,
        slug: Option<&str>,
        secret: impl FnOnce() -> Result<FoundSecret, Failure>,
    ) -> Result<Self, Failure> {
        let slug = slug.map(str::to_string).or_else(|| variable(ENVIRONMENT)).unwrap_or_default();
        let endpoint = Endpoint::parse(url.unwrap_or(Endpoint::CLOUD), &slug);
        let endpoint = endpoint.map_err(|why| {
            usage(match why {
                EndpointError::NoEnvironment => format!(
                    "no environment of FeatureSignals: write --environment SLUG, such as production, or set {ENVIRONMENT}"
                ),
                _ => why.to_string(),
            })
        })?;
        Ok(Self { endpoint, key: secret()?.parse(Key::parse)? })
    }

    fn url(&self) -> &str {
        self.endpoint.url().as_str()
    }
}

impl Server for FeaturesignalsServer {
    /// Returns a builder of a client that fetches reasons for every context, and streams, so that `fh watch` shows changes at once.
    fn client(&self) -> ClientBuilder {
        let settings = featuresignals::Settings::new(self.key.expose())
            .url(self.url())
            .environment(&**self.endpoint.environment())
            .reasons(true)
            .stream(true);
        Client::featuresignals(settings).identification(concat!("fh/", env!("CARGO_PKG_VERSION")))
    }

    fn heading(&self) -> String {
        let (url, environment) = (self.url(), self.endpoint.environment());
        format!("{url}, environment {environment}, evaluated by the server")
    }

    fn trouble(&self, problem: &Problem) -> String {
        let advice = match problem {
            Problem::Rejected { status: 401, .. } | Problem::Unauthorised(401) => {
                "; check the API key, and the database of the server, which answers 401 for both"
            }
            Problem::Rejected { status: 404, .. } => {
                "; check that the URL is that of FeatureSignals' server"
            }
            _ => "",
        };
        let text = trouble(System::FeatureSignals, "FeatureSignals' server", self.url(), problem);
        format!("{text}{advice}")
    }
}
