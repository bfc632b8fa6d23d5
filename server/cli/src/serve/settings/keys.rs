//! The texts of API keys in settings and in the files that settings name.

use fh_client::{ApiKey, KeyKind};
use fh_edge::origin::relay::RelayKeys;
use fh_edge::state::ServiceKey;

use super::value::list;

/// Parses the keys in the text of a file.
pub(crate) fn keys_in(text: &str) -> Result<Vec<ServiceKey>, String> {
    let keys = text.lines().map(|line| list(line, service_key));
    keys.collect::<Result<Vec<_>, _>>().map(|lines| lines.concat())
}

/// Parses the keys to relay in the text of a file. Each line holds the keys of one account.
pub(crate) fn relay_keys_in(text: &str) -> Result<Vec<RelayKeys>, String> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let keys =
        lines.map(|(at, line)| relay_keys(line).map_err(|why| format!("line {}: {why}", at + 1)));
    keys.collect()
}

/// Parses a key, with or without its environment.
pub(super) fn service_key(text: &str) -> Result<ServiceKey, String> {
    let key = text.rsplit('/').next().unwrap_or(text);
    ServiceKey::new(key).map_err(str::to_string)
}

/// Parses the one or two API keys of an account. Errors never contain a key.
pub(super) fn relay_keys(text: &str) -> Result<RelayKeys, String> {
    let keys = list(text, |key| ApiKey::parse(key).map_err(|why| why.to_string()))?;
    let kinds: Vec<KeyKind> = keys.iter().map(ApiKey::kind).collect();
    match (keys.as_slice(), kinds.as_slice()) {
        ([client], [KeyKind::ClientEvaluated]) => Ok(RelayKeys::client(client.expose())),
        ([server], [KeyKind::ServerEvaluated]) => Ok(RelayKeys::server(server.expose())),
        ([client, server], [KeyKind::ClientEvaluated, KeyKind::ServerEvaluated])
        | ([server, client], [KeyKind::ServerEvaluated, KeyKind::ClientEvaluated])
            if client.environment() == server.environment() =>
        {
            Ok(RelayKeys::pair(client.expose(), server.expose()))
        }
        _ => Err("write one API key, or the client-evaluated key and the server-evaluated key of one account in one environment".to_string()),
    }
}
