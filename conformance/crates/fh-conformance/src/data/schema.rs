//! JSON Schemas of the data files.

use std::collections::BTreeMap;

use jsonschema::Validator;
use serde_json::{Value, json};

use super::{Data, DataError};

/// The compiled schemas, by file name without `.schema.json`, such as `vectors-1`.
pub struct Schemas {
    validators: BTreeMap<String, Validator>,
    expanded_case: Option<Validator>,
    well_formed_feature: Option<Validator>,
}

impl Schemas {
    /// Compiles every schema of a data folder.
    ///
    /// # Errors
    /// One error for each schema that is not valid.
    pub fn compile(data: &Data) -> Result<Schemas, Vec<DataError>> {
        let mut schemas =
            Schemas { validators: BTreeMap::new(), expanded_case: None, well_formed_feature: None };
        let mut errors = Vec::new();
        for path in data.paths() {
            let name = path.strip_prefix("schema/").and_then(|p| p.strip_suffix(".schema.json"));
            let Some(name) = name else { continue };
            if let Err(error) = schemas.add(data, path, name) {
                errors.push(error);
            }
        }
        if errors.is_empty() { Ok(schemas) } else { Err(errors) }
    }

    fn add(&mut self, data: &Data, path: &str, name: &str) -> Result<(), DataError> {
        let fail = |error: &dyn std::fmt::Display| DataError::in_file(path, error);
        let schema: Value = serde_json::from_str(data.text(path)?).map_err(|error| fail(&error))?;
        let compile =
            |schema: &Value| jsonschema::draft202012::new(schema).map_err(|error| fail(&error));
        self.validators.insert(name.to_owned(), compile(&schema)?);
        if name == "vectors-1" {
            let part = |part: &str, required: &Value| {
                compile(&json!({ "$defs": schema.get("$defs"), "$ref": format!("#/$defs/{part}"),
                                 "required": required }))
            };
            self.expanded_case = Some(part("case", &json!(["id"]))?);
            self.well_formed_feature = Some(part("feature", &json!([]))?);
        }
        Ok(())
    }

    /// Returns the violations of a document, at most five.
    #[must_use]
    pub fn violations(&self, path: &str, schema: &str, document: &Value) -> Vec<DataError> {
        let Some(validator) = self.validators.get(schema) else {
            return vec![DataError::in_file(path, format!("there is no schema {schema}"))];
        };
        let errors = validator.iter_errors(document).take(5).map(|error| {
            let place = error.instance_path().as_str().to_owned();
            let id = case_id(document, &place);
            let at = if place.is_empty() { "the document" } else { &place };
            let problem = format!("{at} violates {schema}: {}", shortened(&error.to_string()));
            DataError { file: path.to_owned(), id, problem }
        });
        errors.collect()
    }

    /// Returns the violations of an expanded case, at most three.
    #[must_use]
    pub fn case_violations(&self, case: &Value) -> Vec<String> {
        let errors = self.expanded_case.iter().flat_map(|validator| validator.iter_errors(case));
        let errors = errors.take(3);
        errors
            .map(|error| format!("{}: {}", error.instance_path(), shortened(&error.to_string())))
            .collect()
    }

    /// Returns true if the feature is one that a correct server can send.
    #[must_use]
    pub fn is_well_formed_feature(&self, feature: &str) -> bool {
        let Ok(feature) = serde_json::from_str::<Value>(feature) else {
            return false;
        };
        self.well_formed_feature.as_ref().is_some_and(|validator| validator.is_valid(&feature))
    }

    /// Returns the name of the schema that a data file must satisfy.
    #[must_use]
    pub fn of_file(path: &str) -> Option<&'static str> {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        match folder {
            "" if name == "differences.json" => Some("differences-1"),
            "" if name == "capabilities.json" => Some("capabilities-1"),
            "vectors" => Some("vectors-1"),
            "hash" => Some("hash-1"),
            "imported/featurehub" => Some("imported-featurehub"),
            "imported/regex" => Some("imported-regex"),
            "imported/featurehub-live" if name == "transcript.json" => Some("imported-transcript"),
            "imported/featurehub-live" => Some("imported-live"),
            _ => None,
        }
    }
}

/// Returns the id of the case that a JSON pointer points into.
fn case_id(document: &Value, pointer: &str) -> Option<String> {
    let mut parts = pointer.split('/').skip(1);
    let first = parts.next()?;
    let element = match first {
        "cases" | "matrix" => document.get(first)?.get(parts.next()?.parse::<usize>().ok()?)?,
        index => document.get(index.parse::<usize>().ok()?)?,
    };
    Some(element.get("id")?.as_str()?.to_owned())
}

fn shortened(text: &str) -> String {
    const LONGEST: usize = 300;
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    // The message begins with the document and ends with the violation, so the end is kept.
    let tail: Vec<char> = text.chars().rev().take(LONGEST).collect();
    format!("…{}", tail.into_iter().rev().collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::{Data, Schemas, Value};

    /// Lines of adapters. The first four need all members but `op`, without which a command has the form of an answer.
    const LINES: [&str; 5] = [
        r#"{"id":2,"op":"create","client":"c","edge_url":"http://a","keys":["a/b"],"mode":"poll"}"#,
        r#"{"id":5,"op":"fork","client":"c","child":"d"}"#,
        r#"{"event":"called","client":"c","listener":"l","t_ms":1}"#,
        r#"{"id":7,"op":"resume","client":"c"}"#,
        r#"{"id":1,"protocol":1,"sdk":{"name":"x","version":"1"},"cannot":{"a":"b"}}"#,
    ];
    /// Lines of adapters and files of the data, and changes that their schemas must refuse.
    const REFUSED: [(&str, &str, &str); 15] = [
        (LINES[0], "create", "creat"),
        (LINES[0], "poll", "sse"),
        (LINES[4], r#":"b""#, r#":"""#),
        (r#"{"id":3,"error":{"code":"sdk","message":"m"}}"#, "sdk", "broken"),
        (r#"{"id":4,"readiness":"READY"}"#, "READY", "ready"),
        (r#"{"id":3,"answers":[{"value":1}]}"#, "1}", r#"{"a":1}}"#),
        ("capabilities.json", r#", "operation": "evaluate""#, ""),
        ("hash/murmur3.json", "9bbfd75f", "9BBFD75F"),
        ("imported/featurehub-live/transcript.json", "*PYSC10", "PYSC10"),
        ("vectors/compose.json", r#""EQUALS""#, r#""NEAR""#),
        ("vectors/compose.json", r#""features": ["#, r#""payload_text": "[]", "features": ["#),
        ("vectors/encoding.json", r#""getters": { "boolean": null, "#, r#""getters": { "#),
        ("vectors/percentage.json", r#""tier": 0"#, r#""tier": 4"#),
        ("vectors/percentage.json", "200000", "1000001"),
        ("vectors/percentage.json", r#", "threshold": 200000"#, ""),
    ];

    #[test]
    fn schemas_refuse_what_is_wrong() {
        let data = Data::embedded();
        let schemas = Schemas::compile(&data).unwrap();
        let is_valid = |base: &str, document: &Value| {
            let schema = Schemas::of_file(base).unwrap_or("adapter-1");
            schemas.violations(base, schema, document).is_empty()
        };
        for line in &LINES[..4] {
            let document: Value = serde_json::from_str(line).unwrap();
            let names = document.as_object().unwrap().keys();
            for name in names.filter(|name| *name != "op") {
                let mut less = document.clone();
                less.as_object_mut().unwrap().remove(name);
                assert!(!is_valid("a line", &less), "{less}");
            }
        }
        for (base, part, wrong) in REFUSED {
            let text = data.text(base).unwrap_or(base);
            assert!(is_valid(base, &serde_json::from_str(text).unwrap()), "{base}");
            let changed = text.replacen(part, wrong, 1);
            assert!(!is_valid(base, &serde_json::from_str(&changed).unwrap()), "{part} -> {wrong}");
        }
    }
}
