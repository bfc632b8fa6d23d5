//! A session with its invariants: those of the simulation that need no model of an Edge.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use fh_eval::Attributes;
use fh_repository::readiness::Readiness;
use fh_repository::rules::Rules;
use fh_repository::status::{Connection, SessionStatus};
use fh_repository::time::Millis;
use fh_session::{Action, Config, Input, KeyKind, Mode, RequestId, RequestKind, Session};
use fh_test::memory::thread as memory;

/// The longest delay that a response can ask for, in milliseconds (decisions D-75).
const DAY: u64 = 24 * 3_600_000;
/// The memory limit of a session without input, in bytes.
const MEMORY: usize = 256 * 1024;
/// The memory limit for each byte of input. Features are compiled, and are held twice while a list is applied.
const MEMORY_A_BYTE: usize = 64;

pub(super) struct Watched {
    session: Session,
    mode: Mode,
    pace: u64,
    now: u64,
    pub(super) live: Option<RequestId>,
    /// The kind of the last request.
    pub(super) asked: RequestKind,
    last: Option<RequestId>,
    sent: Vec<u64>,
    waiting: BTreeSet<u64>,
    pub(super) status: SessionStatus,
    pub(super) rules: Option<Arc<Rules>>,
    /// The number of steps that published features.
    pub(super) publications: u64,
    kind: KeyKind,
    /// The kind of the former keys. Their features may be published until those of the new keys have arrived.
    former: KeyKind,
    /// The accepted contexts, beginning with the empty one at the start.
    set: Vec<Arc<Attributes>>,
    is_stopped: bool,
    /// The number of input bytes. `held` is the number of bytes that the session holds.
    fed: usize,
    held: isize,
}

impl Watched {
    pub(super) fn new(config: Config, seed: u64) -> Self {
        let before = memory::begin();
        let (mode, pace, kind) = (config.mode, millis(config.pace), config.keys.kind());
        let session = Session::new(config, seed);
        let held = memory::held() - before;
        Self {
            session,
            mode,
            pace,
            now: 0,
            live: None,
            asked: RequestKind::Poll,
            last: None,
            sent: Vec::new(),
            waiting: BTreeSet::new(),
            status: SessionStatus::default(),
            rules: None,
            publications: 0,
            kind,
            former: kind,
            set: vec![Arc::default()],
            is_stopped: false,
            fed: 0,
            held,
        }
    }

    pub(super) fn deadline(&self) -> Option<u64> {
        self.session.deadline().map(Millis::as_u64)
    }

    /// Passes an input to the session, and checks the invariants afterwards.
    pub(super) fn tell(&mut self, now: u64, input: Input<'_>) {
        let is_tick = matches!(input, Input::Tick);
        let (mut switch, mut keys) = (None, None);
        match &input {
            Input::Bytes { bytes, .. } => self.fed += bytes.len(),
            Input::Stored { features, .. } => self.fed += features.len(),
            Input::StoredFeature { feature, .. } => self.fed += feature.len(),
            Input::Opened { head, .. } => {
                self.fed += ["etag", "location"]
                    .iter()
                    .filter_map(|name| head.get(name))
                    .map(str::len)
                    .sum::<usize>();
            }
            // The input ends the request.
            Input::Closed { request_id, .. } if self.live == Some(*request_id) => self.live = None,
            Input::Refresh(command_id) => assert!(self.waiting.insert(command_id.0)),
            Input::Context(command_id, context) => {
                assert!(self.waiting.insert(command_id.0));
                switch = Some((command_id.0, Arc::clone(context)));
            }
            Input::Keys(command_id, new) => {
                assert!(self.waiting.insert(command_id.0));
                keys = Some(new.kind());
            }
            Input::Stop => self.is_stopped = true,
            _ => {}
        }
        self.now = self.now.max(now);
        let before = memory::begin();
        self.session.handle(Millis::new(now), input);
        self.bounded(memory::peak() - before);
        if let (Some(kind), false) = (keys, self.is_stopped) {
            (self.former, self.kind) = (self.kind, kind);
        }
        let mut published = None;
        let mut actions = Vec::new();
        while let Some(action) = self.session.poll() {
            match (&mut switch, &action) {
                // The context was refused, so the former one stays.
                (Some((command_id, _)), Action::CommandDone(settled, Err(_)))
                    if settled.0 == *command_id =>
                {
                    switch = None;
                }
                _ => {}
            }
            actions.push(action);
        }
        if let (Some((_, context)), KeyKind::ServerEvaluated) = (switch, self.kind) {
            // This context is requested now, or after the end of the running request (decisions D-120).
            if self.set.last() != Some(&context) {
                self.set.push(context);
            }
        }
        for action in actions {
            self.action(action, &mut published);
        }
        self.publications += u64::from(published.is_some());
        self.rules = published.or(self.rules.take());
        // The count includes the last published features. The former ones have just been dropped.
        self.held += memory::held() - before;
        self.bounded(self.held);
        assert_eq!(self.status, *self.session.status(), "the status that was told");
        if self.is_stopped {
            assert!(self.live.is_none() && self.waiting.is_empty(), "after the end");
            assert_eq!(self.status.readiness, Readiness::Closed);
        }
        if self.status.readiness == Readiness::Ready {
            let rules = self.rules.as_ref().expect("ready, and nothing to serve");
            let evaluated = rules.evaluated_for().map(|it| &it.context);
            assert!(self.was_set(evaluated), "ready, but for another: {evaluated:?}");
        }
        self.has_deadline(is_tick);
    }

    /// Stops the session. Every command must have its outcome then.
    pub(super) fn end(&mut self) {
        self.tell(self.now, Input::Stop);
        assert!(self.deadline().is_none());
        let shown = format!("{:?} {:?}", self.session, self.status);
        assert!(!shown.contains("secret"), "{shown}");
    }

    fn action(&mut self, action: Action, published: &mut Option<Arc<Rules>>) {
        match action {
            Action::Send(request_id, request) => {
                assert!(!self.is_stopped && self.mode != Mode::Offline);
                assert_eq!(self.live, None, "two requests at once");
                assert!(self.last < Some(request_id), "a request id twice");
                (self.live, self.last) = (Some(request_id), Some(request_id));
                self.asked = request.kind;
                if let [.., before_last, _] = self.sent.as_slice() {
                    assert!(self.now - before_last >= self.pace, "three within the pace");
                }
                self.sent.push(self.now);
                assert!(request.url.expose().starts_with("http://edge/"), "away from home");
                assert!(!format!("{request:?}").contains("secret"), "{request:?}");
            }
            Action::Abort(request_id) => {
                assert_eq!(self.live.take(), Some(request_id), "gives up what is not live");
            }
            Action::Publish(publication) => {
                let evaluated = publication.rules.evaluated_for();
                let evaluated = evaluated.map(|it| &it.context);
                assert!(self.was_set(evaluated), "another's features: {evaluated:?}");
                *published = Some(publication.rules);
            }
            Action::Status(status) => self.status = status,
            Action::CommandDone(command_id, _) => {
                assert!(self.waiting.remove(&command_id.0), "{command_id:?} settled twice");
            }
            _ => {}
        }
    }

    /// Returns true for a context that was set, and for `None` if the features may be rules.
    fn was_set(&self, evaluated: Option<&Arc<Attributes>>) -> bool {
        match evaluated {
            None => [self.kind, self.former].contains(&KeyKind::ClientEvaluated),
            Some(context) => self.set.contains(context),
        }
    }

    /// Checks the deadline. Only the states that decisions D-71 names have none, and none is later than a
    /// day.
    fn has_deadline(&self, is_tick: bool) {
        let status = &self.status;
        let Some(deadline) = self.deadline() else {
            let may = match status.connection {
                Connection::Resting => matches!(self.mode, Mode::Passive(_)),
                Connection::Done => self.mode == Mode::Once,
                Connection::Halted => status.is_stale,
                Connection::Idle
                | Connection::Suspended
                | Connection::Offline
                | Connection::Closed => true,
                _ => false,
            };
            assert!(may, "no deadline: {status:?}");
            return;
        };
        assert!(deadline <= self.now + DAY, "{deadline} at {}", self.now);
        assert!(!is_tick || deadline > self.now, "a tick that leads nowhere: {status:?}");
        let live = matches!(status.connection, Connection::Connecting | Connection::Streaming);
        assert!(live || self.live.is_none(), "a request beside {status:?}");
    }

    /// Checks that the memory is in proportion to the input.
    fn bounded(&self, bytes: isize) {
        let most = MEMORY + MEMORY_A_BYTE * self.fed;
        assert!(bytes <= most.cast_signed(), "{bytes} bytes, for {} that were sent", self.fed);
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
