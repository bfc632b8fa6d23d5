//! Sessions of clients, their requests, and the events of their streams, in virtual time.

use fh_repository::time::Millis;
use fh_session::{
    Action, ApiKeys, Config, EdgeUrl, End, Input, RequestId, RequestKind, ResponseHead, Session,
};

use super::random::Random;
use super::schedule::Schedule;
use super::servers::{Attempt, Servers};

/// The defaults of `fh serve`: the interval of heartbeats, and the times after which a stream ends, in milliseconds.
const HEARTBEAT: u64 = 20_000;
const DROP_AFTER: (u64, u64) = (540_000, 660_000);
/// Within this time all clients start. Their first streams end within the times of the second line.
const STARTS: u64 = 1_000;
const OF_START: (u64, u64) = (2_000, 600_000);
/// The times of further attempts to connect while the backlog is full, as Linux makes them, and the client's limit.
const AGAIN: [u64; 2] = [1_000, 3_000];
const CONNECT_LIMIT: u64 = 5_000;

const FEATURES: &str = r#"[{"id":"a","key":"A","version":1,"type":"STRING","value":"x"}]"#;
const ACK: &[u8] = b"event: ack\ndata: {}\n\n";
const BYE: &[u8] = b"event: bye\ndata: {\"status\":\"closed\"}\n\n";

#[derive(Clone, Copy)]
enum Event {
    Start(usize),
    Tick(usize),
    Connect { client: usize, request: RequestId, server: usize, attempt: usize },
    Unconnected(usize, RequestId),
    Answer(usize, RequestId),
    Heartbeat(usize, RequestId),
    Drop(usize, RequestId),
}

struct Client {
    session: Session,
    request: Option<(RequestId, RequestKind)>,
    /// The server of the request in flight; `None` before the connection is accepted.
    server: Option<usize>,
    /// The time of the earliest tick in the schedule.
    tick: Option<u64>,
    /// The time since which the client has no features because a server was stopped.
    lost_at: Option<u64>,
}

pub struct Fleet {
    schedule: Schedule<Event>,
    clients: Vec<Client>,
    pub servers: Servers,
    random: Random,
    stream: ResponseHead,
    poll: ResponseHead,
    first: String,
    polled: String,
    /// The number of requests since the last call of [`Self::requests`].
    requests: u64,
    /// The times without a server of all clients that are back, in milliseconds.
    pub returns: Vec<u64>,
    pub missing: usize,
}

impl Fleet {
    /// Creates clients, and opens their streams.
    pub fn new(clients: usize, servers: usize) -> Result<Self, String> {
        let edge = EdgeUrl::parse("https://edge.example").map_err(|why| why.to_string())?;
        let keys = ApiKeys::parse(["e/k*"]).map_err(|why| why.to_string())?;
        let config = Config::new(edge, keys);
        let mut random = Random(1);
        let mut new = || Client {
            session: Session::new(config.clone(), random.next()),
            request: None,
            server: None,
            tick: None,
            lost_at: None,
        };
        let clients: Vec<Client> = (0..clients).map(|_| new()).collect();
        let mut fleet = Self {
            schedule: Schedule::new(),
            clients,
            servers: Servers::new(servers),
            random,
            stream: ResponseHead::new(200).header("content-type", "text/event-stream"),
            poll: ResponseHead::new(200).header("content-type", "application/json"),
            first: format!("event: features\ndata: {FEATURES}\n\n"),
            polled: format!(r#"[{{"id":"e","features":{FEATURES}}}]"#),
            requests: 0,
            returns: Vec::new(),
            missing: 0,
        };
        for client in 0..fleet.clients.len() {
            let at = fleet.random.below(STARTS);
            fleet.schedule.add(at, Event::Start(client));
        }
        Ok(fleet)
    }

    pub fn now(&self) -> u64 {
        self.schedule.now
    }

    /// Lets the time pass until `end`.
    pub fn run(&mut self, end: u64) {
        while let Some(event) = self.schedule.next(end) {
            self.happen(event);
        }
    }

    /// Returns the number of requests since the last call.
    pub fn requests(&mut self) -> u64 {
        std::mem::take(&mut self.requests)
    }

    /// Returns the number of open streams on the server that has most.
    pub fn fullest(&self) -> usize {
        let mut counts = vec![0; self.servers.len()];
        for server in self.clients.iter().filter_map(|client| client.server) {
            counts[server] += 1;
        }
        counts.into_iter().max().unwrap_or(0)
    }

    /// Stops a server. Its streams end, with `bye` if the stop is in order.
    pub fn stop(&mut self, server: usize, is_in_order: bool) {
        self.servers.set_up(server, false);
        for client in 0..self.clients.len() {
            let Some((request_id, kind)) = self.clients[client].request else { continue };
            if self.clients[client].server != Some(server) {
                continue;
            }
            self.lose(client);
            if is_in_order && kind == RequestKind::Stream {
                self.tell(client, Input::Bytes { request_id, bytes: BYE });
                self.end(client, request_id, End::Complete);
            } else {
                self.end(client, request_id, End::Broken("the server has ended"));
            }
        }
    }

    /// Records that a client has no server now, unless it has had none before.
    fn lose(&mut self, client: usize) {
        let now = self.now();
        let lost_at = &mut self.clients[client].lost_at;
        if lost_at.is_none() {
            *lost_at = Some(now);
            self.missing += 1;
        }
    }

    fn end(&mut self, client: usize, request_id: RequestId, end: End<'_>) {
        self.clients[client].request = None;
        self.clients[client].server = None;
        self.tell(client, Input::Closed { request_id, end });
    }

    fn is_current(&self, client: usize, request: RequestId) -> bool {
        self.clients[client].request.is_some_and(|(current, _)| current == request)
    }

    fn happen(&mut self, event: Event) {
        let now = self.now();
        match event {
            Event::Start(client) => self.tell(client, Input::Start),
            Event::Tick(client) => {
                self.clients[client].tick = None;
                self.tell(client, Input::Tick);
            }
            Event::Connect { client, request, server, attempt } => {
                if self.is_current(client, request) {
                    self.connect(client, request, server, attempt);
                }
            }
            Event::Unconnected(client, request) => {
                if self.is_current(client, request) {
                    self.lose(client);
                    self.end(client, request, End::ConnectTimeout);
                }
            }
            Event::Answer(client, request) => {
                if self.is_current(client, request) {
                    self.answer(client, request);
                }
            }
            Event::Heartbeat(client, request_id) => {
                if self.is_current(client, request_id) {
                    self.tell(client, Input::Bytes { request_id, bytes: ACK });
                    self.schedule.add(now + HEARTBEAT, event);
                }
            }
            Event::Drop(client, request_id) => {
                if self.is_current(client, request_id) {
                    self.tell(client, Input::Bytes { request_id, bytes: BYE });
                    self.end(client, request_id, End::Complete);
                }
            }
        }
    }

    fn connect(&mut self, client: usize, request: RequestId, server: usize, attempt: usize) {
        let now = self.now();
        match self.servers.connect(server, now) {
            Attempt::Accepted(at) => {
                self.clients[client].server = Some(server);
                self.schedule.add(at, Event::Answer(client, request));
            }
            Attempt::Refused => {
                self.lose(client);
                self.end(client, request, End::Broken("connection refused"));
            }
            Attempt::Lost => {
                let begun = now - attempt.checked_sub(1).map_or(0, |last| AGAIN[last]);
                let event = match AGAIN.get(attempt) {
                    Some(after) => {
                        let attempt = attempt + 1;
                        (begun + after, Event::Connect { client, request, server, attempt })
                    }
                    None => (begun + CONNECT_LIMIT, Event::Unconnected(client, request)),
                };
                self.schedule.add(event.0, event.1);
            }
        }
    }

    fn answer(&mut self, client: usize, request_id: RequestId) {
        let now = self.now();
        let Some((_, kind)) = self.clients[client].request else { return };
        let (head, body) = match kind {
            RequestKind::Stream => (self.stream.clone(), self.first.clone()),
            RequestKind::Poll => (self.poll.clone(), self.polled.clone()),
        };
        self.tell(client, Input::Opened { request_id, head: &head });
        self.tell(client, Input::Bytes { request_id, bytes: body.as_bytes() });
        if let Some(lost_at) = self.clients[client].lost_at.take() {
            self.returns.push(now - lost_at);
            self.missing -= 1;
        }
        if kind == RequestKind::Poll {
            return self.end(client, request_id, End::Complete);
        }
        self.schedule.add(now + HEARTBEAT, Event::Heartbeat(client, request_id));
        // The streams of the start have any age, as those of servers that run for long.
        let left = if now < 2 * STARTS { OF_START } else { DROP_AFTER };
        let left = left.0 + self.random.below(left.1 - left.0);
        self.schedule.add(now + left, Event::Drop(client, request_id));
    }

    /// Passes an input to a session, and performs its actions.
    fn tell(&mut self, client: usize, input: Input<'_>) {
        let now = self.now();
        self.clients[client].session.handle(Millis::new(now), input);
        while let Some(action) = self.clients[client].session.poll() {
            match action {
                Action::Send(request, sent) => {
                    self.requests += 1;
                    self.clients[client].request = Some((request, sent.kind));
                    self.clients[client].server = None;
                    // Without a server, the load balancer refuses the connection as any server that is away.
                    let server = self.servers.choose(&mut self.random).unwrap_or(0);
                    let event = Event::Connect { client, request, server, attempt: 0 };
                    self.schedule.add(now + 1, event);
                }
                Action::Abort(request) if self.is_current(client, request) => {
                    self.clients[client].request = None;
                    self.clients[client].server = None;
                }
                _ => {}
            }
        }
        let client_state = &mut self.clients[client];
        let deadline = client_state.session.deadline().map(Millis::as_u64);
        if let Some(at) = deadline.filter(|at| client_state.tick.is_none_or(|tick| *at < tick)) {
            client_state.tick = Some(at);
            self.schedule.add(at, Event::Tick(client));
        }
    }
}
