//! The imported files.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

pub(crate) fn text(path: &str) -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/imported");
    std::fs::read_to_string(format!("{folder}/{path}")).unwrap()
}

pub(crate) fn read<T: DeserializeOwned>(path: &str) -> T {
    serde_json::from_str(&text(path)).unwrap()
}

/// A recorded request with its answer.
#[derive(Deserialize)]
pub(crate) struct Step {
    pub(crate) name: String,
    pub(crate) request: Request,
    pub(crate) response: Response,
}

#[derive(Deserialize)]
pub(crate) struct Request {
    #[serde(default)]
    pub(crate) method: String,
    #[serde(default)]
    pub(crate) path: String,
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Option<String>,
    pub(crate) body_base64: Option<String>,
    pub(crate) body_shape: Option<String>,
    pub(crate) raw: Option<String>,
    pub(crate) times: Option<u32>,
}

#[derive(Deserialize)]
pub(crate) struct Response {
    #[serde(default)]
    pub(crate) status: u16,
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) body: String,
    pub(crate) raw: Option<String>,
}

/// Flags, states and segments as their JSON texts.
#[derive(Deserialize)]
pub(crate) struct Ruleset<T> {
    pub(crate) flags: T,
    pub(crate) states: T,
    pub(crate) segments: T,
}

pub(crate) type Texts = Vec<Box<RawValue>>;
