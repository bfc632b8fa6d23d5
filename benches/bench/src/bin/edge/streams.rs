//! Many open streams, which one thread reads.

use std::io::{ErrorKind, Read, Write};
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use memchr::memmem::Finder;
use rustix::event::{Timespec, epoll};

use crate::connection::{Connection, Target};

/// The number of connections to open before the open ones are read.
const GROUP: usize = 250;

pub struct Streams {
    epoll: OwnedFd,
    streams: Vec<Stream>,
    buffer: Vec<u8>,
    received: u64,
}

struct Stream {
    connection: Connection,
    /// The last bytes read, because the searched text may be divided between two reads.
    tail: Vec<u8>,
    arrived: Option<Instant>,
}

impl Streams {
    /// Opens this number of streams, each with its request. Reads until each has received `first`.
    pub fn open(
        count: usize,
        target: impl Into<Target>,
        request: &dyn Fn(usize) -> String,
        first: &str,
        patience: Duration,
    ) -> Result<Self, String> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC).map_err(|why| why.to_string())?;
        let mut all = Self {
            epoll,
            streams: Vec::with_capacity(count),
            buffer: vec![0; 128 * 1024],
            received: 0,
        };
        let finder = Finder::new(first);
        let target = target.into();
        for number in 0..count {
            let connection = target
                .connect(number)
                .and_then(|mut connection| {
                    connection.write_all(request(number).as_bytes())?;
                    connection.flush()?;
                    connection.socket().set_nonblocking(true)?;
                    Ok(connection)
                })
                .map_err(|why| format!("stream {number}: {why}"))?;
            let data = epoll::EventData::new_u64(number as u64);
            epoll::add(&all.epoll, &connection, data, epoll::EventFlags::IN)
                .map_err(|why| why.to_string())?;
            all.streams.push(Stream { connection, tail: Vec::new(), arrived: None });
            if number % GROUP == GROUP - 1 {
                all.read(&finder, Duration::ZERO)?;
            }
        }
        let missing = all.read_until_all(&finder, patience)?;
        if missing > 0 {
            return Err(format!("{missing} of {count} streams got nothing"));
        }
        Ok(all)
    }

    /// Returns the number of bytes that all streams have received.
    pub fn received(&self) -> u64 {
        self.received
    }

    pub fn len(&self) -> usize {
        self.streams.len()
    }

    /// Reads until nothing has arrived for this time.
    pub fn settle(&mut self, silence: Duration) -> Result<(), String> {
        while self.read(&Finder::new("\0"), silence)? > 0 {}
        Ok(())
    }

    /// Calls `go`, and waits until each stream has received `text`. Returns the sorted times, and how many streams did not
    /// receive it.
    pub fn time(
        &mut self,
        text: &str,
        patience: Duration,
        go: impl FnOnce() -> Result<(), String>,
    ) -> Result<(Vec<Duration>, usize), String> {
        for stream in &mut self.streams {
            stream.arrived = None;
            stream.tail.clear();
        }
        let begun = Instant::now();
        go()?;
        let missing = self.read_until_all(&Finder::new(text), patience)?;
        let mut times: Vec<Duration> =
            self.streams.iter().filter_map(|stream| stream.arrived).map(|at| at - begun).collect();
        times.sort_unstable();
        Ok((times, missing))
    }

    fn read_until_all(&mut self, finder: &Finder<'_>, patience: Duration) -> Result<usize, String> {
        let deadline = Instant::now() + patience;
        let mut missing = self.streams.iter().filter(|stream| stream.arrived.is_none()).count();
        while missing > 0 && Instant::now() < deadline {
            self.read(finder, Duration::from_millis(100))?;
            // Counting takes little time in comparison with reading.
            missing = self.streams.iter().filter(|stream| stream.arrived.is_none()).count();
        }
        Ok(missing)
    }

    /// Reads the streams that have data, waiting for at most `wait`. Returns the number of those streams.
    fn read(&mut self, finder: &Finder<'_>, wait: Duration) -> Result<usize, String> {
        let mut total = 0;
        let mut wait =
            Timespec { tv_sec: wait.as_secs() as i64, tv_nsec: wait.subsec_nanos().into() };
        let mut events = Vec::with_capacity(1024);
        loop {
            events.clear();
            let spare = rustix::buffer::spare_capacity(&mut events);
            match epoll::wait(&self.epoll, spare, Some(&wait)) {
                Ok(0) => return Ok(total),
                Ok(_) => {}
                Err(rustix::io::Errno::INTR) => continue,
                Err(why) => return Err(why.to_string()),
            }
            for event in &events {
                let number = event.data.u64() as usize;
                self.read_one(number, finder).map_err(|why| format!("stream {number}: {why}"))?;
                total += 1;
            }
            wait = Timespec { tv_sec: 0, tv_nsec: 0 };
        }
    }

    fn read_one(&mut self, number: usize, finder: &Finder<'_>) -> Result<(), String> {
        // TLS may have decrypted more than one read returns, and epoll knows only of the socket.
        while self.read_once(number, finder)? {}
        Ok(())
    }

    /// Reads a stream once. Returns true if more may be there.
    fn read_once(&mut self, number: usize, finder: &Finder<'_>) -> Result<bool, String> {
        let stream = &mut self.streams[number];
        let read = match stream.connection.read(&mut self.buffer) {
            Ok(0) => return Err("the server closed it".to_string()),
            Ok(read) => read,
            Err(why) if why.kind() == ErrorKind::WouldBlock => return Ok(false),
            Err(why) => return Err(why.to_string()),
        };
        let has_more = matches!(stream.connection, Connection::Tls(_));
        self.received += read as u64;
        if stream.arrived.is_some() {
            return Ok(has_more);
        }
        let now = Instant::now();
        let read = &self.buffer[..read];
        let keep = finder.needle().len().saturating_sub(1);
        let found = finder.find(read).is_some() || {
            stream.tail.extend_from_slice(&read[..read.len().min(keep)]);
            finder.find(&stream.tail).is_some()
        };
        if found {
            stream.arrived = Some(now);
        }
        stream.tail.clear();
        stream.tail.extend_from_slice(&read[read.len().saturating_sub(keep)..]);
        Ok(has_more)
    }
}
