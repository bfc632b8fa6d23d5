use bytes::Bytes;
use eventsource_client::{Client, ClientBuilder, Error, ReconnectOptions, SSE};
use futures::executor::block_on_stream;
use futures::stream;
use launchdarkly_sdk_transport::{ByteStream, HttpTransport, Request, Response, ResponseFuture};

use crate::{End, Event};

/// A transport that answers every request with the same body in the same chunks.
#[derive(Clone)]
struct Replay {
    chunks: Vec<Bytes>,
}

impl HttpTransport for Replay {
    fn request(&self, _request: Request<Option<Bytes>>) -> ResponseFuture {
        let body: ByteStream = Box::pin(stream::iter(self.chunks.clone().into_iter().map(Ok)));
        Box::pin(async { Ok(Response::new(body)) })
    }
}

/// Returns the events that the client of `eventsource-client` reads from these chunks, and how its stream ended. Events that it reports
/// after an error come before the error in the same chunk.
///
/// # Errors
///
/// The client's message, if it reports anything but the end of a stream.
pub fn theirs<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> Result<(Vec<Event>, End), String> {
    let chunks = chunks.into_iter().map(Bytes::copy_from_slice).collect();
    let client = ClientBuilder::for_url("http://localhost/")
        .map_err(|error| error.to_string())?
        .reconnect(ReconnectOptions::reconnect(false).build())
        .build_with_transport(Replay { chunks });
    let mut events = Vec::new();
    let mut end = None;
    for item in block_on_stream(client.stream()) {
        match item {
            Ok(SSE::Connected(_) | SSE::Comment(_)) => {}
            Ok(SSE::Event(event)) => events.push(Event {
                name: event.event_type,
                data: event.data,
                id: event.id,
                retry: event.retry,
            }),
            Err(Error::Eof | Error::UnexpectedEof) => end = Some(End::Body),
            Err(Error::InvalidLine(_)) => end = Some(End::InvalidLine),
            Err(Error::InvalidEvent) => end = Some(End::InvalidEvent),
            Err(error) => return Err(error.to_string()),
        }
    }
    Ok((events, end.ok_or("the stream ended without an end or error")?))
}
