//! `GET /features/{environment}/{key}` (edge-protocol 3).
use crate::server::locked;
use serde_json::Value;

use super::head;
use crate::featurehub::behaviour::{ACK, UNKNOWN_KEY, event_text};
use crate::featurehub::connection::{Closing, Interrupted};
use crate::featurehub::context;
use crate::featurehub::etag::{self, Match};
use crate::featurehub::player::Player;
use crate::featurehub::request::Request;
use crate::featurehub::step::Framing;

pub(super) fn answer(
    player: &mut Player<'_>,
    request: &Request,
    status: Option<u16>,
) -> Result<Option<Closing>, Interrupted> {
    let Some(key) = request.path_key() else {
        player.respond(head(player, request, 404), b"")?;
        return Ok(None);
    };
    // The list is read and the stream registered under one lock, so that no update is lost or sent before the list.
    let mut world = locked(&player.edge.server.world);
    let context = request.context();
    let context_tag = context::tag(&context);
    let (ack, first, after) = match world.view(&key) {
        None => {
            (event_text("ack", None, ACK), event_text("failure", None, UNKNOWN_KEY), After::End)
        }
        Some(view) => {
            let tag = [world.tag(&view)];
            let known = request
                .header("last-event-id")
                .map_or(Match::Invalid, |id| etag::compare(id, &tag, &context_tag));
            let ack =
                if known == Match::Invalid { event_text("ack", None, ACK) } else { String::new() };
            let list = if known == Match::Unchanged {
                String::new()
            } else {
                let list = Value::from(world.features(&view, &context)).to_string();
                let id = etag::write(&tag, &context_tag);
                event_text("features", Some(&id), &list)
            };
            world.subscribe(player.mailbox, view, context);
            player.edge.server.note_streams(&world);
            (ack, list, After::Updates)
        }
    };
    drop(world);
    let mut head = head(player, request, status.unwrap_or(200));
    head.framing = Framing::Chunked;
    head.set("content-type", "text/event-stream");
    head.set("cache-control", "no-store, no-transform");
    player.head(head, 0)?;
    player.body(ack.as_bytes())?;
    player.body(first.as_bytes())?;
    match after {
        After::Updates => player.live().map(Some),
        After::End => {
            player.finish()?;
            Ok(Some(Closing::Fin))
        }
    }
}

/// The continuation after the beginning of a stream.
enum After {
    Updates,
    End,
}

/// Returns the current `features` event of this request. An unknown key gets an empty list.
pub(crate) fn features(player: &Player<'_>) -> String {
    let world = locked(&player.edge.server.world);
    let context = player.request.map(|request| request.context()).unwrap_or_default();
    let view =
        player.request.and_then(|request| request.path_key()).and_then(|key| world.view(&key));
    let Some(view) = view else { return event_text("features", None, "[]") };
    let id = etag::write(&[world.tag(&view)], &context::tag(&context));
    let list = Value::from(world.features(&view, &context)).to_string();
    event_text("features", Some(&id), &list)
}

/// Subscribes this request to updates if its key is known.
pub(crate) fn subscribe(player: &Player<'_>) {
    let Some(request) = player.request else { return };
    let mut world = locked(&player.edge.server.world);
    if let Some(view) = request.path_key().and_then(|key| world.view(&key)) {
        world.subscribe(player.mailbox, view, request.context());
        player.edge.server.note_streams(&world);
    }
}
