//! Line output of `fh watch` and `fh demo`: one line per event, for example for pipes and files.

use std::time::Duration;

use fh_client::{Client, Connection, Problem, Readiness, Status};
use fh_eval::{Kind, Timestamp};
use serde::Serialize;
use serde_json::value::RawValue;

use super::change_tracker::{Event, ForeignUpdate, Observer};
use super::view::View;
use super::wording;
use crate::clock;
use crate::failure::Failure;
use crate::feature_table::{Members, Names, Reading, member};
use crate::json_output;
use crate::screen::{PLAIN, Screen};

pub(crate) struct Lines<'s, 'w> {
    screen: &'s mut Screen<'w>,
    json: bool,
    shown: Option<State>,
}

/// The part of a status that is compared with that of the last written status.
#[derive(PartialEq)]
struct State {
    readiness: Readiness,
    connection: Connection,
    problem: Option<Problem>,
    is_stale: bool,
}

/// The JSON form of an event with a value.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    time: Timestamp,
    event: &'static str,
    /// The members of the system, under the names of `fh get --json`.
    #[serde(flatten)]
    own: Members,
    #[serde(rename = "type")]
    kind: Option<&'static str>,
    value: Option<Box<RawValue>>,
    /// The former value. The outer `None` means that the event is not a change.
    #[serde(skip_serializing_if = "Option::is_none")]
    old: Option<Option<Box<RawValue>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    was_locked: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<i64>,
    reason: &'static str,
}

/// The JSON form of an event without a value.
#[derive(Serialize)]
struct HeldRow {
    time: Timestamp,
    event: &'static str,
    #[serde(flatten)]
    key: Members,
}

#[derive(Serialize)]
struct StatusRow<'a> {
    time: Timestamp,
    event: &'static str,
    #[serde(flatten)]
    status: &'a Status,
}

#[derive(Serialize)]
struct NoticeRow<'a> {
    time: Timestamp,
    event: &'static str,
    message: &'a str,
}

impl Row {
    fn of(time: Timestamp, event: &'static str, seen: &Reading) -> Self {
        Self {
            time,
            event,
            own: seen.own(),
            kind: seen.kind.map(Kind::as_str),
            value: json_output::token(seen.token.as_deref()),
            old: None,
            was_locked: None,
            version: seen.version,
            reason: seen.reason,
        }
    }

    fn of_change(time: Timestamp, before: &Reading, after: &Reading) -> Self {
        Self {
            old: Some(json_output::token(before.token.as_deref())),
            was_locked: after.names.variant.is_none().then_some(before.is_locked),
            ..Self::of(time, "change", after)
        }
    }
}

impl<'s, 'w> Lines<'s, 'w> {
    pub(crate) const fn new(screen: &'s mut Screen<'w>, json: bool) -> Self {
        Self { screen, json, shown: None }
    }

    fn status(&mut self, status: &Status) -> Result<(), Failure> {
        let state = State {
            readiness: status.readiness,
            connection: status.connection,
            problem: status.problem.clone(),
            is_stale: status.is_stale,
        };
        // Each poll passes through `Connecting`, so a status with this connection is written only if it is the first status.
        let is_passing = status.connection == Connection::Connecting && self.shown.is_some();
        if is_passing || self.shown.as_ref() == Some(&state) {
            return Ok(());
        }
        self.shown = Some(state);
        let time = clock::now();
        if self.json {
            return self.row(&StatusRow { time, event: "status", status });
        }
        let trouble = wording::trouble(status).map(|text| format!("; {text}")).unwrap_or_default();
        self.line(time, &format!("{}{trouble}", wording::state(status)))
    }

    fn line(&mut self, time: Timestamp, text: &str) -> Result<(), Failure> {
        Ok(self.screen.line(PLAIN, &format!("{time} {text}"))?)
    }

    fn event(&mut self, time: Timestamp, names: &Names, event: &Event) -> Result<(), Failure> {
        if !self.json {
            return self.line(time, &wording::event(event));
        }
        let name = match event {
            Event::Appeared(seen) => return self.row(&Row::of(time, "appeared", seen)),
            Event::Gone(seen) => return self.row(&Row::of(time, "gone", seen)),
            Event::Updated { after, .. } => return self.row(&Row::of(time, "update", after)),
            Event::Changed { before, after } => {
                return self.row(&Row::of_change(time, before, after));
            }
            Event::Held(_) => "held",
            Event::Released(_) => "released",
            Event::Withdrawn(_) => "withdrawn",
        };
        let key = Members(vec![member(names.flag, event.key())]);
        self.row(&HeldRow { time, event: name, key })
    }

    fn row(&mut self, row: &impl Serialize) -> Result<(), Failure> {
        Ok(json_output::line(self.screen.raw(), row)?)
    }
}

impl View for Lines<'_, '_> {
    fn show(
        &mut self,
        client: &Client,
        observer: &Observer,
        news: ForeignUpdate,
    ) -> Result<(), Failure> {
        self.status(&client.status())?;
        match news {
            ForeignUpdate::Nothing => {}
            ForeignUpdate::First(time) => {
                for seen in observer.features() {
                    if self.json {
                        self.row(&Row::of(time, "value", seen))?;
                    } else {
                        self.line(time, &wording::value(seen))?;
                    }
                }
                for key in observer.missing() {
                    self.notice(&wording::missing(key))?;
                }
            }
            ForeignUpdate::Events(time, events) => {
                for event in &events {
                    self.event(time, observer.system.names(), event)?;
                }
            }
        }
        Ok(self.screen.flush()?)
    }

    fn notice(&mut self, message: &str) -> Result<(), Failure> {
        let time = clock::now();
        if self.json {
            return self.row(&NoticeRow { time, event: "notice", message });
        }
        self.line(time, &format!("note: {message}"))
    }

    fn step(&mut self, message: &str) -> Result<(), Failure> {
        let time = clock::now();
        if self.json {
            self.row(&NoticeRow { time, event: "step", message })?;
        } else {
            self.line(time, message)?;
        }
        Ok(self.screen.flush()?)
    }

    fn pause(&self) -> Duration {
        Duration::ZERO
    }
}
