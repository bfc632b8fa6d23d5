//! The evaluations of a poll, and the memory for the body of its answer.

use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use fh_eval::Attributes;
use http::StatusCode;

use super::found::{Context, Found, opened};
use crate::api::query::Few;
use crate::api::respond;
use crate::clock::now;
use crate::evaluations::{Effort, Refused};
use crate::origin::Opened;
use crate::request_memory::{NoMemory, Reservation, of_context};
use crate::serving::View;
use crate::shared_state::SharedState;
use crate::wire::context::RequestContext;

/// The memory that is reserved for the body of a response.
pub(super) enum Reserved {
    New(Reservation),
    /// The reservation of another response, which shares its bytes with this one.
    Shared(Arc<Reservation>),
}

/// Reserves memory for the body of a response. Returns `None` for the answer of a shared view, whose bytes all responses share. Stores a
/// cached answer in `found`. While the request waits for memory, it keeps no answer.
pub(super) async fn reserve(
    shared: &SharedState,
    found: &mut [Found],
    context: &Context<'_>,
    address: Option<IpAddr>,
) -> Result<Option<Reserved>, NoMemory> {
    let bytes = match found {
        [Found::Open(open, answer)] => {
            let Some(view) = open.view().filter(|view| !view.key.is_shared()) else {
                return Ok(None);
            };
            let kept = view.evaluated_if_made(&context.text);
            if let Some(sending) = kept.as_ref().and_then(|kept| kept.reservation()) {
                *answer = kept;
                return Ok(Some(Reserved::Shared(sending)));
            }
            let bytes = kept.as_ref().map_or_else(|| view.answer_bytes(), |kept| kept.body.len());
            if let Some(reservation) = shared.memory.try_reserve(address, bytes) {
                *answer = kept;
                return Ok(Some(Reserved::New(reservation)));
            }
            bytes
        }
        several => opened(several).filter_map(Opened::view).map(View::answer_bytes).sum(),
    };
    let held = of_context(context.text.len());
    shared.memory.reserve(address, bytes, held).await.map(|new| Some(Reserved::New(new)))
}

/// Stores the answers that depend on the context in `found`, and evaluates those that are not cached. The error is a response with status
/// 413 or 500. Status 413 means that the total work exceeds the limit, so that no evaluation starts. Status 500 means that an evaluation
/// failed.
pub(super) async fn evaluate(
    shared: &SharedState,
    found: &mut [Found],
    context: &Context<'_>,
) -> Result<(), http::Response<Bytes>> {
    let (mut missing, mut steps) = (Few::<(usize, Attributes)>::new(), 0_u64);
    for (position, each) in found.iter_mut().enumerate() {
        let Found::Open(open, answer) = each else { continue };
        let Some(view) = open.view().filter(|view| !view.key.is_shared()) else { continue };
        let kept = answer.take().or_else(|| view.evaluated_if_made(&context.text));
        if kept.is_none() {
            let read = RequestContext::read([&*context.text]);
            let attributes = open.published.as_read(read.attributes());
            steps = steps.saturating_add(open.published.steps_of_view(view, &attributes));
            missing.push((position, attributes));
        }
        *answer = kept;
    }
    if missing.is_empty() {
        return Ok(());
    }
    match shared.evaluations.effort(steps) {
        Effort::TooLarge => return Err(respond::refused(shared, Refused::TooMuchWork)),
        Effort::Small => {
            for (position, attributes) in missing {
                let Some(Found::Open(open, answer)) = found.get_mut(position) else { continue };
                *answer = open.view().map(|view| {
                    view.evaluated(&context.text, || {
                        view.render(context.tag(), |list| {
                            open.published.write_view(view, &attributes, now(), list);
                        })
                    })
                });
            }
        }
        Effort::Large => {
            for (position, attributes) in missing {
                let Some(Found::Open(open, answer)) = found.get_mut(position) else { continue };
                let (published, view) = (Arc::clone(&open.published), open.grant.view);
                let (text, tag) = (context.text.to_string(), context.tag().to_string());
                let made = shared.evaluations.run(move |caller| {
                    let view = published.view(view)?;
                    published.answer_for(view, (&text, &tag), &attributes, caller)
                });
                let failed = || respond::empty(StatusCode::INTERNAL_SERVER_ERROR);
                *answer = Some(made.await.flatten().ok_or_else(failed)?);
            }
        }
    }
    Ok(())
}
