//! Responses to polls.

use fh_session::KeyKind;

use super::{Answer, Body, Content, Edge, Ending, ReceivedRequest, Then};
use crate::edge_behaviour::EdgeBehaviour;
use crate::random::Random;
use crate::wire::{Empty, Listed, Wire};
use crate::world::{KEYS, NAMES, USERS};

impl Edge {
    pub(super) fn poll(
        &mut self,
        asked: &ReceivedRequest,
        behaviour: EdgeBehaviour,
        random: &mut Random,
    ) -> Answer {
        let keys = &KEYS[asked.keys];
        let lists: Vec<String> =
            keys.environments.iter().map(|at| self.list(*at, asked, behaviour, random)).collect();
        let mut entries = Vec::new();
        let mut empty_ones = 0;
        for (at, features) in keys.environments.iter().zip(&lists) {
            let id = if random.percent(90) { NAMES[*at].into() } else { NAMES[*at].to_uppercase() };
            let troubled = match behaviour {
                EdgeBehaviour::Empty { .. } => true,
                EdgeBehaviour::PartlyEmpty => keys.environments.len() > 1 && random.percent(50),
                _ => false,
            };
            if features == "[]" || troubled {
                empty_ones += 1;
            }
            entries.push(match (troubled, behaviour) {
                (true, EdgeBehaviour::Empty { absent: true }) => format!(r#"{{"id":"{id}"}}"#),
                (true, _) => format!(r#"{{"id":"{id}","features":[]}}"#),
                _ => halved(&id, features, random),
            });
        }
        let empty = match (empty_ones, behaviour) {
            (0, _) => Empty::No,
            (_, EdgeBehaviour::Empty { absent: true }) => Empty::Absent,
            (some, _) if some == entries.len() => Empty::Lists,
            _ => Empty::Some,
        };
        // A cache that does not distinguish keys may respond with the environment of another key.
        let is_alone = behaviour == EdgeBehaviour::Strangers && random.percent(50);
        if behaviour == EdgeBehaviour::Strangers {
            let stranger = random.below(1_000);
            if is_alone {
                entries.clear();
            }
            entries.push(format!(
                r#"{{"id":"{stranger:08}-2222-4222-8222-222222222222","features":[{{"id":"y","key":"Y","version":1,"type":"STRING","value":"y"}}]}}"#
            ));
        }
        let honest = !matches!(
            behaviour,
            EdgeBehaviour::Strangers
                | EdgeBehaviour::Lags
                | EdgeBehaviour::Empty { .. }
                | EdgeBehaviour::PartlyEmpty
                | EdgeBehaviour::Malformed(_)
                | EdgeBehaviour::NoEnvironments
                | EdgeBehaviour::TooLarge
                | EdgeBehaviour::HeadOnly
        );
        // An Edge with a failure sends the etag of the features that it could not load. With one client-evaluated key an empty list counts
        // as correct, so it has an etag of its own.
        let emptied = matches!(behaviour, EdgeBehaviour::Empty { absent: false })
            && keys.texts.len() == 1
            && keys.kind == KeyKind::ClientEvaluated;
        let lists = if emptied { vec!["[]".to_string()] } else { lists };
        let etag = etag(&lists, asked);
        let matching = asked.etag.as_deref() == Some(etag.as_str());
        if matching && honest && keys.texts.len() == 1 {
            let mut answer = Answer::plain(asked, 304);
            answer.max_age(random, self.is_healed);
            return answer;
        }
        let (text, body) = match behaviour {
            EdgeBehaviour::NoEnvironments => ("[]".to_string(), Body::NoEnvironments),
            EdgeBehaviour::Strangers if is_alone => {
                (format!("[{}]", entries.join(",")), Body::NoEnvironments)
            }
            EdgeBehaviour::Malformed(how) => (malformed(how, &entries), Body::Malformed),
            EdgeBehaviour::TooLarge => (" ".repeat(self.limit + 100), Body::Malformed),
            _ => (format!("[{}]", entries.join(",")), Body::List(Listed { honest, empty })),
        };
        let mut answer = Answer::plain(asked, 200);
        let (content, name) = random.pick(&[
            (Content::Json, "application/json"),
            (Content::Json, "application/json; charset=utf-8"),
            (Content::Json, "application/octet-stream"),
            (Content::None, ""),
        ]);
        answer.facts.content = content;
        if content != Content::None {
            answer.head = answer.head.header("Content-Type", name);
        }
        answer.max_age(random, self.is_healed);
        if random.percent(85) {
            answer.facts.etag = Some(etag.clone());
            answer.head = answer.head.header("ETag", etag);
        }
        answer.facts.body = body;
        answer.wire = Wire::body(&text);
        if behaviour == EdgeBehaviour::TooLarge {
            answer.wire = Wire::new("\n");
            answer.wire.oversized(self.limit);
        }
        if behaviour == EdgeBehaviour::HeadOnly {
            answer.facts.body = Body::Malformed;
            answer.wire = Wire::body("");
            answer.then = Then::Ends(Ending::Silence);
        }
        answer
    }
}

/// Returns the hash of a text (FNV-1a). Equal contents have equal etags (D-95).
fn digest(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    })
}

/// Returns the etag of a response. Equal contents have equal etags.
fn etag(lists: &[String], asked: &ReceivedRequest) -> String {
    let tags: Vec<String> = lists.iter().map(|list| format!("{:x}", digest(list))).collect();
    let is_told = KEYS[asked.keys].kind == KeyKind::ServerEvaluated;
    let user = USERS[asked.user].filter(|_| is_told);
    let user = user.map_or(String::new(), |user| format!("//{:x}", digest(user)));
    format!("\"{}{user}\"", tags.join(";"))
}

/// Returns an environment's entry, sometimes cut into two entries.
fn halved(id: &str, features: &str, random: &mut Random) -> String {
    match features.split_once("},{\"id\"") {
        Some((first, second)) if random.percent(10) => format!(
            r#"{{"id":"{id}","features":{first}}}]}},{{"features":[{{"id"{second},"id":"{id}"}}"#
        ),
        _ => format!(r#"{{"id":"{id}","features":{features}}}"#),
    }
}

fn malformed(how: u8, entries: &[String]) -> String {
    match how % 6 {
        0 => String::new(),
        1 => "{}".to_string(),
        2 => "<html>".to_string(),
        3 => "[7]".to_string(),
        4 => format!("[{}", entries.join(",")),
        _ => format!("]{}]", entries.join(",")),
    }
}
