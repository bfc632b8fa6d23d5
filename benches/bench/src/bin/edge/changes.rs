//! Changes of a feature by PUT, while streams are open.

use std::io::{Read, Write};
use std::thread;
use std::time::{Duration, Instant};

use crate::connection::{Connection, Target};
use crate::servers::Contestant;
use crate::streams::Streams;

/// The time limit for an answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// A connection to each of equal servers, and the version of the last change.
pub struct Changes {
    contestant: Contestant,
    connections: Vec<Connection>,
    version: usize,
}

/// The times of one change, from its request on.
pub struct Change {
    /// The times until each stream had received the change, sorted.
    pub times: Vec<Duration>,
    /// The number of streams that did not receive it.
    pub missing: usize,
    /// The time until the request was answered.
    pub answered: Duration,
}

impl Changes {
    pub fn new(contestant: Contestant, target: &Target) -> Result<Self, String> {
        let open = |number| {
            let connection = target.connect(number)?;
            connection.socket().set_read_timeout(Some(PATIENCE))?;
            connection.socket().set_nodelay(true)?;
            Ok(connection)
        };
        let connections: std::io::Result<Vec<Connection>> =
            (0..target.servers.len()).map(open).collect();
        let connections = connections.map_err(|why| why.to_string())?;
        Ok(Self { contestant, connections, version: 2 })
    }

    /// Changes a feature on this server, and waits until each stream has received it.
    pub fn make(
        &mut self,
        server: usize,
        streams: &mut Streams,
        patience: Duration,
    ) -> Result<Change, String> {
        self.version += 1;
        let value = format!("\"change number {} of this run\"", self.version);
        let request = self.contestant.update(self.version, &value);
        let connection = &mut self.connections[server];
        // A thread of its own sends the request and reads the answer, because this thread reads the streams.
        thread::scope(|scope| {
            let mut answering = None;
            let (times, missing) = streams.time(&value, patience, || {
                answering = Some(scope.spawn(|| {
                    let begun = Instant::now();
                    connection.write_all(request.as_bytes()).map_err(|why| why.to_string())?;
                    connection.flush().map_err(|why| why.to_string())?;
                    answer(connection).map(|()| begun.elapsed())
                }));
                Ok(())
            })?;
            let answering = answering.ok_or("no request was sent")?;
            let answered = answering.join().map_err(|_| "the thread of a change panicked")??;
            Ok(Change { times, missing, answered })
        })
    }
}

fn answer(connection: &mut Connection) -> Result<(), String> {
    let mut read = Vec::new();
    let mut byte = [0];
    while !read.ends_with(b"\r\n\r\n") {
        connection.read_exact(&mut byte).map_err(|why| format!("PUT: {why}"))?;
        read.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&read).to_lowercase();
    if !head.starts_with("http/1.1 20") {
        return Err(format!("PUT: {head}"));
    }
    let length = crate::requests::content_length(&head).unwrap_or(0);
    connection.read_exact(&mut vec![0; length]).map_err(|why| format!("PUT: {why}"))
}
