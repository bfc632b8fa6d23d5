//! A model of an Edge. It answers requests correctly, or with the faults of Edges and of servers in front of them.

mod poll;
mod stream;

use fh_session::{RequestKind, ResponseHead};

use crate::edge_behaviour::{EdgeBehaviour, Redirects};
use crate::random::Random;
use crate::wire::{Listed, Wire};
use crate::world::{Environment, KEYS, NAMES, USERS, list};

/// A request, as the Edge receives it.
#[derive(Debug, Clone)]
pub struct ReceivedRequest {
    pub kind: RequestKind,
    pub keys: usize,
    pub user: usize,
    pub etag: Option<String>,
    /// Number of redirects that it has followed.
    pub hops: u64,
}

/// The properties of a response that determine the client's behaviour.
#[derive(Debug, Clone)]
pub struct Facts {
    pub status: u16,
    pub content: Content,
    pub retry_after: Option<u64>,
    pub max_age: Option<u64>,
    pub etag: Option<String>,
    pub leads_home: bool,
    pub asked_with_etag: bool,
    pub body: Body,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    None,
    Json,
    Events,
    Html,
}

/// The body of a poll.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    Malformed,
    NoEnvironments,
    List(Listed),
}

/// The way in which a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    Complete,
    Broken,
    Tls,
    ConnectTimeout,
    /// The connection stays open, but nothing arrives any more.
    Silence,
}

pub enum Reply {
    Fails(Ending),
    Answers(Box<Answer>),
}

pub struct Answer {
    pub head: ResponseHead,
    pub facts: Facts,
    pub wire: Wire,
    /// The event after the last byte. A stream may stay open and send the updates of an environment.
    pub then: Then,
    pub drips: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    Ends(Ending),
    Tells(usize),
}

pub struct Edge {
    pub world: Vec<Environment>,
    pub behaviour: EdgeBehaviour,
    /// Time in milliseconds after which the Edge closes streams with a `bye`.
    pub drop_after: Option<u64>,
    pub heartbeats: bool,
    pub limit: usize,
    pub is_healed: bool,
}

impl Edge {
    pub fn new(random: &mut Random, limit: usize) -> Self {
        Self {
            world: NAMES.iter().map(|name| Environment::new(name, random)).collect(),
            behaviour: EdgeBehaviour::Fine,
            drop_after: random.percent(60).then(|| random.between(5, 70) * 1_000),
            heartbeats: random.percent(50),
            limit,
            is_healed: false,
        }
    }

    pub fn answer(&mut self, asked: &ReceivedRequest, random: &mut Random) -> Reply {
        let mut behaviour = self.behaviour;
        if behaviour == EdgeBehaviour::Fine && !self.is_healed && random.percent(8) {
            behaviour = EdgeBehaviour::draw(random);
        }
        if behaviour == EdgeBehaviour::TooLarge && self.limit > 100_000 {
            behaviour = EdgeBehaviour::Fine;
        }
        let plain = |status| Answer::plain(asked, status);
        let answer = match behaviour {
            EdgeBehaviour::Fails(ending) => return Reply::Fails(ending),
            // A client that sent an etag would accept a false 304, so it gets a correct response.
            EdgeBehaviour::Status(304) if asked.etag.is_some() => {
                self.features(asked, EdgeBehaviour::Fine, random)
            }
            EdgeBehaviour::Status(status) => self.refusal(asked, status, random),
            EdgeBehaviour::Html => Answer::html(asked, random.pick(&[200, 200, 236])),
            EdgeBehaviour::NoStreams if asked.kind == RequestKind::Stream => plain(501),
            EdgeBehaviour::Redirects(redirects) => match redirects.location(asked.hops) {
                Some((location, leads_home)) => {
                    let status = random.pick(&[301, 302, 303, 307, 308]);
                    let mut answer = plain(status);
                    answer.facts.leads_home = leads_home;
                    if let Some(location) = location {
                        answer.head = answer.head.header("Location", location);
                    }
                    answer
                }
                None => self.features(asked, EdgeBehaviour::Fine, random),
            },
            behaviour => self.features(asked, behaviour, random),
        };
        Reply::Answers(Box::new(answer))
    }

    fn refusal(&self, asked: &ReceivedRequest, status: u16, random: &mut Random) -> Answer {
        let mut answer = Answer::plain(asked, status);
        if random.percent(if matches!(status, 429 | 503) { 60 } else { 15 }) {
            let seconds = random.pick(&[0, 1, 7, 45, 130, 1_000, 99_999]);
            answer.facts.retry_after = Some(seconds.min(3_600) * 1_000);
            answer.head = match seconds {
                45 => answer
                    .head
                    .header("Date", "Fri, 20 Nov 2026 12:00:00 GMT")
                    .header("Retry-After", "Fri, 20 Nov 2026 12:00:45 GMT"),
                _ => answer.head.header("Retry-After", seconds.to_string()),
            };
        }
        answer
    }

    fn features(
        &mut self,
        asked: &ReceivedRequest,
        behaviour: EdgeBehaviour,
        random: &mut Random,
    ) -> Answer {
        let mut answer = match asked.kind {
            RequestKind::Poll => self.poll(asked, behaviour, random),
            RequestKind::Stream => self.stream(asked, behaviour, random),
        };
        if behaviour == EdgeBehaviour::Stale && answer.facts.status == 200 {
            answer.facts.status = 236;
            answer.head.status = 236;
        }
        answer.drips = behaviour == EdgeBehaviour::Drips;
        answer
    }

    /// Returns the list of an environment's features for this request, or a former list if the replica is outdated.
    fn list(
        &self,
        at: usize,
        asked: &ReceivedRequest,
        behaviour: EdgeBehaviour,
        random: &mut Random,
    ) -> String {
        let (kind, user) = (KEYS[asked.keys].kind, USERS[asked.user]);
        let environment = &self.world[at];
        match behaviour {
            EdgeBehaviour::Lags => list(environment.former(random).iter(), kind, user),
            _ => list(environment.features.iter(), kind, user),
        }
    }
}

impl Answer {
    fn plain(asked: &ReceivedRequest, status: u16) -> Self {
        let facts = Facts {
            status,
            content: Content::None,
            retry_after: None,
            max_age: None,
            etag: None,
            leads_home: false,
            asked_with_etag: asked.etag.is_some(),
            body: Body::Malformed,
        };
        Self {
            head: ResponseHead::new(status),
            facts,
            wire: Wire::new("\n"),
            then: Then::Ends(Ending::Complete),
            drips: false,
        }
    }

    fn html(asked: &ReceivedRequest, status: u16) -> Self {
        let mut answer = Self::plain(asked, status);
        answer.facts.content = Content::Html;
        answer.head = answer.head.header("content-type", "text/html");
        answer.wire = Wire::body("<html>Log in first</html>");
        answer
    }

    fn max_age(&mut self, random: &mut Random, is_healed: bool) {
        if is_healed || random.percent(85) {
            return;
        }
        let (value, seconds) = random.pick(&[
            ("max-age=0", None),
            ("no-store, max-age=0", None),
            ("public, max-age=2", Some(2)),
            ("s-maxage=9, max-age=40", Some(40)),
            ("bork, bork, max-age=20, sister", Some(20)),
            ("max-age=99999999999999", Some(86_400)),
            ("max-age=-3", None),
        ]);
        self.facts.max_age = seconds.map(|seconds| seconds * 1_000);
        self.head = std::mem::take(&mut self.head).header("Cache-Control", value);
    }
}

impl Redirects {
    /// Returns the next location, and whether a client may follow it; `None` if this location responds itself.
    fn location(self, hops: u64) -> Option<(Option<String>, bool)> {
        let next = hops + 1;
        match self {
            Self::Home(most) if hops >= most => None,
            Self::Home(_) => Some((Some(format!("/moved/{next}")), true)),
            Self::Away => Some((Some(format!("http://evil/moved/{next}")), false)),
            Self::Port => Some((Some(format!("//edge:81/moved/{next}")), false)),
            Self::Nowhere => Some((None, false)),
        }
    }
}
