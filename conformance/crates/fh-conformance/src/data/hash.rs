//! Reads the known-answer hashes.

use super::DataError;
use crate::case::{Case, Check, HashCase, Profile};
use crate::json::Json;

/// Returns the cases of the suite's own table.
pub(super) fn cases(path: &str, file: &Json) -> Result<Vec<Case>, Vec<DataError>> {
    let group = file.get("group").and_then(Json::text).unwrap_or("hash.murmur3");
    let rows = file.get("cases").map_or(&[][..], Json::elements).iter();
    let rows = rows.map(|source| {
        let id = source.get("id").and_then(Json::text).unwrap_or("(no id)");
        let title = source.get("note").and_then(Json::text).unwrap_or("known answer");
        let names = ["key", "feature_id", "hash", "bucket", "edge_bucket"];
        case(path, group, id, title, source, names)
    });
    collect(rows)
}

/// Returns the cases of the imported table. Its rows have no ids, so the ids are made from their index.
pub(super) fn imported(path: &str, file: &Json) -> Result<Vec<Case>, Vec<DataError>> {
    let rows = file.elements().iter().enumerate().map(|(index, source)| {
        let id = format!("fh.murmur.{index:02}");
        let names = ["key", "featureId", "hashHex", "bucket", "edgeBucket"];
        case(path, "imported.featurehub-hash", &id, "recorded hash", source, names)
    });
    collect(rows)
}

fn collect(
    rows: impl Iterator<Item = Result<Case, DataError>>,
) -> Result<Vec<Case>, Vec<DataError>> {
    let (mut cases, mut errors) = (Vec::new(), Vec::new());
    for row in rows {
        match row {
            Ok(case) => cases.push(case),
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() { Ok(cases) } else { Err(errors) }
}

fn case(
    path: &str,
    group: &str,
    id: &str,
    title: &str,
    source: &Json,
    [key, feature_id, hash, bucket, edge_bucket]: [&str; 5],
) -> Result<Case, DataError> {
    let missing = |name: &str| DataError::in_case(path, id, format!("no usable {name}"));
    let text = |name: &str| source.get(name).and_then(Json::text).ok_or_else(|| missing(name));
    let number = |name: &str| {
        source.get(name).and_then(Json::integer).and_then(|number| u32::try_from(number).ok())
    };
    let client = number(bucket).ok_or_else(|| missing(bucket))?;
    let edge = number(edge_bucket).unwrap_or(client);
    let hash = u32::from_str_radix(text(hash)?, 16).map_err(|_| missing(hash))?;
    Ok(Case {
        id: id.to_owned(),
        title: title.to_owned(),
        group: group.to_owned(),
        file: path.to_owned(),
        tier: 0,
        rev: 1,
        requires: Vec::new(),
        check: Check::Hash(HashCase {
            key: text(key)?.to_owned(),
            feature_id: text(feature_id)?.to_owned(),
            hash: Some(hash),
            buckets: vec![(Profile::Client, client), (Profile::Edge, edge)],
        }),
        source: Some(source.clone()),
    })
}
