//! A negative cache of keys that the upstream Edge does not know, so that not every request with such a key is sent upstream.

use std::time::{Duration, Instant};

use quick_cache::sync::Cache;

use super::key::UpstreamKey;
use crate::clock::after;

/// The largest number of unknown keys in the cache. If more are added, others are evicted.
const MOST: usize = 10_000;

#[derive(Debug)]
pub(super) struct UnknownKeys {
    until: Cache<UpstreamKey, Instant>,
    time: Duration,
}

impl UnknownKeys {
    pub(super) fn new(time: Duration) -> Self {
        Self { until: Cache::new(MOST), time }
    }

    /// Adds a key that the upstream Edge does not know. The key counts as unknown for the time that [`Self::new`] was given, unless it is
    /// evicted before.
    pub(super) fn add(&self, key: UpstreamKey, now: Instant) {
        self.until.insert(key, after(now, self.time));
    }

    pub(super) fn has(&self, key: &UpstreamKey, now: Instant) -> bool {
        self.until.get(key).is_some_and(|until| now < until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn key(number: usize) -> UpstreamKey {
        UpstreamKey { environment: Uuid::nil(), secret: format!("key-{number}").into() }
    }

    #[test]
    fn for_some_time_and_not_too_many() {
        let unknown_keys = UnknownKeys::new(Duration::from_secs(60));
        let now = Instant::now();
        unknown_keys.add(key(0), now);
        assert!(
            unknown_keys.has(&key(0), now + Duration::from_secs(59))
                && !unknown_keys.has(&key(1), now)
        );
        assert!(!unknown_keys.has(&key(0), now + Duration::from_secs(60)));
        for number in 0..5 * MOST {
            unknown_keys.add(key(number), now);
        }
        assert!(unknown_keys.until.len() <= MOST);
        assert!(unknown_keys.has(&key(5 * MOST - 1), now));
    }
}
