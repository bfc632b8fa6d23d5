//! Percentages, many of them at the bucket of a key or next to it.

use crate::generators::bucket::bucket;
use crate::generators::choices::Choices;

/// User keys and joined keys. Contexts are drawn from the same list, so that percentages match them. With the first of [`FEATURE_IDS`],
/// `u424540` has bucket 0 and `u411728` has bucket 200,000.
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

/// Ids of features. The last one is not an id that a server would assign.
pub(crate) const FEATURE_IDS: &[&str] = &[
    "9cd3b1d4-6f6b-4c0f-8a3f-3f0f6f1f0c11",
    "5b1f0d3e-7c42-4d0a-9f8b-2e61a9c4d7f0",
    "e0a4c9b2-13d5-4f6e-8a77-90b1c2d3e4f5",
    "id-🐢",
];

/// A percentage before the earlier strategies are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Share {
    /// There is no percentage.
    Absent,
    /// The percentage is `null`.
    Null,
    /// The percentage in millionths.
    Millionths(i64),
    /// A percentage whose limit is the bucket of this key plus `offset`.
    Near { key: &'static str, offset: i64 },
}

impl Share {
    /// Returns the JSON token, given the feature's id and the sum of the percentages of earlier strategies without rules.
    pub(crate) fn token(&self, feature_id: &str, base: i64) -> Option<String> {
        match self {
            Share::Absent => None,
            Share::Null => Some("null".to_owned()),
            Share::Millionths(share) => Some(share.to_string()),
            Share::Near { key, offset } => {
                let share = bucket(key, feature_id) + offset - base;
                // Earlier strategies cover this bucket already, so any percentage will do.
                Some(if share < 0 { 200_000 } else { share.min(1_000_000) }.to_string())
            }
        }
    }
}

/// Draws a percentage.
pub(crate) fn draw_share(choices: &mut Choices<'_>) -> Share {
    let usual = [200_000, 0, 1, 100, 100_000, 333_333, 500_000, 999_999, 1_000_000];
    match choices.weighted(&[5, 3, 6, 1]) {
        0 => Share::Absent,
        1 => Share::Millionths(choices.one(&usual)),
        2 => Share::Near { key: choices.one(KEYS), offset: choices.one(&[0, 0, -1, 1]) },
        _ => Share::Null,
    }
}
