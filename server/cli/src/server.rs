//! A server from which commands get features: its client, and the texts about a server that sends none.

use std::time::Duration;

use fh_client::{Client, ClientBuilder, NotReady, Problem};

use crate::connection_errors::is_final;
use crate::failure::Failure;

/// The server that a command queries.
pub(crate) trait Server {
    /// Returns a builder of a client of the server.
    fn client(&self) -> ClientBuilder;

    /// Returns a builder of a client that need not stay connected after its first features.
    fn client_for_once(&self) -> ClientBuilder {
        self.client().once()
    }

    /// Describes the server, the environments, and who evaluates. The text contains no secret.
    fn heading(&self) -> String;

    /// Describes a problem with the server, and adds advice if there is any.
    fn trouble(&self, problem: &Problem) -> String;

    /// Describes a server that has not answered.
    fn silence(&self) -> &'static str {
        "the server has not answered: check the URL"
    }

    /// Returns the error for a client that is not ready, with the reason, and with advice if there is any.
    fn not_ready(&self, why: &NotReady) -> Failure {
        Failure::Edge(match why {
            NotReady::Failed(problem) => self.trouble(problem),
            why => why.to_string(),
        })
    }

    /// Returns the error for a client that received no features within the time limit; `within` is `None` without a limit. The error
    /// contains the client's problem. Without a problem, it says that the server has not answered.
    fn no_features(&self, client: &Client, within: Option<Duration>) -> Failure {
        let within =
            within.map(|limit| format!(" within {} s", limit.as_secs_f64())).unwrap_or_default();
        let why = match client.status().problem {
            Some(problem) => self.trouble(&problem),
            None => self.silence().to_string(),
        };
        Failure::Edge(format!("no features arrived{within}: {why}"))
    }
}

/// Waits until the client of a server has features. Fails at once if all addresses of the host refuse the connection, or if TLS fails. With
/// `wait`, tries again for this time.
///
/// # Errors
/// Fails also if the server refuses the key, or if there are no features within `limit` or `wait`, whichever is longer.
pub(crate) async fn ready(
    server: &dyn Server,
    client: &Client,
    limit: Duration,
    wait: Option<Duration>,
) -> Result<(), Failure> {
    let limit = limit.max(wait.unwrap_or_default());
    tokio::select! {
        ready = client.ready() => ready.map_err(|why| server.not_ready(&why)),
        problem = final_problem(client), if wait.is_none() => {
            Err(Failure::Edge(server.trouble(&problem)))
        }
        () = tokio::time::sleep(limit) => Err(server.no_features(client, Some(limit))),
    }
}

async fn final_problem(client: &Client) -> Problem {
    let status = client.status_when(|status| status.problem.as_ref().is_some_and(is_final)).await;
    match status {
        Ok(status) => status.problem.unwrap_or(Problem::Closed),
        Err(problem) => problem,
    }
}
