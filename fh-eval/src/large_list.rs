//! Large lists of texts, such as the users of a segment. They take little more memory than their texts.

use crate::attributes::{Supplied, same};
use crate::home::{hash, home};

/// A list of texts, which lie at the slots that their hashes name, or soon after them.
#[derive(Debug)]
pub(crate) struct LargeList {
    /// The texts in the order of their slots.
    text: Box<str>,
    /// The end of each slot's text in `text`, with [`TAKEN`] if the slot has a text. The last slot has none.
    slots: Box<[u32]>,
    /// The number of slots at which a search can begin.
    homes: u32,
    longest: usize,
}

/// The bit of a slot that has a text, which may be empty.
const TAKEN: u32 = 1 << 31;

impl LargeList {
    /// Stores texts in slots, which name them by position. A search begins at one of the first `homes` slots. Returns `None` for texts of
    /// 2 GiB or more.
    pub(crate) fn of(texts: &[&str], slots: &[u32], homes: u32) -> Option<Self> {
        let size = texts.iter().map(|text| text.len()).sum();
        if size >= TAKEN as usize {
            return None;
        }
        let mut text = String::with_capacity(size);
        let mut end = |slot: &u32| match texts.get(*slot as usize) {
            Some(own) => {
                text.push_str(own);
                text.len() as u32 | TAKEN
            }
            None => text.len() as u32,
        };
        let slots = slots.iter().map(&mut end).collect();
        let longest = texts.iter().map(|text| text.len()).max().unwrap_or(0);
        Some(Self { text: text.into(), slots, homes, longest })
    }

    /// Returns true if the supplied text is one of the texts.
    pub(crate) fn has(&self, supplied: &Supplied<'_>) -> bool {
        let home = home(hash(supplied), self.homes);
        let before = home.checked_sub(1).and_then(|before| self.slots.get(before));
        let mut from = before.map_or(0, |end| end & !TAKEN);
        for slot in self.slots.get(home..).unwrap_or_default() {
            if slot & TAKEN == 0 {
                return false;
            }
            let to = slot & !TAKEN;
            let text = self.text.as_bytes().get(from as usize..to as usize);
            if text.is_some_and(|text| same(text, supplied.text.as_bytes())) {
                return true;
            }
            from = to;
        }
        false
    }

    /// Returns the length of the longest text in bytes.
    pub(crate) const fn longest(&self) -> usize {
        self.longest
    }
}
