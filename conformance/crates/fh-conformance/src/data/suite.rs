//! All cases of a data folder.

use std::collections::{BTreeMap, HashMap};

use super::{Data, DataError, hash, imported, live, regex, vectors};
use crate::case::Case;
use crate::json::Json;

/// The cases of a data folder: written ones, hashes, generated, imported, recorded.
#[derive(Clone, Debug)]
pub struct Suite {
    /// The cases.
    pub cases: Vec<Case>,
}

impl Suite {
    /// Read all cases.
    ///
    /// # Errors
    /// Everything that could not be read, and ids that stand twice.
    pub fn load(data: &Data) -> Result<Suite, Vec<DataError>> {
        let (mut all, mut errors) = (Vec::new(), Vec::new());
        for path in data.paths() {
            let Some(read) = reader(path) else { continue };
            let cases =
                data.json(path).map_err(|error| vec![error]).and_then(|json| read(path, &json));
            match cases {
                Ok(cases) => all.extend(cases),
                Err(more) => errors.extend(more),
            }
        }
        // Written cases first: they say best what is wrong.
        all.sort_by_key(|case: &Case| match case.file.split('/').next() {
            Some("vectors") if case.file.starts_with("vectors/generated/") => 2,
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

    /// The case of this id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Case> {
        self.cases.iter().find(|case| case.id == id)
    }

    /// The number of cases of each group.
    #[must_use]
    pub fn groups(&self) -> BTreeMap<&str, usize> {
        let mut groups = BTreeMap::new();
        for case in &self.cases {
            *groups.entry(case.group.as_str()).or_default() += 1;
        }
        groups
    }

    /// The number of cases of each file that holds any.
    #[must_use]
    pub fn files(&self) -> BTreeMap<&str, (&str, usize)> {
        let mut files = BTreeMap::new();
        for case in &self.cases {
            let entry = files.entry(case.file.as_str()).or_insert((case.group.as_str(), 0));
            entry.1 += 1;
        }
        files
    }
}

type Reader = Box<dyn Fn(&str, &Json) -> Result<Vec<Case>, Vec<DataError>>>;

/// How the cases of a file are read; `None` for files that hold none.
fn reader(path: &str) -> Option<Reader> {
    let (folder, name) = path.rsplit_once('/')?;
    let stem = name.strip_suffix(".json")?.to_owned();
    match folder {
        "vectors" | "vectors/generated" => Some(Box::new(vectors::cases)),
        "hash" => Some(Box::new(hash::cases)),
        "imported/featurehub" if stem == "murmur" => Some(Box::new(hash::imported)),
        "imported/regex" => Some(Box::new(move |path, json| regex::cases(path, &stem, json))),
        "imported/featurehub" => {
            Some(Box::new(move |path, json| imported::cases(path, &stem, json)))
        }
        // The transcript beside them is about the wire: no cases for an evaluator.
        "imported/featurehub-live" if stem == "evaluations" => Some(Box::new(live::cases)),
        _ => None,
    }
}
