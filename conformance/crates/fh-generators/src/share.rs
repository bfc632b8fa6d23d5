//! Percentages, most of them at the bucket of somebody or one beside it.

use crate::bucket::bucket;
use crate::choices::Choices;

/// User keys and joined keys: contexts are drawn from the same list, so that percentages meet them.
/// `u424540` has bucket 0 and `u411728` bucket 200,000 under the first of [`FEATURE_IDS`].
pub(crate) const KEYS: &[&str] = &[
    "carol",
    "user-7",
    "u411728",
    "u424540",
    "",
    "zoë",
    "żółw-🐢",
    "🚲",
    "<none>",
    "acme",
    "acme$nz",
    "acme$<none>",
    "acme$beta",
    "<none>$<none>",
    "nz",
];

/// Ids of features; the last is no id that a server would give.
pub(crate) const FEATURE_IDS: &[&str] = &[
    "9cd3b1d4-6f6b-4c0f-8a3f-3f0f6f1f0c11",
    "5b1f0d3e-7c42-4d0a-9f8b-2e61a9c4d7f0",
    "e0a4c9b2-13d5-4f6e-8a77-90b1c2d3e4f5",
    "id-🐢",
];

/// A percentage before it is known which strategies come earlier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Share {
    /// There is none.
    Absent,
    /// `null`
    Null,
    /// So many millionths.
    Millionths(i64),
    /// So that somebody's bucket is this far from the limit.
    Near { key: &'static str, offset: i64 },
}

impl Share {
    /// The JSON token, given the feature's id and the percentages of earlier strategies without
    /// rules.
    pub(crate) fn token(&self, feature_id: &str, base: i64) -> Option<String> {
        match self {
            Share::Absent => None,
            Share::Null => Some("null".to_owned()),
            Share::Millionths(share) => Some(share.to_string()),
            Share::Near { key, offset } => {
                let share = bucket(key, feature_id) + offset - base;
                // An earlier strategy already took them: any share will do.
                Some(if share < 0 { 200_000 } else { share.min(1_000_000) }.to_string())
            }
        }
    }
}

/// A percentage.
pub(crate) fn draw_share(choices: &mut Choices<'_>) -> Share {
    let usual = [200_000, 0, 1, 100, 100_000, 333_333, 500_000, 999_999, 1_000_000];
    match choices.weighted(&[5, 3, 6, 1]) {
        0 => Share::Absent,
        1 => Share::Millionths(choices.one(&usual)),
        2 => Share::Near { key: choices.one(KEYS), offset: choices.one(&[0, 0, -1, 1]) },
        _ => Share::Null,
    }
}
