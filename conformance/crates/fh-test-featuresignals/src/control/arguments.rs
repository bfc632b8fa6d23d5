//! The arguments of commands. Unknown members are errors, so that a misspelt one is noticed.

use std::time::Duration;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use crate::fault::{self, Times};
use crate::record::Record;

/// Declares the arguments of a command, which have the member `do` too.
macro_rules! arguments {
    ($($(#[$attribute:meta])* $name:ident { $($(#[$on:meta])* $member:ident: $type:ty),* $(,)? })*) => {$(
        $(#[$attribute])*
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields, rename_all = "camelCase")]
        pub(super) struct $name {
            #[expect(dead_code, reason = "it has chosen this type")]
            r#do: IgnoredAny,
            $($(#[$on])* pub(super) $member: $type),*
        }
    )*};
}

arguments! {
    Nothing {}
    Of { environment: Option<String> }
    Put { record: Box<RawValue> }
    PutState { environment: Option<String>, name: String, record: Box<RawValue> }
    Switch { environment: Option<String>, name: String, enabled: bool }
    StateOf { environment: Option<String>, name: String }
    Name { name: String }
    Ruleset { environment: Option<String>, ruleset: Box<RawValue> }
    AddEnvironment { slug: String }
    Time { at: Option<String> }
    Lifetime { ms: u64 }
    CutStreams { #[serde(default)] reset: bool }
    /// A fault applies until faults are cleared, or to the requests of one of `next`, `nth` and `after`.
    Arm {
        fault: Fault,
        #[serde(default)] route: Route,
        next: Option<u32>,
        nth: Option<u32>,
        after: Option<u32>,
    }
    /// Each condition is a minimum, but `openStreams` is exact.
    WaitFor {
        #[serde(default = "ten_seconds")] timeout_ms: u64,
        connections: Option<usize>,
        requests: Option<usize>,
        answered: Option<usize>,
        streams: Option<usize>,
        events: Option<usize>,
        open_streams: Option<usize>,
    }
}

fn ten_seconds() -> u64 {
    10_000
}

impl Arm {
    /// Returns the fault and the requests to which it applies.
    pub(super) fn armed(self) -> Result<(fault::Fault, fault::Route, Times), String> {
        let times = match (self.next, self.nth, self.after) {
            (None, None, None) => Times::UntilCleared,
            (Some(count), None, None) => Times::Next(count),
            (None, Some(number), None) => Times::Nth(number),
            (None, None, Some(count)) => Times::After(count),
            _ => return Err("only one of next, nth and after can be given".to_owned()),
        };
        Ok((self.fault.into(), self.route.into(), times))
    }
}

impl WaitFor {
    pub(super) fn are_met(&self, record: &Record) -> bool {
        let minimums = [
            (self.connections, record.connections.len()),
            (self.requests, record.requests.len()),
            (self.answered, record.answered()),
            (self.streams, record.streams.len()),
            (self.events, record.events()),
        ];
        minimums.iter().all(|(minimum, count)| minimum.is_none_or(|minimum| *count >= minimum))
            && self.open_streams.is_none_or(|count| record.open_streams() == count)
    }
}

/// A fault as a text, or as an object with one member whose value has the details.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(super) enum Fault {
    Unauthorized,
    Forbidden,
    TooManyRequests { retry_after: Option<u32> },
    Status { status: u16, retry_after: Option<u32> },
    Silence,
    Reset,
    Truncate { keep: usize },
    List,
    Page,
    Json { text: String },
    Gone { flag_key: String },
    Delay { ms: u64 },
    Hold,
    StreamingUnsupported,
    CutStream { events: u32 },
}

impl From<Fault> for fault::Fault {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Unauthorized => Self::Unauthorized,
            Fault::Forbidden => Self::Forbidden,
            Fault::TooManyRequests { retry_after } => Self::TooManyRequests { retry_after },
            Fault::Status { status, retry_after } => Self::Status { status, retry_after },
            Fault::Silence => Self::Silence,
            Fault::Reset => Self::Reset,
            Fault::Truncate { keep } => Self::Truncate { keep },
            Fault::List => Self::List,
            Fault::Page => Self::Page,
            Fault::Json { text } => Self::Json(text),
            Fault::Gone { flag_key } => Self::Gone { flag_key },
            Fault::Delay { ms } => Self::Delay(Duration::from_millis(ms)),
            Fault::Hold => Self::Hold,
            Fault::StreamingUnsupported => Self::StreamingUnsupported,
            Fault::CutStream { events } => Self::CutStream { events },
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Route {
    Map,
    Evaluate,
    Bulk,
    Stream,
    Health,
    #[default]
    Any,
}

impl From<Route> for fault::Route {
    fn from(route: Route) -> Self {
        match route {
            Route::Map => Self::Map,
            Route::Evaluate => Self::Evaluate,
            Route::Bulk => Self::Bulk,
            Route::Stream => Self::Stream,
            Route::Health => Self::Health,
            Route::Any => Self::Any,
        }
    }
}
