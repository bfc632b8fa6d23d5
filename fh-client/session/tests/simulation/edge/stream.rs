//! The beginning of streams, up to the first update.

use super::{Answer, Content, Edge, Ending, ReceivedRequest, Then};
use crate::edge_behaviour::EdgeBehaviour;
use crate::random::Random;
use crate::wire::{Empty, Listed, Mark, Wire};
use crate::world::{KEYS, USERS};

impl Edge {
    pub(super) fn stream(
        &mut self,
        asked: &ReceivedRequest,
        behaviour: EdgeBehaviour,
        random: &mut Random,
    ) -> Answer {
        let at = KEYS[asked.keys].environments[0];
        let mut answer = Answer::plain(asked, 200);
        let kind = random.pick(&["text/event-stream", "text/event-stream;charset=UTF-8"]);
        answer.head = answer.head.header("Content-Type", kind);
        answer.facts.content = Content::Events;
        let mut wire = Wire::new(random.pick(&["\n", "\n", "\r\n", "\r"]));
        answer.then = Then::Tells(at);
        if random.percent(5) && behaviour != EdgeBehaviour::TooLarge {
            wire.raw("\u{feff}".as_bytes());
        }
        if random.percent(70) {
            wire.event("ack", r#"{"status":"discover"}"#, Mark::Nothing);
        }
        if random.percent(10) {
            wire.noise(random);
        }
        match behaviour {
            EdgeBehaviour::HeadOnly => answer.then = Then::Ends(Ending::Silence),
            EdgeBehaviour::Closes { bye, early: true, .. } => {
                goodbye(&mut wire, bye);
                answer.then = Then::Ends(Ending::Complete);
            }
            EdgeBehaviour::Failure { early: true } => failure(&mut wire, &mut answer, random),
            EdgeBehaviour::Config(value) if random.percent(50) => config(&mut wire, value),
            EdgeBehaviour::TooLarge => wire.oversized(self.limit),
            EdgeBehaviour::Malformed(how) if random.percent(50) => wire.event(
                ["features", "features", "features", "feature", "delete_feature"]
                    [usize::from(how) % 5],
                ["[{", "{}", "7", "{\"id\":\"x\"}", "[]"][usize::from(how) % 5],
                Mark::Malformed,
            ),
            EdgeBehaviour::UpdatesFirst => self.tell_any(at, asked, &mut wire, random),
            _ => {}
        }
        let features = match behaviour {
            EdgeBehaviour::Empty { .. } => "[]".to_string(),
            _ => self.list(at, asked, behaviour, random),
        };
        let empty = if features == "[]" { Empty::Lists } else { Empty::No };
        let honest = !matches!(
            behaviour,
            EdgeBehaviour::Empty { .. }
                | EdgeBehaviour::Lags
                | EdgeBehaviour::UpdatesFirst
                | EdgeBehaviour::Malformed(_)
        );
        wire.list(random.below(6), &features, Mark::List(Listed { honest, empty }));
        match behaviour {
            EdgeBehaviour::Closes { bye, .. } => {
                goodbye(&mut wire, bye);
                answer.then = Then::Ends(random.pick(&[Ending::Complete, Ending::Broken]));
            }
            EdgeBehaviour::Failure { .. } => failure(&mut wire, &mut answer, random),
            EdgeBehaviour::Config(value) => config(&mut wire, value),
            EdgeBehaviour::Stale => {
                answer.then = Then::Ends(random.pick(&[Ending::Complete, Ending::Silence]));
            }
            EdgeBehaviour::Malformed(how) => {
                let name = ["feature", "delete_feature"][usize::from(how) % 2];
                wire.event(name, ["{", "7", "[]", "\"x\""][usize::from(how) % 4], Mark::Malformed);
            }
            _ => {}
        }
        answer.wire = wire;
        answer
    }

    /// Sends an update before the list.
    pub(super) fn tell_any(
        &self,
        at: usize,
        asked: &ReceivedRequest,
        wire: &mut Wire,
        random: &mut Random,
    ) {
        let features: Vec<_> = self.world[at].visible().collect();
        if features.is_empty() {
            return;
        }
        let mut text = String::new();
        let feature = features[random.index(features.len())];
        feature.render(KEYS[asked.keys].kind, USERS[asked.user], &mut text);
        wire.event("feature", &text, Mark::Update);
    }
}

fn goodbye(wire: &mut Wire, bye: bool) {
    if bye {
        wire.event("bye", r#"{"status":"closed"}"#, Mark::Bye);
    }
}

fn failure(wire: &mut Wire, answer: &mut Answer, random: &mut Random) {
    let reason = r#"{"status":"Unrecognized API key. Please stop requesting."}"#;
    wire.event("failure", random.pick(&[reason, "no JSON"]), Mark::Failure);
    answer.then = Then::Ends(random.pick(&[Ending::Complete, Ending::Silence]));
}

/// Sends `edge.stale` with all kinds of values (D-22).
fn config(wire: &mut Wire, value: u8) {
    let (data, mark) = [
        (r#"{"edge.stale":true}"#, Mark::Stop),
        (r#"{"edge.stale":3}"#, Mark::Pause(3_000)),
        (r#"{"edge.stale":200.5}"#, Mark::Pause(200_500)),
        (r#"{"edge.stale":false}"#, Mark::Nothing),
        (r#"{"edge.stale":"true"}"#, Mark::Nothing),
        (r#"{"edge.stale":0}"#, Mark::Nothing),
        (r#"{"edge.stale":null}"#, Mark::Nothing),
        (r#"{"edge.other":true}"#, Mark::Nothing),
        ("nonsense", Mark::Nothing),
    ][usize::from(value) % 9];
    wire.event("config", data, mark);
}
