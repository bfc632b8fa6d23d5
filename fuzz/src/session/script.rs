//! The script: one byte chooses the next step, and the following bytes are its parameters.

use std::sync::Arc;
use std::time::Duration;

use fh_eval::Attributes;
use fh_repository::source::Source;
use fh_session::{
    ApiKeys, CommandId, Config, ContextPlacement, EdgeUrl, End, Input, Mode, RequestId,
    RequestKind, ResponseHead,
};

use super::body;
use super::watched::Watched;

const KEYS: [&[&str]; 6] = [
    &["e/secret*"],
    &["e/secret"],
    &["e/secret*", "f/secret*"],
    &["e/secret", "f/secret"],
    &["f/secret*"],
    &["f/secret"],
];
const MODES: [Mode; 8] = [
    Mode::Streaming,
    Mode::Streaming,
    Mode::Streaming,
    Mode::ActivePolling(Duration::from_secs(180)),
    Mode::ActivePolling(Duration::ZERO),
    Mode::PassivePolling(Duration::from_secs(180)),
    Mode::OneOff,
    Mode::Offline,
];
const STATUSES: [u16; 16] =
    [200, 200, 200, 236, 304, 307, 400, 401, 404, 429, 500, 501, 503, 204, 302, 200];
const HEADERS: [(&str, &str); 16] = [
    ("content-type", "text/event-stream"),
    ("content-type", "application/json"),
    ("content-type", "text/html"),
    ("etag", "\"1\""),
    ("etag", "W/\"2\""),
    ("cache-control", "max-age=7"),
    ("cache-control", "public, max-age=99999999999999999999"),
    ("retry-after", "9"),
    ("retry-after", "Fri, 20 Nov 2026 12:00:30 GMT"),
    ("date", "Fri, 20 Nov 2026 12:00:00 GMT"),
    ("date", "Fri, 20 Nov 0001 12:00:00 GMT"),
    ("location", "/elsewhere"),
    ("location", "http://evil/"),
    ("location", "?x=http://edge/"),
    ("retry-after", "Fri, 20 Nov 9999 12:00:00 GMT"),
    ("cache-control", "max-age=0"),
];
const NAMES: [&str; 6] =
    ["content-type", "etag", "cache-control", "retry-after", "date", "location"];
const ENDS: [End<'static>; 5] =
    [End::Complete, End::Complete, End::Broken("reset"), End::Tls("expired"), End::ConnectTimeout];

/// The largest number of steps. Longer scripts find nothing more.
const STEPS: usize = 200;

/// The unread rest of the script.
pub struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    /// Returns the next byte, or zero after the end.
    pub fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    fn number(&mut self) -> u64 {
        (0..3).fold(0, |number, _| number << 8 | u64::from(self.byte()))
    }

    /// Returns the next bytes, at most `most`.
    fn some(&mut self, most: u8) -> &'a [u8] {
        let (some, rest) = self.0.split_at(self.0.len().min(usize::from(most)));
        self.0 = rest;
        some
    }
}

/// Two sessions with the same inputs, except that the second receives bodies in small chunks. Both must behave alike.
struct Pair {
    whole: Watched,
    drip: Watched,
    now: u64,
    request_ids: Vec<RequestId>,
    command_ids: u64,
    /// The number of publications when the features of both were last compared.
    compared: u64,
    /// True if each step is printed, to understand a finding. Set by the variable `FH_STORY`.
    is_told: bool,
}

impl Pair {
    fn new(config: Config, seed: u64) -> Self {
        let drip = Watched::new(config.clone(), seed);
        let whole = Watched::new(config, seed);
        let is_told = std::env::var_os("FH_STORY").is_some();
        Self { whole, drip, now: 0, request_ids: Vec::new(), command_ids: 0, compared: 0, is_told }
    }

    fn tell<'a>(&mut self, input: impl Fn() -> Input<'a>) {
        self.tell_at(self.now, input);
    }

    fn tell_at<'a>(&mut self, now: u64, input: impl Fn() -> Input<'a>) {
        if self.is_told {
            let shown = |watched: &Watched| {
                let status = &watched.status;
                format!("{:?} {:?} due {:?}", status.connection, status.problem, watched.deadline())
            };
            eprintln!("{} | {}\n{now}: {:?}", shown(&self.whole), shown(&self.drip), input());
        }
        self.whole.tell(now, input());
        match input() {
            Input::Bytes { request_id, bytes } if !bytes.is_empty() => {
                // The chunks are single bytes, or longer if there would be more than 256 of them.
                for bytes in bytes.chunks((bytes.len() / 256).max(1)) {
                    self.drip.tell(now, Input::Bytes { request_id, bytes });
                }
            }
            other => self.drip.tell(now, other),
        }
        self.same();
    }

    fn same(&mut self) {
        let (whole, drip) = (&self.whole, &self.drip);
        assert_eq!(whole.live, drip.live);
        assert_eq!(whole.status, drip.status);
        assert_eq!(whole.deadline(), drip.deadline(), "deadlines of {:?}", whole.status);
        if whole.publications != self.compared {
            self.compared = whole.publications;
            let features = |watched: &Watched| -> Option<Vec<String>> {
                let rules = watched.rules.as_ref()?;
                Some(rules.ruleset().iter().map(|feature| feature.json().to_string()).collect())
            };
            assert_eq!(features(whole), features(drip));
        }
        if let Some(live) = whole.live.filter(|live| self.request_ids.last() != Some(live)) {
            self.request_ids.push(live);
        }
    }

    fn command_id(&mut self) -> CommandId {
        self.command_ids += 1;
        CommandId(self.command_ids)
    }

    /// Returns the id of the live request, or sometimes that of an earlier one.
    fn request_id(&self, which: u8) -> Option<RequestId> {
        let back = usize::from(which.saturating_sub(250)) + 1;
        match self.whole.live {
            Some(live) if which < 250 => Some(live),
            _ => self.request_ids.len().checked_sub(back).map(|at| self.request_ids[at]),
        }
    }
}

/// Runs a script to its end.
pub fn play(bytes: &[u8]) {
    let mut script = Bytes(bytes);
    let edge = EdgeUrl::parse("http://edge").unwrap();
    let mut config = Config::new(edge, keys(script.byte()));
    config.mode = MODES[usize::from(script.byte() % 8)];
    let seed = script.byte();
    config.limits.bytes = if seed >= 128 { 512 } else { 64 * 1024 };
    if seed % 2 == 1 {
        config.context_placement = ContextPlacement::Query;
    }
    let mut pair = Pair::new(config, u64::from(seed));
    pair.tell(|| Input::Start);
    for _ in 0..STEPS {
        if script.0.is_empty() {
            break;
        }
        step(&mut pair, &mut script);
    }
    pair.whole.end();
    pair.drip.end();
}

fn step(pair: &mut Pair, script: &mut Bytes<'_>) {
    match script.byte() % 20 {
        0 | 1 => {
            pair.now = pair.now.max(pair.whole.deadline().unwrap_or(pair.now));
            pair.tell(|| Input::Tick);
        }
        2 => {
            pair.now += u64::from(script.byte()) * 50;
            pair.tell(|| Input::Tick);
        }
        3 => {
            // The clock jumps to another time. After a jump ahead, time goes on from there.
            let there = script.number() << (script.byte() % 16);
            pair.tell_at(there, || Input::Tick);
            pair.now = pair.now.max(there);
        }
        4 => pair.now += u64::from(script.byte()) * 500,
        5 | 6 => good_head(pair, script),
        7 => any_head(pair, script),
        8..=10 => {
            let mut text = String::new();
            for _ in 0..=script.byte() % 4 {
                body::event(script, &mut text);
            }
            body(pair, script, text.as_bytes());
        }
        11 => {
            let mut text = String::new();
            body::poll(script, &mut text);
            body(pair, script, text.as_bytes());
        }
        12 => {
            let most = script.byte();
            let bytes = script.some(most);
            body(pair, script, bytes);
        }
        13 => {
            let end = ENDS[usize::from(script.byte()) % ENDS.len()];
            let Some(request_id) = pair.request_id(script.byte()) else { return };
            pair.tell(|| Input::Closed { request_id, end });
        }
        14 => {
            let command_id = pair.command_id();
            pair.tell(|| Input::Refresh(command_id));
        }
        15 => {
            let (command_id, context) = (pair.command_id(), context(script.byte()));
            pair.tell(|| Input::Context(command_id, Arc::clone(&context)));
        }
        16 => {
            let (command_id, keys) = (pair.command_id(), keys(script.byte()));
            pair.tell(|| Input::Keys(command_id, keys.clone()));
        }
        17 => stored(pair, script),
        18 => pair.tell(|| Input::FeatureRead),
        _ => match script.byte() {
            0 => pair.tell(|| Input::Stop),
            64..128 => pair.tell(|| Input::Suspend),
            128..192 => pair.tell(|| Input::Resume),
            _ => pair.tell(|| Input::Start),
        },
    }
}

fn keys(which: u8) -> ApiKeys {
    ApiKeys::parse(KEYS[usize::from(which) % KEYS.len()]).unwrap()
}

fn context(which: u8) -> Arc<Attributes> {
    let builder = Attributes::builder();
    Arc::new(match which % 6 {
        0 => builder.build(),
        1 => builder.user_key("fred").build(),
        2 => builder.user_key("a,b").build(),
        3 => builder.attribute("userkey", ["a", "b"]).build(),
        4 => builder.user_key("fred").attribute("city", "Ulm").build(),
        _ => (0..31).fold(builder, |builder, at| builder.attribute(&format!("a{at}"), at)).build(),
    })
}

/// Opens the live request with a head that the session accepts.
fn good_head(pair: &mut Pair, script: &mut Bytes<'_>) {
    let kind = match pair.whole.asked {
        RequestKind::Stream => "text/event-stream",
        RequestKind::Poll => "application/json",
    };
    let how = script.byte();
    let mut head =
        ResponseHead::new(if how == 255 { 236 } else { 200 }).header("content-type", kind);
    if how % 2 == 1 {
        head = head.header("etag", format!("\"{how}\""));
    }
    let Some(request_id) = pair.request_id(0) else { return };
    pair.tell(|| Input::Opened { request_id, head: &head });
}

fn any_head(pair: &mut Pair, script: &mut Bytes<'_>) {
    let status = match script.byte() {
        255 => u16::from(script.byte()) << 8 | u16::from(script.byte()),
        which => STATUSES[usize::from(which % 16)],
    };
    let mut head = ResponseHead::new(status);
    for _ in 0..script.byte() % 4 {
        let which = script.byte();
        if which >= 192 {
            let most = script.byte() % 32;
            let value = String::from_utf8_lossy(script.some(most));
            head = head.header(NAMES[usize::from(which) % NAMES.len()], value);
        } else {
            let (name, value) = HEADERS[usize::from(which % 16)];
            head = head.header(name, value);
        }
    }
    let Some(request_id) = pair.request_id(script.byte()) else { return };
    pair.tell(|| Input::Opened { request_id, head: &head });
}

/// Sends a body: all or a part of it, at once or with a delay in between.
fn body(pair: &mut Pair, script: &mut Bytes<'_>, bytes: &[u8]) {
    let (which, how) = (script.byte(), script.byte());
    let Some(request_id) = pair.request_id(which) else { return };
    let cut = match how {
        0..192 => bytes.len(),
        _ => bytes.len().min(usize::from(script.byte())),
    };
    let (bytes, rest) = bytes.split_at(cut);
    pair.tell(|| Input::Bytes { request_id, bytes });
    if how >= 224 {
        pair.now += u64::from(script.byte()) * 500;
        pair.tell(|| Input::Bytes { request_id, bytes: rest });
    }
}

fn stored(pair: &mut Pair, script: &mut Bytes<'_>) {
    let how = script.byte();
    let environment: Arc<str> = if how % 4 == 0 { "f" } else { "e" }.into();
    let source = Source::Store("redis-store".into());
    let mut text = String::new();
    if how >= 128 {
        body::single(script, &mut text);
        pair.tell(|| Input::StoredFeature {
            source: source.clone(),
            environment: Arc::clone(&environment),
            feature: text.as_bytes(),
        });
    } else {
        body::list(script, &mut text);
        pair.tell(|| Input::Stored {
            source: source.clone(),
            environment: Arc::clone(&environment),
            features: text.as_bytes(),
        });
    }
}
