//! `MANIFEST.json`: the digest and number of cases of every file, so that a missing or changed file is detected.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use super::{Data, DataError, Suite};
use crate::json::Json;

/// The path of the manifest in the data folder.
pub const PATH: &str = "MANIFEST.json";
/// The version of the suite.
pub const SUITE_VERSION: &str = "1.0";

/// Returns the SHA-256 digest of bytes in hexadecimal.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut hex, byte| {
        // Writing to a `String` cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// Returns one digest of all data. Two reports are comparable if their digests are equal.
#[must_use]
pub fn digest(data: &Data) -> String {
    let lines = data
        .paths()
        .filter(|path| *path != PATH)
        .map(|path| format!("{} {path}\n", sha256(data.bytes(path).unwrap_or_default())));
    sha256(lines.collect::<String>().as_bytes())
}

/// Returns the text of the manifest of a data folder.
#[must_use]
pub fn write(data: &Data, suite: &Suite) -> String {
    let counts = suite.files();
    let files = data.paths().filter(|path| *path != PATH).map(|path| {
        let bytes = data.bytes(path).unwrap_or_default();
        let mut members = vec![
            ("path", Json::from(path)),
            ("sha256", sha256(bytes).into()),
            ("bytes", Json::number(bytes.len() as u64)),
        ];
        if let Some((group, cases)) = counts.get(path) {
            members.push(("group", Json::from(*group)));
            members.push(("cases", Json::number(*cases as u64)));
        }
        format!("    {}", Json::object(members))
    });
    let files: Vec<String> = files.collect();
    let groups = suite.groups().into_iter();
    let groups =
        groups.map(|(group, cases)| format!("    {}: {cases}", crate::json::quoted(group)));
    let groups: Vec<String> = groups.collect();
    format!(
        "{{\n  \"$schema\": \"schema/manifest-1.schema.json\",\n  \"format\": 1,\n  \"suite\": \
         \"{SUITE_VERSION}\",\n  \"files\": [\n{}\n  ],\n  \"groups\": {{\n{}\n  }}\n}}\n",
        files.join(",\n"),
        groups.join(",\n")
    )
}

/// Returns the differences between the manifest and the files.
#[must_use]
pub fn check(data: &Data, suite: &Suite) -> Vec<DataError> {
    let manifest = match data.json(PATH) {
        Ok(manifest) => manifest,
        Err(error) => return vec![error],
    };
    if data.text(PATH).is_ok_and(|text| text == write(data, suite)) {
        return Vec::new();
    }
    let mut errors = Vec::new();
    let listed = manifest.get("files").map_or(&[][..], Json::elements).iter();
    let listed: BTreeMap<&str, &Json> =
        listed.filter_map(|file| Some((file.get("path")?.text()?, file))).collect();
    let counts = suite.files();
    for path in data.paths().filter(|path| *path != PATH) {
        let Some(entry) = listed.get(path) else {
            errors.push(DataError::in_file(path, format!("is not listed in {PATH}")));
            continue;
        };
        let digest = sha256(data.bytes(path).unwrap_or_default());
        if entry.get("sha256").and_then(Json::text) != Some(&digest) {
            errors.push(DataError::in_file(path, format!("is not the file that {PATH} lists")));
        }
        let cases = counts.get(path).map(|(_, cases)| *cases as i64);
        if entry.get("cases").and_then(Json::integer) != cases {
            let there = cases.unwrap_or(0);
            let problem = format!("has {there} cases, {PATH} lists another number");
            errors.push(DataError::in_file(path, problem));
        }
    }
    for path in listed.keys().filter(|path| data.bytes(path).is_none()) {
        errors.push(DataError::in_file(path, format!("is missing, {PATH} lists it")));
    }
    if errors.is_empty() {
        errors.push(DataError::in_file(
            PATH,
            "differs from the output of `vectors manifest --write`",
        ));
    }
    errors
}
