//! FeatBit's evaluation server: its URL and its secret.

use fh_client::{Client, ClientBuilder, Problem, System, featbit};
use fh_eval::Attributes;
use fh_session::featbit::{Endpoints, Secret};

use crate::failure::Failure;
use crate::flag_server::{FoundSecret, Servers, trouble, usage};
use crate::server::Server;
use crate::systems::featbit::flags::{user_of_context, user_of_file};

pub(crate) const SERVERS: Servers = Servers {
    url: "FEATBIT_STREAMING_URL",
    secret: "FEATBIT_ENV_SECRET",
    secret_name: "server secret",
    an_environment: "a FeatBit environment",
    is_like_a_secret,
    has_environment: false,
    open: |url, _, secret| Ok(Box::new(FeatbitServer::new(url, secret)?)),
    context,
};
/// The number of characters of a secret that FeatBit has made.
const SECRET_LENGTH: usize = 44;

/// The URL and the secret of an environment of a server.
#[derive(Debug)]
struct FeatbitServer {
    url: String,
    secret: Secret,
}

/// Returns true for a text of the form in which FeatBit makes secrets. Keys of flags with capitals are seldom as long.
fn is_like_a_secret(text: &str) -> bool {
    let is_one = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let has_capital = text.bytes().any(|byte| byte.is_ascii_uppercase());
    text.len() == SECRET_LENGTH && has_capital && text.bytes().all(is_one)
}

fn context(file: Option<&str>, given: &Attributes) -> Result<Attributes, Failure> {
    let user = file.map_or_else(|| user_of_context(Some(given)), user_of_file)?;
    Ok(user.attributes().clone())
}

impl FeatbitServer {
    /// Returns the server at a URL. The secret is read after the URL was checked.
    fn new(
        url: Option<String>,
        secret: impl FnOnce() -> Result<FoundSecret, Failure>,
    ) -> Result<Self, Failure> {
        let url = url.ok_or_else(|| {
            usage(format!(
                "no URL of FeatBit's evaluation server: write --url ws://HOST:PORT, or set {}",
                SERVERS.url
            ))
        })?;
        Endpoints::parse(Some(&url), None, None).map_err(|why| {
            // The error names the setting of programs.
            usage(why.to_string().replace("the setting streaming_url", "the URL of the server"))
        })?;
        Ok(Self { url, secret: secret()?.parse(Secret::parse)? })
    }
}

impl Server for FeatbitServer {
    /// Returns a builder of a client that reports no insights, because a person looks at the flags and uses none.
    fn client(&self) -> ClientBuilder {
        let settings = featbit::Settings::new(self.secret.expose()).streaming_url(&self.url);
        Client::featbit(settings.insights(false))
            .identification(concat!("fh/", env!("CARGO_PKG_VERSION")))
    }

    fn client_for_once(&self) -> ClientBuilder {
        // A poll does not show whether the secret is valid.
        self.client()
    }

    fn heading(&self) -> String {
        format!("{}, evaluated by fh", self.url)
    }

    fn trouble(&self, problem: &Problem) -> String {
        trouble(System::FeatBit, "FeatBit's evaluation server", &self.url, problem)
    }
}
