//! A document with features, from which commands read.

use fh_eval::Place;
use fh_eval::featurehub::{Document, Environment, HashIds, ParseError};
use fh_eval::internal::with_json_advice;
use fh_files::closest;

use super::document_form::DocumentForm;
use super::state_file::{self, StateFile};
use crate::failure::Failure;
use crate::stream;
use crate::system::System;

/// A document that was read from a file, stdin or an Edge.
#[derive(Debug)]
pub(crate) struct Payload {
    /// The name of the input in messages: the path of the file, `stdin`, or the URL of the Edge.
    pub(crate) name: String,
    pub(super) json: Vec<u8>,
    /// True if positions in `json` are positions in the input. False for an event stream and for a state, which are converted
    /// to a payload.
    pub(crate) is_verbatim: bool,
    pub(super) state: Option<StateFile>,
}

impl Payload {
    /// Creates a payload from the bytes of a payload or a state. Fails if they hold neither, or a state with an error.
    pub(crate) fn of_document(name: String, bytes: Vec<u8>) -> Result<Self, Failure> {
        if stream::is_stream(&bytes) {
            return Self::of(name, bytes);
        }
        if fh_files::is_utf16(&bytes) {
            return Err(Failure::Input(format!("{name} is UTF-16 text: save it as UTF-8")));
        }
        let form = std::str::from_utf8(&bytes).map_or(DocumentForm::Payload, DocumentForm::of);
        match form {
            DocumentForm::Payload => Self::of(name, bytes),
            DocumentForm::State => Self::of_state(name, &String::from_utf8_lossy(&bytes)),
            DocumentForm::Neither => {
                Err(System::Featurehub.of_another(&name, &bytes).unwrap_or_else(|| {
                    Failure::Input(format!(
                        "{name} holds neither features nor environments: {EXPECTED}"
                    ))
                }))
            }
            DocumentForm::Unreadable(why) => Err(Failure::Input(format!(
                "{name} is not JSON, and cannot be read as YAML ({why}): {EXPECTED}"
            ))),
        }
    }

    /// Creates a payload from the text of a state.
    fn of_state(name: String, text: &str) -> Result<Self, Failure> {
        match state_file::read(text) {
            Ok(read) if read.file.names().next().is_none() => Err(Failure::Input(format!(
                "{name} is a state file without an environment: add one under `environments`"
            ))),
            Ok(read) => Ok(Self {
                name,
                json: read.payload.into_bytes(),
                is_verbatim: false,
                state: Some(read.file),
            }),
            Err(error) => {
                let mut problems = error.problems().iter();
                let first = problems.next().map(ToString::to_string).unwrap_or_default();
                let further = match problems.len() {
                    0 => String::new(),
                    _ => format!(" (`fh serve --check {name}` lists all errors)"),
                };
                Err(Failure::Input(format!("{name}, {first}{further}")))
            }
        }
    }

    /// Creates a payload from the bytes of a response or an event stream. A stream is converted to the JSON document at its
    /// end. Fails only for an event stream that is not UTF-8 or has no such document.
    pub(crate) fn of(name: String, bytes: Vec<u8>) -> Result<Self, Failure> {
        if !stream::is_stream(&bytes) {
            return Ok(Self { name, json: bytes, is_verbatim: true, state: None });
        }
        let text = std::str::from_utf8(&bytes).map_err(|error| {
            let why = ParseError::NotUtf8(error.valid_up_to());
            Failure::Input(format!("{name}: {why}"))
        })?;
        match stream::document(text) {
            Ok(json) => Ok(Self { name, json: json.into_bytes(), is_verbatim: false, state: None }),
            Err(why) => Err(Failure::Input(format!("{name} {why}"))),
        }
    }

    /// Returns true if the document holds a state.
    pub(crate) const fn is_state(&self) -> bool {
        self.state.is_some()
    }

    /// Returns the ids of values in the environment with this id, by feature key. Profile `edge` hashes these ids. `None` means
    /// that they are not known, because only a state holds them.
    pub(crate) fn value_ids(&self, environment: Option<&str>) -> Option<&HashIds> {
        self.state.as_ref()?.value_ids(environment)
    }

    /// Returns the name of the environment with this id, or the id if the environment has no name.
    pub(crate) fn environment_name<'a>(&'a self, id: &'a str) -> &'a str {
        self.state.as_ref().and_then(|state| state.name_of(id)).unwrap_or(id)
    }

    /// Returns true if a state file accepts warnings of the check with this name at this place.
    pub(crate) fn accepts(&self, place: &Place, check: &str) -> bool {
        self.state.as_ref().is_some_and(|state| state.accepts(place, check))
    }

    /// Returns the line of a state file on which a part of a feature begins.
    pub(crate) fn state_line_of(&self, place: &Place) -> Option<usize> {
        self.state.as_ref()?.line_of(place)
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
                    format!("{name} is empty: {EXPECTED}")
                }
                ParseError::InvalidJson(_) if self.json.trim_ascii().starts_with(b"<") => {
                    format!(
                        "{name} looks like HTML, not JSON: save the answer of the Edge's /features"
                    )
                }
                ParseError::InvalidJson(why) => {
                    format!("{name} is not JSON: {}", with_json_advice(&why))
                }
                ParseError::NoFeatures => {
                    format!("{name} holds neither features nor environments: {EXPECTED}")
                }
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

    /// Returns true if the document holds an environment with this id, or a state one with this name.
    pub(crate) fn has_environment(&self, wanted: &str) -> Result<bool, Failure> {
        let wanted = self.state.as_ref().and_then(|state| state.id_of(wanted)).unwrap_or(wanted);
        Ok(self.environments()?.iter().any(|each| each.id.as_deref() == Some(wanted)))
    }

    /// Returns the environment with the id `wanted`, or in a state with this id or name, and fails if there is none. An
    /// environment without an id has the id "". If `wanted` is `None`, returns the only environment, or an empty environment if
    /// a payload has none, and fails if the document has several. Fails also if the document cannot be parsed, if a
    /// payload holds several environments that all have no id.
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
        let names: Vec<&str> = match &self.state {
            Some(state) => state.names().collect(),
            None => ids.iter().map(String::as_str).filter(|id| !id.is_empty()).collect(),
        };
        let Some(wanted) = wanted else {
            if is_several {
                return Err(Failure::Input(format!(
                    "{name} holds several environments: choose one with {option}: {}",
                    names.join(", ")
                )));
            }
            return Ok(environments.pop().unwrap_or_default());
        };
        let wanted_id = self.state.as_ref().and_then(|state| state.id_of(wanted)).unwrap_or(wanted);
        match ids.iter().position(|id| id == wanted_id) {
            Some(at) => Ok(environments.swap_remove(at)),
            None if has_no_ids => Err(Failure::Input(format!(
                "{name} contains no environment with an id: leave {option} out"
            ))),
            None => {
                let meant = closest(wanted, names.iter().copied());
                let listed = meant.map_or_else(|| names.join(", "), str::to_string);
                Err(Failure::Input(format!(
                    "{name} holds no environment {wanted}; {option} may be: {listed}"
                )))
            }
        }
    }

    /// Returns the error text for a feature that the environment with this id does not hold. The text names the most similar
    /// key, if a key is similar.
    pub(crate) fn no_such_feature<'a>(
        &self,
        environment: Option<&str>,
        key: &str,
        keys: impl IntoIterator<Item = &'a str>,
    ) -> String {
        let name = &self.name;
        if self.state.as_ref().is_some_and(|state| state.is_retired(environment, key)) {
            return format!(
                "the feature {key} is retired in {name}, so SDKs do not receive it: set `retired: false`"
            );
        }
        match closest(key, keys) {
            Some(meant) => format!("{name} holds no feature {key}; did you mean {meant}?"),
            None => format!("{name} holds no feature {key}; `fh eval` shows all features"),
        }
    }
}

/// The documents that commands read, for errors.
const EXPECTED: &str = "give a payload (the answer of an Edge's /features), a state file (`fh init` writes one), or the URL of an Edge and a key";

fn id(environment: &Environment<'_>) -> String {
    environment.id.clone().unwrap_or_default()
}
