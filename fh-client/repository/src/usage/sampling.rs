//! Sampling and deduplication, which select the evaluations that an observer gets.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::num::NonZeroU32;

use fh_eval::{Attributes, Timestamp, Value};

use super::Deduplicate;
use super::event::user_key;
use crate::answer::Answer;
use crate::sync::{AtomicU64, Mutex, Ordering, lock};
use crate::system::System;

/// The properties by which evaluations are compared. Their hash is computed only when it is needed.
pub(crate) struct Fingerprint<'a> {
    key: &'a str,
    answer: &'a Answer<'a>,
    context: Option<(&'a Attributes, System)>,
}

impl<'a> Fingerprint<'a> {
    pub(crate) const fn new(
        key: &'a str,
        answer: &'a Answer<'a>,
        context: Option<(&'a Attributes, System)>,
    ) -> Self {
        Self { key, answer, context }
    }

    pub(super) fn hash(&self) -> u64 {
        let mut state = DefaultHasher::new();
        self.key.hash(&mut state);
        match self.answer.value() {
            None => 0_u8.hash(&mut state),
            Some(Value::Bool(value)) => (1_u8, value).hash(&mut state),
            Some(Value::Number(number)) => (2_u8, number.as_str()).hash(&mut state),
            Some(Value::Text(text)) => (3_u8, &*text).hash(&mut state),
            Some(Value::Json(text)) => (4_u8, &*text).hash(&mut state),
            Some(other) => (5_u8, other.to_string()).hash(&mut state),
        }
        self.answer.strategy_id().hash(&mut state);
        self.answer.interceptor().hash(&mut state);
        match self.context.map(|(attributes, system)| (user_key(attributes, system), attributes)) {
            None => 0_u8.hash(&mut state),
            Some((Some(user), _)) => (1_u8, user).hash(&mut state),
            Some((None, attributes)) => {
                for (name, values) in attributes.iter() {
                    (2_u8, name).hash(&mut state);
                    for value in values {
                        (3_u8, value).hash(&mut state);
                    }
                }
            }
        }
        state.finish()
    }
}

/// The selection of the evaluations that are passed to one observer.
pub(crate) struct Sampling {
    one_of: u64,
    count: AtomicU64,
    recent: Option<Mutex<Recent>>,
}

impl Sampling {
    pub(crate) fn new(one_of: NonZeroU32, deduplicate: Option<Deduplicate>) -> Self {
        Self {
            one_of: u64::from(one_of.get()),
            count: AtomicU64::new(0),
            recent: deduplicate.map(|options| Mutex::new(Recent::new(options))),
        }
    }

    /// Returns true if an evaluation is passed to the observer. Repetitions are removed before sampling, so that the sample consists of
    /// different evaluations.
    pub(crate) fn lets_through(
        &self,
        fingerprint: &Fingerprint<'_>,
        clock: impl Fn() -> Timestamp,
    ) -> bool {
        if let Some(recent) = &self.recent {
            let hash = fingerprint.hash();
            if !lock(recent).is_news(hash, clock()) {
                return false;
            }
        }
        self.one_of == 1 || self.count.fetch_add(1, Ordering::Relaxed).is_multiple_of(self.one_of)
    }
}

/// The recent evaluations that were not left out as repetitions, in two halves. When the younger half is full, it replaces the older half,
/// which is forgotten.
struct Recent {
    window: i64,
    half: usize,
    younger: HashMap<u64, Timestamp>,
    older: HashMap<u64, Timestamp>,
}

impl Recent {
    fn new(options: Deduplicate) -> Self {
        Self {
            window: i64::try_from(options.window.as_millis()).unwrap_or(i64::MAX),
            half: options.remembered.div_ceil(2).max(1),
            younger: HashMap::new(),
            older: HashMap::new(),
        }
    }

    fn is_news(&mut self, hash: u64, now: Timestamp) -> bool {
        let last = self.younger.get(&hash).or_else(|| self.older.get(&hash));
        let is_repeated = last.is_some_and(|last| {
            let age = now.as_millis().saturating_sub(last.as_millis());
            // If the clock was set back, the age is unknown, so the evaluation counts as new.
            (0..self.window).contains(&age)
        });
        if is_repeated {
            return false;
        }
        if self.younger.len() >= self.half && !self.younger.contains_key(&hash) {
            self.older = std::mem::take(&mut self.younger);
        }
        self.younger.insert(hash, now);
        true
    }
}
