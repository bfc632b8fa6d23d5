//! Answers `GET /admin/v1/connections` with the open streams.

use std::sync::Arc;
use std::time::UNIX_EPOCH;

use axum::Json;
use axum::extract::{Query, State};
use fh_client::KeyKind;
use fh_eval::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::overview::find;
use super::problem::Problem;
use super::shared::Admin;
use crate::connections::Connection;

/// The largest number of streams in a response. Further streams are left out.
const MOST: usize = 500;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ConnectionsQuery {
    environment: Option<String>,
    limit: Option<usize>,
}

#[derive(Debug, Serialize)]
pub(super) struct Connections {
    /// The name of this server of a cluster, whose streams these are.
    #[serde(skip_serializing_if = "Option::is_none")]
    server: Option<Arc<str>>,
    /// The number of all open streams with a known key, including streams that are not listed.
    count: usize,
    /// The oldest streams that match the query, at most `limit` of them. The default and the maximum of `limit` are 500.
    connections: Vec<View>,
}

#[derive(Debug, Serialize)]
struct View {
    id: u64,
    environment: Uuid,
    account: Arc<str>,
    /// The side that evaluates the features: `client` or `server`.
    evaluated: &'static str,
    sdk: Option<Box<str>>,
    /// The number of attributes that have values in the stream's context. The values are private to the client and not shown.
    attributes: usize,
    since: Timestamp,
}

impl View {
    fn of((id, connection): (u64, Connection)) -> Self {
        let since = connection.since.duration_since(UNIX_EPOCH).unwrap_or_default();
        Self {
            id,
            environment: connection.environment,
            account: connection.account,
            evaluated: match connection.kind {
                KeyKind::ClientEvaluated => "client",
                KeyKind::ServerEvaluated => "server",
            },
            sdk: connection.sdk,
            attributes: connection.attributes,
            since: Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX)),
        }
    }
}

pub(super) async fn get(
    State(admin): State<Arc<Admin>>,
    query: Result<Query<ConnectionsQuery>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<Connections>, Problem> {
    let Query(asked) =
        query.map_err(|rejection| Problem::bad(rejection.body_text()).at("query"))?;
    let environment = match asked.environment {
        Some(name) => Some(find(&admin.shared, &name)?.id),
        None => None,
    };
    let list = &admin.shared.connections;
    let shown = list.list(environment, asked.limit.unwrap_or(MOST).min(MOST));
    let connections = shown.into_iter().map(View::of).collect();
    #[cfg(feature = "cluster")]
    let server = admin.shared.origin.cluster().map(|cluster| cluster.server);
    #[cfg(not(feature = "cluster"))]
    let server = None;
    Ok(Json(Connections { server, count: list.count(), connections }))
}
