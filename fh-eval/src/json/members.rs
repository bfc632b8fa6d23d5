//! The members of objects and the elements of lists.

use std::borrow::Cow;
#[cfg(feature = "featuresignals")]
use std::hash::BuildHasher;

use serde::de::MapAccess;
use serde_json::value::RawValue;

#[cfg(feature = "featuresignals")]
use super::read::MOST_UNREADABLE;
use super::read::{ListOr, MemberValue, Object, Reading, read_object};
use super::token::Shape;
#[cfg(feature = "featuresignals")]
use crate::hashing::Hashing;

/// All members of an object, in order. A name that occurs twice has two entries.
#[derive(Debug, Clone, Default)]
pub(crate) struct Members<'a>(pub(crate) Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de> Object<'de> for Members<'de> {
    fn member<A: MapAccess<'de>>(
        &mut self,
        name: Cow<'de, str>,
        value: MemberValue<'_, A>,
    ) -> Result<(), A::Error> {
        self.0.push((name, value.read()?));
        Ok(())
    }
}

/// The parts of an object that holds parts by key. Of equal keys, the last one counts.
#[cfg(feature = "featuresignals")]
#[derive(Default)]
struct Keyed<'a> {
    members: Vec<(Cow<'a, str>, &'a RawValue)>,
    /// The last positions of the keys.
    last: hashbrown::HashTable<u32>,
    /// Number of members with the key of an earlier one.
    repeated: usize,
}

#[cfg(feature = "featuresignals")]
impl<'de> Object<'de> for Keyed<'de> {
    fn member<A: MapAccess<'de>>(
        &mut self,
        name: Cow<'de, str>,
        value: MemberValue<'_, A>,
    ) -> Result<(), A::Error> {
        let value = value.read()?;
        let Self { members, last, repeated } = self;
        let hash = |name: &str| Hashing::default().hash_one(name);
        let key_at = |at: &u32| members.get(*at as usize).map_or("", |(key, _)| &**key);
        match last.find_mut(hash(&name), |at| key_at(at) == name) {
            Some(at) if *repeated >= MOST_UNREADABLE => {
                if let Some((_, former)) = members.get_mut(*at as usize) {
                    *former = value;
                }
                return Ok(());
            }
            Some(at) => {
                *at = members.len() as u32;
                *repeated += 1;
            }
            None => {
                let of = |at: &u32| hash(key_at(at));
                last.insert_unique(hash(&name), members.len() as u32, of);
            }
        }
        members.push((name, value));
        Ok(())
    }
}

/// Returns the members of an object that holds parts by key, as [`members`] does. A key that occurs more than 100 times has 100 entries,
/// and the last of them has the value that counts.
#[cfg(feature = "featuresignals")]
#[must_use]
pub fn members_by_key(raw: &RawValue) -> Option<Vec<(Cow<'_, str>, &RawValue)>> {
    read_object::<Keyed<'_>>(raw.get()).into_value().map(|keyed| keyed.members)
}

/// Returns the elements of a JSON list, or the shape of any other value. Returns [`Shape::Other`] if the text is not
/// JSON.
pub(crate) fn list(json: &str) -> Shape<Vec<&RawValue>> {
    Reading::either::<ListOr<&RawValue>>(json).map_or(Shape::Other, |list| list.0)
}

/// Returns the members of an object, in order and with their names unescaped, or `None` for any other JSON. A name that
/// occurs twice has two entries. A lone surrogate in a name becomes U+FFFD.
///
/// ```
/// use serde_json::value::RawValue;
/// let raw: &RawValue = serde_json::from_str(r#"{"a": 1.50, "b": [2]}"#)?;
/// let members = fh_eval::internal::members(raw).unwrap();
/// assert_eq!(members[0].0, "a");
/// assert_eq!(members[0].1.get(), "1.50");
/// assert!(fh_eval::internal::members(members[1].1).is_none());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[must_use]
pub fn members(raw: &RawValue) -> Option<Vec<(Cow<'_, str>, &RawValue)>> {
    object(raw.get()).into_value().map(|members| members.0)
}

/// Returns the members of a JSON object, or the shape of any other value. Returns [`Shape::Other`] if the text is not
/// JSON.
pub(crate) fn object(json: &str) -> Shape<Members<'_>> {
    read_object(json)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lone_surrogate_in_a_name_is_one_character() {
        let raw: &RawValue =
            serde_json::from_str(r#"{"a\ud800b\udc00":1,"\ud83d\udc22":2}"#).unwrap();
        let names: Vec<_> = members(raw).unwrap().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["a\u{fffd}b\u{fffd}", "🐢"]);
    }

    #[test]
    fn a_list_or_object_may_hold_anything() {
        for json in ["1e999", "-1e999", r#""\ud800""#, "7", "true"] {
            let is_other = |shape: Shape<Members<'_>>| matches!(shape, Shape::Other);
            assert!(is_other(object(json)) && matches!(list(json), Shape::Other), "{json}");
            let within = format!(r#"{{"a":{json},"\ud800":{json}}}"#);
            assert!(matches!(object(&within), Shape::Is(Members(members)) if members.len() == 2));
            let within = format!("[{json},{json}]");
            assert!(matches!(list(&within), Shape::Is(elements) if elements.len() == 2));
        }
    }

    #[test]
    fn depth_does_not_matter_in_what_is_skipped() {
        let deep = format!("{{\"x\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(matches!(object(&deep), Shape::Is(Members(members)) if members.len() == 1));
        assert!(matches!(list(&deep), Shape::Other));
    }
}
