use fh_session::internal::sse::{Decoder, Limits, TooLarge};

use crate::Event;

/// Returns the events that the decoder of `fh-session` reads from these chunks.
///
/// # Errors
///
/// If a part of the stream is larger than the default limit.
pub fn ours<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> Result<Vec<Event>, TooLarge> {
    let mut decoder = Decoder::new(Limits::default());
    let mut events = Vec::new();
    for mut chunk in chunks {
        while let Some(event) = decoder.decode(&mut chunk)? {
            events.push(Event {
                name: event.name,
                data: event.data,
                id: event.id.map(|id| id.to_string()),
                retry: decoder.retry().and_then(|retry| retry.as_millis().try_into().ok()),
            });
        }
    }
    Ok(events)
}
