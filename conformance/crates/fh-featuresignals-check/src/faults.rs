//! Our client under faults of the test server.

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use fh_client::Notice;
use fh_test_servers::featuresignals::{Fault, Record, Route, TestServer, Times};

use crate::target::{builder, started};

/// The time for which each fault lasts.
const LASTS: Duration = Duration::from_secs(4);
/// The longest wait for the newest value after a fault.
const PATIENCE: Duration = Duration::from_secs(60);

const FLAG: &str = r#"{"key": "colour", "flag_type": "string", "default_value": "red"}"#;
const BLUE: &str = r#"{"enabled": true, "default_value": "blue"}"#;

/// Prints a table of faults, each with a client of its own.
///
/// # Errors
/// A client loses its values, does not come back, or begins more than two polls or streams a second.
pub(crate) fn check() -> Result<(), String> {
    let status = |status, retry_after| Fault::Status { status, retry_after };
    let faults = [
        ("401", Route::Any, Fault::Unauthorized),
        ("403", Route::Any, Fault::Forbidden),
        ("429, Retry-After 2", Route::Any, Fault::TooManyRequests { retry_after: Some(2) }),
        ("500", Route::Any, status(500, None)),
        ("silence", Route::Any, Fault::Silence),
        ("reset", Route::Any, Fault::Reset),
        ("truncated body", Route::Any, Fault::Truncate { keep: 5 }),
        ("list with 200", Route::Any, Fault::List),
        ("HTML with 200", Route::Any, Fault::Page),
        ("bulk fails", Route::Bulk, status(500, None)),
        ("stream 500", Route::Stream, Fault::StreamingUnsupported),
        ("stream cut", Route::Stream, Fault::CutStream { events: 0 }),
    ];
    let heading = ["fault", "values", "back after", "begins", "notice"];
    let mut rows = vec![heading.map(str::to_string).to_vec()];
    let running: Vec<_> = faults
        .into_iter()
        .map(|(name, route, fault)| (name, thread::spawn(move || measure(route, fault))))
        .collect();
    let mut failures = Vec::new();
    for (name, running) in running {
        match running.join() {
            Ok(Ok(cells)) => rows.push([vec![name.to_string()], cells].concat()),
            Ok(Err(why)) => failures.push(format!("{name}: {why}")),
            Err(_) => failures.push(format!("{name}: the check panicked")),
        }
    }
    println!("{}\n", fh_test::table::lines(&rows));
    if failures.is_empty() { Ok(()) } else { Err(failures.join("\n")) }
}

/// Returns the cells of one fault.
fn measure(route: Route, fault: Fault) -> Result<Vec<String>, String> {
    let text = |why: fh_test_servers::featuresignals::ChangeError| why.to_string();
    let server = TestServer::start().map_err(|why| why.to_string())?;
    server.put_flag(FLAG).map_err(text)?;
    server.environment().put_state("colour", r#"{"enabled": true}"#).map_err(text)?;
    let environment = server.environment();
    let settings = fh_client::featuresignals::Settings::new(environment.server_key())
        .url(server.url())
        .environment(environment.slug())
        .interval(Duration::from_secs(1))
        .reasons(true)
        .stream(route == Route::Stream);
    let (heard, notices) = mpsc::channel();
    let builder = builder(settings)?
        .configure(|config| config.limits.head = Duration::from_secs(2))
        .on_notice(move |notice: &Notice| {
            // The receiver lives as long as the client.
            let _ = heard.send(notice.as_str());
        });
    let client = started(builder)?;
    let (changed, changes) = mpsc::channel();
    let subscription = client.on_change("colour", move |_| {
        let _ = changed.send(());
    });
    // A request on a kept connection that is reset is sent once more.
    let allowed = 2 + u128::from(matches!(fault, Fault::Reset));
    server.arm(fault, route, Times::UntilCleared);
    server.cut_streams(true);
    let begun = server.record().requests.len();
    thread::sleep(LASTS);
    let is_kept = client.string("colour").as_deref() == Some("red");
    environment.put_state("colour", BLUE).map_err(text)?;
    server.clear_faults();
    let healthy = Instant::now();
    while client.string("colour").as_deref() != Some("blue") {
        let left = PATIENCE.checked_sub(healthy.elapsed()).unwrap_or_default();
        if changes.recv_timeout(left).is_err() {
            return Err("the newest value was not seen".to_string());
        }
    }
    let back = healthy.elapsed().as_secs_f64();
    drop(subscription);
    // A machine with other work delays single requests, so that three can arrive within a second. The pace itself is proved by simulation.
    let (begins, seconds) = begins(&server.record(), begun);
    if !is_kept {
        return Err("the values were lost".to_string());
    }
    if begins > allowed * (seconds + 1) {
        return Err(format!("{begins} polls or streams began within {seconds} s"));
    }
    let notice = notices.try_iter().collect::<Vec<_>>().join(", ");
    Ok(vec!["kept".to_string(), format!("{back:.2} s"), format!("{begins} in {seconds} s"), notice])
}

/// Returns the number of polls and streams from this request on, and the seconds from the first of them to the last, rounded up.
fn begins(record: &Record, from: usize) -> (u128, u128) {
    let begins: Vec<Instant> = record
        .requests
        .iter()
        .skip(from)
        .filter(|request| request.method == "GET")
        .map(|request| request.at)
        .collect();
    let span = match (begins.first(), begins.last()) {
        (Some(first), Some(last)) => last.duration_since(*first),
        _ => Duration::ZERO,
    };
    (begins.len() as u128, span.as_millis().div_ceil(1_000))
}
