//! A server that gives the answers of a transcript in order, whatever the requests are.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread::JoinHandle;

use fh_conformance::server::transcript::{Answered, Step, Told, Transcript};
use fh_conformance::server::wire::Base;
use serde_json::Value;

pub(crate) struct Playback {
    pub(crate) base: Base,
    thread: JoinHandle<Vec<String>>,
}

impl Playback {
    pub(crate) fn of(transcript: Transcript) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = listener.local_addr().unwrap().into();
        let thread = std::thread::spawn(move || {
            let mut heads = Vec::new();
            for step in &transcript.steps {
                // A client may disconnect early, when it has enough.
                if play(&listener, step, &mut heads).is_err() {
                    break;
                }
            }
            heads
        });
        Self { base, thread }
    }

    /// Returns the heads of all requests.
    pub(crate) fn requests(self) -> Vec<String> {
        self.thread.join().unwrap()
    }
}

fn play(listener: &TcpListener, step: &Step, heads: &mut Vec<String>) -> std::io::Result<()> {
    let mut socket = accept(listener, heads)?;
    let Some(events) = step.response.events.as_ref().filter(|_| step.response.status == 200) else {
        return whole(&mut socket, &step.response);
    };
    head(&mut socket, &step.response, "transfer-encoding: chunked\r\n")?;
    let changes = step.during.iter().filter(|each| each.response.status == 200).count();
    let first = events.len().saturating_sub(changes);
    let mut events = events.iter();
    for event in events.by_ref().take(first) {
        told(&mut socket, event)?;
    }
    for exchange in &step.during {
        whole(&mut accept(listener, heads)?, &exchange.response)?;
        if exchange.response.status == 200
            && let Some(event) = events.next()
        {
            told(&mut socket, event)?;
        }
    }
    for event in events {
        told(&mut socket, event)?;
    }
    if step.response.ended_by_server {
        socket.write_all(b"0\r\n\r\n")?;
        return socket.shutdown(Shutdown::Write);
    }
    // The stream stays open until the client closes the connection.
    socket.read_to_end(&mut Vec::new()).map(|_| ())
}

fn accept(listener: &TcpListener, heads: &mut Vec<String>) -> std::io::Result<TcpStream> {
    let socket = listener.accept()?.0;
    socket.set_nodelay(true)?;
    let mut reader = BufReader::new(&socket);
    let mut text = String::new();
    while !text.ends_with("\r\n\r\n") && reader.read_line(&mut text)? > 0 {}
    let length = text.split("content-length: ").nth(1).and_then(|rest| rest.split('\r').next());
    let length: u64 = length.map_or(0, |length| length.parse().unwrap());
    reader.take(length).read_to_end(&mut Vec::new())?;
    heads.push(text);
    Ok(socket)
}

fn head(socket: &mut TcpStream, answered: &Answered, framing: &str) -> std::io::Result<()> {
    let mut text = format!("HTTP/1.1 {} Said\r\n{framing}", answered.status);
    for (name, value) in &answered.headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    write!(socket, "{text}\r\n")
}

fn whole(socket: &mut TcpStream, answered: &Answered) -> std::io::Result<()> {
    let body = match &answered.body {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        json => json.to_string(),
    };
    head(socket, answered, &format!("content-length: {}\r\n", body.len()))?;
    socket.write_all(body.as_bytes())
}

fn told(socket: &mut TcpStream, told: &Told) -> std::io::Result<()> {
    let id = told.id.as_ref().map(|id| format!("id: {id}\n")).unwrap_or_default();
    let event = format!("event: {}\n{id}data: {}\n\n", told.event, told.data);
    write!(socket, "{:x}\r\n{event}\r\n", event.len())
}
