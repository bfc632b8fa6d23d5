//! The arguments of commands. Unknown members are errors, so that a misspelt one is noticed.

use std::time::Duration;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use crate::fault::{self, Times};
use crate::record::Record;
use crate::script;

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
    Put { environment: Option<String>, record: Box<RawValue> }
    Name { environment: Option<String>, name: String }
    Archive { environment: Option<String>, name: String, #[serde(default = "yes")] archived: bool }
    ReplaceAll { environment: Option<String>, flags: Vec<Box<RawValue>>, segments: Vec<Box<RawValue>> }
    PushText { environment: Option<String>, text: String }
    Arm { fault: Fault, times: Option<u32> }
    Script { route: Route, answers: Vec<Answer> }
    Clock { offset_ms: i64 }
    Drop { #[serde(default)] reset: bool }
    Close { code: u16, #[serde(default)] reason: String }
    /// Each condition is a minimum, but `openSockets` is exact.
    WaitFor {
        #[serde(default = "ten_seconds")] timeout_ms: u64,
        connections: Option<usize>,
        requests: Option<usize>,
        upgrades: Option<usize>,
        sockets_opened: Option<usize>,
        open_sockets: Option<usize>,
        messages: Option<usize>,
        insights: Option<usize>,
        closes: Option<usize>,
        pongs: Option<usize>,
    }
}

fn yes() -> bool {
    true
}

fn ten_seconds() -> u64 {
    10_000
}

impl WaitFor {
    pub(super) fn are_met(&self, record: &Record) -> bool {
        let minimums = [
            (self.connections, record.connections.len()),
            (self.requests, record.requests.len()),
            (self.upgrades, record.upgrades.len()),
            (self.sockets_opened, record.sockets_opened),
            (self.messages, record.messages.len()),
            (self.insights, record.insights.len()),
            (self.closes, record.closes.len()),
            (self.pongs, record.pongs),
        ];
        minimums.iter().all(|(minimum, count)| minimum.is_none_or(|minimum| *count >= minimum))
            && self.open_sockets.is_none_or(|count| record.open_sockets == count)
    }
}

/// Returns how often a fault applies. Without a number, until faults are cleared.
pub(super) fn times(times: Option<u32>) -> Times {
    times.map_or(Times::UntilCleared, Times::Next)
}

/// A fault as a text, or as an object with one member whose value has the details.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(super) enum Fault {
    RefuseToken,
    StoreOutage,
    ClockOffset { ms: i64 },
    UpgradeStatus { status: u16, retry_after: Option<u32> },
    DropUpgrade,
    ResetUpgrade,
    NeverAnswerUpgrade,
    DropDate,
    DelayUpgrade { ms: u64 },
    CloseAtOnce { code: Option<u16> },
    SilentAfter { messages: u32 },
    CutMessage { keep: usize, reset: bool },
    BadEntity,
    InvalidJson,
    NullOperator,
    Oversize { bytes: usize },
    PushBeforeFull,
    Fragment { bytes: usize },
    DelaySync { ms: u64 },
    HoldSync,
}

impl From<Fault> for fault::Fault {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::RefuseToken => Self::RefuseToken,
            Fault::StoreOutage => Self::StoreOutage,
            Fault::ClockOffset { ms } => Self::ClockOffset(ms),
            Fault::UpgradeStatus { status, retry_after } => {
                Self::UpgradeStatus { status, retry_after }
            }
            Fault::DropUpgrade => Self::DropUpgrade,
            Fault::ResetUpgrade => Self::ResetUpgrade,
            Fault::NeverAnswerUpgrade => Self::NeverAnswerUpgrade,
            Fault::DropDate => Self::DropDate,
            Fault::DelayUpgrade { ms } => Self::DelayUpgrade(Duration::from_millis(ms)),
            Fault::CloseAtOnce { code } => Self::CloseAtOnce { code },
            Fault::SilentAfter { messages } => Self::SilentAfter(messages),
            Fault::CutMessage { keep, reset } => Self::CutMessage { keep, reset },
            Fault::BadEntity => Self::BadEntity,
            Fault::InvalidJson => Self::InvalidJson,
            Fault::NullOperator => Self::NullOperator,
            Fault::Oversize { bytes } => Self::Oversize(bytes),
            Fault::PushBeforeFull => Self::PushBeforeFull,
            Fault::Fragment { bytes } => Self::Fragment(bytes),
            Fault::DelaySync { ms } => Self::DelaySync(Duration::from_millis(ms)),
            Fault::HoldSync => Self::HoldSync,
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Route {
    LatestAll,
    Track,
    Liveness,
}

impl From<Route> for script::Route {
    fn from(route: Route) -> Self {
        match route {
            Route::LatestAll => Self::LatestAll,
            Route::Track => Self::Track,
            Route::Liveness => Self::Liveness,
        }
    }
}

/// A scripted answer, in the form of a fault.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(super) enum Answer {
    Correct,
    Status { status: u16, retry_after: Option<u32> },
    Json { text: String },
    Delayed { ms: u64 },
    Hang,
    Reset,
}

impl From<Answer> for script::ScriptedAnswer {
    fn from(answer: Answer) -> Self {
        match answer {
            Answer::Correct => Self::Correct,
            Answer::Status { status, retry_after } => Self::Status { status, retry_after },
            Answer::Json { text } => Self::Json(text),
            Answer::Delayed { ms } => Self::Delayed(Duration::from_millis(ms)),
            Answer::Hang => Self::Hang,
            Answer::Reset => Self::Reset,
        }
    }
}
