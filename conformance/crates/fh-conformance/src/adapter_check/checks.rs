//! The checks, in the order of the report.

use std::time::{Duration, Instant};

use fh_test_servers::featurehub::{Behaviour, Feature, Route};
use serde_json::{Value, json};

use super::trial::{Trial, ask, error_of, read};
use super::{Check, CheckOutcome, declared};
use crate::adapter::ProcessEnd;
use crate::data::Probe;
use crate::deadline::Deadline;
use crate::protocol::{Answers, Closed, ErrorCode, SdkReadiness, State};

/// All checks.
pub(super) const ALL: &[Check] = &[
    Check { name: "hello names the protocol and the SDK", run: declared::identity },
    Check { name: "cannot names capabilities, with reasons", run: declared::capabilities },
    Check { name: "create answers within a second", run: create_is_fast },
    Check { name: "a client becomes ready and reads values", run: reads },
    Check { name: "answers keep the order of the reads", run: order },
    Check { name: "numbers keep their decimals in text", run: decimals },
    Check { name: "null and unknown members are ignored", run: unknown_members },
    Check { name: "ignored settings are paths of settings", run: ignored_settings },
    Check { name: "unknown operations and clients are errors of the adapter", run: misuse },
    Check { name: "declared operations answer", run: declared_operations },
    Check { name: "missing capabilities answer unsupported", run: refused_operations },
    Check { name: "nothing but the protocol is printed", run: standard_output },
    Check { name: "two clients share nothing", run: two_clients },
    Check { name: "values are not cached and reads send no requests", run: no_cache },
    Check { name: "a listener that throws kills nothing", run: throwing_listener },
    Check { name: "a closed client answers", run: closed_client },
    Check { name: "the end of the input ends the adapter", run: end_of_input },
];

fn create_is_fast(trial: &Trial) -> CheckOutcome {
    let edge = trial.edge()?;
    edge.behave(Behaviour::silence());
    let mut adapter = trial.adapter()?;
    // The first command also waits for the start of the program.
    adapter.hello().map_err(|error| error.to_string())?;
    let (begin, limit) = (Instant::now(), Deadline::after(Duration::from_secs(1)));
    trial.create(&mut adapter, &trial.settings("c1", &edge))?;
    let took = begin.elapsed();
    if limit.is_over() {
        return Err(format!("create took {took:?} while the Edge sent nothing"));
    }
    let state: State = ask(&mut adapter, "state", "c1", &json!({}))?;
    if state.readiness != SdkReadiness::NotReady {
        return Err(format!("the client is {} although the Edge sent nothing", state.readiness));
    }
    let value = read(&mut adapter, "c1", "F", "STRING")?.value;
    if value.is_null() { Ok(()) } else { Err(format!("F is {value} before any features")) }
}

fn reads(trial: &Trial) -> CheckOutcome {
    let edge = trial.edge()?;
    let mut adapter = trial.adapter()?;
    trial.create(&mut adapter, &trial.settings("c1", &edge))?;
    trial.until_ready(&mut adapter, "c1")?;
    trial.until_value(&mut adapter, "c1", "one")?;
    let _: Closed = ask(&mut adapter, "close", "c1", &json!({}))?;
    Ok(())
}

fn order(trial: &Trial) -> CheckOutcome {
    let edge = trial.edge()?;
    edge.set_feature(Feature::boolean("B", true));
    edge.set_feature(Feature::string("S", "text"));
    let mut adapter = trial.adapter()?;
    trial.create(&mut adapter, &trial.settings("c1", &edge))?;
    trial.until_ready(&mut adapter, "c1")?;
    trial.until_value(&mut adapter, "c1", "one")?;
    let reads = json!({ "reads": [
        { "feature": "S", "type": "STRING" },
        { "feature": "B", "type": "BOOLEAN" },
        { "feature": "F", "type": "STRING" },
        { "feature": "B", "type": "BOOLEAN" },
    ] });
    let answers: Answers = ask(&mut adapter, "read", "c1", &reads)?;
    let values: Vec<Value> = answers.answers.into_iter().map(|answer| answer.value).collect();
    let expected = [json!("text"), json!(true), json!("one"), json!(true)];
    if values == expected { Ok(()) } else { Err(format!("read {values:?}, expected {expected:?}")) }
}

fn decimals(trial: &Trial) -> CheckOutcome {
    let edge = trial.edge()?;
    edge.set_feature(Feature::number("N", 7.25));
    let mut adapter = trial.adapter()?;
    trial.create(&mut adapter, &trial.settings("c1", &edge))?;
    trial.until_ready(&mut adapter, "c1")?;
    let answer = read(&mut adapter, "c1", "N", "NUMBER")?;
    if answer.value != json!(7.25) || answer.text.as_deref() != Some("7.25") {
        return Err(format!(
            "N is {} with the text {:?}, expected 7.25",
            answer.value, answer.text
        ));
    }
    Ok(())
}

fn unknown_members(trial: &Trial) -> CheckOutcome {
    let edge = trial.edge()?;
    let mut adapter = trial.adapter()?;
    let mut create = serde_json::to_value(trial.settings("c1", &edge)).unwrap_or_default();
    for (name, value) in [
        ("a_member_of_a_later_version", json!({ "x": 1 })),
        ("proxy", Value::Null),
        ("context", Value::Null),
        ("headers", Value::Null),
    ] {
        if let Some(members) = create.as_object_mut() {
            members.insert(name.to_owned(), value);
        }
    }
    let _: Value = ask(&mut adapter, "create", "c1", &create)?;
    trial.until_ready(&mut adapter, "c1")?;
    let reads = json!({ "reads": [{ "feature": "F", "type": "STRING", "default": null, "context": null, "x": 1 }] });
    let answers: Answers = ask(&mut adapter, "read", "c1", &reads)?;
    match answers.answers.first() {
        Some(answer) if answer.value == "one" => Ok(()),
        other => Err(format!("read {other:?}, expected the value \"one\"")),
    }
}

/// The paths of settings that an adapter may ignore.
const SETTINGS: &[&str] = &[
    "mode",
    "poll_ms",
    "retry",
    "retry.initial_ms",
    "retry.max_ms",
    "retry.jitter",
    "refused",
    "refused.initial_ms",
    "refused.max_ms",
    "healthy_after_ms",
    "timeouts",
    "timeouts.connect_ms",
    "timeouts.head_ms",
    "timeouts.poll_ms",
    "timeouts.idle_ms",
    "timeouts.held_back_ms",
    "max_bytes",
    "headers",
    "ca_pem",
    "proxy",
    "store",
    "context",
    "context_in_query",
    "catch",
    "debug",
    "readers",
];

fn ignored_settings(trial: &Trial) -> CheckOutcome {
    let edge = trial.edge()?;
    let mut adapter = trial.adapter()?;
    let folder = tempfile::tempdir().map_err(|error| format!("no folder: {error}"))?;
    // Settings that change what a client connects to are not given: a wrong proxy or certificate is an error.
    let mut create = trial.settings("c1", &edge);
    create.max_bytes = Some(1024 * 1024);
    create.headers = [("x-test".to_owned(), "1".to_owned())].into();
    create.store = Some(folder.path().join("store").display().to_string());
    create.debug = true;
    create.readers = Some(1);
    let created = trial.create(&mut adapter, &create)?;
    let known = |path: &&String| !SETTINGS.contains(&path.as_str());
    match created.ignored.iter().find(known) {
        Some(unknown) => Err(format!("{unknown:?} is no path of a setting")),
        None => Ok(()),
    }
}

fn misuse(trial: &Trial) -> CheckOutcome {
    let mut adapter = trial.adapter()?;
    let unknown = error_of(&mut adapter, "an-operation-of-a-later-version", "c1", &json!({}))?;
    if unknown != Some(ErrorCode::Adapter) && unknown != Some(ErrorCode::Unsupported) {
        return Err(format!("an unknown operation answers {unknown:?}"));
    }
    for op in ["state", "read", "close"] {
        let members = json!({ "reads": [{ "feature": "F", "type": "STRING" }] });
        let code = error_of(&mut adapter, op, "a client that does not exist", &members)?;
        if code != Some(ErrorCode::Adapter) {
            let code = code.map_or("no error", ErrorCode::name);
            return Err(format!("{op} of an unknown client answers {code}, expected adapter"));
        }
    }
    Ok(())
}

/// Tries the operation of each capability that is observed by an operation, and returns the first with another outcome.
fn operations(
    trial: &Trial,
    of_declared: bool,
    wrong: fn(Option<ErrorCode>) -> bool,
) -> CheckOutcome {
    let edge = trial.edge()?;
    let mut running = None;
    for capability in trial.capabilities() {
        let Some(Probe::Operation { operation, members }) = &capability.probe else { continue };
        if trial.hello().has(&capability.id) != of_declared || operation == "create" {
            continue;
        }
        // Some operations change what a client does, so each gets a client of its own.
        let client = capability.id.as_str();
        let mut adapter = match running.take() {
            Some(adapter) if trial.hello().has("multi_client") => adapter,
            _ => trial.adapter()?,
        };
        let mut members = members.clone();
        if operation == "evaluate" {
            let empty = json!({ "payload": "[]", "profile": "client", "reads": [] });
            members = empty.as_object().cloned().unwrap_or_default();
        } else {
            trial.create(&mut adapter, &trial.settings(client, &edge))?;
            trial.until_ready(&mut adapter, client)?;
        }
        if operation == "unlisten" && of_declared {
            let listen = json!({ "listener": "probe", "on": "feature", "feature": "F" });
            error_of(&mut adapter, "listen", client, &listen)?;
        }
        let code = error_of(&mut adapter, operation, client, &Value::Object(members))?;
        if wrong(code) {
            let id = &capability.id;
            let answer = code.map_or("an answer", ErrorCode::name);
            return Err(format!(
                "{operation} of {id} gives {answer}; an adapter names each capability that the SDK lacks in cannot, and no other"
            ));
        }
        running = Some(adapter);
    }
    Ok(())
}

fn declared_operations(trial: &Trial) -> CheckOutcome {
    operations(trial, true, |code| {
        matches!(code, Some(ErrorCode::Unsupported | ErrorCode::Adapter))
    })
}

fn refused_operations(trial: &Trial) -> CheckOutcome {
    operations(trial, false, |code| code != Some(ErrorCode::Unsupported))
}

fn standard_output(trial: &Trial) -> CheckOutcome {
    let edge = trial.edge()?;
    let mut adapter = trial.adapter()?;
    let mut create = trial.settings("c1", &edge);
    create.debug = true;
    trial.create(&mut adapter, &create)?;
    trial.until_ready(&mut adapter, "c1")?;
    edge.behave(Behaviour::status(500));
    let requests = edge.recording().requests.len();
    // Trouble makes SDKs log.
    let _ = edge.wait_until(Duration::from_secs(2), |seen| seen.requests.len() > requests);
    edge.behave(Behaviour::healthy());
    let _: State = ask(&mut adapter, "state", "c1", &json!({}))?;
    let _: Closed = ask(&mut adapter, "close", "c1", &json!({}))?;
    adapter.events();
    adapter.broken().map_or(Ok(()), |problem| Err(problem.to_owned()))
}

fn two_clients(trial: &Trial) -> CheckOutcome {
    if !trial.hello().has("multi_client") {
        return Ok(());
    }
    let (one, two) = (trial.edge()?, trial.edge()?);
    two.set_value("F", "two");
    let mut adapter = trial.adapter()?;
    for (name, edge) in [("c1", &one), ("c2", &two)] {
        trial.create(&mut adapter, &trial.settings(name, edge))?;
        trial.until_ready(&mut adapter, name)?;
    }
    trial.until_value(&mut adapter, "c2", "two")?;
    trial.until_value(&mut adapter, "c1", "one")?;
    let _: Closed = ask(&mut adapter, "close", "c1", &json!({}))?;
    two.set_value("F", "three");
    trial.until_value(&mut adapter, "c2", "three")
}

fn no_cache(trial: &Trial) -> CheckOutcome {
    let edge = trial.edge()?;
    let mut adapter = trial.adapter()?;
    trial.create(&mut adapter, &trial.settings("c1", &edge))?;
    trial.until_ready(&mut adapter, "c1")?;
    trial.until_value(&mut adapter, "c1", "one")?;
    edge.set_value("F", "two");
    trial.until_value(&mut adapter, "c1", "two")?;
    // A client whose next poll is an hour away: reads must not cause requests. It has an Edge of its own, because a last poll of the first
    // client may arrive after its end.
    if !trial.hello().has("transport.poll") || trial.ignored().contains("poll_ms") {
        return Ok(());
    }
    let _: Closed = ask(&mut adapter, "close", "c1", &json!({}))?;
    let quiet = trial.edge()?;
    let mut create = trial.settings("c2", &quiet);
    create.poll_ms = Some(3_600_000);
    trial.create(&mut adapter, &create)?;
    trial.until_ready(&mut adapter, "c2")?;
    let mut sent = 0;
    // A first request that the client has given up on a busy machine may still arrive, but not twice.
    for _ in 0..2 {
        let before = quiet.recording().count(Route::Poll);
        for _ in 0..20 {
            read(&mut adapter, "c2", "F", "STRING")?;
            let _: State = ask(&mut adapter, "state", "c2", &json!({}))?;
        }
        sent = quiet.recording().count(Route::Poll) - before;
        if sent == 0 {
            return Ok(());
        }
    }
    Err(format!("20 reads sent {sent} requests"))
}

fn throwing_listener(trial: &Trial) -> CheckOutcome {
    if !trial.hello().has("listen.feature") {
        return Ok(());
    }
    let edge = trial.edge()?;
    let mut adapter = trial.adapter()?;
    trial.create(&mut adapter, &trial.settings("c1", &edge))?;
    trial.until_ready(&mut adapter, "c1")?;
    trial.until_value(&mut adapter, "c1", "one")?;
    let listen =
        json!({ "listener": "l1", "on": "feature", "feature": "F", "then": [{ "do": "throw" }] });
    let _: Value = ask(&mut adapter, "listen", "c1", &listen)?;
    for value in ["two", "three"] {
        edge.set_value("F", value);
        trial.until_value(&mut adapter, "c1", value)?;
    }
    let called = adapter
        .wait_for_events(Duration::from_secs(10), |events| (!events.is_empty()).then_some(()));
    called.ok_or_else(|| "the listener has no event `called`".to_owned())
}

fn closed_client(trial: &Trial) -> CheckOutcome {
    let edge = trial.edge()?;
    let mut adapter = trial.adapter()?;
    trial.create(&mut adapter, &trial.settings("c1", &edge))?;
    trial.until_ready(&mut adapter, "c1")?;
    for _ in 0..2 {
        let _: Closed = ask(&mut adapter, "close", "c1", &json!({}))?;
    }
    // What a closed client answers is the SDK's business. That the adapter answers is not.
    for op in ["state", "read"] {
        let reads = json!({ "reads": [{ "feature": "F", "type": "STRING" }] });
        let code = error_of(&mut adapter, op, "c1", &reads)?;
        if code == Some(ErrorCode::Adapter) {
            return Err(format!("{op} of a closed client is an error of the adapter"));
        }
    }
    Ok(())
}

fn end_of_input(trial: &Trial) -> CheckOutcome {
    let edge = trial.edge()?;
    edge.behave(Behaviour::silence());
    let mut adapter = trial.adapter()?;
    trial.create(&mut adapter, &trial.settings("c1", &edge))?;
    match adapter.end() {
        ProcessEnd::Exited(_) => Ok(()),
        ProcessEnd::Killed => {
            Err("the adapter still ran two seconds after the end of its input".to_owned())
        }
    }
}
