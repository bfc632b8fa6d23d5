//! FeatBit's evaluation server: its URL and its secret.

use fh_client::{Client, ClientBuilder, Problem, System, featbit};
use fh_session::featbit::{Endpoints, Secret};

use crate::failure::Failure;
use crate::flag_server::{FoundSecret, SILENCE, Words, trouble, usage};
use crate::troubled::Troubled;

pub(crate) const WORDS: Words = Words {
    url: "FEATBIT_STREAMING_URL",
    secret: "FEATBIT_ENV_SECRET",
    secret_name: "server secret",
    an_environment: "a FeatBit environment",
    is_like_a_secret,
};
/// The number of characters of a secret that FeatBit has made.
const SECRET_LENGTH: usize = 44;

/// The URL and the secret of an environment of a server.
#[derive(Debug)]
pub(crate) struct FeatbitServer {
    url: String,
    secret: Secret,
}

/// Returns true for a text of the form in which FeatBit makes secrets. Keys of flags with capitals are seldom as long.
fn is_like_a_secret(text: &str) -> bool {
    let is_one = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let has_capital = text.bytes().any(|byte| byte.is_ascii_uppercase());
    text.len() == SECRET_LENGTH && has_capital && text.bytes().all(is_one)
}

impl FeatbitServer {
    /// Returns the server at a URL. The secret is read after the URL was checked.
    pub(crate) fn new(
        url: Option<String>,
        secret: impl FnOnce() -> Result<FoundSecret, Failure>,
    ) -> Result<Self, Failure> {
        let url = url.ok_or_else(|| {
            usage(format!(
                "no URL of FeatBit's evaluation server: write --url ws://HOST:PORT, or set {}",
                WORDS.url
            ))
        })?;
        Endpoints::parse(Some(&url), None, None).map_err(|why| {
            // The error names the setting of programs.
            usage(why.to_string().replace("the setting streaming_url", "the URL of the server"))
        })?;
        Ok(Self { url, secret: secret()?.parse(Secret::parse)? })
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Returns a builder of a client that reports no insights, because a person looks at the flags and uses none.
    pub(crate) fn client(&self) -> ClientBuilder {
        let settings = featbit::Settings::new(self.secret.expose()).streaming_url(&self.url);
        Client::featbit(settings.insights(false))
            .identification(concat!("fh/", env!("CARGO_PKG_VERSION")))
    }
}

impl Troubled for FeatbitServer {
    fn silence(&self) -> &'static str {
        SILENCE
    }

    fn trouble(&self, problem: &Problem) -> String {
        trouble(System::FeatBit, "FeatBit's evaluation server", &self.url, problem)
    }
}
