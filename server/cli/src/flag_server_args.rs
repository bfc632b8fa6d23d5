//! The options for a server of FeatBit or FeatureSignals: its system, its URL, its secret, and the context.

use clap::Args;
use fh_eval::Attributes;

use crate::failure::Failure;
use crate::flag_server::{FoundSecret, Words, usage, variable};
use crate::payload::read_bytes;
use crate::server::Server;
use crate::system::{self, System};
use crate::systems::featbit::flags::{user_of_context, user_of_file};
use crate::systems::featbit::server::{self as featbit_server, FeatbitServer};
use crate::systems::featuresignals::flags::context_of_server;
use crate::systems::featuresignals::server::{self as featuresignals_server, FeaturesignalsServer};

const HEADING: &str = "FeatBit and FeatureSignals";

/// The options of a server of FeatBit or FeatureSignals.
#[derive(Clone, Args)]
pub(crate) struct FlagServerArgs {
    /// The system of the server. With featbit and featuresignals, FEATURE is the key of a flag, and there is no KEY: the secret comes from an
    /// environment variable or --secret-file. With featbit, URL is that of FeatBit's evaluation server, such as ws://localhost:5100
    /// (default: $FEATBIT_STREAMING_URL), $FEATBIT_ENV_SECRET holds the server secret, and the context is a user with the attributes
    /// `keyId` and `name`. With featuresignals, URL is that of FeatureSignals' server, such as http://localhost:8080 (default:
    /// $FEATURESIGNALS_URL, then FeatureSignals' own service), $FEATURESIGNALS_API_KEY holds the API key, and the context has the
    /// attribute `key`. Without a context, the server evaluates the key `anonymous`
    #[arg(long, default_value = "featurehub", help_heading = HEADING)]
    system: System,

    /// The file with FeatBit's server secret or FeatureSignals' API key, or - for stdin, instead of the environment variable
    #[arg(long, value_name = "FILE", help_heading = HEADING)]
    secret_file: Option<String>,

    /// The slug of FeatureSignals' environment, such as production. Default: $FEATURESIGNALS_ENVIRONMENT
    #[arg(long, value_name = "SLUG", help_heading = HEADING)]
    environment: Option<String>,

    /// A JSON file with the user or the context, as clients of FeatBit and FeatureSignals send it
    #[arg(long, value_name = "FILE", conflicts_with = "context", help_heading = HEADING)]
    user: Option<String>,
}

impl FlagServerArgs {
    pub(crate) const fn system(&self) -> System {
        self.system
    }

    /// Fails if an option is given that the chosen system does not have.
    pub(crate) fn refuse(&self) -> Result<(), Failure> {
        if self.environment.is_some() && self.system != System::Featuresignals {
            return Err(usage(
                "--environment is an option of FeatureSignals: add --system featuresignals, or leave it out"
                    .to_string(),
            ));
        }
        if self.system != System::Featurehub {
            return Ok(());
        }
        if self.secret_file.is_some() {
            return Err(usage(
                "--secret-file is an option of FeatBit and FeatureSignals: add --system featbit or --system featuresignals"
                    .to_string(),
            ));
        }
        if self.user.is_some() {
            return Err(system::no_user());
        }
        Ok(())
    }

    /// Returns the server at the URL of the option or of the arguments, and the keys of flags among the arguments. `None` stands for an Edge,
    /// which has other arguments.
    pub(crate) fn server(
        &self,
        url: Option<&str>,
        arguments: Vec<String>,
    ) -> Result<Option<(Server, Vec<String>)>, Failure> {
        let words = match self.system {
            System::Featurehub => return Ok(None),
            System::Featbit => &featbit_server::WORDS,
            System::Featuresignals => &featuresignals_server::WORDS,
        };
        let mut arguments = arguments.into_iter().peekable();
        let positional = match url {
            Some(_) => None,
            None => arguments.next_if(|text| text.contains("://")),
        };
        let flags: Vec<String> = arguments.collect();
        if flags.iter().any(|text| text == "-" || (words.is_like_a_secret)(text)) {
            return Err(usage(format!(
                "an argument is not the key of a flag: set {} to the {}, or write --secret-file FILE, because other users of the machine can see the arguments",
                words.secret, words.secret_name
            )));
        }
        let url = positional.or_else(|| url.map(str::to_string)).or_else(|| variable(words.url));
        let secret = || self.secret(words);
        let server = match self.system {
            System::Featuresignals => {
                let slug = self.environment.as_deref();
                Server::Featuresignals(FeaturesignalsServer::new(url.as_deref(), slug, secret)?)
            }
            _ => Server::Featbit(FeatbitServer::new(url, secret)?),
        };
        Ok(Some((server, flags)))
    }

    /// Reads the secret from the file of the option, or from the environment variable.
    fn secret(&self, words: &Words) -> Result<FoundSecret, Failure> {
        let Some(file) = &self.secret_file else {
            let Words { secret, secret_name, an_environment, .. } = words;
            let text = variable(secret).ok_or_else(|| {
                usage(format!(
                    "no {secret_name} of {an_environment}: set {secret} to it, or write --secret-file FILE"
                ))
            })?;
            return Ok(FoundSecret { place: (*secret).to_string(), text });
        };
        if file == "-" && self.user.as_deref() == Some("-") {
            return Err(usage("--secret-file and --user both read stdin: name a file".to_string()));
        }
        let (place, bytes) = read_bytes(file)?;
        let text = String::from_utf8_lossy(&bytes);
        Ok(FoundSecret { place, text: fh_files::without_mark(&text).to_string() })
    }

    /// Returns the attributes of the user or of the context that the options describe.
    pub(crate) fn context(&self, given: &Attributes) -> Result<Attributes, Failure> {
        match (self.system, &self.user) {
            (System::Featuresignals, file) => context_of_server(file.as_deref(), given),
            (_, Some(path)) => Ok(user_of_file(path)?.attributes().clone()),
            (_, None) => Ok(user_of_context(Some(given))?.attributes().clone()),
        }
    }
}
