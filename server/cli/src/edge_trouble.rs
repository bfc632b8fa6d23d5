//! Errors of Edges that cannot be reached or send no features, with advice.

use std::time::Duration;

use fh_client::{Client, NotReady, Problem};

use crate::edge::Edge;
use crate::failure::Failure;

/// The parts of the texts of connection errors that another attempt within seconds cannot mend, unless a script starts the Edge
/// at the same time.
const FINAL: [&str; 5] = ["refused", "lookup", "resolve", "unreachable", "No route"];

/// The part of the text of an error for a response that is not HTTP.
const NO_HTTP: &str = "invalid HTTP version";

impl Edge {
    /// Waits until the client has features. Fails at once if all addresses of the Edge's host refuse the connection, or if TLS
    /// fails. With `wait`, tries again for this time.
    ///
    /// # Errors
    /// Fails also if the Edge refuses the key, or if there are no features within `limit` or `wait`, whichever is longer.
    pub(crate) async fn ready(
        &self,
        client: &Client,
        limit: Duration,
        wait: Option<Duration>,
    ) -> Result<(), Failure> {
        let limit = limit.max(wait.unwrap_or_default());
        tokio::select! {
            ready = client.ready() => ready.map_err(|why| self.not_ready(&why)),
            problem = final_problem(client), if wait.is_none() => {
                Err(Failure::Edge(self.trouble(&problem)))
            }
            () = tokio::time::sleep(limit) => Err(self.no_features(client, Some(limit))),
        }
    }

    /// Returns the error for a client that is not ready, with the reason, and with advice if there is any.
    pub(crate) fn not_ready(&self, why: &NotReady) -> Failure {
        Failure::Edge(match why {
            NotReady::Failed(problem) => self.trouble(problem),
            why => why.to_string(),
        })
    }

    /// Returns the error for a client that received no features within the time limit; `within` is `None` without a limit. The
    /// error contains the client's problem. Without a problem, it says that the Edge has not answered.
    pub(crate) fn no_features(&self, client: &Client, within: Option<Duration>) -> Failure {
        let within =
            within.map(|limit| format!(" within {} s", limit.as_secs_f64())).unwrap_or_default();
        let why = match client.status().problem {
            Some(problem) => self.trouble(&problem),
            None => "the Edge has not answered; `fh doctor` shows more".to_string(),
        };
        Failure::Edge(format!("no features arrived{within}: {why}"))
    }

    /// Describes a problem with the Edge, and adds advice if there is any.
    pub(crate) fn trouble(&self, problem: &Problem) -> String {
        if let Problem::Tls(why) | Problem::Unreachable(why) = problem
            && let Some(advice) = other_scheme(self.url.as_str(), why)
        {
            return advice;
        }
        let advice = match problem {
            Problem::BadRequest | Problem::NotFound | Problem::Failure(_) => {
                "check the API key, and that its service account may read this environment"
            }
            Problem::Unauthorised(_) => {
                "an Edge never sends this status: look for a proxy or gateway in front of the Edge"
            }
            Problem::ContentType(_) | Problem::Redirect => "check the URL",
            Problem::Malformed(_) => "check that the URL is that of an Edge",
            Problem::Unreachable(why) if is_refused(why) => {
                return format!(
                    "{problem}; check that an Edge runs at {}, `fh doctor` shows more",
                    self.url
                );
            }
            Problem::Unreachable(_) | Problem::Tls(_) | Problem::TimedOut(_) => {
                "`fh doctor` shows more"
            }
            _ => return problem.to_string(),
        };
        format!("{problem}; {advice}")
    }
}

/// Returns the error for a port that speaks the other scheme, if the text of a transport's error shows this.
pub(crate) fn other_scheme(url: &str, why: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let host = rest.split('/').next().unwrap_or_default();
    let other = match scheme {
        // The server has answered with something that is no TLS record.
        "https" if why.contains("InvalidContentType") => "http",
        // The server has answered with a TLS alert, which is no HTTP.
        "http" if why.contains(NO_HTTP) => "https",
        _ => return None,
    };
    Some(format!("{host} speaks {other}, not {scheme}: write {other}://{host}"))
}

fn is_refused(why: &str) -> bool {
    why.contains("refused")
}

/// Returns true for a problem that another attempt within seconds does not mend.
pub(crate) fn is_final(problem: &Problem) -> bool {
    match problem {
        Problem::Tls(_) => true,
        Problem::Unreachable(why) => {
            FINAL.iter().any(|text| why.contains(text)) || why.contains(NO_HTTP)
        }
        _ => false,
    }
}

async fn final_problem(client: &Client) -> Problem {
    let status = client.status_when(|status| status.problem.as_ref().is_some_and(is_final)).await;
    match status {
        Ok(status) => status.problem.unwrap_or(Problem::Closed),
        Err(problem) => problem,
    }
}
