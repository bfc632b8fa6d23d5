//! The data of the suite: its files, their readers and their checks.

mod capabilities;
mod hash;
mod imported;
mod live;
mod matrix;
mod regex;
mod schema;
mod suite;
mod vectors;
pub mod verify;
pub mod version;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use crate::json::Json;

pub use capabilities::{Capability, Probe};
pub use schema::Schemas;
pub use suite::Suite;

/// An error in the data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataError {
    /// The file, relative to the data folder.
    pub file: String,
    /// The id of the case, if the error is about one case.
    pub id: Option<String>,
    /// A description of the error.
    pub problem: String,
}

impl DataError {
    /// Returns an error about a file as a whole.
    pub fn in_file(file: &str, problem: impl fmt::Display) -> DataError {
        DataError { file: file.to_owned(), id: None, problem: problem.to_string() }
    }

    /// Returns an error about one case.
    pub fn in_case(file: &str, id: &str, problem: impl fmt::Display) -> DataError {
        DataError { id: Some(id.to_owned()), ..DataError::in_file(file, problem) }
    }
}

impl fmt::Display for DataError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.file)?;
        if let Some(id) = &self.id {
            write!(f, "{id}: ")?;
        }
        f.write_str(&self.problem)
    }
}

impl std::error::Error for DataError {}

static EMBEDDED: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// The files of a data folder, by their relative paths with forward slashes.
#[derive(Clone, Debug)]
pub struct Data {
    files: BTreeMap<String, Cow<'static, [u8]>>,
    /// True if this is the data that was embedded into the binary.
    pub is_embedded: bool,
}

impl Data {
    /// Returns the data that is embedded in this binary.
    #[must_use]
    pub fn embedded() -> Data {
        let files =
            EMBEDDED.iter().map(|(path, bytes)| ((*path).to_owned(), Cow::Borrowed(*bytes)));
        Data { files: files.collect(), is_embedded: true }
    }

    /// Reads the data of a folder.
    ///
    /// # Errors
    /// If the folder or a file cannot be read.
    pub fn folder(root: &Path) -> std::io::Result<Data> {
        let mut files = BTreeMap::new();
        read_folder(root, "", &mut files)?;
        Ok(Data { files, is_embedded: false })
    }

    /// Returns the paths of all files, sorted.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// Returns the bytes of a file.
    #[must_use]
    pub fn bytes(&self, path: &str) -> Option<&[u8]> {
        self.files.get(path).map(AsRef::as_ref)
    }

    /// Returns the text of a file.
    ///
    /// # Errors
    /// If the file is missing or not UTF-8.
    pub fn text(&self, path: &str) -> Result<&str, DataError> {
        let bytes = self.bytes(path).ok_or_else(|| DataError::in_file(path, "is missing"))?;
        std::str::from_utf8(bytes).map_err(|error| DataError::in_file(path, error))
    }

    /// Returns the JSON document of a file.
    ///
    /// # Errors
    /// If the file is missing or not JSON.
    pub fn json(&self, path: &str) -> Result<Json, DataError> {
        Json::parse(self.text(path)?).map_err(|error| DataError::in_file(path, error))
    }
}

fn read_folder(
    folder: &Path,
    prefix: &str,
    files: &mut BTreeMap<String, Cow<'static, [u8]>>,
) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let (path, name) = (entry.path(), entry.file_name());
        let name = format!("{prefix}{}", name.to_string_lossy());
        if path.is_dir() {
            read_folder(&path, &format!("{name}/"), files)?;
        } else if path.extension().is_some_and(|extension| extension == "json") {
            files.insert(name, Cow::Owned(std::fs::read(&path)?));
        }
    }
    Ok(())
}
