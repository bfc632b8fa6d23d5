//! Faults of a server and of the way to it: a client keeps its values, and comes back.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use fh_client::{Backoff, Notice, Readiness};
use fh_test::Log;
use fh_test_servers::featbit::{Fault, TestServer, Times, sample};

use super::builder;
use crate::support::{PATIENCE, until};

/// Runs one fault against a client that starts into it and against a client that is ready when it begins. Both must have the newest value
/// once the fault is over.
fn survives(name: &str, times: Times, faults: &[Fault]) {
    for is_ready_before in [false, true] {
        let server = TestServer::start().unwrap();
        let environment = server.environment();
        environment.put_flag(&sample::string_flag("colour", "red")).unwrap();
        let client = if is_ready_before {
            let client = crate::support::started(builder(&server));
            faults.iter().for_each(|fault| server.arm(fault.clone(), times));
            server.drop_sockets(true);
            client
        } else {
            faults.iter().for_each(|fault| server.arm(fault.clone(), times));
            builder(&server).start().unwrap()
        };
        environment.put_flag(&sample::string_flag("colour", "blue")).unwrap();
        let bob = client.context().user_key("bob").build();
        let status = until(&client, |status| {
            bob.string("colour").as_deref() == Some("blue") && status.readiness == Readiness::Ready
        });
        assert!(!status.to_string().contains("Edge"), "{name}: {status}");
    }
}

#[test]
fn every_fault_that_ends_is_survived() {
    let close = |code| Fault::CloseAtOnce { code };
    let status = |status, retry_after| Fault::UpgradeStatus { status, retry_after };
    for (name, times, faults) in [
        ("1011", Times::Next(2), vec![Fault::StoreOutage]),
        ("429", Times::Next(1), vec![status(429, Some(1))]),
        ("500", Times::Next(2), vec![status(500, None)]),
        ("503 for good", Times::UntilCleared, vec![status(503, None)]),
        ("404 for good", Times::UntilCleared, vec![status(404, None)]),
        ("dropped upgrade", Times::UntilCleared, vec![Fault::DropUpgrade]),
        ("reset upgrade", Times::UntilCleared, vec![Fault::ResetUpgrade]),
        ("closed at once", Times::Next(10), vec![close(Some(1000))]),
        ("ended at once", Times::Next(10), vec![close(None)]),
        ("cut message, reset", Times::Next(2), vec![Fault::CutMessage { keep: 40, reset: true }]),
        ("cut message, closed", Times::Next(2), vec![Fault::CutMessage { keep: 40, reset: false }]),
        ("no answer to the upgrade", Times::Next(1), vec![Fault::NeverAnswerUpgrade]),
        ("silence after the upgrade", Times::Next(1), vec![Fault::SilentAfter(0)]),
        ("silence after the answer", Times::Next(1), vec![Fault::SilentAfter(1)]),
        ("bad entity", Times::UntilCleared, vec![Fault::BadEntity]),
        ("no JSON", Times::UntilCleared, vec![Fault::InvalidJson]),
        ("null operator", Times::UntilCleared, vec![Fault::NullOperator]),
        ("patch before full", Times::UntilCleared, vec![Fault::PushBeforeFull]),
        ("fragments", Times::UntilCleared, vec![Fault::Fragment(3)]),
        ("clock 120 s ahead", Times::UntilCleared, vec![Fault::ClockOffset(120_000)]),
        ("clock a day behind", Times::UntilCleared, vec![Fault::ClockOffset(-86_400_000)]),
    ] {
        survives(name, times, &faults);
    }
}

#[test]
fn a_clock_that_is_off_is_corrected_with_a_notice() {
    let log = Log::capture();
    let server = TestServer::start().unwrap();
    server.arm(Fault::ClockOffset(600_000), Times::UntilCleared);
    let (heard, notices) = std::sync::mpsc::channel();
    let client = builder(&server)
        .on_notice(move |notice: &Notice| heard.send(notice.to_string()).unwrap())
        .start()
        .unwrap();
    client.wait_ready(PATIENCE).unwrap();
    let notice = notices.recv_timeout(PATIENCE).unwrap();
    assert!(
        notice.contains("600 seconds behind") || notice.contains("599 seconds behind"),
        "{notice}"
    );
    assert_eq!(server.record().upgrades.len(), 2);
    client.context().user_key("bob").build().track("sale", 1.0).unwrap();
    client.flush(PATIENCE).unwrap();
    let insights = server.record().insights;
    let events: serde_json::Value = serde_json::from_str(&insights[0].body).unwrap();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as i64;
    let ahead = events[0]["metrics"][0]["timestamp"].as_i64().unwrap() - now;
    assert!((500_000..700_000).contains(&ahead), "{ahead} ms");
    // Log lines name the server in the word of its system.
    let url = server.streaming_url();
    let address = url.trim_start_matches("ws");
    let is_ready = |line: &str| line.contains("the client is ready") && line.contains(address);
    let lines = log.wait_for_lines(PATIENCE, is_ready);
    assert!(
        lines.iter().all(|line| line.contains(" server=") && !line.contains("edge=")),
        "{lines:?}"
    );
    assert_eq!(lines.len(), 1);
}

#[test]
fn a_wrong_secret_fails_at_once_and_works_after_a_refresh_once_it_is_valid() {
    let server = TestServer::start().unwrap();
    server.arm(Fault::RefuseToken, Times::UntilCleared);
    // The delays after a refusal are those of a minute and more.
    let slow = |config: &mut fh_client::Config| {
        let minute = Duration::from_secs(60);
        config.refused = Backoff { initial: minute, cap: 10 * minute, jitter: 0.5 };
    };
    let client = builder(&server).configure(slow).start().unwrap();
    let error = client.wait_ready(PATIENCE).unwrap_err().to_string();
    assert!(error.starts_with("the server refuses the environment secret"), "{error}");
    assert_eq!(client.readiness(), Readiness::Failed);
    assert_eq!(server.record().upgrades.len(), 1);
    server.clear_faults();
    crate::support::soon(client.refresh()).unwrap();
    assert_eq!(client.readiness(), Readiness::Ready);
}

#[test]
fn a_message_over_the_limit_is_refused_and_values_are_kept() {
    let server = TestServer::start().unwrap();
    let environment = server.environment();
    environment.put_flag(&sample::string_flag("colour", "red")).unwrap();
    let small = |config: &mut fh_client::Config| config.limits.bytes = 100_000;
    let client = builder(&server).configure(small).start().unwrap();
    client.wait_ready(PATIENCE).unwrap();
    server.arm(Fault::Oversize(200_000), Times::Next(3));
    server.drop_sockets(true);
    let too_large = |status: &fh_client::Status| {
        status.problem.as_ref().is_some_and(|problem| problem.as_str() == "too_large")
    };
    until(&client, too_large);
    let bob = client.context().user_key("bob").build();
    assert_eq!(bob.string("colour").as_deref(), Some("red"));
    until(&client, |status| status.problem.is_none());
}
