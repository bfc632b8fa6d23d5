//! Downloads the payload of a client-evaluated key from an Edge.

use std::time::Duration;

use fh_client::Client;
use fh_session::KeyKind;

use super::document::Payload;
use crate::edge::{self, Edge};
use crate::failure::Failure;
use crate::runtime;
use crate::server::ready;

/// The time limit for receiving the features.
const LIMIT: Duration = Duration::from_secs(10);

/// Fetches the features once. Fails for a server-evaluated key, because the Edge sends no strategies for such a key.
pub(super) fn download(edge: &Edge, wait: Option<Duration>) -> Result<Payload, Failure> {
    let name = edge.url.to_string();
    if edge.keys.kind() == KeyKind::ServerEvaluated {
        return Err(Failure::Input(format!(
            "the API key has no `*`, so {name} evaluates the features itself and sends no strategies: give a client-evaluated key (with a `*`), or use `fh get`"
        )));
    }
    if edge.keys.are_several() {
        return Err(Failure::Input(format!(
            "{name} is given with several API keys: give one, because each key has an environment of its own"
        )));
    }
    let client = runtime::run(async { fetched(edge, wait).await })?;
    let snapshot = client.snapshot();
    let features: Vec<&str> = snapshot.ruleset().iter().map(|feature| feature.json()).collect();
    let id = fh_files::quoted(edge.keys.first().environment());
    let json = format!("[{{\"id\":{id},\"features\":[{}]}}]", features.join(",\n"));
    Ok(Payload { name, json: json.into_bytes(), is_verbatim: false, state: None })
}

async fn fetched(edge: &Edge, wait: Option<Duration>) -> Result<Client, Failure> {
    let client = edge.client().once().start().map_err(edge::unstarted)?;
    ready(edge, &client, LIMIT, wait).await?;
    Ok(client)
}
