//! A local YAML file as a source of features.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use fh_eval::Kind;
use fh_files::{Content, Node, quoted};
use serde::Serialize;
use serde_json::value::RawValue;
use sha1::{Digest, Sha1};

use super::yaml_file::{FlagValues, YamlProblem, usual_yaml_path};
use super::yaml_watch::{WatchedFile, YamlWatch};
use crate::Client;

/// A local YAML file whose values are features, as if an Edge had sent them.
///
/// Unlike [`YamlOverrides`](super::YamlOverrides), the store does not override the Edge: the first list of features that the
/// Edge sends for the same environment replaces the features of the store, except a feature of which the Edge sends an older
/// version. Use the store for tests, and for programs that run without an Edge.
///
/// The file has the format that [`YamlOverrides`](super::YamlOverrides) describes. The type of a feature follows from its value:
///
/// | value | feature |
/// |---|---|
/// | `true`, `false`, or one of them as text in any case | BOOLEAN |
/// | a number | NUMBER |
/// | other text | STRING |
/// | a list or a map | JSON |
/// | null | STRING without a value |
///
/// Every feature has version 1, and no feature is locked. The id of a feature is the first 16 bytes of the SHA-1 of its key,
/// written as a UUID.
///
/// Clones are handles of the same store.
///
/// ```
/// use fh_client::Client;
/// use fh_client::overrides::{WATCH_INTERVAL, YamlStore};
/// let store = YamlStore::open("no-such-file.yaml");
/// assert_eq!(&*store.features(), "[]");
/// let client = Client::offline().start()?;
/// store.offer_to(&client);
/// let (again, to) = (store.clone(), client.clone());
/// let _watch = store.watch(WATCH_INTERVAL, move || again.offer_to(&to));
/// # Ok::<(), fh_client::StartError>(())
/// ```
#[derive(Clone)]
pub struct YamlStore {
    file: Arc<WatchedFile>,
    features: Arc<Mutex<Arc<str>>>,
}

impl YamlStore {
    /// The name of this store. Updates from the store have the source [`Source::Store`](fh_repository::source::Source::Store) with
    /// this name.
    pub const SOURCE: &str = "local-yaml-store";

    /// Reads the file at this path. If the file cannot be used, for example because it is missing, invalid or larger than 4
    /// MiB, the store has no features, and [`Self::problem`] returns the reason.
    #[must_use]
    pub fn open(path: impl Into<PathBuf>) -> Self {
        let (file, values) = WatchedFile::open(path.into());
        Self { file: Arc::new(file), features: Arc::new(Mutex::new(features(&values).into())) }
    }

    /// Reads the file at the path that [`usual_yaml_path`] returns; see [`Self::open`].
    #[must_use]
    pub fn open_usual() -> Self {
        Self::open(usual_yaml_path())
    }

    /// Adds the store's features to a client, for the environment of the client's first API key; see
    /// [`Client::offer_features`]. A store without features adds an empty list, which can make the client ready. The client
    /// applies the features in the background; [`Client::flush`] waits until they are applied.
    pub fn offer_to(&self, client: &Client) {
        if let Some(environment) = client.environments().first() {
            client.offer_features(Self::SOURCE, environment, self.features().as_bytes());
        }
    }

    /// Returns the features of the file's last valid content as a JSON list, in the form that an Edge sends.
    #[must_use]
    pub fn features(&self) -> Arc<str> {
        Arc::clone(&self.features.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Returns the reason why the version of the file that was read last is not in use, or `None` if that version is in use.
    #[must_use]
    pub fn problem(&self) -> Option<YamlProblem> {
        self.file.problem()
    }

    /// Watches the file, and calls `on_change` after the store has applied a new valid content, until the returned guard is
    /// dropped or the store is closed; see [`YamlOverrides::watch`](super::YamlOverrides::watch). The function `on_change`
    /// should call [`Self::offer_to`].
    ///
    /// A feature whose key is removed from the file stays in the client, because stores add and change features but do not
    /// remove them.
    pub fn watch(&self, interval: Duration, on_change: impl Fn() + Send + 'static) -> YamlWatch {
        let latest = Arc::clone(&self.features);
        WatchedFile::watch(&self.file, interval, move |values| {
            *latest.lock().unwrap_or_else(PoisonError::into_inner) = features(values).into();
            on_change();
        })
    }

    /// Ends all watches of this store's file. Further calls have no effect.
    pub fn close(&self) {
        self.file.close();
    }
}

impl fmt::Debug for YamlStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("YamlStore").field("path", &self.file.path()).finish_non_exhaustive()
    }
}

/// A feature in the JSON form of the Edge.
#[derive(Serialize)]
struct Feature<'a> {
    id: String,
    key: &'a str,
    l: bool,
    version: i64,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<Box<RawValue>>,
}

fn features(values: &FlagValues) -> String {
    let list: Vec<_> = values.iter().map(|(key, node)| feature(key, node)).collect();
    serde_json::to_string(&list).unwrap_or_else(|_| "[]".to_owned())
}

fn feature<'a>(key: &'a str, node: &Node) -> Feature<'a> {
    let (kind, token) = match &node.content {
        Content::Null => (Kind::String, None),
        Content::Bool(_) => (Kind::Boolean, Some(node.to_json())),
        Content::Number(_) => (Kind::Number, Some(node.to_json())),
        Content::Text(text) => {
            let lower = text.to_ascii_lowercase();
            match lower.as_str() {
                "true" | "false" => (Kind::Boolean, Some(lower)),
                _ => (Kind::String, Some(node.to_json())),
            }
        }
        // The value of a JSON feature is a JSON string that holds the document.
        Content::List(_) | Content::Map(_) => (Kind::Json, Some(quoted(&node.to_json()))),
    };
    Feature {
        id: id(key),
        key,
        l: false,
        version: 1,
        kind: kind.as_str(),
        value: token.and_then(|token| RawValue::from_string(token).ok()),
    }
}

/// Returns the id that the Java SDK gives to a feature with this key. The id is the first 16 bytes of the key's SHA-1, written
/// as a UUID without the version bits of a UUID.
fn id(key: &str) -> String {
    let digest = Sha1::digest(key.as_bytes());
    let mut id = String::with_capacity(36);
    for (place, byte) in digest.iter().take(16).enumerate() {
        if matches!(place, 4 | 6 | 8 | 10) {
            id.push('-');
        }
        id.push_str(&format!("{byte:02x}"));
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn ids_are_those_of_the_java_sdk() {
        for (key, expected) in [
            ("myFeature", "728c46ee-3b6a-295f-3ed9-06d7a7897280"),
            ("knownKey", "570f5e85-eb71-3ade-23a9-5b3c70cc427d"),
            ("featureA", "bea6bda9-0d9b-3d94-e41e-4d96b31beafa"),
        ] {
            assert_eq!(id(key), expected);
        }
    }

    #[test]
    fn types_follow_values() {
        let yaml = "flagValues:\n  A: true\n  B: 'FALSE'\n  C: 17.30\n  D: text\n  E: {a: [1, ~]}\n  F: []\n  G:\n  H: yes\n  I: '17'\n  J: ''\n";
        let values = FlagValues::parse(Path::new("f.yaml"), yaml.as_bytes()).unwrap();
        let expected = [
            ("A", r#""BOOLEAN","value":true"#),
            ("B", r#""BOOLEAN","value":false"#),
            ("C", r#""NUMBER","value":17.30"#),
            ("D", r#""STRING","value":"text""#),
            ("E", r#""JSON","value":"{\"a\":[1,null]}""#),
            ("F", r#""JSON","value":"[]""#),
            ("G", r#""STRING""#),
            ("H", r#""STRING","value":"yes""#),
            ("I", r#""STRING","value":"17""#),
            ("J", r#""STRING","value":"""#),
        ]
        .map(|(key, rest)| {
            format!(r#"{{"id":"{}","key":"{key}","l":false,"version":1,"type":{rest}}}"#, id(key))
        });
        assert_eq!(features(&values), format!("[{}]", expected.join(",")));
        assert_eq!(features(&FlagValues::default()), "[]");
    }
}
