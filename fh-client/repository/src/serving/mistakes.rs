//! Reports of reads that look like mistakes in the program: keys of no feature, getters of another type, and misspelt attributes.

use std::hash::{DefaultHasher, Hash, Hasher};
// Plain atomics also under loom, because no other data depends on their order.
use std::sync::atomic::{AtomicU64, Ordering};

use fh_eval::internal::{closest, names_hash};
use fh_eval::{Attributes, Clock, Kind, Timestamp};

use super::snapshot::RepositorySnapshot;
use crate::notice::Notice;

/// Maximum number of notices of each kind. One more notice then says that further ones are left out.
const MOST: usize = 20;

/// Maximum number of keys that are compared with a missing key.
const MOST_COMPARED: usize = 10_000;

/// Maximum number of comparisons of the names of a context with a missing attribute.
const MOST_CONTEXTS: u64 = 1_000;

/// The number of characters of the shortest attribute that may be a misspelt one. Any two names of one letter are near each other.
const SHORTEST: usize = 3;

/// The attributes of which the first one that a context has is the default percentage key.
const KEYS: [&str; 2] = ["session", "userkey"];

/// The longest part of a name that notices show, in characters.
const MOST_SHOWN: usize = 100;

/// The hashes of what was reported. A slot is 0 while it is free.
type Reported = [AtomicU64; MOST + 1];

/// The mistakes that a repository has reported. Reads that repeat a mistake load at most 21 numbers, and take no lock.
pub(crate) struct Mistakes {
    missing: Reported,
    mismatched: Reported,
    attributes: Reported,
    /// The hashes of missing attributes and names of contexts that were compared last. A hash has one slot.
    compared: [AtomicU64; 128],
    comparisons: AtomicU64,
}

/// The position of a mistake among those of its kind.
enum Turn {
    /// The mistake was reported, or too many others were.
    Known,
    New,
    /// The mistake is the first one that is left out.
    LeftOut,
}

impl Default for Mistakes {
    fn default() -> Self {
        let free = || std::array::from_fn(|_| AtomicU64::new(0));
        Self {
            missing: free(),
            mismatched: free(),
            attributes: free(),
            compared: std::array::from_fn(|_| AtomicU64::new(0)),
            comparisons: AtomicU64::new(0),
        }
    }
}

impl Mistakes {
    /// Returns true if a context with these names must be compared with the missing attribute `name`.
    fn is_new_context(&self, attributes: &Attributes, name: &str) -> bool {
        let hash = names_hash(attributes, name) | 1;
        let slot = self.compared.get((hash >> 32) as usize % self.compared.len());
        if slot.is_none_or(|slot| slot.swap(hash, Ordering::Relaxed) == hash) {
            return false;
        }
        self.comparisons.load(Ordering::Relaxed) < MOST_CONTEXTS
            && self.comparisons.fetch_add(1, Ordering::Relaxed) < MOST_CONTEXTS
    }
}

/// Takes the first free slot for a name, unless a slot has it.
fn turn(reported: &Reported, name: &str) -> Turn {
    let mut state = DefaultHasher::new();
    name.hash(&mut state);
    let hash = state.finish() | 1;
    for (index, slot) in reported.iter().enumerate() {
        let found = match slot.load(Ordering::Relaxed) {
            0 => slot.compare_exchange(0, hash, Ordering::Relaxed, Ordering::Relaxed),
            found => Err(found),
        };
        match found {
            Ok(_) if index < MOST => return Turn::New,
            Ok(_) => return Turn::LeftOut,
            Err(found) if found == hash => return Turn::Known,
            Err(_) => {}
        }
    }
    Turn::Known
}

/// Returns the part of a name that notices show. The name may come from outside the program.
fn shown(name: &str) -> String {
    name.chars().take(MOST_SHOWN).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

impl RepositorySnapshot {
    /// Reports a read without a value if its feature does not exist or has another type than `kind`.
    #[cold]
    #[inline(never)]
    pub(super) fn without_value(&self, key: &str, kind: Option<Kind>) {
        let Some(mistakes) = self.core.mistakes() else { return };
        let ruleset = self.rules.ruleset();
        match (ruleset.get(key).map(|feature| feature.kind()), kind) {
            (None, _) if self.knows_all_features() => {
                self.report(turn(&mistakes.missing, key), || {
                    let keys = ruleset.iter().take(MOST_COMPARED).map(|feature| feature.key());
                    let meant = closest(key, keys).map(shown);
                    Notice::FeatureNotFound { feature: shown(key), meant }
                });
            }
            (Some(Some(own)), Some(read_as)) if own != read_as => {
                self.report(turn(&mistakes.mismatched, key), || Notice::TypeMismatch {
                    feature: shown(key),
                    kind: own,
                    read_as,
                });
            }
            _ => {}
        }
    }

    /// Reports an attribute of a context that no rule reads, if its name is nearly that of an attribute which a rule reads and the context
    /// lacks.
    #[cold]
    #[inline(never)]
    fn without_attribute(&self, attributes: &Attributes, name: &str) {
        let Some(mistakes) = self.core.mistakes() else { return };
        // Without `now`, rules read the clock. A context with one of the two keys lacks none.
        let has_key = || attributes.iter().any(|(own, _)| KEYS.contains(&own));
        if name.eq_ignore_ascii_case("now")
            || (KEYS.contains(&name) && has_key())
            || !mistakes.is_new_context(attributes, name)
        {
            return;
        }
        for (own, _) in attributes.iter() {
            let is_long = own.chars().nth(SHORTEST - 1).is_some();
            if is_long && closest(own, [name]).is_some() && !self.reads(own) {
                self.report(turn(&mistakes.attributes, own), || Notice::AttributeNotRead {
                    attribute: shown(own),
                    meant: shown(name),
                });
            }
        }
    }

    /// Returns true if the evaluation of a feature may read an attribute.
    fn reads(&self, attribute: &str) -> bool {
        self.rules.ruleset().iter().any(|feature| {
            let mut is_read = false;
            feature.attributes_read(&mut |name| is_read |= name == attribute);
            is_read
        })
    }

    fn report(&self, turn: Turn, notice: impl FnOnce() -> Notice) {
        match turn {
            Turn::Known => {}
            Turn::New => self.core.report_mistake(notice()),
            Turn::LeftOut => {
                let of = notice().as_str();
                self.core.report_mistake(Notice::NoticesLeftOut { of, reported: MOST });
            }
        }
    }
}

/// The clock of the evaluation of a read.
#[derive(Clone, Copy)]
pub(super) struct ReadClock<'a> {
    pub(super) snapshot: &'a RepositorySnapshot,
    /// True if missing attributes are reported.
    pub(super) is_use: bool,
}

impl Clock for ReadClock<'_> {
    fn now(&self) -> Timestamp {
        self.snapshot.core.dispatcher.clock()()
    }

    fn attribute_missing(&self, attributes: &Attributes, name: &str) {
        if self.is_use {
            self.snapshot.without_attribute(attributes, name);
        }
    }
}
