//! A listener that a scenario added.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use serde_json::json;

use crate::adapter::{Adapter, Observed};
use crate::protocol::{Called, Event};

use super::patience;
use super::scenario::Verdict;
use super::stop::Stop;

/// A listener of a client, by its name.
#[derive(Debug, Clone)]
pub struct SdkListener {
    pub(super) adapter: Rc<RefCell<Adapter>>,
    pub(super) client: String,
    pub(super) name: String,
}

impl SdkListener {
    /// Returns the listener's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the calls so far.
    #[must_use]
    pub fn calls(&self) -> Vec<Called> {
        self.of(self.adapter.borrow_mut().events(), |_| true)
    }

    /// Waits until the listener was called `count` times, and returns its calls, which may be more.
    ///
    /// # Errors
    /// The failed check, if there are fewer calls after a long time.
    pub fn until_calls(&self, label: &str, count: usize) -> Result<Vec<Called>, Stop> {
        self.until_calls_where(label, count, |_| true)
    }

    /// Waits until `count` calls satisfy the condition, and returns the calls that do, which may be more.
    ///
    /// # Errors
    /// The failed check, if there are fewer such calls after a long time.
    pub fn until_calls_where(
        &self,
        label: &str,
        count: usize,
        condition: impl Fn(&Called) -> bool,
    ) -> Result<Vec<Called>, Stop> {
        let enough = |events: &[Observed]| {
            Some(self.of(events, &condition)).filter(|calls| calls.len() >= count)
        };
        let calls = self.adapter.borrow_mut().wait_for_events(patience(), enough);
        calls.ok_or_else(|| {
            let calls = self.calls();
            Stop::failed(label, number_of_calls(count), in_words(&calls))
        })
    }

    /// Waits until a call satisfies the condition, and returns that call.
    ///
    /// # Errors
    /// The failed check, if no call does after a long time.
    pub fn until_call(
        &self,
        label: &str,
        expected: &str,
        condition: impl Fn(&Called) -> bool,
    ) -> Result<Called, Stop> {
        let found = |events: &[Observed]| self.of(events, &condition).into_iter().next();
        let call = self.adapter.borrow_mut().wait_for_events(patience(), found);
        call.ok_or_else(|| Stop::failed(label, expected, in_words(&self.calls())))
    }

    /// Checks that the listener is not called more than `count` times within a time from now.
    ///
    /// # Errors
    /// The failed check.
    pub fn no_more_than(&self, label: &str, count: usize, watch: Duration) -> Verdict {
        self.no_more_where(label, count, watch, |_| true)
    }

    /// Checks that at most `count` calls satisfy the condition within a time from now.
    ///
    /// # Errors
    /// The failed check.
    pub fn no_more_where(
        &self,
        label: &str,
        count: usize,
        watch: Duration,
        condition: impl Fn(&Called) -> bool,
    ) -> Verdict {
        let more = |events: &[Observed]| {
            Some(self.of(events, &condition)).filter(|calls| calls.len() > count)
        };
        match self.adapter.borrow_mut().watch_events(watch, more) {
            None => Ok(()),
            Some(calls) => {
                let expected = format!("at most {}", number_of_calls(count));
                Err(Stop::failed(label, expected, in_words(&calls)))
            }
        }
    }

    fn of(&self, events: &[Observed], condition: impl Fn(&Called) -> bool) -> Vec<Called> {
        let calls = events.iter().filter_map(|observed| match &observed.event {
            Event::Called(called) => Some(&**called),
            Event::Wrong { .. } | Event::Closed { .. } => None,
        });
        let own = |called: &&Called| called.client == self.client && called.listener == self.name;
        calls.filter(own).filter(|called| condition(called)).cloned().collect()
    }
}

fn number_of_calls(count: usize) -> String {
    if count == 1 { "1 call".to_owned() } else { format!("{count} calls") }
}

/// Returns the calls of a listener as the actual result of a check.
fn in_words(calls: &[Called]) -> String {
    match calls {
        [] => "the listener was not called".to_owned(),
        calls => {
            let each: Vec<String> = calls.iter().map(|call| json!(call).to_string()).collect();
            format!("{}: {}", number_of_calls(calls.len()), each.join(" "))
        }
    }
}
