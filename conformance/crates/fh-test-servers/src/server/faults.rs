//! Faults: what a server does wrong on the next requests.

use std::time::Duration;

use serde::{Deserialize, Deserializer};

/// Reads the time of a fault, a number of milliseconds.
pub(crate) fn milliseconds<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    u64::deserialize(from).map(Duration::from_millis)
}

/// The requests to which a fault applies, counted from the time at which it was armed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Times {
    /// The next requests, this many.
    Next(u32),
    /// Only the request of this number. The next one has number 1.
    Nth(u32),
    /// All requests after this many, until the faults are cleared.
    After(u32),
    /// All requests until the faults are cleared.
    UntilCleared,
}

impl Times {
    /// Returns whether a fault applies to the request of a number, and whether it is over then.
    fn at(self, number: u32) -> (bool, bool) {
        match self {
            Self::Next(count) => (number <= count, number >= count),
            Self::Nth(wanted) => (number == wanted, number >= wanted),
            Self::After(count) => (number > count, false),
            Self::UntilCleared => (true, false),
        }
    }
}

#[derive(Clone, Debug)]
struct Armed<F> {
    fault: F,
    times: Times,
    requests: u32,
}

/// The faults that are armed.
#[derive(Clone, Debug)]
pub(crate) struct FaultPlan<F>(Vec<Armed<F>>);

impl<F> Default for FaultPlan<F> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<F> FaultPlan<F> {
    /// Adds a fault.
    pub(crate) fn arm(&mut self, fault: F, times: Times) {
        if !matches!(times, Times::Next(0) | Times::Nth(0)) {
            self.0.push(Armed { fault, times, requests: 0 });
        }
    }

    /// Removes all faults.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Returns the faults that are armed.
    #[cfg(feature = "featbit")]
    pub(crate) fn armed(&self) -> impl Iterator<Item = &F> {
        self.0.iter().map(|armed| &armed.fault)
    }

    /// Returns the faults of the next request, and counts it. `addressed` returns a fault if the request is one that it affects.
    pub(crate) fn next<T>(&mut self, addressed: impl Fn(&F) -> Option<T>) -> Faults<T> {
        let mut faults = Vec::new();
        self.0.retain_mut(|armed| {
            let Some(fault) = addressed(&armed.fault) else { return true };
            armed.requests = armed.requests.saturating_add(1);
            let (applies, is_over) = armed.times.at(armed.requests);
            faults.extend(applies.then_some(fault));
            !is_over
        });
        Faults(faults)
    }
}

/// The faults of one request.
#[derive(Clone, Debug)]
pub(crate) struct Faults<F>(Vec<F>);

impl<F: PartialEq> Faults<F> {
    /// Returns true if the fault is one of them.
    pub(crate) fn has(&self, fault: &F) -> bool {
        self.0.contains(fault)
    }

    /// Returns the faults.
    #[cfg(feature = "featbit")]
    pub(crate) fn iter(&self) -> impl Iterator<Item = &F> {
        self.0.iter()
    }

    /// Returns the first value that `chosen` takes from a fault.
    pub(crate) fn find<T>(&self, chosen: impl Fn(&F) -> Option<T>) -> Option<T> {
        self.0.iter().find_map(chosen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(times: Times) -> Vec<bool> {
        let mut plan = FaultPlan::default();
        plan.arm("reset", times);
        let mut next =
            |route: &str| plan.next(|fault| (route == "bulk").then_some(*fault)).has(&"reset");
        let of_route = |_| {
            assert!(!next("map"));
            next("bulk")
        };
        (0..4).map(of_route).collect()
    }

    #[test]
    fn requests_of_the_route_are_counted() {
        assert_eq!(applied(Times::Next(2)), [true, true, false, false]);
        assert_eq!(applied(Times::Nth(2)), [false, true, false, false]);
        assert_eq!(applied(Times::After(1)), [false, true, true, true]);
        assert_eq!(applied(Times::UntilCleared), [true; 4]);
    }
}
