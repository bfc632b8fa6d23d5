//! Lists of texts that are searched by the hashes of the texts. A list has numbers, and equal texts of all lists share a row.

use crate::attributes::Supplied;
use crate::home::{hash, home};
use crate::large_list::LargeList;
use crate::listed_text::ListedText;
use crate::predicate::{BoxedPredicate, Membership, Predicate, Run, TextTest};
use crate::tables::Tables;
use crate::writer::Writer;

/// The maximum number of texts in a list of numbers. A longer list has its own texts, most of which are in no other list.
const LONGEST_NUMBERS: usize = 16_384;
/// The position or the row of a slot without a text.
const NO_TEXT: u32 = u32::MAX;
/// The number of slots of a list for each text.
const SLOTS_PER_TEXT: usize = 2;
/// The maximum number of slots between the home of a text and its slot.
pub(crate) const FARTHEST: usize = 12;

impl Writer {
    /// Stores a long list of different texts; `None` if too many of them have similar hashes, as in a list that was made for that.
    pub(crate) fn spread_list(&mut self, test: TextTest, texts: &[&str]) -> Option<Predicate> {
        let hashes: Vec<u64> = texts.iter().map(|text| hash(&Supplied::new(text))).collect();
        let homes = (texts.len() * SLOTS_PER_TEXT) as u32;
        let slots = spread(&hashes, homes)?;
        let is_negative = test == TextTest::NotAmong;
        if texts.len() > LONGEST_NUMBERS
            && let Some(list) = LargeList::of(texts, &slots, homes)
        {
            let membership = if is_negative { Membership::Outside } else { Membership::Inside };
            return Some(self.boxed(BoxedPredicate::Texts(membership, list)));
        }
        let at = self.tables.slots.len() as u32;
        self.tables.slots.reserve(slots.len());
        for slot in &slots {
            let row = texts.get(*slot as usize).map_or(NO_TEXT, |text| {
                let bytes = if text.len() > 16 { text } else { "" };
                self.listed(ListedText::of(text), bytes)
            });
            self.tables.slots.push(row);
        }
        let test = if is_negative { TextTest::NotAmongSpread } else { TextTest::AmongSpread };
        Some(Predicate::Texts(test, Run { at, len: slots.len() as u32 }))
    }

    /// Returns the row of a text with these stored bytes. If there is no such row, it is added.
    fn listed(&mut self, text: ListedText, bytes: &str) -> u32 {
        let Self { tables, listed_rows, .. } = self;
        listed_rows.row(&mut tables.listed_texts, &mut tables.listed_bytes, text, bytes)
    }

    /// Appends slots of other tables. Equal texts share a row also here.
    pub(crate) fn copy_slots(&mut self, slots: &[u32], from: &Tables) {
        self.tables.slots.reserve(slots.len());
        for slot in slots {
            let text = from.listed_texts.get(*slot as usize);
            let row =
                text.map_or(NO_TEXT, |text| self.listed(*text, text.bytes(&from.listed_bytes)));
            self.tables.slots.push(row);
        }
    }
}

/// Returns the slots of a list whose texts have these hashes. Each text lies at the slot that its hash names, or as soon after it as possible.
/// A slot has the position of its text, or [`NO_TEXT`], as the last one has. Returns `None` if a text would lie too far from its slot.
fn spread(hashes: &[u64], homes: u32) -> Option<Vec<u32>> {
    let home_of = |at: u32| Some(home(*hashes.get(at as usize)?, homes));
    let mut slots = vec![NO_TEXT; homes as usize + FARTHEST + 2];
    for at in 0..hashes.len() as u32 {
        let (mut at, mut slot) = (at, home_of(at)?);
        let mut distance = 0;
        // A text that is farther from its home takes the slot of one that is nearer.
        loop {
            let other = *slots.get(slot)?;
            if other == NO_TEXT {
                break;
            }
            let near = slot - home_of(other)?;
            if near < distance {
                *slots.get_mut(slot)? = at;
                (at, distance) = (other, near);
            }
            (slot, distance) = (slot + 1, distance + 1);
            if distance > FARTHEST {
                return None;
            }
        }
        *slots.get_mut(slot)? = at;
    }
    Some(slots)
}

/// Returns the texts of a list.
pub(crate) fn texts_of(tables: &Tables, list: Run) -> impl Iterator<Item = &ListedText> {
    let slots = list.of(&tables.slots).iter();
    slots.filter_map(|slot| tables.listed_texts.get(*slot as usize))
}

/// Returns true if the supplied text is one of the texts of a list.
#[inline]
pub(crate) fn is_in_spread(tables: &Tables, list: Run, supplied: &Supplied<'_>) -> bool {
    let homes = list.len.saturating_sub(FARTHEST as u32 + 2);
    let slots = list.of(&tables.slots).get(home(hash(supplied), homes)..).unwrap_or_default();
    for slot in slots {
        match tables.listed_texts.get(*slot as usize) {
            Some(text) if text.is(supplied, &tables.listed_bytes) => return true,
            Some(_) => {}
            None => return false,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use crate::featurehub::Compiler;
    use crate::{Attributes, Profile, Ruleset, Subject, Timestamp};

    /// Returns the JSON of a feature that is on for the users `first` to `first + 39`, of whom each second one has a long name.
    fn feature(key: &str, first: usize) -> String {
        let users = (first..first + 40).map(|user| format!("{:?}", name(user)));
        let users: Vec<String> = users.collect();
        format!(
            r#"{{"id":"{key}","key":"{key}","type":"BOOLEAN","value":false,"strategies":[{{"id":"s","value":true,"attributes":[
            {{"fieldName":"userkey","type":"STRING","conditional":"EQUALS","values":[{}]}}]}}]}}"#,
            users.join(",")
        )
    }

    fn name(user: usize) -> String {
        format!("user-{user}{}", "-of-a-long-name".repeat(user % 2))
    }

    /// Checks the number of different texts, and the answers for users of features that are known by the first user of their lists.
    fn check(ruleset: &Ruleset, texts: usize, features: &[(&str, usize)]) {
        let tables = ruleset.all_tables().next().unwrap();
        assert_eq!(tables.listed_texts.len(), texts);
        for (key, first) in features {
            let feature = ruleset.get(key).unwrap();
            for user in 0..200 {
                let user_of = Attributes::builder().user_key(name(user)).build();
                let answer = feature.evaluate(&Subject::new(&user_of, Timestamp::from_millis(0)));
                let is_in = (*first..first + 40).contains(&user);
                assert_eq!(answer.is_enabled(), is_in, "{key}, {user}");
            }
            assert_eq!(feature.json(), self::feature(key, *first));
            assert_eq!((feature.key(), feature.id()), (*key, Some(*key)));
        }
    }

    #[test]
    fn features_share_equal_texts_when_they_are_copied() {
        let compiler = Compiler::new(Profile::Client);
        let list = |all: &[(&str, usize)]| {
            let all: Vec<String> = all.iter().map(|(key, first)| feature(key, *first)).collect();
            crate::SharedText::from(format!("[{}]", all.join(",")))
        };
        let own = [("a", 0), ("b", 20), ("c", 0), ("d", 20)];
        let text = list(&own);
        let mut compilation = compiler.begin(None);
        compilation.share(&text);
        for json in crate::featurehub::wire::features(&text).unwrap().elements {
            compilation.add(json.get());
        }
        let all = compilation.finish();
        check(&all, 60, &own);
        let is_shared = |ruleset: &Ruleset, key: &str| {
            let json = ruleset.get(key).unwrap().json().as_ptr() as usize;
            json.wrapping_sub(text.as_ptr() as usize) < text.len()
        };
        assert!(is_shared(&all, "a") && is_shared(&all, "d"));
        let two = all.without(["b", "d"]);
        check(&two, 40, &[own[0], own[2]]);
        let one = two.without(["a"]);
        assert!(is_shared(&all.without(["b"]), "d") && !is_shared(&two, "c"));
        check(&one, 40, &[own[2]]);
        let json = feature("e", 10);
        let added = compiler.feature(serde_json::from_str(&json).unwrap()).unwrap();
        check(&all.with(&added), 60, &[own[0], own[1], own[2], own[3], ("e", 10)]);
        check(&one.with(&added).with(&all.feature("b").unwrap()), 60, &[own[2], ("e", 10), own[1]]);
        let json = feature("a", 100);
        let changed = compiler.feature(serde_json::from_str(&json).unwrap()).unwrap();
        let replaced = all.with(&changed);
        check(&replaced, 60, &[("a", 100), own[1], own[2]]);
        check(&replaced.without(["b", "d"]), 80, &[("a", 100), own[2]]);
        check(&replaced.without(["b", "d", "c"]), 40, &[("a", 100)]);
    }
}
