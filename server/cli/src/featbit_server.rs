//! FeatBit's evaluation server: its URL, its secret, and the options for them.

use clap::Args;
use fh_client::{Client, ClientBuilder, Problem, System, featbit};
use fh_eval::Attributes;
use fh_session::featbit::{Endpoints, Secret};

use crate::edge_trouble::{is_refused, other_scheme};
use crate::failure::Failure;
use crate::featbit::{user_of_context, user_of_file};
use crate::payload::read_bytes;
use crate::server::Troubled;

/// The environment variables with the URL and the secret.
const URL: &str = "FEATBIT_STREAMING_URL";
const SECRET: &str = "FEATBIT_ENV_SECRET";
/// The number of characters of a secret that FeatBit has made.
const SECRET_LENGTH: usize = 44;

/// The system of a server.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
enum ServerSystem {
    #[default]
    Featurehub,
    Featbit,
}

/// The options of a server of FeatBit.
#[derive(Debug, Clone, Args)]
pub(crate) struct FeatbitArgs {
    /// The system of the server. With featbit, URL is that of FeatBit's evaluation server, such as ws://localhost:5100 (default:
    /// $FEATBIT_STREAMING_URL), FEATURE is the key of a flag, and there is no KEY: the server secret of the environment comes from
    /// $FEATBIT_ENV_SECRET or --secret-file. The context is a user with the attributes `keyId` and `name`
    #[arg(long, default_value = "featurehub", help_heading = "FeatBit")]
    system: ServerSystem,

    /// The file with the server secret of FeatBit's environment, or - for stdin, instead of $FEATBIT_ENV_SECRET
    #[arg(long, value_name = "FILE", help_heading = "FeatBit")]
    secret_file: Option<String>,

    /// A JSON file with the user, as FeatBit's clients send it
    #[arg(long, value_name = "FILE", conflicts_with = "context", help_heading = "FeatBit")]
    user: Option<String>,
}

/// The URL and the secret of an environment of a server.
#[derive(Debug)]
pub(crate) struct FeatbitServer {
    url: String,
    secret: Secret,
}

impl FeatbitArgs {
    pub(crate) fn is_chosen(&self) -> bool {
        self.system == ServerSystem::Featbit
    }

    /// Fails if an option of FeatBit is given without `--system featbit`.
    pub(crate) fn refuse(&self) -> Result<(), Failure> {
        if self.secret_file.is_some() {
            return Err(usage(
                "--secret-file is an option of FeatBit: add --system featbit".to_string(),
            ));
        }
        if self.user.is_some() {
            return Err(usage(
                "--user names the file of a user of FeatBit: add --system featbit, or write --context userkey=USER".to_string(),
            ));
        }
        Ok(())
    }

    /// Returns the server at the URL of the option or of the arguments, and the keys of flags among the arguments.
    pub(crate) fn server(
        &self,
        url: Option<&str>,
        arguments: Vec<String>,
    ) -> Result<(FeatbitServer, Vec<String>), Failure> {
        let mut arguments = arguments.into_iter().peekable();
        let positional = match url {
            Some(_) => None,
            None => arguments.next_if(|text| text.contains("://")),
        };
        let flags: Vec<String> = arguments.collect();
        if flags.iter().any(|text| text == "-" || is_like_a_secret(text)) {
            return Err(usage(format!(
                "an argument is not the key of a flag: set {SECRET} to the secret, or write --secret-file FILE, because other users of the machine can see the arguments"
            )));
        }
        let url = positional.as_deref().or(url).map(str::to_string).or_else(|| variable(URL));
        let url = url.ok_or_else(|| {
            usage(format!(
                "no URL of FeatBit's evaluation server: write --url ws://HOST:PORT, or set {URL}"
            ))
        })?;
        Endpoints::parse(Some(&url), None, None).map_err(|why| {
            // The error names the setting of programs.
            usage(why.to_string().replace("the setting streaming_url", "the URL of the server"))
        })?;
        Ok((FeatbitServer { url, secret: self.secret()? }, flags))
    }

    fn secret(&self) -> Result<Secret, Failure> {
        let Some(file) = &self.secret_file else {
            let text = variable(SECRET).ok_or_else(|| {
                usage(format!(
                    "no secret of a FeatBit environment: set {SECRET} to its server secret, or write --secret-file FILE"
                ))
            })?;
            return Secret::parse(&text).map_err(|why| usage(format!("{SECRET}: {why}")));
        };
        if file == "-" && self.user.as_deref() == Some("-") {
            return Err(usage("--secret-file and --user both read stdin: name a file".to_string()));
        }
        let (name, bytes) = read_bytes(file)?;
        let text = String::from_utf8_lossy(&bytes);
        Secret::parse(fh_files::without_mark(&text)).map_err(|why| usage(format!("{name}: {why}")))
    }

    /// Returns the attributes of the user that the options describe.
    pub(crate) fn user(&self, context: &Attributes) -> Result<Attributes, Failure> {
        let user = match &self.user {
            Some(path) => user_of_file(path)?,
            None => user_of_context(Some(context))?,
        };
        Ok(user.attributes().clone())
    }
}

/// Returns true for a text of the form in which FeatBit makes secrets. Keys of flags with capitals are seldom as long.
fn is_like_a_secret(text: &str) -> bool {
    let is_one = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let has_capital = text.bytes().any(|byte| byte.is_ascii_uppercase());
    text.len() == SECRET_LENGTH && has_capital && text.bytes().all(is_one)
}

fn usage(text: String) -> Failure {
    Failure::Input(text)
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|text| !text.trim().is_empty())
}

impl FeatbitServer {
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
        "the server has not answered: check the URL"
    }

    fn trouble(&self, problem: &Problem) -> String {
        if let Problem::Tls(why) | Problem::Unreachable(why) = problem
            && let Some(advice) = other_scheme(&self.url, why)
        {
            return advice;
        }
        let advice = match problem {
            Problem::Unreachable(why) if is_refused(why) => {
                "check that FeatBit's evaluation server runs there"
            }
            Problem::Unreachable(_) | Problem::Tls(_) | Problem::TimedOut(_) => "check the URL",
            Problem::ContentType(_) | Problem::Redirect | Problem::Malformed(_) => {
                "check that the URL is that of FeatBit's evaluation server"
            }
            _ => return problem.on(System::FeatBit).to_string(),
        };
        format!("{}; {advice}", problem.on(System::FeatBit))
    }
}
