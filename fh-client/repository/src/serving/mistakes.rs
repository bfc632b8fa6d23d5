//! Reports of reads that look like mistakes in the program: keys of no feature, getters of another type, and misspelt attributes.

use std::cell::Cell;
use std::hash::{DefaultHasher, Hash, Hasher};

use fh_eval::internal::closest;
use fh_eval::{Attributes, Clock, Kind, Timestamp};

use super::reported::{MOST, Turn, turn};
use super::snapshot::RepositorySnapshot;
use crate::notice::Notice;

/// Maximum number of keys that are compared with a missing key.
const MOST_COMPARED: usize = 10_000;

/// The number of characters of the shortest attribute that may be a misspelt one. Any two names of one letter are near each other.
const SHORTEST: usize = 3;

/// The attributes of which the first one that a context has is the default percentage key. They are no misspelt names.
const KEYS: [&str; 2] = ["session", "userkey"];

/// The longest part of a name that notices show, in characters.
const MOST_SHOWN: usize = 100;

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
            let is_near = is_long && !KEYS.contains(&own) && closest(own, [name]).is_some();
            if is_near && !self.reads(own) {
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

/// The treatment of attributes that a rule reads and the context lacks.
#[derive(Clone, Copy)]
pub(super) enum Missing<'a> {
    Ignore,
    Report,
    /// Replaces a hash by one of itself and the name. It is 0 before the first name, and never afterwards.
    Hash(&'a Cell<u64>),
}

/// The clock of the evaluation of a read.
#[derive(Clone, Copy)]
pub(super) struct ReadClock<'a> {
    pub(super) snapshot: &'a RepositorySnapshot,
    pub(super) missing: Missing<'a>,
}

impl Clock for ReadClock<'_> {
    fn now(&self) -> Timestamp {
        self.snapshot.core.dispatcher.clock()()
    }

    fn attribute_missing(&self, attributes: &Attributes, name: &str) {
        match self.missing {
            Missing::Ignore => {}
            Missing::Report => self.snapshot.without_attribute(attributes, name),
            Missing::Hash(hash) => {
                let mut state = DefaultHasher::new();
                (hash.get(), name).hash(&mut state);
                hash.set(state.finish() | 1);
            }
        }
    }
}
