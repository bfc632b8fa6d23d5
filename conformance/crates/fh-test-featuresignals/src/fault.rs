//! Faults: what the server does wrong on the next requests.

use std::time::Duration;

/// One way in which the server misbehaves. Several faults apply to one request if a test arms several.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// 401, which the server also answers if it cannot load its ruleset.
    Unauthorized,
    /// 403.
    Forbidden,
    /// 429, with `Retry-After` in seconds.
    TooManyRequests {
        /// The value of `Retry-After`.
        retry_after: Option<u32>,
    },
    /// This status with an error body, such as 500 or 503.
    Status {
        /// The status.
        status: u16,
        /// The value of `Retry-After`.
        retry_after: Option<u32>,
    },
    /// No answer on an open connection.
    Silence,
    /// The connection is reset.
    Reset,
    /// The correct answer is cut: its length is announced, but only this many bytes follow, and the connection is closed.
    Truncate {
        /// Number of bytes of the body that are sent.
        keep: usize,
    },
    /// Status 200 and the JSON list `[]`.
    List,
    /// Status 200 and a page of HTML, as a proxy answers.
    Page,
    /// Status 200 and this text as JSON.
    Json(String),
    /// A flag that bulk answers with `NOT_FOUND`, although the map has it: it was deleted in between.
    Gone {
        /// The key of the flag.
        flag_key: String,
    },
    /// The answer comes after this time. Its values are those at the time of the request.
    Delay(Duration),
    /// The answer waits until the test releases it. Its values are those at the time of the request.
    Hold,
    /// Status 500 and `streaming unsupported` for a valid request, as the server is shipped. Only streams are affected.
    StreamingUnsupported,
    /// A stream that ends without a last chunk after its first event and this many further ones. Only streams are affected.
    CutStream {
        /// Number of events after `connected`.
        events: u32,
    },
}

impl Fault {
    fn applies_to(&self, route: Route) -> bool {
        match self {
            Self::StreamingUnsupported | Self::CutStream { .. } => route == Route::Stream,
            Self::Gone { .. } => route == Route::Bulk,
            _ => true,
        }
    }
}

/// The requests that a fault affects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Route {
    /// `GET /v1/client/{environment}/flags`.
    Map,
    /// `POST /v1/evaluate`.
    Evaluate,
    /// `POST /v1/evaluate/bulk`.
    Bulk,
    /// `GET /v1/stream/{environment}`.
    Stream,
    /// `GET /health`.
    Health,
    /// All routes but `/health`.
    Any,
}

/// The requests of a route to which a fault applies, counted from the time at which it was armed.
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
struct Armed {
    fault: Fault,
    route: Route,
    times: Times,
    requests: u32,
}

/// The faults that are armed.
#[derive(Clone, Debug, Default)]
pub(crate) struct FaultPlan(Vec<Armed>);

impl FaultPlan {
    pub(crate) fn arm(&mut self, fault: Fault, route: Route, times: Times) {
        if !matches!(times, Times::Next(0) | Times::Nth(0)) {
            self.0.push(Armed { fault, route, times, requests: 0 });
        }
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Returns the faults of the next request of a route, and counts it.
    pub(crate) fn next(&mut self, route: Route) -> Faults {
        let mut faults = Vec::new();
        self.0.retain_mut(|armed| {
            let is_addressed =
                armed.route == route || (armed.route == Route::Any && route != Route::Health);
            if !is_addressed || !armed.fault.applies_to(route) {
                return true;
            }
            armed.requests = armed.requests.saturating_add(1);
            let (applies, is_over) = armed.times.at(armed.requests);
            if applies {
                faults.push(armed.fault.clone());
            }
            !is_over
        });
        Faults(faults)
    }
}

/// The faults of one request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    pub(crate) fn has(&self, fault: &Fault) -> bool {
        self.0.contains(fault)
    }

    /// Returns the first value that `chosen` takes from a fault.
    pub(crate) fn find<T>(&self, chosen: impl Fn(&Fault) -> Option<T>) -> Option<T> {
        self.0.iter().find_map(chosen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(times: Times) -> Vec<bool> {
        let mut plan = FaultPlan::default();
        plan.arm(Fault::Reset, Route::Bulk, times);
        (0..4)
            .map(|_| {
                assert!(!plan.next(Route::Map).has(&Fault::Reset));
                plan.next(Route::Bulk).has(&Fault::Reset)
            })
            .collect()
    }

    #[test]
    fn requests_of_the_route_are_counted() {
        assert_eq!(applied(Times::Next(2)), [true, true, false, false]);
        assert_eq!(applied(Times::Nth(2)), [false, true, false, false]);
        assert_eq!(applied(Times::After(1)), [false, true, true, true]);
        assert_eq!(applied(Times::UntilCleared), [true; 4]);
    }
}
