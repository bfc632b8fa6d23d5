//! Limits the requests per second with token buckets: the requests with a key, and the requests with a key from one client network.

mod addresses;
mod bucket;
mod failed_attempts;
mod shards;

use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::time::Instant;

use self::addresses::AddressRates;
pub(crate) use self::addresses::KeyVerification;
pub(crate) use self::bucket::{Bucket, Take};
pub(crate) use self::failed_attempts::FailedAttempts;
use self::shards::Shards;
use crate::options::Options;
use crate::wire::api_key::RequestKey;

/// The token buckets of keys, and of pairs of a key and a client network.
pub(crate) struct Rates {
    per_second: Option<f64>,
    /// The buckets of addresses; `None` if requests are not counted by address. A request first takes a token here. A request that finds no
    /// token here takes none of its key at that time.
    of_addresses: Option<AddressRates>,
    started: Instant,
    /// The hasher of keys. The hash of a key identifies its bucket, and also selects the lock of that bucket.
    hashes: RandomState,
    buckets: Shards<Buckets>,
}

/// The rate limit that a request exceeds, with the number of seconds to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Beyond {
    /// The limit per address. The request took no token of the key's own bucket.
    PerAddress(u64),
    /// The limit on requests with the key from all addresses together.
    PerKey(u64),
}

impl Beyond {
    /// Returns a description of the exceeded limit, for the body of the response.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::PerAddress(_) => "too many requests with this key from this address",
            Self::PerKey(_) => "too many requests with this key",
        }
    }

    /// Returns the number of seconds to wait before a retry.
    pub(crate) const fn seconds(self) -> u64 {
        match self {
            Self::PerAddress(seconds) | Self::PerKey(seconds) => seconds,
        }
    }
}

#[derive(Debug, Default)]
struct Buckets {
    by_key: HashMap<u64, Bucket>,
    /// The number of buckets at which a new bucket causes the removal of all full buckets. If this number is below [`FEW`], [`FEW`] counts
    /// instead. A full bucket has the same effect as no bucket.
    sweep_at: usize,
}

/// The minimum number of buckets behind a lock at which full buckets are removed. If there are fewer buckets, full buckets are kept.
const FEW: usize = 32;

impl fmt::Debug for Rates {
    /// Writes the limits without the keys.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rates")
            .field("per_second", &self.per_second)
            .field("of_addresses", &self.of_addresses)
            .finish_non_exhaustive()
    }
}

impl Rates {
    pub(crate) fn new(options: &Options) -> Self {
        Self {
            per_second: options.requests_per_second.map(|rate| f64::from(rate.max(1))),
            of_addresses: options.requests_per_second_per_address.map(AddressRates::new),
            started: Instant::now(),
            hashes: RandomState::new(),
            buckets: Shards::default(),
        }
    }

    /// Returns true if requests are also counted by address, and not only by key.
    pub(crate) const fn count_addresses(&self) -> bool {
        self.of_addresses.is_some()
    }

    /// Takes one token from the bucket of the address and one from the bucket of the key, with [`Bucket::take_one`], or with
    /// [`Bucket::queue_one`] for a request that can wait. If addresses are not counted, or if `address` is `None`, only the key's token is
    /// taken. Without a limit per key, no token of the key is taken. `verification` is called only if the request is counted by address.
    ///
    /// # Errors
    /// Returns [`Beyond`] with the time to wait, if one of the two buckets has less than one token. A token that was taken from the bucket
    /// of the address before is not returned. A request that waits for its address takes the token of its key only after that wait; see
    /// [`Self::queue_for_key`].
    pub(crate) fn take(
        &self,
        key: &RequestKey<'_>,
        address: Option<IpAddr>,
        verification: impl FnOnce() -> KeyVerification,
        take: Take,
    ) -> Result<(), Beyond> {
        if let (Some(rates), Some(address)) = (&self.of_addresses, address) {
            let taken = rates.take(address, key, verification(), self.now(), take);
            taken.map_err(Beyond::PerAddress)?;
        }
        self.count_for_key(key, take).map_err(Beyond::PerKey)
    }

    /// Takes a token from the bucket of the key for a request that can wait, even if the bucket has no token.
    ///
    /// # Errors
    /// Returns the number of seconds that the request has to wait, if the bucket had less than one token.
    pub(crate) fn queue_for_key(&self, key: &RequestKey<'_>) -> Result<(), u64> {
        self.count_for_key(key, Bucket::queue_one)
    }

    fn count_for_key(&self, key: &RequestKey<'_>, take: Take) -> Result<(), u64> {
        self.per_second.map_or(Ok(()), |rate| self.take_at(key, rate, self.now(), take))
    }

    fn now(&self) -> f64 {
        self.started.elapsed().as_secs_f64()
    }

    fn take_at(&self, key: &RequestKey<'_>, rate: f64, now: f64, take: Take) -> Result<(), u64> {
        let hash = self.hash(key);
        take(self.buckets.of(hash).bucket(hash, rate, now), rate, now)
    }

    fn hash(&self, key: &RequestKey<'_>) -> u64 {
        self.hashes.hash_one((key.environment, key.secret))
    }
}

impl Buckets {
    /// Returns the bucket of the key with this hash. A new bucket is full.
    fn bucket(&mut self, hash: u64, rate: f64, now: f64) -> &mut Bucket {
        if self.by_key.len() >= self.sweep_at.max(FEW) && !self.by_key.contains_key(&hash) {
            self.by_key.retain(|_, bucket| !bucket.is_full(rate, rate, now));
            self.sweep_at = self.by_key.len() * 2;
        }
        self.by_key.entry(hash).or_insert_with(|| Bucket::full(rate, now))
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn rates(per_second: u32) -> Rates {
        Rates::new(&Options { requests_per_second: Some(per_second), ..Options::default() })
    }

    /// One of many users of a key sends too many requests. Polls beyond the limit of the address take no token of the key. Streams beyond
    /// this limit take none before they have waited.
    #[test]
    fn an_address_beyond_its_limit_does_not_drain_its_key() {
        let options = Options {
            requests_per_second: Some(5),
            requests_per_second_per_address: Some(2),
            ..Options::default()
        };
        let rates = Rates::new(&options);
        let key = RequestKey { environment: Uuid::nil(), secret: "a" };
        let address = |host: u8| Some(IpAddr::from([192, 0, 2, host]));
        let known = || KeyVerification::Verified;
        assert_eq!(rates.take(&key, address(1), known, Bucket::take_one), Ok(()));
        assert_eq!(rates.take(&key, address(1), known, Bucket::queue_one), Ok(()));
        for _ in 0..50 {
            let beyond = |outcome| matches!(outcome, Ok(()) | Err(Beyond::PerAddress(1..)));
            assert!(beyond(rates.take(&key, address(1), known, Bucket::take_one)));
            assert!(beyond(rates.take(&key, address(1), known, Bucket::queue_one)));
        }
        for host in [2, 3] {
            assert_eq!(rates.take(&key, address(host), known, Bucket::take_one), Ok(()));
        }
        assert_eq!(
            rates.take(&key, None, known, Bucket::take_one),
            Ok(()),
            "an address that is not known"
        );
        let others = (4..50).map(|host| rates.take(&key, address(host), known, Bucket::take_one));
        let refused: Vec<_> = others.filter_map(Result::err).collect();
        assert!(!refused.is_empty() && refused.iter().all(|why| *why == Beyond::PerKey(1)));
    }

    #[test]
    fn a_second_holds_as_many_as_the_rate() {
        let rates = rates(3);
        let key = |secret| RequestKey { environment: Uuid::nil(), secret };
        for _ in 0..3 {
            assert_eq!(rates.take_at(&key("a"), 3.0, 0.0, Bucket::take_one), Ok(()));
        }
        assert_eq!(rates.take_at(&key("a"), 3.0, 0.0, Bucket::take_one), Err(1));
        assert_eq!(rates.take_at(&key("b"), 3.0, 0.0, Bucket::take_one), Ok(()));
        assert_eq!(rates.take_at(&key("a"), 3.0, 0.34, Bucket::take_one), Ok(()));
        assert_eq!(rates.take_at(&key("a"), 3.0, 0.34, Bucket::take_one), Err(1));
        // The bucket holds no more than that, even after a long pause.
        let all_at_once =
            (0..9).filter(|_| rates.take_at(&key("a"), 3.0, 1000.0, Bucket::take_one).is_ok());
        assert_eq!(all_at_once.count(), 3);
        let unlimited = Rates::new(&Options::default());
        assert!((0..9).all(|_| {
            unlimited.take(&key("a"), None, || KeyVerification::Verified, Bucket::take_one).is_ok()
        }));
    }

    /// The requests of a queue wait as long as the rate requires, but at most one minute.
    #[test]
    fn a_queue_moves_at_the_rate() {
        let rates = rates(3);
        let key = RequestKey { environment: Uuid::nil(), secret: "a" };
        let mut waits =
            (0..1000).map(|_| rates.take_at(&key, 3.0, 0.0, Bucket::queue_one).err().unwrap_or(0));
        assert!(waits.by_ref().take(9).eq([0, 0, 0, 1, 1, 1, 2, 2, 2]));
        assert_eq!(waits.last(), Some(60));
        // A request that is not queued gets the time when the queue will be empty.
        assert_eq!(rates.take_at(&key, 3.0, 0.0, Bucket::take_one), Err(61));
        assert_eq!(rates.take_at(&key, 3.0, 61.0, Bucket::take_one), Ok(()));
        assert_eq!(rates.take_at(&key, 3.0, 1000.0, Bucket::queue_one), Ok(()));
    }

    #[test]
    fn keys_that_do_not_come_again_are_forgotten() {
        let rates = rates(1);
        let take = |secret: &str, now: f64| {
            rates.take_at(
                &RequestKey { environment: Uuid::nil(), secret },
                1.0,
                now,
                Bucket::take_one,
            )
        };
        for number in 0..10_240 {
            let now = f64::from(number) / 1024.0;
            assert_eq!(take(&number.to_string(), now), Ok(()));
            assert_eq!(
                take(&number.to_string(), now),
                Err(1),
                "the bucket that was just used is kept"
            );
        }
        let count: usize = rates.buckets.each().map(|buckets| buckets.by_key.len()).sum();
        assert!(count <= 4096, "{count}");
    }
}
