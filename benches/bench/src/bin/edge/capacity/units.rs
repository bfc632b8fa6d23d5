//! The measured costs of one stream, event, heartbeat, opening and list.

use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::changes::Changes;
use crate::connection::{Target, certificate};
use crate::process::Usage;
use crate::questions::{Api, Question};
use crate::requests::Askers;
use crate::servers::{Contestant, Places, Server};
use crate::streams::Streams;

const PATIENCE: Duration = Duration::from_secs(60);
/// The number of streams that are opened and closed before the measurement.
const WARM_UP: usize = 50;
/// The time for which heartbeats are measured, at one heartbeat a second.
const HEARTBEATS: Duration = Duration::from_secs(10);
/// The number of connections that poll lists.
const POLLERS: usize = 32;

#[derive(Clone, Copy)]
pub enum Transport {
    Plain,
    Tls,
}

/// The costs with one transport. Processor times are those of the server, in seconds, and bytes are those of HTTP.
pub struct Units {
    /// Resident memory of a stream, in bytes.
    pub stream: f64,
    /// Processor time of an opening, with its list.
    pub opening: f64,
    pub event: f64,
    pub event_bytes: f64,
    pub heartbeat: f64,
    pub heartbeat_bytes: f64,
    /// The median time from a PUT until the last stream has the change, in seconds.
    pub last: f64,
}

/// The costs of a list that is polled, and the resident memory of a server without streams.
pub struct Base {
    pub list: f64,
    pub list_bytes: f64,
    pub program: f64,
}

/// Measures polls of the whole list.
pub fn base(places: &Places) -> Result<Base, String> {
    let server = Server::ours(places)?;
    let ask = |time| {
        let question = Question::List;
        let mut askers = Askers::new(POLLERS, server.address)?;
        askers.ask(time, question.status(), |out| question.write(Api::FeatureHub, "", 0, out))
    };
    let program = server.usage()?.resident as f64;
    ask(Duration::from_millis(500))?;
    let before = server.usage()?;
    let answers = ask(Duration::from_secs(3))?;
    let spent = server.usage()?.processor - before.processor;
    let count = answers.count as f64;
    Ok(Base { list: spent / count, list_bytes: answers.bytes as f64 / count, program })
}

/// Measures this number of streams on one server, and this number of changes.
pub fn units(
    places: &Places,
    transport: Transport,
    count: usize,
    rounds: usize,
) -> Result<Units, String> {
    let state = ["--state".to_string(), places.state.display().to_string()];
    let (flags, tls) = match transport {
        Transport::Plain => (Vec::new(), None),
        Transport::Tls => certificate(places).map(|(flags, tls)| (flags, Some(tls)))?,
    };
    let flags: Vec<String> = state.into_iter().chain(flags).collect();
    let start = |more: &[&str]| {
        let more = more.iter().map(|flag| flag.to_string());
        let server =
            Server::ours_with(places, &flags.iter().cloned().chain(more).collect::<Vec<_>>())?;
        let target = Target { servers: vec![server.address], tls: tls.clone() };
        Ok::<_, String>((server, target))
    };
    let (contestant, first) = (Contestant::Ours, Contestant::Ours.first());
    let open = |target: &Target, count| {
        Streams::open(count, target.clone(), &|_| contestant.stream(), first, PATIENCE)
    };

    // Without heartbeats, so that only changes send something.
    let (server, target) = start(&["--heartbeat", "0"])?;
    let mut changes = Changes::new(contestant, &target)?;
    let mut warm = open(&target, WARM_UP.min(count))?;
    for _ in 0..5 {
        changes.make(0, &mut warm, PATIENCE)?;
    }
    drop(warm);
    sleep(Duration::from_millis(300));
    let before = server.usage()?;
    let mut streams = open(&target, count)?;
    streams.settle(Duration::from_millis(500))?;
    let opened = server.usage()?;
    let received = streams.received();
    let mut lasts = Vec::new();
    for _ in 0..rounds {
        let change = changes.make(0, &mut streams, PATIENCE)?;
        if change.missing > 0 {
            return Err(format!("{} of {count} streams missed a change", change.missing));
        }
        lasts.extend(change.times.last().map(Duration::as_secs_f64));
        sleep(Duration::from_millis(20));
    }
    streams.settle(Duration::from_millis(100))?;
    let changed = server.usage()?;
    let events = (rounds * count) as f64;
    let event_bytes = (streams.received() - received) as f64 / events;
    drop((streams, changes));
    server.stop()?;

    let (server, target) = start(&["--heartbeat", "1"])?;
    let mut streams = open(&target, count)?;
    let (begun, received, before_beats) = (Instant::now(), streams.received(), server.usage()?);
    // Heartbeats never pause for longer than a second, so the time ends it.
    while begun.elapsed() < HEARTBEATS {
        streams.settle(Duration::ZERO)?;
        sleep(Duration::from_millis(20));
    }
    let beaten = server.usage()?;
    let beats = begun.elapsed().as_secs_f64() * count as f64;
    let heartbeat_bytes = (streams.received() - received) as f64 / beats;
    let spent = |from: Usage, to: Usage| to.processor - from.processor;
    Ok(Units {
        stream: opened.resident.saturating_sub(before.resident) as f64 / count as f64,
        opening: spent(before, opened) / count as f64,
        event: spent(opened, changed) / events,
        event_bytes,
        heartbeat: spent(before_beats, beaten) / beats,
        heartbeat_bytes,
        last: harness::median(&lasts),
    })
}
