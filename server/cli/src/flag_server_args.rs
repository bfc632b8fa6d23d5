//! The options for a server of FeatBit or FeatureSignals: its system, its URL, its secret, and the context.

use clap::Args;

use crate::failure::Failure;
use crate::flag_server::{FoundSecret, Servers, usage, variable};
use crate::payload::read_bytes;
use crate::server::Server;
use crate::system::{self, System};
use crate::systems;

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
        let servers = systems::of(self.system).servers();
        if self.environment.is_some() && !servers.is_some_and(|servers| servers.has_environment) {
            return Err(usage(
                "--environment is an option of FeatureSignals: add --system featuresignals, or leave it out"
                    .to_string(),
            ));
        }
        match (&self.secret_file, &self.user) {
            (Some(_), _) if servers.is_none() => Err(usage(
                "--secret-file is an option of FeatBit and FeatureSignals: add --system featbit or --system featuresignals"
                    .to_string(),
            )),
            (_, Some(_)) if servers.is_none() => Err(system::no_user()),
            _ => Ok(()),
        }
    }

    /// Returns the server at the URL of the option or of the arguments, and the keys of flags among the arguments.
    pub(crate) fn server(
        &self,
        servers: &Servers,
        url: Option<&str>,
        arguments: Vec<String>,
    ) -> Result<(Box<dyn Server>, Vec<String>), Failure> {
        let mut arguments = arguments.into_iter().peekable();
        let positional = match url {
            Some(_) => None,
            None => arguments.next_if(|text| text.contains("://")),
        };
        let flags: Vec<String> = arguments.collect();
        if flags.iter().any(|text| text == "-" || (servers.is_like_a_secret)(text)) {
            return Err(usage(format!(
                "an argument is not the key of a flag: set {} to the {}, or write --secret-file FILE, because other users of the machine can see the arguments",
                servers.secret, servers.secret_name
            )));
        }
        let url = positional.or_else(|| url.map(str::to_string)).or_else(|| variable(servers.url));
        let secret = || self.secret(servers);
        Ok(((servers.open)(url, self.environment.as_deref(), &secret)?, flags))
    }

    /// Reads the secret from the file of the option, or from the environment variable.
    fn secret(&self, servers: &Servers) -> Result<FoundSecret, Failure> {
        let Some(file) = &self.secret_file else {
            let Servers { secret, secret_name, an_environment, .. } = servers;
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

    /// Returns the file with the user or the context.
    pub(crate) fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }
}
