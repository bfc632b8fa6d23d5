//! Parts that servers of FeatBit and FeatureSignals share: how a command opens them, their secret, and the texts about problems.

use fh_client::{Problem, System};
use fh_eval::Attributes;

use crate::connection_errors::{is_refused, other_scheme};
use crate::failure::Failure;
use crate::server::Server;

/// How a command opens a server of a system, and the words of the system for its servers and secrets.
pub(crate) struct Servers {
    /// The environment variable with the URL.
    pub(crate) url: &'static str,
    /// The environment variable with the secret.
    pub(crate) secret: &'static str,
    /// The name of the secret in texts, such as "server secret".
    pub(crate) secret_name: &'static str,
    /// The name of the system's environments in texts, with its article.
    pub(crate) an_environment: &'static str,
    /// Returns true for a text that has the form of a secret.
    pub(crate) is_like_a_secret: fn(&str) -> bool,
    /// True if an option names the environment.
    pub(crate) has_environment: bool,
    /// Returns the server at a URL, with the slug of an environment. The secret is read after the URL and the slug were checked.
    pub(crate) open: Open,
    /// Returns the attributes of the user or of the context that a file or `--context` options describe.
    pub(crate) context: fn(Option<&str>, &Attributes) -> Result<Attributes, Failure>,
}

type Open = fn(
    Option<String>,
    Option<&str>,
    &dyn Fn() -> Result<FoundSecret, Failure>,
) -> Result<Box<dyn Server>, Failure>;

/// The text of a secret that was not checked yet.
pub(crate) struct FoundSecret {
    /// The name of the file or of the environment variable that holds the secret.
    pub(crate) place: String,
    pub(crate) text: String,
}

impl FoundSecret {
    /// Parses the secret. An error names its place.
    pub(crate) fn parse<S, E: std::fmt::Display>(
        &self,
        parse: impl FnOnce(&str) -> Result<S, E>,
    ) -> Result<S, Failure> {
        parse(&self.text).map_err(|why| usage(format!("{}: {why}", self.place)))
    }
}

pub(crate) const fn usage(text: String) -> Failure {
    Failure::Input(text)
}

/// Returns the value of an environment variable that is neither empty nor blank.
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|text| !text.trim().is_empty())
}

/// Describes a problem with a server at a URL, and adds advice if there is any. `name` names the server, such as "FeatBit's evaluation server".
pub(crate) fn trouble(system: System, name: &str, url: &str, problem: &Problem) -> String {
    if let Problem::Tls(why) | Problem::Unreachable(why) = problem
        && let Some(advice) = other_scheme(url, why)
    {
        return advice;
    }
    let problem_text = problem.on(system);
    match problem {
        Problem::Unreachable(why) if is_refused(why) => {
            format!("{problem_text}; check that {name} runs there")
        }
        Problem::Unreachable(_) | Problem::Tls(_) | Problem::TimedOut(_) => {
            format!("{problem_text}; check the URL")
        }
        Problem::ContentType(_) | Problem::Redirect | Problem::Malformed(_) => {
            format!("{problem_text}; check that the URL is that of {name}")
        }
        _ => problem_text.to_string(),
    }
}
