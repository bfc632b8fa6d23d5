//! Errors of Edges that cannot be reached or send no features, with advice.

use fh_client::{Problem, System};

use crate::edge::Edge;
use crate::server::Troubled;

/// The parts of the texts of connection errors that another attempt within seconds cannot mend, unless a script starts the Edge
/// at the same time.
const FINAL: [&str; 5] = ["refused", "lookup", "resolve", "unreachable", "No route"];

/// The part of the text of an error for a response that is not HTTP.
const NO_HTTP: &str = "invalid HTTP version";

impl Troubled for Edge {
    fn silence(&self) -> &'static str {
        "the Edge has not answered; `fh doctor` shows more"
    }

    fn trouble(&self, problem: &Problem) -> String {
        if let Problem::Tls(why) | Problem::Unreachable(why) = problem
            && let Some(advice) = other_scheme(self.url.as_str(), why)
        {
            return advice;
        }
        let text = problem.on(System::FeatureHub);
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
                    "{text}; check that an Edge runs at {}, `fh doctor` shows more",
                    self.url
                );
            }
            Problem::Unreachable(_) | Problem::Tls(_) | Problem::TimedOut(_) => {
                "`fh doctor` shows more"
            }
            _ => return text.to_string(),
        };
        format!("{text}; {advice}")
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

/// Returns true if the text of a transport's error says that the host refused the connection.
pub(crate) fn is_refused(why: &str) -> bool {
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
