//! One client under one fault, and afterwards.

use std::thread;
use std::time::{Duration, Instant};

use fh_test_servers::featurehub::Fault;

use crate::deadline::Deadline;
use crate::sdk::{MemoryWatch, Scene, SdkClient, Stop, Verdict, breach, check, patience};

use super::bounds::{Bounds, FAULT, bounds};

/// The time between two looks at the client.
const LOOK: Duration = Duration::from_millis(10);

pub(super) fn recovers(scene: &Scene<'_>, fault: Fault) -> Verdict {
    let memory = scene.watch_memory_if_shown()?;
    let client = scene.create(scene.streaming())?;
    let bounds = bounds(scene, fault);
    let begun = first_contact(scene, &client, fault)?;
    let departures = wait_out(scene, &client, fault, begun + scene.tempo().scaled(FAULT))?;
    if fault == Fault::EndlessLine {
        until_stopped_or_far_beyond(scene, bounds.growth);
    }
    let sent = client.state()?.sent;
    let ended = Instant::now();
    fault
        .end(scene.edge())
        .map_err(|error| Stop::failed("the Edge recovers", "a port", error.to_string()))?;
    scene.edge().set_value("F", "two");
    scene.note("the Edge is healthy");

    let requests = scene.edge().recording().within(begun..ended).count();
    judge_requests(scene, &bounds, requests, sent)?;
    if fault == Fault::Status400 && !scene.is_own() && scene.can("refresh") {
        let _ = client.refresh()?;
    }
    let back = value_after(&client, "two", ended, bounds.recovery)?;
    match back {
        Some(back) => scene.measure("back after s", back.as_secs_f64()),
        None => scene.measure("not back within s", bounds.recovery.as_secs_f64()),
    }
    if let Some(watch) = &memory {
        judge_memory(scene, watch, &bounds)?;
    }
    let arrivals = scene.edge().recording();
    // The first request arrives late, because the SDK still starts and connects. The others would seem to follow it too soon.
    let arrivals = arrivals.requests.iter().skip(1).map(|seen| seen.request.at);
    // The requests of one attempt, which the platform repeats at once, are not the client's.
    let arrivals: Vec<Instant> = if repeats_itself(scene, fault) && !departures.is_empty() {
        Vec::new()
    } else {
        arrivals.collect()
    };
    for times in [arrivals, departures] {
        let found = breach(&times, scene.tempo().pace(), scene.lateness().slack());
        check("at most two requests a second", found.is_none(), "the pace", || {
            found.map(|breach| breach.to_string()).unwrap_or_default()
        })?;
    }
    let expected = format!("the features within {:?} of health", bounds.recovery);
    check("the client recovers", back.is_some(), &expected, || match client.state() {
        Ok(state) => format!("{state:?}"),
        Err(_) => "no answer to state".to_owned(),
    })?;
    // Panics of this project's SDK are logged. Those of others show in what they do.
    let panicked = scene.is_own() && scene.adapter().borrow().log().contains("panicked");
    check("no panic", !panicked, "none in the log", || "a panic in the log".to_owned())
}

/// Waits until the client meets the fault, which lasts from then on. A runtime that starts slowly would otherwise meet its end only.
fn first_contact(scene: &Scene<'_>, client: &SdkClient, fault: Fault) -> Result<Instant, Stop> {
    const LABEL: &str = "the client meets the fault";
    if fault == Fault::Refused {
        // The Edge sees no attempt. An SDK that does not tell of attempts has begun with `create`.
        client.until_state(LABEL, "an attempt", |state| state.sent.is_none_or(|sent| sent > 0))?;
        return Ok(Instant::now());
    }
    let seen = scene.until(LABEL, "a request", |seen| !seen.requests.is_empty())?;
    Ok(seen.requests.first().map_or_else(Instant::now, |first| first.request.at))
}

/// Returns true if the platform of the SDK follows redirects by itself, so that one attempt of the client is many requests.
fn repeats_itself(scene: &Scene<'_>, fault: Fault) -> bool {
    fault == Fault::RedirectLoop && !scene.can("http.redirects")
}

/// Waits until the end of the fault. Where the Edge cannot see attempts, the client is asked for them again and again; the times at which
/// their number has grown are returned.
fn wait_out(
    scene: &Scene<'_>,
    client: &SdkClient,
    fault: Fault,
    end: Instant,
) -> Result<Vec<Instant>, Stop> {
    let mut departures = Vec::new();
    let is_hidden = fault == Fault::Refused || repeats_itself(scene, fault);
    let is_visible = !is_hidden || client.state()?.sent.is_none();
    while Instant::now() < end {
        if is_visible {
            thread::sleep(end.saturating_duration_since(Instant::now()));
            continue;
        }
        let sent = client.state()?.sent.unwrap_or_default();
        let new = usize::try_from(sent).unwrap_or(usize::MAX).saturating_sub(departures.len());
        departures.extend(std::iter::repeat_n(Instant::now(), new));
        thread::sleep(scene.tempo().scaled(LOOK * 10));
    }
    Ok(departures)
}

/// Waits until the client has stopped reading the first answer, or has read so much of it that the memory of a client that keeps it is far
/// beyond the limit. On a busy machine, this takes longer than the fault.
fn until_stopped_or_far_beyond(scene: &Scene<'_>, limit: u64) {
    scene.happens_within(patience(), |seen| {
        let first = seen.requests.first();
        first.is_none_or(|first| first.finished.is_some() || first.written > limit * 2)
    });
}

/// Checks the number of requests during the fault. `sent` counts those that reached no Edge, too.
fn judge_requests(
    scene: &Scene<'_>,
    bounds: &Bounds,
    requests: usize,
    sent: Option<u64>,
) -> Verdict {
    let sent = sent.and_then(|sent| usize::try_from(sent).ok()).unwrap_or(requests);
    measure_count(scene, "requests", requests);
    if sent > requests {
        measure_count(scene, "sent", sent);
    }
    let Some(most) = bounds.requests else { return Ok(()) };
    measure_count(scene, "at most", most);
    let all = sent.max(requests);
    check("requests during the fault", all <= most, &format!("at most {most}"), || all.to_string())
}

/// Reads the feature again and again until it has this value, but not longer than `limit`. Returns the time since `begun`.
pub(super) fn value_after(
    client: &SdkClient,
    value: &str,
    begun: Instant,
    limit: Duration,
) -> Result<Option<Duration>, Stop> {
    let deadline = Deadline::after(limit);
    loop {
        if client.string("F")? == value {
            return Ok(Some(begun.elapsed()));
        }
        if deadline.is_over() {
            return Ok(None);
        }
        thread::sleep(LOOK);
    }
}

/// Checks the largest memory of the adapter so far.
fn judge_memory(scene: &Scene<'_>, watch: &MemoryWatch, bounds: &Bounds) -> Verdict {
    let peak = scene.process_use()?.peak;
    let growth = watch.growth()?;
    scene.measure("peak MB", megabytes(peak));
    scene.measure("MB above the start", megabytes(growth));
    let most = bounds.growth;
    check("memory above the start", growth <= most, &format!("at most {most} bytes"), || {
        growth.to_string()
    })?;
    let Some(most) = bounds.memory else { return Ok(()) };
    check("memory of the process", peak <= most, &format!("at most {most} bytes"), || {
        peak.to_string()
    })
}

#[expect(clippy::cast_precision_loss, reason = "a number for reports")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

#[expect(clippy::cast_precision_loss, reason = "a number for reports")]
fn measure_count(scene: &Scene<'_>, name: &'static str, count: usize) {
    scene.measure(name, count as f64);
}
