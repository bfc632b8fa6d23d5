//! A token bucket.

/// The longest wait of a request in a queue, in seconds. A request that would wait longer waits this long.
const LONGEST_QUEUE: f64 = 60.0;

/// A token bucket: requests take tokens, which are refilled at a constant rate.
#[derive(Debug)]
pub(crate) struct Bucket {
    tokens: f64,
    filled: f64,
}

/// A function that takes a token at a rate and a time: [`Bucket::take_one`] or [`Bucket::queue_one`].
pub(crate) type Take = fn(&mut Bucket, f64, f64) -> Result<(), u64>;

impl Bucket {
    /// Creates a bucket that holds `most` tokens at the time `now`, in seconds.
    pub(crate) const fn full(most: f64, now: f64) -> Self {
        Self { tokens: most, filled: now }
    }

    /// Refills the bucket with `per_second` tokens a second, up to `most` tokens, and checks that it holds at least one token.
    ///
    /// # Errors
    /// Returns the number of seconds until the bucket holds a token.
    pub(crate) fn has_one(&mut self, per_second: f64, most: f64, now: f64) -> Result<(), u64> {
        self.fill(per_second, most, now);
        if self.tokens >= 1.0 {
            return Ok(());
        }
        // All rates are at least half a token per second, so the number of seconds is small.
        Err(((1.0 - self.tokens) / per_second).ceil() as u64)
    }

    fn fill(&mut self, per_second: f64, most: f64, now: f64) {
        self.tokens = (self.tokens + (now - self.filled).max(0.0) * per_second).min(most);
        self.filled = now;
    }

    /// Takes a token, even if the bucket holds no token. The number of tokens may become negative.
    pub(crate) fn take(&mut self) {
        self.tokens -= 1.0;
    }

    /// Takes a token from a bucket that holds at most the tokens of one second.
    ///
    /// # Errors
    /// Returns the number of seconds until the bucket holds a token.
    pub(crate) fn take_one(&mut self, rate: f64, now: f64) -> Result<(), u64> {
        self.has_one(rate, rate, now)?;
        self.take();
        Ok(())
    }

    /// Takes a token from a bucket that holds at most the tokens of one second, even if it holds no token.
    ///
    /// # Errors
    /// Returns the number of seconds that the request has to wait, if the bucket held less than one token.
    pub(crate) fn queue_one(&mut self, rate: f64, now: f64) -> Result<(), u64> {
        self.fill(rate, rate, now);
        self.take();
        // A request beyond the longest queue waits as long as the last request of the queue.
        self.tokens = self.tokens.max(-rate * LONGEST_QUEUE);
        if self.tokens >= 0.0 { Ok(()) } else { Err((-self.tokens / rate).ceil() as u64) }
    }

    /// Returns true if the bucket would be full after refilling it at the time `now`.
    pub(crate) fn is_full(&self, per_second: f64, most: f64, now: f64) -> bool {
        self.tokens + (now - self.filled).max(0.0) * per_second >= most
    }
}
