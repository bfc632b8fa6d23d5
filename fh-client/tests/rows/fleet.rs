//! The load on an Edge by many clients, or by one client that fails many times.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use fh_client::{Backoff, Client, ClientBuilder};
use fh_fake_edge::{Behaviour, Closing, FakeEdge, Recording, Route};
use fh_test_wait::Lateness;
use tokio::runtime::Runtime;

use super::{NEVER, PATIENCE, edge, not_earlier, quick, seen};

const CLIENTS: usize = 50;
/// The longest delay, and the interval of polls.
const N: Duration = Duration::from_millis(800);

/// The header with the name of a client.
const NAME: &str = "x-client";

/// 50 streams end at the same moment, and the Edge fails for a while. Neither the first attempts nor those that succeed are a spike.
#[test]
fn streams_after_a_storm_are_spread() {
    let lateness = Lateness::watch();
    let edge = edge();
    let runtime = runtime();
    let clients = fleet(&edge, &runtime, ClientBuilder::streaming);
    for client in &clients {
        client.wait_ready(PATIENCE).unwrap();
    }
    edge.behave_on(Route::Stream, Behaviour::status(503));
    edge.close_streams(Closing::Rst);
    seen(&edge, Route::Stream, 5 * CLIENTS);
    edge.behave_on(Route::Stream, Behaviour::healthy());
    edge.wait_until(PATIENCE, |seen| seen.live_streams() == CLIENTS).unwrap();
    let recording = edge.recording();
    spread(&first_by_client(&recording, Route::Stream, |status| status == 503), N / 2, &lateness);
    let mut last = first_by_client(&recording, Route::Stream, |status| status == 200);
    for seen in recording.of(Route::Stream).filter(|seen| seen.status == Some(200)) {
        last.insert(name(seen), seen.request.at);
    }
    spread(&last, N / 2, &lateness);
}

/// 100 connections that end at once take at least as long as their delays, and each is one request.
#[test]
fn a_hundred_early_ends_are_no_hot_loop() {
    let (initial, cap) = (Duration::from_millis(2), Duration::from_millis(30));
    let ends = [
        (Route::Stream, Behaviour::sse().close(Closing::Fin)),
        (Route::Stream, Behaviour::sse().ack().bye()),
        (Route::Poll, Behaviour::new().close(Closing::Fin)),
    ];
    std::thread::scope(|scope| {
        for (route, end) in ends {
            scope.spawn(move || {
                let edge = edge();
                edge.behave(end);
                let builder = quick(&edge).configure(move |config| {
                    config.backoff = Backoff { initial, cap, jitter: 0.5 };
                    config.pace = Duration::ZERO;
                });
                let builder = match route {
                    Route::Poll => builder.polling(NEVER),
                    _ => builder.streaming(),
                };
                let _client = builder.start().unwrap();
                seen(&edge, route, 100);
                let delays: Vec<Duration> =
                    (0..99).map(|n| cap.min(initial * (1 << n.min(10))) / 2).collect();
                let recording = edge.recording();
                not_earlier(&recording.gaps(route)[..99], &delays);
                assert!(recording.most_connections_within(initial * 20) <= 12);
                assert!(recording.connections.len() <= recording.requests.len() + 1);
            });
        }
    });
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// Starts clients with delays from `N / 4` to `N`, each with a name.
fn fleet(
    edge: &FakeEdge,
    runtime: &Runtime,
    mode: impl Fn(ClientBuilder) -> ClientBuilder,
) -> Vec<Client> {
    let builders: Vec<ClientBuilder> = (0..CLIENTS)
        .map(|client| {
            let builder = mode(quick(edge)).header(NAME, client.to_string());
            builder.runtime(runtime.handle().clone()).configure(|config| {
                config.backoff = Backoff { initial: N / 4, cap: N, jitter: 0.5 };
                config.return_within = N / 10..=N;
            })
        })
        .collect();
    // All start at once, after all were built.
    builders.into_iter().map(|builder| builder.start().unwrap()).collect()
}

fn name(seen: &fh_fake_edge::SeenRequest) -> String {
    seen.request.header(NAME).unwrap().to_owned()
}

/// Returns the time of each client's first request that was answered with such a status.
fn first_by_client(
    recording: &Recording,
    route: Route,
    answered: impl Fn(u16) -> bool,
) -> BTreeMap<String, Instant> {
    let mut first = BTreeMap::new();
    for seen in recording.of(route).filter(|seen| seen.status.is_some_and(&answered)) {
        first.entry(name(seen)).or_insert(seen.request.at);
    }
    first
}

/// Checks that there is a request of each client, that they are spread over most of this time, and that no tenth of it has half of them.
/// With random delays the first check fails once in millions of runs. A busy machine may receive requests late, and then many at once.
#[track_caller]
fn spread(requests: &BTreeMap<String, Instant>, over: Duration, lateness: &Lateness) {
    assert_eq!(requests.len(), CLIENTS);
    let mut at: Vec<Instant> = requests.values().copied().collect();
    at.sort_unstable();
    let width = at[CLIENTS - 1].saturating_duration_since(at[0]);
    let late = lateness.worst();
    assert!(width + late >= over.mul_f64(0.6), "all within {width:?}");
    let spike = at
        .windows(CLIENTS / 2)
        .map(|half| half[CLIENTS / 2 - 1].saturating_duration_since(half[0]));
    let narrowest = spike.min().unwrap();
    assert!(narrowest + late >= over / 10, "half of them within {narrowest:?}");
}
