//! The size of the answer that an environment's features need, which clients limit.

use super::{Environment, Feature, Json};

/// The size above which an answer is reported. By default, clients refuse an answer or an event above [`CLIENT_LIMIT`].
pub(crate) const LARGE_ANSWER: usize = 12 * 1024 * 1024;
/// The setting `limits.bytes` of clients, if it is not set.
pub(crate) const CLIENT_LIMIT: usize = 16 * 1024 * 1024;
/// The bytes of a feature in an answer besides its key, its value and its strategies: names of members, id, lock, version and type.
const OTHER_MEMBERS: usize = 128;

/// Returns about the number of bytes of an answer with all features of an environment and their strategies, as a client-evaluated key gets
/// it. Retired features do not count.
pub(crate) fn answer_size(features: &[Feature], environment: &Environment) -> usize {
    let sizes = features.iter().map(|feature| {
        let value = environment.values.get(&feature.key);
        if value.is_some_and(|value| value.retired) {
            return 0;
        }
        let size = |json: &Json| json.as_str().len() + 1;
        let content = value.map_or(0, |value| {
            value.value.as_ref().map_or(0, size) + value.strategies.iter().map(size).sum::<usize>()
        });
        OTHER_MEMBERS + feature.key.len() + content
    });
    sizes.sum()
}

/// Formats a number of bytes in MiB with one decimal.
pub(crate) fn mebibytes(bytes: usize) -> String {
    format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20))
}
