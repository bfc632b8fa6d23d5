//! The time until a client sees a change of a flag.

use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use fh_client::{Client, featuresignals};
use fh_conformance::systems::Set;

use crate::changed_flag::{Change, ChangedFlag};
use crate::target::{Streams, Target, builder, started};

/// The interval of the client that polls.
const INTERVAL: Duration = Duration::from_secs(1);
/// The longest wait for a change.
const PATIENCE: Duration = Duration::from_secs(10);

/// Prints the seconds until a listener is called, for each server with polls and with a stream.
///
/// # Errors
/// A change is not seen, or one is seen that the server does not notice.
pub(crate) fn check(recorded: &Set, targets: &[Target]) -> Result<(), String> {
    let flag = ChangedFlag::choose(&recorded.ruleset)?;
    let heading = ["change", "state, seconds", "definition alone", "with the next state, seconds"];
    let mut rows = vec![heading.map(str::to_string).to_vec()];
    for target in targets {
        rows.push(measure(target, &flag, target.settings().interval(INTERVAL), "polls")?);
        if target.streams == Streams::Work {
            let streaming = target.settings().interval(Duration::from_secs(3600)).stream(true);
            rows.push(measure(target, &flag, streaming, "stream")?);
        }
    }
    println!("{}\n", fh_test::table::lines(&rows));
    Ok(())
}

/// Returns the row of one client.
fn measure(
    target: &Target,
    flag: &ChangedFlag,
    settings: featuresignals::Settings,
    way: &'static str,
) -> Result<Vec<String>, String> {
    let client = started(builder(settings)?)?;
    let (called, calls) = mpsc::channel();
    let subscription = client.on_change(&flag.key, move |_| {
        // The receiver lives as long as the client.
        let _ = called.send(());
    });
    if way == "stream" {
        wait_for_stream(&client)?;
    }
    let after = |change| {
        let begin = Instant::now();
        target.change(flag, change)?;
        seen(&calls, begin)
            .ok_or_else(|| format!("{}, {way}: {change:?} was not seen", target.name))
    };
    let state = after(Change::Off)?;
    // The flag is off, so that its value is the default of its definition.
    target.change(flag, Change::Define(way))?;
    if calls.recv_timeout(3 * INTERVAL).is_ok() {
        return Err(format!("{}, {way}: a definition alone was seen", target.name));
    }
    let definition = after(Change::Off)?;
    // The next client begins with the flag on.
    after(Change::On)?;
    drop(subscription);
    let seconds = |seconds: f64| format!("{seconds:.2}");
    let name = format!("{}, {way}", target.name);
    Ok(vec![name, seconds(state), "not seen".to_string(), seconds(definition)])
}

/// Waits until a listener is called, and returns the seconds since `begin`.
fn seen(calls: &Receiver<()>, begin: Instant) -> Option<f64> {
    calls.recv_timeout(PATIENCE).ok().map(|()| begin.elapsed().as_secs_f64())
}

fn wait_for_stream(client: &Client) -> Result<(), String> {
    let status = client.status_when(|status| status.connection == fh_client::Connection::Streaming);
    fh_client::block_on(status).map(drop).map_err(|why| why.to_string())
}
