//! All cases of a data folder.

use std::collections::{BTreeMap, HashMap};

use super::{Data, DataError, Schemas, hash, imported, live, regex, vectors};
use crate::case::Case;
use crate::generated;
use crate::json::Json;

/// The cases of a data folder: written vectors, hashes, generated, imported and recorded cases.
#[derive(Clone, Debug)]
pub struct Suite {
    /// The cases. Written vectors come first.
    pub cases: Vec<Case>,
}

impl Suite {
    /// Reads the cases of all files.
    ///
    /// # Errors
    /// All errors of the files, and ids that are used twice.
    pub fn load(data: &Data) -> Result<Suite, Vec<DataError>> {
        Suite::of(data, Vec::new())
    }

    /// Reads the cases of all files, and draws those of the group `eval.generated`.
    ///
    /// # Errors
    /// As [`Suite::load`], and if the drawn cases are not those of the digest.
    pub fn with_drawn(data: &Data) -> Result<Suite, Vec<DataError>> {
        let text = generated::drawn(&Schemas::compile(data)?).map_err(|error| vec![error])?;
        Suite::of(data, Suite::drawn(&text)?)
    }

    /// Reads the text of drawn cases.
    pub(super) fn drawn(text: &str) -> Result<Vec<Case>, Vec<DataError>> {
        let json = Json::parse(text);
        let json = json.map_err(|error| vec![DataError::in_file(generated::PATH, error)])?;
        vectors::cases(generated::PATH, &json)
    }

    /// Reads the cases of all files beside these.
    pub(super) fn of(data: &Data, mut all: Vec<Case>) -> Result<Suite, Vec<DataError>> {
        let mut errors = Vec::new();
        for path in data.paths() {
            let Some(read) = reader(path) else { continue };
            let cases =
                data.json(path).map_err(|error| vec![error]).and_then(|json| read(path, &json));
            match cases {
                Ok(cases) => all.extend(cases),
                Err(more) => errors.extend(more),
            }
        }
        // Written cases first, because their failures are the easiest to understand.
        all.sort_by_key(|case: &Case| match case.file.split('/').next() {
            Some("vectors") if case.group == generated::GROUP => 2,
            Some("vectors") => 0,
            Some("hash") => 1,
            _ if case.file.ends_with("evaluations.json") => 4,
            _ => 3,
        });
        let mut seen: HashMap<&str, &str> = HashMap::new();
        for case in &all {
            if let Some(file) = seen.insert(&case.id, &case.file) {
                errors.push(DataError::in_case(&case.file, &case.id, format!("also in {file}")));
            }
        }
        if errors.is_empty() { Ok(Suite { cases: all }) } else { Err(errors) }
    }

    /// Returns the case of this id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Case> {
        self.cases.iter().find(|case| case.id == id)
    }

    /// Returns the number of cases of each group.
    #[must_use]
    pub fn groups(&self) -> BTreeMap<&str, usize> {
        let mut groups = BTreeMap::new();
        for case in &self.cases {
            *groups.entry(case.group.as_str()).or_default() += 1;
        }
        groups
    }
}

type Reader = Box<dyn Fn(&str, &Json) -> Result<Vec<Case>, Vec<DataError>>>;

/// Returns the function that reads the cases of a file; `None` for files without cases.
fn reader(path: &str) -> Option<Reader> {
    let (folder, name) = path.rsplit_once('/')?;
    let stem = name.strip_suffix(".json")?.to_owned();
    match folder {
        "vectors" => Some(Box::new(vectors::cases)),
        "hash" => Some(Box::new(hash::cases)),
        "imported/featurehub" if stem == "murmur" => Some(Box::new(hash::imported)),
        "imported/regex" => Some(Box::new(move |path, json| regex::cases(path, &stem, json))),
        "imported/featurehub" => {
            Some(Box::new(move |path, json| imported::cases(path, &stem, json)))
        }
        // The transcript in the same folder is about the wire protocol and has no cases for an evaluator.
        "imported/featurehub-live" if stem == "evaluations" => Some(Box::new(live::cases)),
        _ => None,
    }
}
