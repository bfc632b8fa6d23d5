//! What a read of a FeatBit client costs with and without insights.

use std::hint::black_box;
use std::time::Duration;

use fh_client::{Client, featbit};
use fh_test_servers::featbit::{Route, ScriptedAnswer, TestServer, sample};
use harness::{Bench, Column, nanos};

use super::{bench, least};

/// The most nanoseconds that insights may add to a read.
const GOAL: f64 = 150.0;
const PATIENCE: Duration = Duration::from_secs(20);
/// Number of reads whose events must all be accounted for.
const READS: u64 = 1_000_000;

/// Measures reads without insights, with them, and while the server never answers, and checks that no event is lost without being counted.
///
/// # Errors
/// If a client is not ready, or the numbers of events do not add up.
pub fn run(rounds: usize) -> Result<(), String> {
    let rows = ["without insights", "with insights", "the server never answers"];
    let server = TestServer::start().map_err(|why| why.to_string())?;
    let flag = sample::boolean_flag("flag", true);
    server.environment().put_flag(&flag).map_err(|why| why.to_string())?;
    let hanging = TestServer::start().map_err(|why| why.to_string())?;
    hanging.environment().put_flag(&flag).map_err(|why| why.to_string())?;
    hanging.script(Route::Track, vec![ScriptedAnswer::Hang; 10_000]);
    account(&client(&server, true)?)?;
    let clients = [client(&server, false)?, client(&server, true)?, client(&hanging, true)?];
    let mut benches: Vec<Bench> = rows
        .into_iter()
        .zip(&clients)
        .map(|(row, client)| {
            let bob = client.context().user_key("bob").attribute("plan", "pro").build();
            bench(row, Column::W1, move || black_box(&bob).is_enabled(black_box("flag")))
        })
        .collect();
    harness::run(&mut benches, rounds);
    let base = benches.first().map_or(f64::NAN, least);
    for bench in &benches {
        let added = least(bench) - base;
        let missed = if added > GOAL { "  MISSED" } else { "" };
        println!(
            "{:<26} {:>10}, {:>10} more, goal ≤ {}{missed}",
            bench.row,
            nanos(least(bench)),
            nanos(added),
            nanos(GOAL)
        );
    }
    Ok(())
}

fn client(server: &TestServer, insights: bool) -> Result<Client, String> {
    let secret = server.environment().server_secret();
    let settings = featbit::Settings::new(secret).streaming_url(server.streaming_url());
    let client = Client::featbit(settings.insights(insights)).start();
    let client = client.map_err(|why| why.to_string())?;
    client.wait_ready(PATIENCE).map_err(|why| why.to_string())?;
    Ok(client)
}

/// Reads a million times. Each event must be sent, dropped or waiting.
fn account(client: &Client) -> Result<(), String> {
    let bob = client.context().user_key("bob").build();
    for _ in 0..READS {
        black_box(bob.is_enabled(black_box("flag")));
    }
    let counters = client.status().insights.ok_or("a client without insights")?;
    let sum = counters.sent + counters.dropped + counters.refused + counters.waiting;
    println!(
        "{READS} reads: {} sent, {} dropped, {} waiting",
        counters.sent, counters.dropped, counters.waiting
    );
    if sum == READS { Ok(()) } else { Err(format!("{sum} of {READS} events are accounted for")) }
}
