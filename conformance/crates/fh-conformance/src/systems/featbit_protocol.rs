//! The form of the files on FeatBit's protocol: tokens, messages in order, and a recorded conversation. Nothing here runs them. The tests of
//! the test server (`fh-test-featbit`) and of the client do.

use std::collections::BTreeMap;

use fh_eval::internal::mend;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::data::{Data, DataError};

const TOKEN: &str = "imported/featbit/token.json";
const STORE_SYNC: &str = "imported/featbit/store-sync.json";
const WIRE: &str = "imported/featbit/wire.json";
const TRANSCRIPT: &str = "imported/featbit-live/transcript.json";
const PRODUCT_SYNC: &str = "imported/featbit-live/product-sync.json";

type Raw = Box<RawValue>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[expect(dead_code, reason = "only the form is checked")]
struct Tokens {
    secrets: Vec<Secret>,
    encode: Encode,
    server_check: ServerCheck,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[expect(dead_code, reason = "only the form is checked")]
struct Secret {
    header_guid: String,
    env_id: String,
    secret: String,
    length: usize,
    decoded_env_id: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only the form is checked")]
struct Encode {
    note: String,
    vectors: Vec<Encoded>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[expect(dead_code, reason = "only the form is checked")]
struct Encoded {
    secret: String,
    unix_millis: i64,
    random: f64,
    insert_at: usize,
    token: String,
    decoded: Decoded,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only the form is checked")]
struct Decoded {
    pos: usize,
    len: usize,
    ts: i64,
    secret: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[expect(dead_code, reason = "only the form is checked")]
struct ServerCheck {
    note: String,
    known_secrets: BTreeMap<String, String>,
    cases: Vec<TokenCase>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[expect(dead_code, reason = "only the form is checked")]
struct TokenCase {
    name: String,
    token: String,
    now_millis: i64,
    r#type: String,
    result: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only the form is checked")]
struct Steps<T> {
    steps: Vec<T>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[expect(dead_code, reason = "only the form is checked")]
struct StoreStep {
    note: String,
    message: Raw,
    expected_node: StoreState,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[expect(dead_code, reason = "only the form is checked")]
struct StoreState {
    cursor: i64,
    flags: BTreeMap<String, Raw>,
    segments: BTreeMap<String, Raw>,
    update_events: Raw,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[expect(dead_code, reason = "only the form is checked")]
struct Wire {
    headers: BTreeMap<String, BTreeMap<String, String>>,
    bodies: BTreeMap<String, Raw>,
    observed: BTreeMap<String, Raw>,
    data_sync_requests: BTreeMap<String, Raw>,
    polling: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only the form is checked")]
struct Transcript {
    environments: BTreeMap<String, Environment>,
    steps: Vec<Step>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only the form is checked")]
struct Environment {
    id: String,
    key: String,
}

/// One step has one of `http`, `connect`, `dialogue`, `sockets`, or only `socket` and `got` (a close).
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only the form is checked")]
struct Step {
    name: String,
    http: Option<Raw>,
    queue: Option<Vec<Raw>>,
    connect: Option<Raw>,
    handshake: Option<Raw>,
    got: Option<Vec<Raw>>,
    socket: Option<Raw>,
    dialogue: Option<Vec<Said>>,
    agents: Option<Raw>,
    sockets: Option<BTreeMap<String, String>>,
    actions: Option<Vec<Raw>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only the form is checked")]
struct ProductSync {
    messages: Vec<Raw>,
    end: Raw,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only the form is checked")]
struct Said {
    sent: String,
    got: Vec<Raw>,
}

/// Checks the form of a file. Returns false for any other path.
pub(super) fn check(data: &Data, path: &str) -> Result<bool, DataError> {
    match path {
        TOKEN => form::<Tokens>(data, path),
        STORE_SYNC => form::<Steps<StoreStep>>(data, path),
        WIRE => form::<Wire>(data, path),
        TRANSCRIPT => form::<Transcript>(data, path),
        PRODUCT_SYNC => form::<ProductSync>(data, path),
        _ => Ok(false),
    }
}

/// Reads a file as the type. A lone surrogate, which no text of Rust can hold, becomes U+FFFD.
fn form<T: DeserializeOwned>(data: &Data, path: &str) -> Result<bool, DataError> {
    serde_json::from_str::<T>(&mend(data.text(path)?))
        .map(|_| true)
        .map_err(|why| DataError::in_file(path, why))
}
