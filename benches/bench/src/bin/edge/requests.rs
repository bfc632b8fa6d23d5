//! Load generator: one thread sends requests on several connections, each as soon as the previous one is answered.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::event::{Timespec, epoll};

/// The connections that send requests.
pub struct Askers {
    epoll: OwnedFd,
    askers: Vec<Asker>,
    buffer: Vec<u8>,
}

struct Asker {
    socket: TcpStream,
    head: Vec<u8>,
    /// The number of missing bytes of the body. `None` while the head is read.
    rest: Option<usize>,
    asked: Instant,
}

/// The responses to all requests.
pub struct Answers {
    pub count: usize,
    pub bytes: usize,
    pub took: Duration,
    /// The response times, sorted.
    pub times: Vec<Duration>,
}

impl Askers {
    pub fn new(count: usize, server: SocketAddr) -> Result<Self, String> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC).map_err(|why| why.to_string())?;
        let mut askers = Vec::new();
        for number in 0..count {
            let socket = TcpStream::connect(server).map_err(|why| why.to_string())?;
            socket.set_nodelay(true).map_err(|why| why.to_string())?;
            socket.set_nonblocking(true).map_err(|why| why.to_string())?;
            let data = epoll::EventData::new_u64(number as u64);
            epoll::add(&epoll, &socket, data, epoll::EventFlags::IN)
                .map_err(|why| why.to_string())?;
            askers.push(Asker { socket, head: Vec::new(), rest: None, asked: Instant::now() });
        }
        Ok(Self { epoll, askers, buffer: vec![0; 256 * 1024] })
    }

    /// Sends the requests that `next` writes for this time. Returns an error if a response has another status.
    pub fn ask(
        &mut self,
        length: Duration,
        status: u16,
        mut next: impl FnMut(&mut Vec<u8>),
    ) -> Result<Answers, String> {
        let status = format!("HTTP/1.1 {status} ");
        let begun = Instant::now();
        let end = begun + length;
        let mut answers = Answers { count: 0, bytes: 0, took: length, times: Vec::new() };
        let mut request = Vec::new();
        for asker in &mut self.askers {
            asker.send(&mut next, &mut request)?;
        }
        let mut asking = self.askers.len();
        let wait = Timespec { tv_sec: 20, tv_nsec: 0 };
        let mut events = Vec::with_capacity(256);
        while asking > 0 {
            events.clear();
            match epoll::wait(&self.epoll, rustix::buffer::spare_capacity(&mut events), Some(&wait))
            {
                Ok(0) => return Err("no answer within 20 seconds".to_string()),
                Ok(_) => {}
                Err(rustix::io::Errno::INTR) => continue,
                Err(why) => return Err(why.to_string()),
            }
            for event in &events {
                let asker = &mut self.askers[event.data.u64() as usize];
                let Some(bytes) = asker.read(&mut self.buffer, &status)? else { continue };
                let now = Instant::now();
                answers.count += 1;
                answers.bytes += bytes;
                answers.times.push(now - asker.asked);
                if now < end {
                    asker.send(&mut next, &mut request)?;
                } else {
                    asking -= 1;
                }
            }
        }
        answers.took = begun.elapsed();
        answers.times.sort_unstable();
        Ok(answers)
    }
}

impl Asker {
    fn send(
        &mut self,
        next: &mut impl FnMut(&mut Vec<u8>),
        request: &mut Vec<u8>,
    ) -> Result<(), String> {
        request.clear();
        next(request);
        self.asked = Instant::now();
        // A request is smaller than any socket's buffer, so this does not block.
        self.socket.write_all(request).map_err(|why| why.to_string())
    }

    /// Reads the available bytes. Returns the size of the body once it is complete.
    fn read(&mut self, buffer: &mut [u8], status: &str) -> Result<Option<usize>, String> {
        let read = match self.socket.read(buffer) {
            Ok(0) => return Err("the server closed the connection".to_string()),
            Ok(read) => &buffer[..read],
            Err(why) if why.kind() == ErrorKind::WouldBlock => return Ok(None),
            Err(why) => return Err(why.to_string()),
        };
        let rest = match self.rest {
            Some(rest) => rest.checked_sub(read.len()).ok_or("more came than was announced")?,
            None => {
                self.head.extend_from_slice(read);
                let Some(end) = memchr::memmem::find(&self.head, b"\r\n\r\n") else {
                    return Ok(None);
                };
                let body = self.head.len() - (end + 4);
                let head = String::from_utf8_lossy(&self.head[..end + 2]).to_lowercase();
                if !self.head.starts_with(status.as_bytes()) {
                    return Err(format!("{status}was expected, this came: {head}"));
                }
                let length = content_length(&head).unwrap_or(0);
                self.head.truncate(end);
                // The size is kept in `head` until the body is complete.
                self.head.extend_from_slice(&length.to_le_bytes());
                length.checked_sub(body).ok_or("more came than was announced")?
            }
        };
        if rest > 0 {
            self.rest = Some(rest);
            return Ok(None);
        }
        self.rest = None;
        let size = self.head.last_chunk().map_or(0, |bytes| usize::from_le_bytes(*bytes));
        self.head.clear();
        Ok(Some(size))
    }
}

/// Returns the content length of a head in lower case.
pub fn content_length(head: &str) -> Option<usize> {
    let value = head.split_once("\r\ncontent-length:")?.1;
    value.split_once("\r\n").map_or(value, |(value, _)| value).trim().parse().ok()
}
