//! A plain model of a FeatBit server: flags and segments, their changes, and the messages that it makes of them. It uses no code of the
//! client but the form of a time.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use fh_eval::Timestamp;

use crate::random::Random;

pub const SECRET: &str = "ERERESIiMzNERFVVVVVVVQW62PD83Zn0ahZXCGdyiVDg";
/// The user for whom values are compared.
pub const USER: &str = "bob";
/// The server's time of day at the start of a script.
pub const BEGIN: i64 = 1_700_000_000_000;

/// A record of a flag.
#[derive(Debug, Clone)]
pub struct Flag {
    id: u64,
    key: String,
    version: i64,
    value: u64,
    /// The segment that a rule of the flag names.
    segment: Option<usize>,
    is_archived: bool,
    /// All former keys.
    former: BTreeSet<String>,
}

#[derive(Debug, Clone, Copy)]
struct Segment {
    version: i64,
    has_user: bool,
}

pub struct Server {
    /// The flags by their ids.
    flags: BTreeMap<u64, Flag>,
    segments: [Segment; 2],
    /// Former records of flags.
    past: Vec<Flag>,
    /// The keys that were in use before and are in use no more, with the number of the change that ended their use.
    gone: BTreeMap<String, u64>,
    /// The keys that deleted flags have had at some time, with the number of the last deletion. A client may still have such a flag.
    deleted: BTreeMap<String, u64>,
    /// Number of changes so far.
    pub changes: u64,
    last_id: u64,
    last_version: i64,
    most: u64,
}

/// A message, and the number of changes that it shows if it is full.
#[derive(Debug, Clone)]
pub struct Message {
    pub text: String,
    pub full: Option<u64>,
}

impl Flag {
    fn write(&self, out: &mut String) {
        let Self { id, key, value, is_archived, .. } = self;
        let updated = time(self.version, self.value);
        let rules = self.segment.map_or(String::new(), |segment| {
            format!(
                r#"{{"name":"r","conditions":[{{"property":"User is in segment","op":null,"value":"[\"s{segment}\"]"}}],"variations":[{{"id":"w","rollout":[0,1],"exptRollout":1}}]}}"#
            )
        });
        let _ = write!(
            out,
            r#"{{"id":"{id}","key":"{key}","updatedAt":"{updated}","isArchived":{is_archived},"variationType":"string","isEnabled":true,"disabledVariationId":"v","variations":[{{"id":"v","value":"{value}"}},{{"id":"w","value":"in {value}"}}],"rules":[{rules}],"fallthrough":{{"variations":[{{"id":"v","rollout":[0,1],"exptRollout":1}}]}}}}"#
        );
    }
}

impl Segment {
    fn write(self, at: usize, out: &mut String) {
        let (updated, included) =
            (time(self.version, 0), if self.has_user { "\"bob\"" } else { "" });
        let _ = write!(
            out,
            r#"{{"id":"s{at}","updatedAt":"{updated}","included":[{included}],"excluded":["x"],"rules":[]}}"#
        );
    }
}

/// Writes a time, in some cases with digits after the millisecond, which do not count.
fn time(version: i64, salt: u64) -> String {
    let text = Timestamp::from_millis(version).to_string();
    match (salt % 3, text.strip_suffix('Z')) {
        (0, Some(text)) if text.len() == 23 => format!("{text}9871Z"),
        _ => text,
    }
}

/// Parts of a message that cannot be read, and that must not cost their neighbours.
const GARBAGE: &str =
    r#"null,7,{"id":"x"},{"key":"k9","id":"77"},{"key":"k9","updatedAt":"soon"},"#;

fn message(event: &str, flags: &[&Flag], segments: &[(usize, Segment)], garbage: bool) -> String {
    let garbage = if garbage { GARBAGE } else { "" };
    let mut out = format!(
        r#"{{"messageType":"data-sync","data":{{"eventType":"{event}","featureFlags":[{garbage}"#
    );
    for flag in flags {
        flag.write(&mut out);
        out.push(',');
    }
    let end = out.trim_end_matches(',').len();
    out.truncate(end);
    let _ = write!(out, r#"],"segments":[{garbage}"#);
    for (at, segment) in segments {
        segment.write(*at, &mut out);
        out.push(',');
    }
    let end = out.trim_end_matches(',').len();
    out.truncate(end);
    out.push_str("]}}");
    out
}

impl Server {
    pub fn new(random: &mut Random, most: u64) -> Self {
        let mut server = Self {
            flags: BTreeMap::new(),
            segments: [Segment { version: BEGIN - 5_000, has_user: false }; 2],
            past: Vec::new(),
            gone: BTreeMap::new(),
            deleted: BTreeMap::new(),
            changes: 0,
            last_id: 0,
            last_version: BEGIN - 1_000,
            most,
        };
        for _ in 0..random.below(most + 1) {
            server.create(random, BEGIN - 500);
        }
        server
    }

    fn version(&mut self, now: i64) -> i64 {
        self.last_version = now.max(self.last_version + 1);
        self.last_version
    }

    fn is_taken(&self, key: &str) -> bool {
        self.flags.values().any(|flag| flag.key == key)
    }

    /// Returns a key that no flag has.
    fn free_key(&self, random: &mut Random) -> Option<String> {
        let key = format!("k{}", random.below(self.most + 2));
        (!self.is_taken(&key)).then_some(key)
    }

    fn create(&mut self, random: &mut Random, now: i64) -> Option<u64> {
        let key = self.free_key(random)?;
        self.last_id += 1;
        self.gone.remove(&key);
        let flag = Flag {
            id: self.last_id,
            key,
            version: self.version(now),
            value: random.below(1_000),
            segment: random.percent(30).then(|| random.index(2)),
            is_archived: false,
            former: BTreeSet::new(),
        };
        self.flags.insert(flag.id, flag);
        Some(self.last_id)
    }

    /// Changes a flag or a segment. Returns the patch that sockets get; `None` if there is none.
    pub fn change(&mut self, random: &mut Random, now: i64) -> Option<Message> {
        self.changes += 1;
        if random.percent(15) {
            let at = random.index(2);
            self.segments[at] =
                Segment { version: self.version(now), has_user: random.percent(50) };
            // The flags that name the segment get newer versions, too, but no socket gets them.
            let ids: Vec<u64> = self.flags.keys().copied().collect();
            for id in ids {
                if self.flags[&id].segment == Some(at) {
                    let version = self.version(now);
                    self.flags.get_mut(&id).unwrap().version = version;
                }
            }
            let text = message("patch", &[], &[(at, self.segments[at])], false);
            return Some(Message { text, full: None });
        }
        let ids: Vec<u64> = self.flags.keys().copied().collect();
        let id = if ids.is_empty() || (ids.len() < self.most as usize && random.percent(30)) {
            self.create(random, now)?
        } else {
            let id = ids[random.index(ids.len())];
            let version = self.version(now);
            let free = self.free_key(random);
            let kind = random.below(10);
            let flag = self.flags.get_mut(&id)?;
            self.past.push(flag.clone());
            match kind {
                0..4 => flag.value = random.below(1_000),
                4 => flag.segment = random.percent(50).then(|| random.index(2)),
                5 | 6 => flag.is_archived = !flag.is_archived,
                // Only archived flags are deleted. No socket hears of it.
                7 if flag.is_archived => {
                    self.gone.insert(flag.key.clone(), self.changes);
                    let keys = flag.former.iter().chain([&flag.key]);
                    self.deleted.extend(keys.map(|key| (key.clone(), self.changes)));
                    self.flags.remove(&id);
                    return None;
                }
                8 if free.is_some() => {
                    let former = std::mem::replace(&mut flag.key, free?);
                    flag.former.insert(former.clone());
                    self.gone.remove(&flag.key);
                    self.gone.insert(former, self.changes);
                }
                _ => flag.value += 1,
            }
            flag.version = version;
            id
        };
        let text = message("patch", &[&self.flags[&id]], &[], false);
        Some(Message { text, full: None })
    }

    /// Changes many flags at once, as an import does. Returns the patches that sockets get.
    pub fn change_many(&mut self, random: &mut Random, now: i64) -> Vec<Message> {
        (0..random.between(5, 20)).filter_map(|_| self.change(random, now)).collect()
    }

    /// Returns a patch with a former record of a flag that still exists.
    pub fn old(&self, random: &mut Random) -> Option<Message> {
        let past: Vec<&Flag> =
            self.past.iter().filter(|flag| self.flags.contains_key(&flag.id)).collect();
        if past.is_empty() {
            return None;
        }
        let text = message("patch", &[past[random.index(past.len())]], &[], false);
        Some(Message { text, full: None })
    }

    /// Returns the answer to a request for what is newer than a time.
    pub fn sync(&self, random: &mut Random, timestamp: i64, garbage: bool) -> Message {
        let is_newer = |version: i64| timestamp == 0 || version > timestamp;
        let mut flags: Vec<&Flag> =
            self.flags.values().filter(|flag| is_newer(flag.version)).collect();
        // The records come in no order.
        if !flags.is_empty() {
            let middle = random.index(flags.len());
            flags.rotate_left(middle);
        }
        if random.percent(50) {
            flags.reverse();
        }
        let segments: Vec<(usize, Segment)> = self
            .segments
            .iter()
            .copied()
            .enumerate()
            .filter(|(_, segment)| is_newer(segment.version))
            .collect();
        let is_full = timestamp == 0;
        let text = message(if is_full { "full" } else { "patch" }, &flags, &segments, garbage);
        Message { text, full: is_full.then_some(self.changes) }
    }

    /// Returns true if nothing is newer than a time.
    pub fn has_nothing_after(&self, timestamp: i64) -> bool {
        let flags = self.flags.values().map(|flag| flag.version);
        timestamp != 0
            && flags.chain(self.segments.map(|segment| segment.version)).all(|it| it <= timestamp)
    }

    /// Returns a bootstrap document: some flags of the server with other values, one with a version of the future, and one that the server
    /// does not have.
    pub fn bootstrap(&self, random: &mut Random) -> String {
        let mut flags: Vec<Flag> =
            self.flags.values().filter(|_| random.percent(70)).cloned().collect();
        for flag in &mut flags {
            flag.value = 5_000;
            flag.version += random.pick(&[-10, 0, 100_000_000]);
        }
        let key = "bootstrap".to_string();
        let id = u64::MAX;
        let (version, value, segment) = (5, 5_000, None);
        flags.push(Flag {
            id,
            key,
            version,
            value,
            segment,
            is_archived: false,
            former: BTreeSet::new(),
        });
        message("full", &flags.iter().collect::<Vec<_>>(), &[], false)
    }

    /// Returns the values that a client with all messages serves, and the keys that it must not serve. A client cannot know that a flag was
    /// deleted until it gets a full message, such as one that shows the first `full` changes.
    pub fn view(&self, full: Option<u64>) -> (BTreeMap<&str, String>, BTreeSet<&str>) {
        let mut hidden = BTreeSet::new();
        let mut values = BTreeMap::new();
        for flag in self.flags.values() {
            // The record with another key has the same id.
            let is_certain =
                |key: &&String| self.deleted.get(*key).is_none_or(|it| full >= Some(*it));
            hidden.extend(flag.former.iter().filter(is_certain).map(String::as_str));
            if flag.is_archived {
                hidden.insert(flag.key.as_str());
                continue;
            }
            let is_in = flag.segment.is_some_and(|at| self.segments[at].has_user);
            let value = if is_in { format!("in {}", flag.value) } else { flag.value.to_string() };
            values.insert(flag.key.as_str(), value);
        }
        if let Some(full) = full {
            hidden.insert("bootstrap");
            let gone = self.gone.iter().filter(|(_, change)| **change <= full);
            hidden.extend(gone.map(|(key, _)| key.as_str()));
        }
        (values, hidden)
    }
}

/// Returns the time in a token, and true if the rest is the secret. `None` if the token has another form.
pub fn token(token: &str) -> Option<(i64, bool)> {
    let digits = |text: &str| {
        text.chars()
            .try_fold(0_i64, |number, letter| Some(number * 10 + "QBWSPHDXZU".find(letter)? as i64))
    };
    let position = digits(token.get(..3)?)? as usize;
    let length = digits(token.get(3..5)?)? as usize;
    let rest = token.get(5..)?;
    let time = digits(rest.get(position..position + length)?)?;
    let secret = format!("{}{}", rest.get(..position)?, rest.get(position + length..)?);
    Some((time, secret == SECRET))
}
