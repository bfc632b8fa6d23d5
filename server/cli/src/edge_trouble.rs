//! The Edge as a server, and errors of Edges that cannot be reached or send no features, with advice.

use fh_client::{ClientBuilder, KeyKind, Problem, System};
use reqwest::Url;

use crate::connection_errors::{is_refused, other_scheme};
use crate::edge::Edge;
use crate::server::Server;

impl Server for Edge {
    fn client(&self) -> ClientBuilder {
        Self::client(self)
    }

    fn heading(&self) -> String {
        let environments: Vec<&str> = self.keys.iter().map(|key| &**key.environment()).collect();
        let evaluated = match self.keys.kind() {
            KeyKind::ClientEvaluated => "evaluated by fh",
            KeyKind::ServerEvaluated => "evaluated by the Edge",
        };
        format!("{}, environment {}, {evaluated}", self.url, environments.join(" and "))
    }

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
                let advice =
                    "check the API key, and that its service account may read this environment";
                let url = self.url.as_str();
                return match Url::parse(url) {
                    Ok(whole) if whole.path() != "/" => format!(
                        "{text}; {advice}; if the path {} is no part of the Edge's URL, write {}",
                        whole.path(),
                        whole.origin().ascii_serialization()
                    ),
                    _ => format!("{text}; {advice}"),
                };
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
            Problem::Unreachable(why) if why.contains("lookup") => {
                return format!("{text}; check the host in {}, `fh doctor` shows more", self.url);
            }
            Problem::Unreachable(_) | Problem::Tls(_) | Problem::TimedOut(_) => {
                "`fh doctor` shows more"
            }
            _ => return text.to_string(),
        };
        format!("{text}; {advice}")
    }
}
