//! All checks of the data that need no target.

use serde::de::IgnoredAny;
use serde_json::Value;

use super::{Data, DataError, Schemas, Suite};
use crate::case::{Check, HashCase, Profile};
use crate::generated;
use crate::json::Json;
use crate::systems;
use crate::target::Target;

/// The minimum number of cases of each group, from the suite's design. The groups of imported
/// FeatureHub cases and of recorded answers have their full number here.
const AT_LEAST: &[(&str, usize)] = &[
    ("eval.string", 90),
    ("eval.number", 90),
    ("eval.boolean", 30),
    ("eval.semver", 70),
    ("eval.date", 55),
    ("eval.datetime", 55),
    ("eval.ip", 60),
    ("eval.compose", 40),
    ("eval.percentage", 60),
    ("eval.values", 60),
    ("enc.payload", 50),
    ("hash.murmur3", 60),
    ("eval.generated", 2000),
    ("imported.featurehub", 174),
    ("imported.featurehub-getters", 11),
    ("imported.featurehub-hash", 19),
    ("imported.regex", 700),
    ("live.featurehub", 9000),
];

/// Counts of what was checked, for the printed summary.
#[derive(Clone, Debug, Default)]
pub struct Verified {
    /// Number of files that satisfy their schemas.
    pub files: usize,
    /// Number of cases, with matrices expanded.
    pub cases: usize,
    /// Number of hashes that were computed again.
    pub hashes: usize,
}

/// Checks the files against their schemas, ids, least counts, and hashes against `oracles` and the `murmur3`
/// crate.
///
/// # Errors
/// All errors that were found.
pub fn verify(data: &Data, oracles: &mut [Box<dyn Target>]) -> Result<Verified, Vec<DataError>> {
    let schemas = Schemas::compile(data)?;
    let mut verified = Verified::default();
    let mut errors = Vec::new();
    for path in data.paths() {
        match check_file(data, path, &schemas, &mut verified) {
            Ok(more) => errors.extend(more),
            Err(error) => errors.push(error),
        }
    }
    let drawn = generated::drawn(&schemas).map_err(|error| vec![error])?;
    let document = serde_json::from_str(&drawn);
    let document = document.map_err(|why| vec![DataError::in_file(generated::PATH, why)])?;
    errors.extend(schemas.violations(generated::PATH, "vectors-1", &document));
    let suite = match Suite::drawn(&drawn).and_then(|drawn| Suite::of(data, drawn)) {
        Ok(suite) => suite,
        Err(more) => {
            errors.extend(more);
            return Err(errors);
        }
    };
    verified.cases = suite.cases.len();
    for case in &suite.cases {
        let is_vector = case.file.starts_with("vectors/");
        let source = case.source.as_ref().filter(|_| is_vector);
        let Some(source) = source else { continue };
        let problems = match serde_json::from_str::<Value>(&source.to_string()) {
            Ok(source) => schemas.case_violations(&source),
            Err(error) => vec![error.to_string()],
        };
        let problems = problems.into_iter();
        errors.extend(problems.map(|problem| DataError::in_case(&case.file, &case.id, problem)));
    }
    let groups = suite.groups();
    for (group, at_least) in AT_LEAST {
        let there = groups.get(group).copied().unwrap_or(0);
        if there < *at_least {
            let problem = format!("has {there} cases, the least is {at_least}");
            errors.push(DataError::in_file(group, problem));
        }
    }
    check_hashes(data, &suite, oracles, &mut verified, &mut errors);
    if errors.is_empty() { Ok(verified) } else { Err(errors) }
}

fn check_file(
    data: &Data,
    path: &str,
    schemas: &Schemas,
    verified: &mut Verified,
) -> Result<Vec<DataError>, DataError> {
    let text = data.text(path)?;
    if path.starts_with("schema/") {
        return Ok(Vec::new());
    }
    // Only the engine's own tests read the patterns with look-around.
    if systems::has(path) || path.starts_with("imported/look-around/") {
        // The text of the file may have lone surrogates, which no text of Rust can hold.
        let read = serde_json::from_str::<IgnoredAny>(text);
        verified.files += 1;
        return read.map(|_| Vec::new()).map_err(|error| DataError::in_file(path, error));
    }
    let document: Value =
        serde_json::from_str(text).map_err(|error| DataError::in_file(path, error))?;
    let Some(schema) = Schemas::of_file(path) else {
        return Err(DataError::in_file(path, "there is no schema for this path"));
    };
    verified.files += 1;
    Ok(schemas.violations(path, schema, &document))
}

fn murmur3(bytes: &[u8], seed: u32) -> Option<u32> {
    murmur3::murmur3_32(&mut std::io::Cursor::new(bytes), seed).ok()
}

fn check_hashes(
    data: &Data,
    suite: &Suite,
    oracles: &mut [Box<dyn Target>],
    verified: &mut Verified,
    errors: &mut Vec<DataError>,
) {
    for case in &suite.cases {
        let Check::Hash(hash) = &case.check else {
            continue;
        };
        verified.hashes += 1;
        let problems = hash_problems(hash, oracles).into_iter();
        errors.extend(problems.map(|problem| DataError::in_case(&case.file, &case.id, problem)));
    }
    let path = "hash/murmur3.json";
    let Ok(file) = data.json(path) else { return };
    for primitive in file.get("primitive").map_or(&[][..], Json::elements) {
        let id = primitive.get("id").and_then(Json::text).unwrap_or("(no id)");
        let text = primitive.get("text").and_then(Json::text).unwrap_or_default();
        let seed = primitive.get("seed").and_then(Json::integer);
        let seed = seed.and_then(|seed| u32::try_from(seed).ok()).unwrap_or(0);
        let computed = murmur3(text.as_bytes(), seed).map(|hash| format!("{hash:08x}"));
        verified.hashes += 1;
        if primitive.get("hash").and_then(Json::text) != computed.as_deref() {
            errors.push(DataError::in_case(path, id, format!("the hash is {computed:?}")));
        }
    }
}

fn hash_problems(case: &HashCase, oracles: &mut [Box<dyn Target>]) -> Vec<String> {
    let mut problems = Vec::new();
    let computed = murmur3(format!("{}{}", case.key, case.feature_id).as_bytes(), 0);
    if case.hash.is_some() && case.hash != computed {
        problems.push(format!("the murmur3 crate computes {computed:x?}"));
    }
    let bucket = computed.and_then(|hash| u32::try_from((u64::from(hash) * 1_000_000) >> 32).ok());
    let client = case.buckets.iter().find(|(profile, _)| *profile == Profile::Client);
    if client.map(|(_, bucket)| *bucket) != bucket {
        problems.push(format!("the bucket of the murmur3 crate's hash is {bucket:?}"));
    }
    for oracle in oracles {
        for (profile, expected) in &case.buckets {
            match oracle.bucket(*profile, &case.key, &case.feature_id) {
                Ok(bucket) if bucket == *expected => {}
                Ok(bucket) => {
                    problems.push(format!("{} computes {bucket} ({profile})", oracle.name()));
                }
                Err(error) => problems.push(format!("{}: {error} ({profile})", oracle.name())),
            }
        }
    }
    problems
}
