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
    Mode::Polling(Duration::from_secs(180)),
    Mode::Polling(Duration::ZERO),
    Mode::Passive(Duration::from_secs(180)),
    Mode::Once,
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

/// A session, or several alike, that a script plays to.
pub trait Player {
    /// Hands an input to the session. `input` makes the same input each time.
    fn tell<'a>(&mut self, now: u64, input: impl Fn() -> Input<'a>);

    /// Returns the deadline of the session.
    fn deadline(&self) -> Option<u64>;

    /// Returns the request in flight.
    fn live(&self) -> Option<RequestId>;

    /// Returns the kind of the last request. Before the first request, the kind does not matter.
    fn asked(&self) -> RequestKind;
}

/// A player, and what the script knows about its session.
struct Stage<P> {
    player: P,
    now: u64,
    request_ids: Vec<RequestId>,
    command_ids: u64,
}

impl<P: Player> Stage<P> {
    fn tell<'a>(&mut self, input: impl Fn() -> Input<'a>) {
        self.tell_at(self.now, input);
    }

    fn tell_at<'a>(&mut self, now: u64, input: impl Fn() -> Input<'a>) {
        self.player.tell(now, input);
        if let Some(live) = self.player.live().filter(|live| self.request_ids.last() != Some(live))
        {
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
        match self.player.live() {
            Some(live) if which < 250 => Some(live),
            _ => self.request_ids.len().checked_sub(back).map(|at| self.request_ids[at]),
        }
    }
}

/// Plays a script to a player that `player` makes from the settings and the seed. Returns the player after the last step.
pub fn play<P: Player>(bytes: &[u8], player: impl FnOnce(Config, u64) -> P) -> P {
    let mut script = Bytes(bytes);
    let edge = EdgeUrl::parse("http://edge").unwrap();
    let mut config = Config::new(edge, keys(script.byte()));
    config.mode = MODES[usize::from(script.byte() % 8)];
    // The name of the program would change recorded conversations with each version.
    config.identification = Some("Hostile,1".to_string());
    let seed = script.byte();
    config.limits.bytes = if seed >= 128 { 512 } else { 64 * 1024 };
    if seed % 2 == 1 {
        config.context_placement = ContextPlacement::Query;
    }
    let player = player(config, u64::from(seed));
    let mut stage = Stage { player, now: 0, request_ids: Vec::new(), command_ids: 0 };
    stage.tell(|| Input::Start);
    for _ in 0..STEPS {
        if script.0.is_empty() {
            break;
        }
        step(&mut stage, &mut script);
    }
    stage.player
}

fn step(stage: &mut Stage<impl Player>, script: &mut Bytes<'_>) {
    match script.byte() % 20 {
        0 | 1 => {
            stage.now = stage.now.max(stage.player.deadline().unwrap_or(stage.now));
            stage.tell(|| Input::Tick);
        }
        2 => {
            stage.now += u64::from(script.byte()) * 50;
            stage.tell(|| Input::Tick);
        }
        3 => {
            // The clock jumps to another time. After a jump ahead, time goes on from there.
            let there = script.number() << (script.byte() % 16);
            stage.tell_at(there, || Input::Tick);
            stage.now = stage.now.max(there);
        }
        4 => stage.now += u64::from(script.byte()) * 500,
        5 | 6 => good_head(stage, script),
        7 => any_head(stage, script),
        8..=10 => {
            let mut text = String::new();
            for _ in 0..=script.byte() % 4 {
                body::event(script, &mut text);
            }
            body(stage, script, text.as_bytes());
        }
        11 => {
            let mut text = String::new();
            body::poll(script, &mut text);
            body(stage, script, text.as_bytes());
        }
        12 => {
            let most = script.byte();
            let bytes = script.some(most);
            body(stage, script, bytes);
        }
        13 => {
            let end = ENDS[usize::from(script.byte()) % ENDS.len()];
            let Some(request_id) = stage.request_id(script.byte()) else { return };
            stage.tell(|| Input::Closed { request_id, end });
        }
        14 => {
            let command_id = stage.command_id();
            stage.tell(|| Input::Refresh(command_id));
        }
        15 => {
            let (command_id, context) = (stage.command_id(), context(script.byte()));
            stage.tell(|| Input::Context(command_id, Arc::clone(&context)));
        }
        16 => {
            let (command_id, keys) = (stage.command_id(), keys(script.byte()));
            stage.tell(|| Input::Keys(command_id, keys.clone()));
        }
        17 => stored(stage, script),
        18 => stage.tell(|| Input::FeatureRead),
        _ => match script.byte() {
            0 => stage.tell(|| Input::Stop),
            64..128 => stage.tell(|| Input::Suspend),
            128..192 => stage.tell(|| Input::Resume),
            _ => stage.tell(|| Input::Start),
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
fn good_head(stage: &mut Stage<impl Player>, script: &mut Bytes<'_>) {
    let kind = match stage.player.asked() {
        RequestKind::Stream => "text/event-stream",
        RequestKind::Poll => "application/json",
    };
    let how = script.byte();
    let mut head =
        ResponseHead::new(if how == 255 { 236 } else { 200 }).header("content-type", kind);
    if how % 2 == 1 {
        head = head.header("etag", format!("\"{how}\""));
    }
    let Some(request_id) = stage.request_id(0) else { return };
    stage.tell(|| Input::Opened { request_id, head: &head });
}

fn any_head(stage: &mut Stage<impl Player>, script: &mut Bytes<'_>) {
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
    let Some(request_id) = stage.request_id(script.byte()) else { return };
    stage.tell(|| Input::Opened { request_id, head: &head });
}

/// Sends a body: all or a part of it, at once or with a delay in between.
fn body(stage: &mut Stage<impl Player>, script: &mut Bytes<'_>, bytes: &[u8]) {
    let (which, how) = (script.byte(), script.byte());
    let Some(request_id) = stage.request_id(which) else { return };
    let cut = match how {
        0..192 => bytes.len(),
        _ => bytes.len().min(usize::from(script.byte())),
    };
    let (bytes, rest) = bytes.split_at(cut);
    stage.tell(|| Input::Bytes { request_id, bytes });
    if how >= 224 {
        stage.now += u64::from(script.byte()) * 500;
        stage.tell(|| Input::Bytes { request_id, bytes: rest });
    }
}

fn stored(stage: &mut Stage<impl Player>, script: &mut Bytes<'_>) {
    let how = script.byte();
    let environment: Arc<str> = if how.is_multiple_of(4) { "f" } else { "e" }.into();
    let source = Source::Store("redis-store".into());
    let mut text = String::new();
    if how >= 128 {
        body::single(script, &mut text);
        stage.tell(|| Input::StoredFeature {
            source: source.clone(),
            environment: Arc::clone(&environment),
            feature: text.as_bytes(),
        });
    } else {
        body::list(script, &mut text);
        stage.tell(|| Input::Stored {
            source: source.clone(),
            environment: Arc::clone(&environment),
            features: text.as_bytes(),
        });
    }
}
