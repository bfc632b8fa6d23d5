//! FeatBit's shares: closed intervals of buckets, which are doubles from 0 to 1.

use super::state::Drawn;
use crate::attributes::{Values, names};
use crate::clock::Clock;
use crate::evaluate::Evaluator;
use crate::md5::unit_bucket;
use crate::tables::{Interval, Share, Strategy, Tables};
use crate::trace::Tracer;

impl<'a, C: Clock, T: Tracer, const N: usize> Evaluator<'a, '_, C, T, N> {
    /// Returns true if the interval of a row contains the bucket.
    #[inline]
    pub(super) fn is_within(&mut self, strategy: &Strategy, drawn: &mut Drawn) -> bool {
        let bucket = match *drawn {
            Drawn::Unit(source, bucket) if source == strategy.source => bucket,
            _ => {
                let bucket = self.unit_bucket(strategy.source, "");
                *drawn = Drawn::Unit(strategy.source, bucket);
                bucket
            }
        };
        let interval = self.tables.interval(strategy);
        let is_within =
            interval.is_some_and(|interval| (interval.from..=interval.to).contains(&bucket));
        self.tracer.share(bucket, is_within);
        is_within
    }

    /// Returns the key of the user; `None` if the context has none, or a blank one.
    #[inline]
    pub(super) fn key_id(&self) -> Option<&'a str> {
        let session = self.head.session;
        let key = self.attributes.find(session, names::KEY_ID)?.first()?;
        (!key.trim_ascii_start().is_empty() && !key.trim_start().is_empty()).then_some(key)
    }

    /// Returns the bucket of the attribute of a source. A missing attribute is an empty text.
    pub(crate) fn unit_bucket(&self, source: u32, prefix: &str) -> f64 {
        let fields = self.tables.sources.get((source as usize).wrapping_sub(1));
        let value = match fields.and_then(|fields| fields.first()) {
            Some(field) => {
                let values = self.attributes.find(field.name, &field.text);
                if values.is_none() {
                    self.clock.attribute_missing(self.attributes, &field.text);
                }
                values.and_then(Values::first)
            }
            None => self.key_id(),
        };
        let id = self.head.hash_id.text(&self.tables.hash_ids);
        unit_bucket([prefix, id, value.unwrap_or_default()])
    }
}

impl Tables {
    /// Returns the interval of a row whose share is [`Share::Within`] or [`Share::Whole`].
    pub(crate) fn interval(&self, strategy: &Strategy) -> Option<&Interval> {
        match strategy.share {
            Share::Within | Share::Whole => {
                self.intervals.get(usize::try_from(strategy.limit).ok()?)
            }
            _ => None,
        }
    }
}
