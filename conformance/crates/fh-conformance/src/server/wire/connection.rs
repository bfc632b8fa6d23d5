//! One connection to a server.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};

use super::body::Body;
use super::{Base, EventStream, Head, Journal, Request, Response, WireError};
use crate::adapter::TimelineKind;

/// Maximum number of bytes that are buffered without a line end: 1 MiB.
const LONGEST_LINE: usize = 1 << 20;

/// A connection that can be used for several requests, one after the other.
#[derive(Debug)]
pub struct Connection {
    socket: TcpStream,
    authority: String,
    patience: Duration,
    received: Vec<u8>,
    journal: Option<(Journal, usize)>,
}

impl Connection {
    /// Connects. `patience` is the time that each answer and each event may take.
    ///
    /// # Errors
    /// If the connection fails.
    pub fn open(base: &Base, patience: Duration) -> Result<Self, WireError> {
        Self::over(TcpStream::connect(base.authority())?, base, patience)
    }

    /// Connects with a small receive buffer. If its stream is not read, the server can soon write no more.
    ///
    /// # Errors
    /// If the connection fails.
    pub fn open_narrow(base: &Base, patience: Duration) -> Result<Self, WireError> {
        let mut addresses = base.authority().to_socket_addrs()?;
        let address = addresses.next().ok_or(WireError::Closed)?;
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
        socket.set_recv_buffer_size(8 * 1024)?;
        socket.connect(&address.into())?;
        Self::over(socket.into(), base, patience)
    }

    fn over(socket: TcpStream, base: &Base, patience: Duration) -> Result<Self, WireError> {
        socket.set_nodelay(true)?;
        socket.set_write_timeout(Some(patience))?;
        let authority = base.authority().to_owned();
        Ok(Self { socket, authority, patience, received: Vec::new(), journal: None })
    }

    /// Notes requests and answers in a journal from now on.
    #[must_use]
    pub fn with_journal(mut self, journal: &Journal) -> Self {
        self.journal = Some((journal.clone(), journal.connected()));
        self
    }

    /// Adds an entry to the journal, if there is one.
    pub(super) fn note(&self, kind: TimelineKind, bytes: &[u8]) {
        if let Some((journal, connection)) = &self.journal {
            journal.note(*connection, kind, bytes);
        }
    }

    /// Returns the socket, to set options or to shut it down.
    #[must_use]
    pub fn socket(&self) -> &TcpStream {
        &self.socket
    }

    /// Sends bytes unchanged.
    ///
    /// # Errors
    /// If the socket refuses them.
    pub fn send(&mut self, bytes: &[u8]) -> Result<(), WireError> {
        self.note(TimelineKind::Request, bytes);
        Ok(self.socket.write_all(bytes)?)
    }

    /// Sends a request and reads the complete answer.
    ///
    /// # Errors
    /// If the answer is not complete in time, or if other bytes follow it.
    pub fn request(&mut self, request: &Request) -> Result<Response, WireError> {
        self.send(&request.bytes(&self.authority))?;
        let response = self.response(&request.method)?;
        // An answer that cannot have a body, such as 304, or one whose length is too small.
        if !self.received.is_empty() {
            return Err(WireError::Malformed("bytes after the end of the answer".to_owned()));
        }
        Ok(response)
    }

    /// Reads the complete answer to a request with this method.
    ///
    /// # Errors
    /// If the answer is not complete in time.
    pub fn response(&mut self, method: &str) -> Result<Response, WireError> {
        let head = self.head()?;
        self.rest(method, head)
    }

    /// Reads the body that belongs to a head.
    fn rest(&mut self, method: &str, head: Head) -> Result<Response, WireError> {
        let until = self.deadline();
        let mut body = Body::of(method, &head)?;
        let mut bytes = Vec::new();
        while let Some(piece) = body.next(self, until)? {
            bytes.extend_from_slice(&piece);
        }
        if !bytes.is_empty() {
            self.note(TimelineKind::Answer, &bytes);
        }
        let Head { status, headers } = head;
        Ok(Response { status, headers, body: bytes })
    }

    /// Sends a request and reads the head of the answer. An answer with a status other than 200 is read completely.
    ///
    /// # Errors
    /// If there is no answer in time.
    pub fn stream(mut self, request: &Request) -> Result<Result<EventStream, Response>, WireError> {
        self.send(&request.bytes(&self.authority))?;
        let head = self.head()?;
        if head.status == 200 {
            let body = Body::of(&request.method, &head)?;
            return Ok(Ok(EventStream::new(self, head, body)));
        }
        self.rest(&request.method, head).map(Err)
    }

    /// Reads a head. Interim heads (status 100 to 199) are skipped.
    ///
    /// # Errors
    /// If there is none in time.
    pub fn head(&mut self) -> Result<Head, WireError> {
        let until = self.deadline();
        loop {
            let head = self.any_head(until)?;
            if head.status >= 200 {
                return Ok(head);
            }
        }
    }

    /// Returns the status of the next head: 100 if the server requests the body.
    ///
    /// # Errors
    /// If there is none in time.
    pub fn interim(&mut self) -> Result<u16, WireError> {
        let until = self.deadline();
        Ok(self.any_head(until)?.status)
    }

    fn any_head(&mut self, until: Instant) -> Result<Head, WireError> {
        let mut lines = Vec::new();
        loop {
            let line = self.line(until)?;
            if line.is_empty() {
                self.note(TimelineKind::Answer, &lines.join(&b'\n'));
                return Head::parse(&lines);
            }
            lines.push(line);
        }
    }

    /// Waits until the peer closes the connection, and returns all bytes received until then.
    ///
    /// # Errors
    /// If it is not closed in time.
    pub fn until_closed(&mut self) -> Result<Vec<u8>, WireError> {
        let until = self.deadline();
        loop {
            match self.fill(until) {
                Ok(true) => {}
                Ok(false) => return Ok(std::mem::take(&mut self.received)),
                // Some servers close with a reset if they have not read everything.
                Err(WireError::Io(error)) if is_reset(&error) => {
                    return Ok(std::mem::take(&mut self.received));
                }
                Err(error) => return Err(error),
            }
        }
    }

    pub(super) fn deadline(&self) -> Instant {
        Instant::now() + self.patience
    }

    /// Returns a line without its line end.
    pub(super) fn line(&mut self, until: Instant) -> Result<Vec<u8>, WireError> {
        loop {
            if let Some(end) = self.received.iter().position(|byte| *byte == b'\n') {
                let mut line: Vec<u8> = self.received.drain(..=end).collect();
                line.pop();
                if line.last() == Some(&b'\r') {
                    line.pop();
                }
                return Ok(line);
            }
            if self.received.len() > LONGEST_LINE {
                return Err(WireError::Malformed("a line of more than a megabyte".to_owned()));
            }
            if !self.fill(until)? {
                return Err(WireError::Closed);
            }
        }
    }

    /// Returns at least one and at most `most` bytes; none at the end of the connection.
    pub(super) fn some(&mut self, most: usize, until: Instant) -> Result<Vec<u8>, WireError> {
        if self.received.is_empty() && !self.fill(until)? {
            return Ok(Vec::new());
        }
        let count = self.received.len().min(most);
        Ok(self.received.drain(..count).collect())
    }

    /// Reads once. Returns false at the end of the connection.
    fn fill(&mut self, until: Instant) -> Result<bool, WireError> {
        let mut buffer = [0; 16 * 1024];
        loop {
            let left = until.saturating_duration_since(Instant::now());
            // A timeout of zero would mean no timeout.
            self.socket.set_read_timeout(Some(left.max(Duration::from_millis(1))))?;
            match self.socket.read(&mut buffer) {
                Ok(count) => {
                    self.received.extend(buffer.iter().take(count));
                    return Ok(count > 0);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

fn is_reset(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe)
}
