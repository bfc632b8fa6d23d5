//! The part of a feature that evaluations do not read. It is packed, because a ruleset may have 500,000 features.

use super::{MovedNames, Storage, Tables};
use crate::predicate::Run;

/// The part of a feature that evaluations do not read, as a compiler gives it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct FeatureDetail {
    pub(crate) id: Option<Run>,
    /// The JSON text from which the feature was compiled. Without JSON, an empty text before the names of the feature.
    pub(crate) json: Run,
    pub(crate) version: i64,
    pub(crate) locked: bool,
    /// True if the JSON of the feature has properties.
    pub(crate) has_properties: bool,
    /// True if FeatBit wants no events about evaluations of this flag.
    #[cfg(feature = "featbit")]
    pub(crate) is_without_events: bool,
}

/// A [`FeatureDetail`] in 16 bytes. An id and a version that do not fit are rows of `far_ids` and `far_versions`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PackedDetail {
    json: Run,
    /// The distance of the id from the beginning of the JSON, times 4,096, and its length; [`NO_ID`] or [`FAR_ID`].
    id: u32,
    /// The version, or [`FAR_VERSION`], and the marks.
    version: u32,
}

const _: () = assert!(size_of::<PackedDetail>() == 16);

const NO_ID: u32 = u32::MAX;
const FAR_ID: u32 = u32::MAX - 1;
const ID_LENGTHS: u32 = 1 << 12;
const FAR_VERSION: u32 = (1 << 29) - 1;
const LOCKED: u32 = 1 << 29;
const PROPERTIES: u32 = 1 << 30;
#[cfg(feature = "featbit")]
const WITHOUT_EVENTS: u32 = 1 << 31;

impl FeatureDetail {
    /// Returns the packed detail, the id if it is far from the JSON, and the version if it is not small. An id and a JSON of which only one is
    /// among the own texts, from `first_own` on, can move apart.
    pub(crate) fn packed(&self, first_own: u32) -> (PackedDetail, Option<Run>, Option<i64>) {
        let id = self.id.map_or(NO_ID, |id| {
            let distance = id.at.wrapping_sub(self.json.at);
            let is_together = (id.at < first_own) == (self.json.at < first_own);
            let is_near = is_together && distance < u32::MAX / ID_LENGTHS && id.len < ID_LENGTHS;
            if is_near { distance * ID_LENGTHS + id.len } else { FAR_ID }
        });
        let small = u32::try_from(self.version).ok().filter(|version| *version < FAR_VERSION);
        let mut version = small.unwrap_or(FAR_VERSION);
        let mut mark = |is_set: bool, bit: u32| version |= u32::from(is_set) * bit;
        mark(self.locked, LOCKED);
        mark(self.has_properties, PROPERTIES);
        #[cfg(feature = "featbit")]
        mark(self.is_without_events, WITHOUT_EVENTS);
        let far_id = self.id.filter(|_| id == FAR_ID);
        let far_version = small.is_none().then_some(self.version);
        (PackedDetail { json: self.json, id, version }, far_id, far_version)
    }
}

impl PackedDetail {
    /// Returns the detail of the feature whose names were moved.
    pub(crate) const fn moved(self, names: &MovedNames) -> Self {
        Self { json: names.moved(self.json), ..self }
    }

    /// Returns the place of the JSON text.
    pub(crate) const fn json(self) -> Run {
        self.json
    }

    pub(crate) const fn is_locked(self) -> bool {
        self.version & LOCKED != 0
    }

    pub(crate) const fn has_properties(self) -> bool {
        self.version & PROPERTIES != 0
    }

    #[cfg(feature = "featbit")]
    pub(crate) const fn is_without_events(self) -> bool {
        self.version & WITHOUT_EVENTS != 0
    }
}

impl<S: Storage> Tables<S> {
    /// Returns the JSON of the feature at the position `feature`.
    pub(crate) fn json(&self, feature: usize) -> &str {
        self.features.get(feature).map_or("", |detail| self.names.text(detail.json))
    }

    /// Returns the id of the feature at the position `feature`; `None` if it has none.
    pub(crate) fn id(&self, feature: usize) -> Option<&str> {
        let PackedDetail { json, id, .. } = self.features.get(feature)?;
        let run = match *id {
            NO_ID => return None,
            FAR_ID => *of_feature(&self.far_ids, feature)?,
            id => Run { at: json.at.wrapping_add(id / ID_LENGTHS), len: id % ID_LENGTHS },
        };
        Some(self.names.text(run))
    }

    /// Returns the version of the feature at the position `feature`.
    pub(crate) fn version(&self, feature: usize) -> i64 {
        let version = self.features.get(feature).map_or(0, |detail| detail.version & FAR_VERSION);
        match version {
            FAR_VERSION => of_feature(&self.far_versions, feature).copied().unwrap_or(0),
            small => i64::from(small),
        }
    }
}

/// Returns the row of the feature at the position `feature`, of rows in the order of their features.
pub(crate) fn of_feature<T>(rows: &[(u32, T)], feature: usize) -> Option<&T> {
    let row = rows.binary_search_by_key(&feature, |(feature, _)| *feature as usize).ok()?;
    rows.get(row).map(|(_, row)| row)
}

/// Returns the rows of the features from the position `from` to `to`, which are moved to the positions from `here` on.
pub(crate) fn of_range<T>(
    rows: &[(u32, T)],
    (from, to): (usize, usize),
    here: usize,
) -> impl Iterator<Item = (u32, &T)> {
    let first = rows.partition_point(|(feature, _)| (*feature as usize) < from);
    let rows = rows.iter().skip(first).take_while(move |(feature, _)| (*feature as usize) < to);
    rows.map(move |(feature, row)| ((*feature as usize - from + here) as u32, row))
}

#[cfg(test)]
mod tests {
    use crate::{Profile, Ruleset};

    #[test]
    fn ids_and_versions_of_each_size_are_kept() {
        let lengths = [1, 4_095, 4_096, 5_000];
        let ids = lengths.map(|length| Some("y".repeat(length))).into_iter().chain([None]);
        let ids: Vec<Option<String>> = ids.collect();
        let versions = [0, 1, -1, 536_870_910, 536_870_911, i64::MAX, i64::MIN];
        // The id of the first feature is behind a text that is longer than a distance can be.
        let far = format!(",\"fp\":{{\"a\":\"{}\"}}", "x".repeat(1 << 20));
        let mut features = Vec::new();
        for (number, version) in versions.iter().cycle().take(35).enumerate() {
            let id = ids[number % 5].as_ref();
            let id = id.map_or_else(String::new, |id| format!(",\"id\":\"{id}\""));
            let before = if number == 0 { far.as_str() } else { "" };
            let is_locked = number % 2 == 1;
            features.push(format!(
                r#"{{"key":"{number}"{before}{id},"version":{version},"l":{is_locked}}}"#
            ));
        }
        let json = format!("[{}]", features.join(","));
        let whole = Ruleset::from_json(json.as_bytes(), Profile::Client).unwrap();
        let part = whole.without(["3", "4", "20"]);
        for (ruleset, left) in [(&whole, 35), (&part, 32)] {
            assert_eq!(ruleset.len(), left);
            for feature in ruleset.iter() {
                let number: usize = feature.key().parse().unwrap();
                assert_eq!(feature.id(), ids[number % 5].as_deref(), "{number}");
                assert_eq!(feature.version(), versions[number % 7], "{number}");
                assert_eq!(feature.is_locked(), number % 2 == 1, "{number}");
                assert_eq!(feature.properties().len(), usize::from(number == 0), "{number}");
                assert_eq!(feature.json(), features[number], "{number}");
            }
        }
    }
}
