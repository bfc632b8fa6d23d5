//! Limits the requests per second with one API key from one client network (an IPv4 address, or a /64 network of IPv6).

use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use fh_listen::internal::ClientNetwork;

use super::bucket::{Bucket, Take};
use super::shards::Shards;
use crate::wire::api_key::RequestKey;

/// The largest number of buckets. All requests that would need a further bucket share one bucket.
const MOST_BUCKETS: usize = 65_536;
/// The minimum time between two removals of full buckets, in seconds. A bucket without waiting requests is full again after one second.
const BETWEEN_SWEEPS: f64 = 1.0;

/// The buckets of pairs of a client network and an API key. All unverified keys of a network share a bucket.
pub(super) struct AddressRates {
    per_second: f64,
    /// The hasher of keys and senders. A [`Sender`] holds the hash of its key, so that senders have the same size for all keys. The hash of
    /// a sender selects the lock of its bucket.
    hashes: RandomState,
    buckets: Shards<HashMap<Sender, Bucket>>,
    /// The number of buckets of all senders, without the shared bucket.
    count: AtomicUsize,
    overflow: Mutex<Overflow>,
}

/// The state that is needed only when there are [`MOST_BUCKETS`] buckets: the shared bucket and the time of the last removal.
struct Overflow {
    shared: Bucket,
    /// The time of the last removal of full buckets, in seconds since the start.
    swept: f64,
}

/// The origin of the requests that one bucket counts.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Sender {
    network: ClientNetwork,
    /// The hash of the key. `None` means all unverified keys from this network.
    key: Option<u64>,
}

/// The verification of a request's key. All unverified keys of a client network share one rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyVerification {
    /// For example, a key that an environment of this Edge contains, a configured key of a relay, or a key whose features the upstream Edge
    /// has sent.
    Verified,
    /// A key that a relay may send upstream, but that is neither configured nor known to be valid. A client could send another unverified
    /// key in each request.
    Unverified,
}

impl fmt::Debug for AddressRates {
    /// Writes the limit without the addresses.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AddressRates").field("per_second", &self.per_second).finish_non_exhaustive()
    }
}

impl AddressRates {
    pub(super) fn new(per_second: u32) -> Self {
        let per_second = f64::from(per_second.max(1));
        let overflow = Overflow { shared: Bucket::full(per_second, 0.0), swept: 0.0 };
        Self {
            per_second,
            hashes: RandomState::new(),
            buckets: Shards::default(),
            count: AtomicUsize::new(0),
            overflow: Mutex::new(overflow),
        }
    }

    /// Takes a token with `take` from the bucket that counts requests with this key from this address.
    ///
    /// # Errors
    /// Returns the error of `take`.
    pub(super) fn take(
        &self,
        address: IpAddr,
        key: &RequestKey<'_>,
        verification: KeyVerification,
        now: f64,
        take: Take,
    ) -> Result<(), u64> {
        let sender = self.sender(address, key, verification);
        self.with_bucket(sender, now, |bucket| take(bucket, self.per_second, now))
    }

    fn sender(
        &self,
        address: IpAddr,
        key: &RequestKey<'_>,
        verification: KeyVerification,
    ) -> Sender {
        let hash = || self.hashes.hash_one((key.environment, key.secret));
        let key = (verification == KeyVerification::Verified).then(hash);
        Sender { network: ClientNetwork::of(address), key }
    }

    /// Calls a function with the bucket of a sender. If there are [`MOST_BUCKETS`] buckets of other senders, even after a removal of full
    /// buckets, calls the function with the shared bucket.
    fn with_bucket<T>(&self, sender: Sender, now: f64, with: impl FnOnce(&mut Bucket) -> T) -> T {
        let hash = self.hashes.hash_one(sender);
        let mut buckets = self.buckets.of(hash);
        if self.count.load(Ordering::Relaxed) >= MOST_BUCKETS && !buckets.contains_key(&sender) {
            drop(buckets);
            self.sweep(now);
            buckets = self.buckets.of(hash);
        }
        if let Some(bucket) = buckets.get_mut(&sender) {
            return with(bucket);
        }
        let one_more = |count| (count < MOST_BUCKETS).then_some(count + 1);
        if self.count.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more).is_ok() {
            return with(buckets.entry(sender).or_insert(Bucket::full(self.per_second, now)));
        }
        drop(buckets);
        with(&mut self.overflow().shared)
    }

    /// Removes full buckets, unless the last removal was less than [`BETWEEN_SWEEPS`] seconds ago.
    fn sweep(&self, now: f64) {
        {
            let mut overflow = self.overflow();
            if now - overflow.swept < BETWEEN_SWEEPS {
                return;
            }
            overflow.swept = now;
        }
        for mut buckets in self.buckets.each() {
            let before = buckets.len();
            buckets.retain(|_, bucket| !bucket.is_full(self.per_second, self.per_second, now));
            self.count.fetch_sub(before - buckets.len(), Ordering::Relaxed);
        }
    }

    fn overflow(&self) -> MutexGuard<'_, Overflow> {
        self.overflow.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const KEY: RequestKey<'static> = RequestKey { environment: Uuid::nil(), secret: "a" };
    const OTHER: RequestKey<'static> = RequestKey { environment: Uuid::nil(), secret: "b" };

    /// Returns the number of buckets, which is also the number that is counted.
    fn held(rates: &AddressRates) -> usize {
        let held = rates.buckets.each().map(|buckets| buckets.len()).sum();
        assert_eq!(rates.count.load(Ordering::Relaxed), held);
        held
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn each_network_has_a_bucket_for_each_key() {
        let rates = AddressRates::new(2);
        let take = |from, key, now| {
            rates.take(address(from), key, KeyVerification::Verified, now, Bucket::take_one)
        };
        for host in ["2001:db8::1", "2001:db8::2"] {
            assert_eq!(take(host, &KEY, 0.0), Ok(()));
        }
        assert_eq!(take("2001:db8::3", &KEY, 0.0), Err(1));
        assert_eq!(take("2001:db8::3", &OTHER, 0.0), Ok(()));
        assert_eq!(take("2001:db8:0:1::1", &KEY, 0.0), Ok(()));
        assert_eq!(take("192.0.2.1", &KEY, 0.0), Ok(()));
        assert_eq!(take("2001:db8::3", &KEY, 0.5), Ok(()));
    }

    #[test]
    fn unverified_keys_of_an_address_share_a_bucket() {
        let rates = AddressRates::new(1);
        let take = |from, key, verification| {
            rates.take(address(from), key, verification, 0.0, Bucket::take_one)
        };
        assert_eq!(take("192.0.2.1", &KEY, KeyVerification::Unverified), Ok(()));
        assert_eq!(take("192.0.2.1", &OTHER, KeyVerification::Unverified), Err(1));
        assert_eq!(take("192.0.2.1", &OTHER, KeyVerification::Verified), Ok(()));
        assert_eq!(take("192.0.2.2", &OTHER, KeyVerification::Unverified), Ok(()));
    }

    #[test]
    fn many_addresses_take_bounded_memory_and_share_one_rate() {
        let rates = AddressRates::new(1);
        let take = |number: u32, now| {
            rates.take(
                IpAddr::V4(number.into()),
                &KEY,
                KeyVerification::Verified,
                now,
                Bucket::take_one,
            )
        };
        let most = u32::try_from(MOST_BUCKETS).unwrap();
        for number in 0..most {
            assert_eq!(take(number, 0.5), Ok(()));
        }
        assert_eq!(take(most, 0.5), Ok(()), "the token of the shared bucket");
        assert_eq!(take(most + 1, 0.5), Err(1));
        assert_eq!(take(3, 0.5), Err(1), "an address that is held keeps its bucket");
        assert_eq!(held(&rates), MOST_BUCKETS);
        // A second later all buckets are full again and are removed.
        assert_eq!(take(most + 2, 1.5), Ok(()));
        assert_eq!(take(most + 3, 1.5), Ok(()));
        assert_eq!(held(&rates), 2);
    }

    /// A bucket with queued streams is kept when others are removed.
    #[test]
    fn a_queue_outlasts_a_sweep() {
        let rates = AddressRates::new(1);
        let greedy = address("192.0.2.1");
        let queue =
            |now| rates.take(greedy, &KEY, KeyVerification::Verified, now, Bucket::queue_one);
        assert_eq!(queue(0.0), Ok(()));
        assert_eq!((queue(0.0), queue(0.0), queue(0.0)), (Err(1), Err(2), Err(3)));
        rates.sweep(2.0);
        assert_eq!(queue(2.0), Err(2));
    }
}
