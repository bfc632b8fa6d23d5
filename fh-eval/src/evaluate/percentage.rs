//! The buckets of percentage keys, and the walk over strategies with several of these keys.

use smallvec::SmallVec;

use super::{DefaultKey, Evaluator};
use crate::attributes::Name;
use crate::bucket::{Encoding, Murmur3, bucket_of, scale};
use crate::clock::Clock;
use crate::predicate::Run;
use crate::tables::{Field, Share};
use crate::trace::Tracer;

impl<'a, 'm, C: Clock, T: Tracer, const N: usize> Evaluator<'a, 'm, C, T, N> {
    /// Evaluates strategies with several percentage keys, and returns the row of the first match, or `None`. Keys with
    /// equal text share the sum of their stacked percentages, even if the keys are made of different attributes.
    #[inline(never)]
    pub(super) fn several_keys(&mut self, run: Run) -> Option<u32> {
        let mut keys: SmallVec<[Drawn; 16]> = SmallVec::new();
        let details = run.of(&self.tables.details);
        for ((row, strategy), detail) in
            (run.at..).zip(run.of(&self.tables.strategies)).zip(details)
        {
            self.tracer.strategy(row);
            let stacked = strategy.share == Share::Stacked;
            if stacked || strategy.share == Share::Alone {
                let Some(at) = self.drawn(&mut keys, strategy.source) else {
                    self.tracer.no_key();
                    continue;
                };
                let base = if stacked { self.base(&keys, at) } else { 0 };
                let limit = base.saturating_add(detail.percentage);
                let bucket = keys.get(at).map_or(0, |key| key.bucket);
                self.tracer.bucket(bucket, limit);
                if i64::from(bucket) > limit {
                    if stacked && let Some(key) = keys.get_mut(at) {
                        key.base = key.base.saturating_add(detail.percentage);
                    }
                    continue;
                }
            } else if !self.can_match(strategy) {
                continue;
            }
            if self.rules_hold(strategy.rules) {
                self.tracer.matched();
                return Some(row);
            }
        }
        None
    }

    /// Returns the position in `keys` of the percentage key of a source (a list of attributes). A key is hashed when it
    /// is first needed. Returns `None` if the context has no key for the source.
    fn drawn(&mut self, keys: &mut SmallVec<[Drawn; 16]>, source: u32) -> Option<usize> {
        if let Some(at) = keys.iter().position(|key| key.source == source) {
            return Some(at);
        }
        let bucket = self.bucket(source)?;
        keys.push(Drawn { source, bucket, base: 0 });
        Some(keys.len() - 1)
    }

    /// Returns the sum of the percentages of earlier strategies that have a percentage and no rules and did not match.
    /// Only strategies whose percentage key has the same text as the key at position `at` are counted.
    fn base(&self, keys: &[Drawn], at: usize) -> i64 {
        let Some(this) = keys.get(at) else { return 0 };
        keys.iter()
            .filter(|other| {
                // Equal texts have equal buckets, so texts are compared only if their buckets are equal.
                other.source == this.source
                    || (other.bucket == this.bucket && self.same_key(other.source, this.source))
            })
            .fold(0, |base: i64, other| base.saturating_add(other.base))
    }

    fn same_key(&self, left: u32, right: u32) -> bool {
        let bytes = |source| self.key_parts(source).flat_map(str::bytes);
        bytes(left).eq(bytes(right))
    }

    // Not inlined, because features without percentages would pay for its registers.
    #[inline(never)]
    pub(super) fn bucket(&mut self, source: u32) -> Option<u32> {
        let id = self.head.hash_id.text(&self.tables.hash_ids);
        if source == 0 {
            let Some((key, state)) = self.default_key() else { return self.no_default_key() };
            if self.head.encoding == Encoding::Utf8 {
                let mut state = state;
                state.write(id.as_bytes());
                return Some(scale(state.finish()));
            }
            return Some(bucket_of([key, id].into_iter(), self.head.encoding));
        }
        let parts = self.key_parts(source).chain(std::iter::once(id));
        Some(bucket_of(parts, self.head.encoding))
    }

    /// Reports the attributes of the default percentage key as missing, and returns `None`.
    #[cold]
    pub(crate) fn no_default_key<R>(&self) -> Option<R> {
        for name in self.head.key_names() {
            self.clock.attribute_missing(self.attributes, name);
        }
        None
    }

    #[inline]
    fn default_key(&mut self) -> Option<(&'a str, Murmur3)> {
        let session = self.head.session;
        if N == 0 {
            return self.attributes.default_key(session);
        }
        match self.memory.key {
            Some(known) if known.session == session => known.key,
            _ => {
                let key = self.attributes.default_key(session);
                self.memory.key = Some(DefaultKey { session, key });
                key
            }
        }
    }

    /// Returns the texts whose concatenation is the percentage key of a source. The default percentage key is one text,
    /// or none if the context lacks the key. For a list of attributes, the texts are the values of all attributes,
    /// joined with `$`. A missing attribute gives `<none>`.
    fn key_parts(
        &self,
        source: u32,
    ) -> impl Iterator<Item = &'a str> + Clone + use<'a, 'm, C, T, N> {
        let (attributes, clock) = (self.attributes, self.clock);
        let session = self.head.session;
        let row = (source as usize).wrapping_sub(1);
        let fields: &'a [Field] = self.tables.sources.get(row).map_or(&[], |fields| fields);
        let default = (source == 0)
            .then(|| {
                let first =
                    |name: Name| attributes.find(name, "").and_then(|mut values| values.next());
                first(session).or_else(|| first(Name::USER_KEY))
            })
            .flatten();
        let named = fields.iter().flat_map(move |field| {
            let values = attributes.find(field.name, &field.text);
            let missing = values.is_none().then(|| {
                clock.attribute_missing(attributes, &field.text);
                "<none>"
            });
            values.into_iter().flatten().chain(missing)
        });
        let separated = named.enumerate().flat_map(|(index, part)| {
            let separator = (index > 0).then_some("$");
            separator.into_iter().chain(std::iter::once(part))
        });
        default.into_iter().chain(separated)
    }
}

/// The bucket of a percentage key that this evaluation has hashed.
struct Drawn {
    source: u32,
    bucket: u32,
    /// Sum of the percentages of the strategies that have this percentage key and no rules, and did not match.
    base: i64,
}
