//! What the answers of a history have to be: the state at each revision, as the log and the loaded states make it, says it.

use std::collections::{HashMap, HashSet};

use fh_test_servers::postgres::Postgres;
use serde_json::Value;

use crate::calls::{Call, FEATURES, Load, Outcome, What};
use crate::servers::Rights;

/// The state at one revision.
#[derive(Debug, Clone)]
struct Snapshot {
    flags: [Flag; 2],
    rights: Rights,
}

#[derive(Debug, Clone)]
struct Flag {
    value: String,
    is_locked: bool,
    /// The version; `None` while only the servers know it.
    version: Option<i64>,
    /// The value in the state that was imported last; `None` after a replacement, whose changes an import does not keep.
    base: Option<String>,
}

impl Snapshot {
    /// Returns the status of a request at this revision.
    fn status(&self, what: &What) -> Option<u16> {
        Some(match what {
            What::Patch { versions, .. } if !versions.is_empty() => {
                if versions.contains(&self.flags[0].version?) { 200 } else { 412 }
            }
            What::Patch { .. } => 200,
            What::GuestPoll => {
                if self.rights.guest {
                    200
                } else {
                    404
                }
            }
            What::Load(_) => return None,
            What::Put { is_guest: true, .. } if !self.rights.guest => 404,
            What::Put { is_guest, feature, value, lock } => {
                let flag = &self.flags[*feature];
                let may_lock = *is_guest || self.rights.lock;
                let may_change = *is_guest || self.rights.change;
                match value {
                    _ if !may_lock && (!may_change || lock.is_some()) => 403,
                    None => 200,
                    Some(_) if !may_change => 403,
                    Some(_) if flag.is_locked && *lock != Some(false) => 412,
                    Some(value)
                        if *value == flag.value
                            && lock.is_none_or(|lock| lock == flag.is_locked) =>
                    {
                        202
                    }
                    Some(_) => 200,
                }
            }
        })
    }

    fn load(&mut self, load: &Load) {
        self.rights = load.rights;
        for (flag, value) in self.flags.iter_mut().zip(&load.values) {
            let base = load.import.as_ref().map(|_| value.clone());
            if base.is_none() || flag.base != base {
                (flag.value, flag.is_locked) = (value.clone(), false);
            }
            (flag.base, flag.version) = (base, None);
        }
    }
}

/// The states from the revision `first` on, and between which times each was committed.
#[derive(Default)]
struct History {
    first: u64,
    states: Vec<Snapshot>,
    begun: Vec<u64>,
    answered: Vec<u64>,
}

impl History {
    fn push(&mut self, state: Snapshot, call: Option<&Call>) {
        self.states.push(state);
        self.begun.push(call.map_or(0, |call| call.begin));
        // A change without an answer may have been made later.
        let end = call.filter(|call| call.outcome == Outcome::Status(200)).map(|call| call.end);
        self.answered.push(end.unwrap_or(u64::MAX));
    }

    /// Makes the times monotonic: a revision was begun no earlier than those before it, and committed before those after it were answered.
    fn order(&mut self) {
        for at in 1..self.begun.len() {
            self.begun[at] = self.begun[at].max(self.begun[at - 1]);
        }
        for at in (1..self.answered.len()).rev() {
            self.answered[at - 1] = self.answered[at - 1].min(self.answered[at]);
        }
    }

    /// Returns the states at which a call may have been decided.
    fn between(&self, call: &Call) -> impl Iterator<Item = (u64, &Snapshot)> {
        let low = self.answered.partition_point(|end| *end < call.begin).saturating_sub(1);
        let high = self.begun.partition_point(|begin| *begin < call.end);
        (self.first + low as u64..).zip(&self.states[low..high.max(low)])
    }
}

/// Checks all calls against the log after the revision `first`, at which the state `load` was loaded. Returns the counts.
pub(crate) fn check(database: &Postgres, first: u64, load: &Load, calls: &[Call]) -> String {
    let (mut unique, mut loads) = (HashMap::new(), Vec::new());
    for call in calls {
        match &call.what {
            What::Load(load) => loads.push((load, call)),
            what => unique.extend(what.unique().map(|value| (value, call))),
        }
    }
    let flag =
        |value: &String| Flag { value: value.clone(), is_locked: false, version: None, base: None };
    let begin = Snapshot { flags: load.values.each_ref().map(flag), rights: load.rights };
    let mut history = History { first, ..History::default() };
    history.push(begin, None);
    let rows = database.sql(&format!(
        "SELECT revision_before, revision, server, changes FROM fh_edge.log WHERE revision > {first} ORDER BY revision"
    ));
    let loaded: Vec<&str> = loads.iter().map(|(load, _)| &*load.values[0]).collect();
    let (mut last, mut versions) = (first, HashMap::new());
    for row in rows.lines() {
        let mut columns = row.splitn(4, '|');
        let mut next = || columns.next().unwrap();
        let (before, after) = (next().parse::<u64>().unwrap(), next().parse::<u64>().unwrap());
        let (server, changes) = (next(), next());
        assert_eq!(before, last, "the log is no chain");
        last = after;
        let mut state = history.states.last().unwrap().clone();
        if changes.is_empty() {
            let is_it = |(load, _): &(&Load, &Call)| match &load.import {
                Some(name) => name == server,
                None => load.revisions.contains(&before) && !server.starts_with("import"),
            };
            let answered = |(_, call): &&(&Load, &Call)| call.outcome == Outcome::Status(200);
            let mut made = loads.iter().filter(|load| is_it(load)).collect::<Vec<_>>();
            made.sort_by_key(|load| !answered(load));
            let at = made
                .iter()
                .find(|(_, call)| matches!(call.outcome, Outcome::Status(200) | Outcome::Unknown));
            let (load, call) = **at.expect("a state in the log that no caller loaded");
            assert_eq!(after, before + 1);
            state.load(load);
            history.push(state, Some(call));
            loads.retain(|(_, other)| !std::ptr::eq(*other, call));
            continue;
        }
        let changes: Vec<Value> = serde_json::from_str(changes).unwrap();
        assert_eq!(after - before, changes.len() as u64, "{row}");
        for change in changes {
            let mut state = history.states.last().unwrap().clone();
            let at = FEATURES.iter().position(|key| change["feature"] == *key).unwrap();
            let value = &change["value"];
            let text = value["value"].as_str().map_or(value["value"].to_string(), str::to_owned);
            let mut call = None;
            if at == 0 && text != state.flags[0].value {
                let made = unique
                    .remove(&*text)
                    .unwrap_or_else(|| panic!("{text} is in the log twice, or from nowhere"));
                let is_right = matches!(made.outcome, Outcome::Status(200) | Outcome::Unknown);
                assert!(is_right, "{made:?} is in the log");
                assert!(
                    state.status(&made.what).is_none_or(|status| status == 200),
                    "{made:?} {state:?}"
                );
                call = Some(made);
            }
            let version = change["entry"]["version"].as_i64().unwrap();
            let flag = &mut state.flags[at];
            assert!(
                flag.version.is_none_or(|before| before < version),
                "a version fell in the log"
            );
            if at == 0 {
                versions.insert(version, text.clone());
            }
            (flag.value, flag.version) = (text, Some(version));
            flag.is_locked = value["locked"] == true;
            history.push(state, call);
        }
    }
    // A server publishes only what is in the log, or in a state that was loaded.
    let known: HashSet<&str> = loaded.into_iter().chain([&*load.values[0]]).collect();
    for call in calls {
        let (value, version) = &call.served;
        let is_right = known.contains(&**value) || versions.get(version) == Some(value);
        assert!(
            is_right,
            "{value} of version {version} was served after {call:?}, and is not in the log"
        );
    }
    let lost = unique.values().find(|call| call.outcome == Outcome::Status(200));
    assert!(lost.is_none(), "{lost:?} is not in the log");
    let lost = loads.iter().find(|(_, call)| call.outcome == Outcome::Status(200));
    assert!(lost.is_none(), "{lost:?} is not in the log");

    history.order();
    // No revision was answered before one with a lower number was begun.
    for (at, (begun, answered)) in history.begun.iter().zip(&history.answered).enumerate() {
        assert!(begun < answered, "revision {} is not in the order of time", first + at as u64);
    }
    let mut counts = std::collections::BTreeMap::new();
    for call in calls {
        *counts.entry(format!("{:?}", call.outcome)).or_insert(0) += 1;
        let Outcome::Status(status) = call.outcome else { continue };
        let is_right = match &call.what {
            // A state that is served may be older than the newest one.
            What::GuestPoll if status == 200 => true,
            What::Load(load) => {
                status == 200
                    || status == 412
                        && history
                            .between(call)
                            .any(|(revision, _)| !load.revisions.contains(&revision))
            }
            // The log has proved it.
            what if status == 200 && what.unique().is_some() => true,
            what => history
                .between(call)
                .any(|(_, state)| state.status(what).is_none_or(|right| right == status)),
        };
        let states: Vec<_> = if is_right { Vec::new() } else { history.between(call).collect() };
        assert!(is_right, "{call:?} is right at no revision of {states:?}");
    }
    format!("{} revisions, {counts:?}", last - first)
}
