//! Answers `GET /admin/v1/keys` with the accounts and their API keys. Of the other routes, only `GET /admin/v1/state` shows API keys.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use serde::Serialize;
use uuid::Uuid;

use super::problem::Problem;
use super::shared::Admin;
use crate::api::audit;
use crate::state::{Account, Permissions, ServiceKey, State as EdgeState};
use crate::state_store::ReplaceError;

#[derive(Debug, Serialize)]
pub(super) struct Keys {
    accounts: Vec<AccountView>,
}

#[derive(Debug, Serialize)]
struct AccountView {
    name: Arc<str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    filters: Vec<String>,
    environments: Vec<Access>,
}

/// The permissions and the API keys of an account in one environment.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Access {
    id: Uuid,
    name: String,
    permissions: Permissions,
    /// The client-evaluated keys, in the form that SDKs expect: `environment/secret`.
    client_keys: Vec<String>,
    server_keys: Vec<String>,
}

pub(super) async fn get(
    State(admin): State<Arc<Admin>>,
    request: Request,
) -> Result<Json<Keys>, Problem> {
    let state = admin.shared.origin.writer()?.state().await.map_err(|_| ReplaceError::Closed)?;
    audit::keys_were_shown("admin.keys", request.extensions());
    let accounts = state.accounts.iter().map(|account| AccountView::of(account, &state));
    Ok(Json(Keys { accounts: accounts.collect() }))
}

impl AccountView {
    fn of(account: &Account, state: &EdgeState) -> Self {
        let access = state.environments.iter().filter_map(|environment| {
            let permissions = account.permissions.get(&environment.id).copied()?;
            let whole = |keys: &[ServiceKey]| {
                keys.iter().map(|key| format!("{}/{}", environment.id, key.expose())).collect()
            };
            (!permissions.is_empty()).then(|| Access {
                id: environment.id,
                name: environment.name.clone(),
                permissions,
                client_keys: whole(&account.client_keys),
                server_keys: whole(&account.server_keys),
            })
        });
        Self {
            name: Arc::clone(&account.name),
            filters: account.filters.iter().cloned().collect(),
            environments: access.collect(),
        }
    }
}
