//! The names of the attributes that features read, so that a read passes on no others.

use std::collections::HashMap;
use std::sync::Arc;

use smallvec::SmallVec;

#[cfg(feature = "first-row")]
use super::Mode;
use super::{Head, Share, Storage, Strategy, Tables};
use crate::attributes::same;
use crate::hashing::Hashing;

/// The maximum number of names of a set. A feature that reads more of them reads all attributes.
const MOST: usize = 31;

/// The sets of names. Features that read the same attributes share a set.
#[derive(Debug, Default)]
pub(crate) struct NamesRead {
    sets: Box<[NameSet]>,
    /// The set of each feature; empty if all features have the same set.
    of_features: Box<[u32]>,
}

/// The attributes that the rules and the percentages of a feature read.
#[derive(Debug)]
pub(crate) enum NameSet {
    All,
    /// These names, and those that the segments in these slots read.
    Only(Box<[Arc<str>]>, Box<[u32]>),
}

/// The numbers of the names and of the slots of a set, in ascending order. Slots have the mark [`SLOT`]. The last number is [`EVERY`] for a
/// flag with so many prerequisites that their names are not looked for.
type Numbers = SmallVec<[u32; 16]>;
const SLOT: u32 = 1 << 31;
const EVERY: u32 = u32::MAX;

/// The different names in tables, with their numbers.
#[derive(Default)]
struct Names<'a> {
    numbers: HashMap<&'a str, u32, Hashing>,
    texts: Vec<&'a str>,
}

impl<'a> Names<'a> {
    fn number(&mut self, name: &'a str) -> u32 {
        *self.numbers.entry(name).or_insert_with(|| {
            self.texts.push(name);
            self.texts.len() as u32 - 1
        })
    }
}

impl NamesRead {
    /// Returns the sets of the features of tables.
    pub(crate) fn of<S: Storage>(tables: &Tables<S>) -> Self {
        let mut names = Names::default();
        let fields: Vec<u32> =
            tables.fields.iter().map(|field| names.number(&field.text)).collect();
        let mut known: HashMap<Numbers, u32, Hashing> = HashMap::default();
        let mut sets = Vec::new();
        let of_features = (0..tables.heads.len()).map(|position| {
            let mut numbers = Numbers::new();
            add(tables, position, &fields, &mut names, &mut numbers);
            #[cfg(feature = "featuresignals")]
            {
                let others = tables.prerequisites_of(position, MOST);
                numbers.extend((others.len() > MOST).then_some(EVERY));
                for other in others {
                    add(tables, other as usize, &fields, &mut names, &mut numbers);
                }
            }
            numbers.sort_unstable();
            *known.entry(numbers).or_insert_with_key(|numbers| {
                sets.push(NameSet::of(numbers, &names.texts));
                sets.len() as u32 - 1
            })
        });
        let mut of_features: Vec<u32> = of_features.collect();
        if sets.len() == 1 {
            of_features = Vec::new();
        }
        Self { sets: sets.into(), of_features: of_features.into() }
    }

    /// Returns the set of the feature at a position; `None` if there is none.
    #[inline]
    pub(crate) fn set(&self, feature: usize) -> Option<&NameSet> {
        match self.of_features.get(feature) {
            Some(set) => self.sets.get(*set as usize),
            None => self.sets.first().filter(|_| self.of_features.is_empty()),
        }
    }
}

impl NameSet {
    fn of(numbers: &[u32], texts: &[&str]) -> Self {
        let (names, slots) = numbers.split_at(numbers.partition_point(|number| *number < SLOT));
        if names.len() > MOST || slots.last() == Some(&EVERY) {
            return Self::All;
        }
        let names = names.iter().filter_map(|number| texts.get(*number as usize));
        let slots = slots.iter().map(|slot| slot & !SLOT);
        Self::Only(names.map(|name| Arc::from(*name)).collect(), slots.collect())
    }

    /// Returns true if a name is in the set. `by_segment` says if the segment in a slot reads the attribute.
    pub(crate) fn has(&self, name: &str, by_segment: impl Fn(u32) -> bool) -> bool {
        match self {
            Self::All => true,
            Self::Only(names, slots) => {
                names.iter().any(|own| same(own.as_bytes(), name.as_bytes()))
                    || slots.iter().any(|slot| by_segment(*slot))
            }
        }
    }
}

/// Adds the numbers of the names and of the slots that one feature reads itself.
fn add<'a, S: Storage>(
    tables: &'a Tables<S>,
    position: usize,
    fields: &[u32],
    names: &mut Names<'a>,
    numbers: &mut Numbers,
) {
    let Some(head) = tables.heads.get(position) else { return };
    let mut put = |number: u32| {
        if !numbers.contains(&number) {
            numbers.push(number);
        }
    };
    let strategies = head.strategies.of(&tables.strategies);
    let rules = strategies.iter().flat_map(|strategy| strategy.rules.of(&tables.rules));
    for rule in rules {
        fields.get(rule.field as usize).copied().into_iter().for_each(&mut put);
        #[cfg(feature = "first-row")]
        if let Some(slots) = rule.predicate.segments() {
            slots.of(&tables.named_segments).iter().for_each(|slot| put(slot | SLOT));
        }
    }
    if reads_default_key(head, strategies) {
        head.key_names().for_each(|name| put(names.number(name)));
    }
    for strategy in strategies {
        let row = (strategy.source as usize).wrapping_sub(1);
        let fields = tables.sources.get(row).into_iter().flat_map(|fields| fields.iter());
        fields.for_each(|field| put(names.number(&field.text)));
    }
}

/// Returns true if a feature may read the default percentage key. FeatBit and FeatureSignals read the key of each context.
fn reads_default_key(head: &Head, strategies: &[Strategy]) -> bool {
    #[cfg(feature = "first-row")]
    if matches!(head.mode, Mode::FirstRow | Mode::FirstRowManyRules) {
        return true;
    }
    let _ = head;
    let has_share = |share| matches!(share, Share::Stacked | Share::Alone);
    strategies.iter().any(|strategy| strategy.source == 0 && has_share(strategy.share))
}
