//! `GET /features` (edge-protocol 2).
use crate::server::locked;
use serde_json::{Value, json};

use super::head;
use crate::featurehub::connection::Interrupted;
use crate::featurehub::context::{self, Context};
use crate::featurehub::etag::{self, Match};
use crate::featurehub::key::ApiKey;
use crate::featurehub::player::Player;
use crate::featurehub::request::Request;
use crate::featurehub::world::{View, World};

/// One valid key of the request, and what it sees.
struct Asked {
    key: ApiKey,
    view: Option<View>,
}

pub(super) fn answer(
    player: &mut Player<'_>,
    request: &Request,
    status: Option<u16>,
) -> Result<(), Interrupted> {
    let sent = request.api_keys();
    if sent.is_empty() {
        return player.respond(head(player, request, 400), b"");
    }
    let world = locked(&player.edge.server.world);
    let asked = asked(&world, &sent);
    if asked.iter().all(|asked| asked.view.is_none()) {
        drop(world);
        return player.respond(head(player, request, 404), b"");
    }
    let context = request.context();
    let context_tag = context::tag(&context);
    let tags: Vec<String> = asked
        .iter()
        .map(|asked| asked.view.as_ref().map(|view| world.tag(view)).unwrap_or_default())
        .collect();
    let received = request.header("if-none-match");
    let is_unchanged =
        |received: &&str| etag::compare(received, &tags, &context_tag) == Match::Unchanged;
    if let Some(received) = received.filter(is_unchanged) {
        drop(world);
        let mut head = head(player, request, 304);
        head.set("etag", received);
        return player.respond(head, b"");
    }
    let document = rendered(&world, &asked, &context);
    drop(world);
    let mut head = head(player, request, status.unwrap_or(200));
    head.set("etag", &format!("\"{}\"", etag::write(&tags, &context_tag)));
    player.json_body(head, &document)
}

/// Returns the body of a healthy answer to this request.
pub(crate) fn environments(player: &Player<'_>) -> Vec<u8> {
    let Some(request) = player.request else { return b"[]".to_vec() };
    let world = locked(&player.edge.server.world);
    let asked = asked(&world, &request.api_keys());
    rendered(&world, &asked, &request.context()).to_string().into_bytes()
}

/// Returns the keys of the request in order, without repetitions. Texts that are not valid keys are dropped.
fn asked(world: &World, sent: &[String]) -> Vec<Asked> {
    let mut seen: Vec<&String> = Vec::new();
    let mut asked = Vec::new();
    for text in sent {
        if seen.contains(&text) {
            continue;
        }
        seen.push(text);
        if let Some(key) = ApiKey::parse(text) {
            let view = world.view(&key);
            asked.push(Asked { key, view });
        }
    }
    asked
}

fn rendered(world: &World, asked: &[Asked], context: &Context) -> Value {
    asked
        .iter()
        .map(|asked| {
            let features = asked.view.as_ref().map(|view| world.features(view, context));
            json!({"id": asked.key.environment(), "features": features.unwrap_or_default()})
        })
        .collect()
}
