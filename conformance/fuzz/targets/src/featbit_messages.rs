//! Any messages of a FeatBit server, in any pieces, with any events of the network and commands between them, for a session and for a store
//! of their own. Each line of the input is one step; a line that is no step is a message.

use std::time::Duration;

use fh_eval::Timestamp;
use fh_eval::featbit::Profile;
use fh_repository::readiness::Readiness;
use fh_repository::source::Source;
use fh_repository::status::Connection;
use fh_repository::time::Millis;
use fh_session::featbit::internal::{Event, Message, MessageText, Store, Sync};
use fh_session::featbit::{Config, Endpoints, Mode, Secret, Session};
use fh_session::{Action, CommandId, End, Input, RequestId, ResponseHead};

const SECRET: &str = "ERERESIiMzNERFVVVVVVVQW62PD83Zn0ahZXCGdyiVDg";
/// The largest number of steps. Longer scripts find nothing more.
const STEPS: usize = 200;
const DATES: [&str; 4] = [
    "Tue, 14 Nov 2023 22:13:20 GMT",
    "Tue, 14 Nov 2023 23:13:20 GMT",
    "Sun, 06 Nov 0001 08:49:37 GMT",
    "Fri, 31 Dec 9999 23:59:59 GMT",
];

pub fn run(bytes: &[u8]) {
    let mut lines = bytes.split(|byte| *byte == b'\n').take(STEPS).peekable();
    let mode = match lines.next_if(|line| line.starts_with(b"mode ")) {
        Some(b"mode polling") => Mode::Polling(Duration::from_secs(30)),
        Some(b"mode busy") => Mode::Polling(Duration::ZERO),
        Some(b"mode offline") => Mode::Offline,
        _ => Mode::Streaming,
    };
    let mut player = Player::new(mode);
    let (mut store, mut single) = (Store::new(Profile::Server), Store::new(Profile::Server));
    for line in lines {
        if !player.step(line) {
            player.message(line);
            if let Ok(Message::Sync(sync)) = MessageText::of(line).parse() {
                apply(&mut store, &mut single, &sync);
            }
        }
    }
    // Whatever has happened, a client that goes on recovers.
    player.recover(mode);
}

/// Applies a message at once, and entity by entity, and checks the stores.
fn apply(store: &mut Store, single: &mut Store, sync: &Sync<'_>) {
    store.apply(sync);
    match sync.event {
        Event::Full => drop(single.apply(sync)),
        Event::Patch => {
            let (text, event) = (sync.text, Event::Patch);
            for segment in &sync.segments {
                let (flags, segments) = (Vec::new(), vec![*segment]);
                single.apply(&Sync { text, event, flags, segments, further: 0 });
            }
            for flag in &sync.flags {
                let (flags, segments) = (vec![*flag], Vec::new());
                single.apply(&Sync { text, event, flags, segments, further: 0 });
            }
        }
    }
    assert_eq!(store.cursor(), single.cursor());
    assert_eq!(store.ruleset().len(), single.ruleset().len());
    for flag in store.ruleset().iter() {
        let key = flag.key();
        let version = store.flag_version(key).expect("a served flag has a version");
        assert!(version <= store.cursor() && !store.is_archived(key), "{key}");
        assert_eq!(single.flag_version(key), Some(version), "{key}");
        let other = single.ruleset().get(key).expect("a flag that both stores serve");
        assert_eq!(flag.json(), other.json(), "{key}");
    }
    if sync.event == Event::Patch {
        let (cursor, count) = (store.cursor(), store.ruleset().len());
        let again = store.apply(sync);
        // A patch may give two flags each other's keys, so that it can be applied again and again.
        if !again.is_changed {
            assert_eq!((store.cursor(), store.ruleset().len()), (cursor, count));
        }
        single.apply(sync);
    }
}

/// A session with its clocks and the request in flight.
struct Player {
    session: Session,
    now: u64,
    wall: i64,
    live: Option<RequestId>,
    former: Option<RequestId>,
    /// True if the live request opens a socket, and true if it has an answer.
    is_socket: bool,
    is_open: bool,
    sent: Vec<u64>,
    commands: u64,
    outcomes: u64,
    is_suspended: bool,
}

impl Player {
    fn new(mode: Mode) -> Self {
        let endpoints = Endpoints::parse(Some("ws://featbit"), None, None).unwrap();
        let mut config = Config::new(endpoints, Secret::parse(SECRET).unwrap());
        config.mode = mode;
        config.limits.bytes = 4_096;
        let mut player = Self {
            session: Session::new(config, 7),
            now: 0,
            wall: 1_700_000_000_000,
            live: None,
            former: None,
            is_socket: false,
            is_open: false,
            sent: Vec::new(),
            commands: 0,
            outcomes: 0,
            is_suspended: false,
        };
        player.tell(Input::Start);
        player
    }

    fn tell(&mut self, input: Input<'_>) {
        match &input {
            Input::Closed { request_id, .. } if self.live == Some(*request_id) => self.ended(),
            Input::Opened { request_id, head } if self.live == Some(*request_id) => {
                self.is_open |= head.status == 101 || !self.is_socket;
            }
            _ => {}
        }
        let before = self.session.status().readiness;
        let wall = Timestamp::from_millis(self.wall.saturating_add(self.now as i64));
        self.session.handle(Millis::new(self.now), wall, input);
        while let Some(action) = self.session.poll() {
            let is_socket = matches!(action, Action::Connect(..));
            match action {
                Action::Send(request_id, _) | Action::Connect(request_id, _) => {
                    assert_eq!(self.live, None, "two requests in flight");
                    (self.live, self.is_socket, self.is_open) =
                        (Some(request_id), is_socket, false);
                    self.sent.push(self.now);
                    if let [.., first, _, last] = self.sent.as_slice() {
                        assert!(last - first >= 1_000, "three requests within a second");
                    }
                }
                Action::Abort(request_id) => {
                    assert_eq!(self.live, Some(request_id));
                    self.ended();
                }
                Action::Write(request_id, text) => {
                    assert!(self.live == Some(request_id) && self.is_socket && self.is_open);
                    assert!(text.len() <= 8_192, "the server reads no longer message");
                }
                Action::CommandDone(..) => self.outcomes += 1,
                _ => {}
            }
        }
        assert!(self.outcomes <= self.commands);
        let status = self.session.status();
        let rests = match status.connection {
            Connection::Offline | Connection::Closed => true,
            Connection::Suspended => self.is_suspended,
            _ => false,
        };
        assert_eq!(self.session.deadline().is_none(), rests, "{}", status.connection);
        let loses = before == Readiness::Ready && status.readiness != Readiness::Ready;
        assert!(!loses || status.readiness == Readiness::Closed, "{:?}", status.readiness);
    }

    fn ended(&mut self) {
        self.former = self.live.take();
    }

    /// Takes a step. Returns false if the line is no step.
    fn step(&mut self, line: &[u8]) -> bool {
        let Some((&kind, rest)) = line.split_first() else { return false };
        let number = std::str::from_utf8(rest).ok().and_then(|text| text.trim().parse().ok());
        let request_id = self.live.or(self.former);
        match (kind, request_id) {
            (b't', _) if rest.is_empty() => {
                let deadline = self.session.deadline().map_or(self.now, Millis::as_u64);
                self.now = self.now.max(deadline);
                self.tell(Input::Tick);
            }
            (b't', _) => {
                self.now = self.now.saturating_add(number.unwrap_or(1_000_u64).min(1 << 40));
                self.tell(Input::Tick);
            }
            (b'w', _) => {
                let text = std::str::from_utf8(rest).unwrap_or_default();
                self.wall = text.trim().parse().unwrap_or(i64::MAX);
            }
            (b'o', Some(request_id)) => {
                let (status, date) = rest.split_at(rest.len().min(3));
                let status = std::str::from_utf8(status).ok().and_then(|text| text.parse().ok());
                let mut head = ResponseHead::new(status.unwrap_or(101));
                if let Some(byte) = date.first() {
                    head = head.header("date", DATES[usize::from(*byte) % DATES.len()]);
                }
                if date.len() > 1 {
                    head = head.header("retry-after", String::from_utf8_lossy(&date[1..]));
                }
                self.tell(Input::Opened { request_id, head: &head });
            }
            (b'p', Some(request_id)) => {
                let bytes = number.unwrap_or(100) as usize;
                self.tell(Input::Progress { request_id, bytes });
            }
            (b'e', Some(request_id)) => {
                let code = number.and_then(|number| u16::try_from(number).ok());
                let end = match rest {
                    b"b" => End::Broken("reset"),
                    b"u" => End::Unreached("refused"),
                    b"n" => End::NoTunnel("refused"),
                    b"i" => End::Invalid("a broken frame"),
                    b"s" => End::Unsupported,
                    b"l" => End::TooLarge,
                    b"c" => End::Complete,
                    _ => End::Closed(code),
                };
                self.tell(Input::Closed { request_id, end });
            }
            (b'g', _) => {
                // Late events of a former request change nothing.
                let Some(request_id) = self.former.filter(|former| self.live != Some(*former))
                else {
                    return true;
                };
                let before = (self.session.status().clone(), self.session.deadline());
                self.tell(Input::Opened { request_id, head: &ResponseHead::new(101) });
                self.tell(Input::Bytes { request_id, bytes: rest });
                self.tell(Input::Closed { request_id, end: End::Closed(Some(4003)) });
                assert_eq!(before, (self.session.status().clone(), self.session.deadline()));
            }
            (b'r', _) => {
                self.commands += 1;
                self.tell(Input::Refresh(CommandId(self.commands)));
            }
            (b's', _) => {
                self.is_suspended = true;
                self.tell(Input::Suspend);
            }
            (b'u', _) => {
                self.is_suspended = false;
                self.tell(Input::Resume);
            }
            (b'x', _) if rest == b"!" => self.tell(Input::Stop),
            (b'b', _) => {
                let source = Source::Store("bootstrap".into());
                self.tell(Input::Stored { source, environment: "e".into(), features: rest });
            }
            _ => return false,
        }
        true
    }

    /// Passes in a message: as a whole on a socket, in two pieces for a poll.
    fn message(&mut self, bytes: &[u8]) {
        let Some(request_id) = self.live else { return };
        if self.is_socket {
            let bytes = &bytes[..bytes.len().min(4_096)];
            self.tell(Input::Progress { request_id, bytes: bytes.len() / 2 });
            self.tell(Input::Bytes { request_id, bytes });
        } else {
            let (first, rest) = bytes.split_at(bytes.len() / 2);
            self.tell(Input::Bytes { request_id, bytes: first });
            self.tell(Input::Bytes { request_id, bytes: rest });
        }
    }

    /// Answers well until the client has flags and no command waits.
    fn recover(&mut self, mode: Mode) {
        const FULL: &[u8] = br#"{"messageType":"data-sync","data":{"eventType":"full","featureFlags":[],"segments":[]}}"#;
        self.step(b"u");
        if self.session.status().readiness == Readiness::Closed || mode == Mode::Offline {
            assert_eq!(self.outcomes, self.commands, "a command without an outcome");
            return;
        }
        let until = self.now + 4_000_000;
        let mut has_full = false;
        while !has_full || self.outcomes < self.commands {
            assert!(self.now <= until, "{:?}", self.session);
            match (self.live, self.is_open) {
                (None, _) => drop(self.step(b"t")),
                (Some(_), false) => {
                    let status: &[u8] = if self.is_socket { b"o101" } else { b"o200" };
                    self.step(status);
                }
                (Some(request_id), true) => {
                    has_full = true;
                    self.tell(Input::Bytes { request_id, bytes: FULL });
                    if self.live == Some(request_id) && !self.is_socket {
                        self.tell(Input::Closed { request_id, end: End::Complete });
                    }
                    // A poll that has begun may hold anything.
                    has_full &= self.session.status().readiness == Readiness::Ready;
                }
            }
        }
        assert_eq!(self.session.status().readiness, Readiness::Ready);
    }
}
