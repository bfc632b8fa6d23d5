//! A stream of events, as the server would write it with a request log that passes on `Flush`.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use crate::server::{Ending, Protocol, end, locked};

use crate::featuresignals::record::{SeenStream, StreamEnd};
use crate::featuresignals::state::Shared;
use crate::featuresignals::stream_queue::{Item, StreamQueue};

const HEAD: &str = "HTTP/1.1 200 OK\r\nCache-Control: no-cache\r\nConnection: keep-alive\r\nContent-Type: text/event-stream\r\n\
     Transfer-Encoding: chunked\r\n\r\n";

/// A request for a stream that was accepted.
#[derive(Debug)]
pub(crate) struct AcceptedStream {
    /// The id of the environment.
    pub(crate) environment: String,
    /// Number of events after `connected` after which the stream is cut.
    pub(crate) cut_after: Option<u32>,
    /// The time at which the request was complete.
    pub(crate) since: Instant,
}

/// Writes events until one side ends the connection.
pub(crate) fn serve(
    shared: &Arc<Shared>,
    socket: &Arc<TcpStream>,
    request: usize,
    stream: &AcceptedStream,
) -> io::Result<()> {
    let queue = Arc::new(StreamQueue::default());
    let id = fh_test::json::quoted(&stream.environment);
    queue.send(Item::Event(format!("event: connected\ndata: {{\"env_id\":{id}}}\n\n")));
    let mut writer: &TcpStream = socket;
    writer.write_all(HEAD.as_bytes())?;
    // A test that has seen the stream in the record may rely on its events.
    locked(&shared.state).open(&stream.environment, &queue);
    let seen = SeenStream { request, opened_at: Instant::now(), events: 0, ended: None };
    let number = shared.recorder.add(|record| {
        record.streams.push(seen);
        record.streams.len() - 1
    });
    let reader = watch(socket, &queue);
    let (end_of, ending) = write(shared, socket, &queue, number, stream);
    locked(&shared.state).close(&queue);
    match ending {
        Ending::Reset => end(socket, ending),
        // An error means that the client ended the connection first.
        Ending::Close => drop(socket.shutdown(Shutdown::Both)),
    }
    shared.recorder.add(|record| {
        if let Some(seen) = record.streams.get_mut(number) {
            seen.ended = Some(end_of);
        }
    });
    // A panic of the reader needs no handling.
    let _ = reader?.join();
    Ok(())
}

/// Reads the connection on a new thread until the client closes it.
fn watch(socket: &Arc<TcpStream>, queue: &Arc<StreamQueue>) -> io::Result<thread::JoinHandle<()>> {
    let (socket, queue) = (Arc::clone(socket), Arc::clone(queue));
    let read = move || {
        let mut buffer = [0; 1024];
        while (&*socket).read(&mut buffer).is_ok_and(|count| count > 0) {}
        queue.send(Item::Closed);
    };
    thread::Builder::new()
        .name("featuresignals-stream".to_owned())
        .stack_size(Shared::STACK)
        .spawn(read)
}

/// Writes events, and returns the side and the way in which the connection ends.
fn write(
    shared: &Shared,
    mut socket: &TcpStream,
    queue: &StreamQueue,
    number: usize,
    stream: &AcceptedStream,
) -> (StreamEnd, Ending) {
    let mut written = 0;
    while stream.cut_after.is_none_or(|events| written <= events) {
        match queue.next() {
            Item::Event(event) => {
                let lifetime = locked(&shared.state).stream_lifetime;
                // The write fails after the timeout: the event is lost, and the last chunk is missing.
                if stream.since.elapsed() > lifetime {
                    return (StreamEnd::Server, Ending::Close);
                }
                let chunk = format!("{:x}\r\n{event}\r\n", event.len());
                if socket.write_all(chunk.as_bytes()).is_err() {
                    return (StreamEnd::Client, Ending::Close);
                }
                written += 1;
                shared.recorder.add(|record| {
                    if let Some(seen) = record.streams.get_mut(number) {
                        seen.events += 1;
                    }
                });
            }
            Item::End(ending) => return (StreamEnd::Server, ending),
            Item::Closed => return (StreamEnd::Client, Ending::Close),
        }
    }
    (StreamEnd::Server, Ending::Close)
}
