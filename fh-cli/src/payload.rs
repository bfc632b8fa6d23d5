//! Reads payloads of FeatureHub from a file or stdin. Accepts response bodies, lists of features and recorded event streams.

use std::fs::File;
use std::io::{self, ErrorKind, Read};

use fh_eval::featurehub::{Document, Environment, ParseError};
use fh_files::closest;

use crate::failure::Failure;
use crate::stream;

/// The largest size of an input, in bytes. At most one further byte of a larger input is read.
const LARGEST: u64 = 1 << 30;

/// A document that was read from a file or stdin.
#[derive(Debug)]
pub(crate) struct Payload {
    /// The name of the input in messages: the path of the file, or `stdin`.
    pub(crate) name: String,
    json: Vec<u8>,
    /// True if positions in `json` are positions in the input. False for an event stream, which is converted to JSON.
    pub(crate) is_verbatim: bool,
}

/// Reads a file, or stdin if the path is `-`. Returns the name of the input and its bytes.
pub(crate) fn read_bytes(path: &str) -> Result<(String, Vec<u8>), Failure> {
    let (name, bytes) = if path == "-" {
        ("stdin".to_string(), limited(io::stdin().lock()))
    } else {
        (path.to_string(), File::open(path).and_then(limited))
    };
    let bytes = bytes.map_err(|error| Failure::Input(unreadable(&name, &error)))?;
    if bytes.len() as u64 > LARGEST {
        return Err(Failure::Input(format!(
            "{name} is larger than 1 GiB, which is more than fh reads: split the input"
        )));
    }
    Ok((name, bytes))
}

fn limited(input: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    input.take(LARGEST + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn unreadable(name: &str, error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => {
            format!("cannot read {name}: there is no such file (`-` reads stdin)")
        }
        ErrorKind::PermissionDenied => format!("cannot read {name}: permission denied"),
        ErrorKind::IsADirectory => {
            format!("cannot read {name}: this path is a directory, and a file is needed")
        }
        _ => format!("cannot read {name}: {error}"),
    }
}

impl Payload {
    /// Reads a document from a file, or from stdin if the path is `-`, as [`Self::of`] does.
    pub(crate) fn read(path: &str) -> Result<Self, Failure> {
        let (name, bytes) = read_bytes(path)?;
        Self::of(name, bytes)
    }

    /// Reads the payload of a command that also has a feature's key as an argument. If the path does not exist, but `key` is
    /// the path of a file, the error says that the key comes first.
    pub(crate) fn read_for_key(path: &str, key: &str) -> Result<Self, Failure> {
        Self::read(path).map_err(|failure| {
            let swapped = !std::path::Path::new(path).exists() && std::path::Path::new(key).is_file();
            match failure {
                Failure::Input(_) if swapped => Failure::Input(format!(
                    "cannot read {path}: there is no such file, but {key} is a file: the key comes before the file"
                )),
                failure => failure,
            }
        })
    }

    /// Creates a payload from the bytes of a document. An event stream is converted to the JSON document at its end. Fails only
    /// for an event stream that is not UTF-8 or has no such document.
    pub(crate) fn of(name: String, bytes: Vec<u8>) -> Result<Self, Failure> {
        if !stream::is_stream(&bytes) {
            return Ok(Self { name, json: bytes, is_verbatim: true });
        }
        let text = std::str::from_utf8(&bytes).map_err(|error| {
            let why = ParseError::NotUtf8(error.valid_up_to());
            Failure::Input(format!("{name}: {why}"))
        })?;
        match stream::document(text) {
            Ok(json) => Ok(Self { name, json: json.into_bytes(), is_verbatim: false }),
            Err(why) => Err(Failure::Input(format!("{name} {why}"))),
        }
    }

    /// Returns the bytes of the JSON document. They are not checked, and may be invalid JSON.
    pub(crate) fn json(&self) -> &[u8] {
        &self.json
    }

    /// Returns all environments of the document. Entries with the same id are joined.
    pub(crate) fn environments(&self) -> Result<Vec<Environment<'_>>, Failure> {
        let name = &self.name;
        let document = Document::parse(&self.json).map_err(|error| {
            Failure::Input(match error {
                ParseError::InvalidJson(_) if self.json.trim_ascii().is_empty() => {
                    format!("{name} is empty: it must contain the features that FeatureHub sends")
                }
                ParseError::InvalidJson(why) if self.json.trim_ascii().starts_with(b"<") => {
                    format!("{name} looks like HTML, not JSON ({why}): save the answer of the Edge's /features")
                }
                ParseError::InvalidJson(why) => format!("{name} is not JSON: {why}"),
                ParseError::NoFeatures => format!(
                    "{name} is JSON, but holds neither features nor environments: save the answer of the Edge's /features"
                ),
                other => format!("{name}: {other}"),
            })
        })?;
        let mut joined: Vec<Environment<'_>> = Vec::new();
        for environment in document.environments {
            let known =
                joined.iter_mut().find(|known| known.id.is_some() && known.id == environment.id);
            match known {
                Some(known) => known.features.extend(environment.features),
                None => joined.push(environment),
            }
        }
        Ok(joined)
    }

    /// Returns the environment with the id `wanted`, and fails if there is none. An environment without an id has the id "".
    /// If `wanted` is `None`, returns the only environment, or an empty environment if the document has none, and fails if the
    /// document has several. Fails also if the document cannot be parsed, or holds several environments that all have no id.
    pub(crate) fn environment(
        &self,
        wanted: Option<&str>,
        option: &str,
    ) -> Result<Environment<'_>, Failure> {
        let name = &self.name;
        let mut environments = self.environments()?;
        let ids: Vec<String> = environments.iter().map(id).collect();
        let is_several = environments.len() > 1;
        // No id can choose between environments without ids.
        let has_no_ids = ids.iter().all(String::is_empty);
        if is_several && has_no_ids && wanted != Some("") {
            return Err(Failure::Input(format!(
                "{name} holds several environments without an id: keep one of them in the file"
            )));
        }
        let named = || {
            let named: Vec<&str> =
                ids.iter().map(String::as_str).filter(|id| !id.is_empty()).collect();
            named.join(", ")
        };
        let Some(wanted) = wanted else {
            if is_several {
                return Err(Failure::Input(format!(
                    "{name} holds several environments: choose one with {option}: {}",
                    named()
                )));
            }
            return Ok(environments.pop().unwrap_or_default());
        };
        match ids.iter().position(|id| id == wanted) {
            Some(at) => Ok(environments.swap_remove(at)),
            None if has_no_ids => Err(Failure::Input(format!(
                "{name} contains no environment with an id: leave {option} out"
            ))),
            None => {
                let meant = closest(wanted, ids.iter().map(String::as_str));
                let listed = meant.map_or_else(named, str::to_string);
                Err(Failure::Input(format!(
                    "{name} holds no environment {wanted}; {option} may be: {listed}"
                )))
            }
        }
    }
}

fn id(environment: &Environment<'_>) -> String {
    environment.id.clone().unwrap_or_default()
}

/// Returns the error text for a missing feature. The text names the most similar key, if a key is similar.
pub(crate) fn no_such_feature<'a>(
    name: &str,
    key: &str,
    keys: impl IntoIterator<Item = &'a str>,
) -> String {
    match closest(key, keys) {
        Some(meant) => format!("{name} holds no feature {key}; did you mean {meant}?"),
        None => format!("{name} holds no feature {key}; `fh eval` shows all features"),
    }
}
