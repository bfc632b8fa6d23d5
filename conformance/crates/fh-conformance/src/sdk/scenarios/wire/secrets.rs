//! The secret half of API keys.

use std::time::Duration;

use fh_test_servers::featurehub::{Behaviour, Closing, RedirectTo, Route};
use serde_json::Value;

use super::first_request::{end, route, transports};
use crate::adapter::TimelineKind;
use crate::protocol::{Create, Update};
use crate::sdk::{SCENARIO, Scenario, Scene, SdkClient, TEMPO, Tempo, Verdict, check};

pub(super) const SECRETS: Scenario = Scenario {
    id: "P-032",
    name: "secrets",
    tier: 1,
    needs: &["debug"],
    given: "debug logging, and an Edge that answers well, with errors, with redirects, with garbage, and with the key in its text",
    when: "a client polls, streams, reads, and updates a feature",
    then: "no log line, answer or event has the secret half of the key",
    decision: "D-82",
    bites: &["SecretsAreShown"],
    tempo: Tempo {
        refused: Duration::from_millis(200),
        refused_max: Duration::from_millis(400),
        ..TEMPO
    },
    run: secrets,
    ..SCENARIO
};

/// The beginnings of the secret halves of the Edge's keys. They need no encoding in a URL.
pub(super) const SECRETS_OF_KEYS: [&str; 2] = ["clientSideSecret4test", "serverSideSecret4test"];

fn answers(key: &str) -> Vec<(&'static str, Behaviour)> {
    let list = Behaviour::sse().ack();
    vec![
        ("a healthy Edge", Behaviour::healthy()),
        ("401", Behaviour::status(401)),
        ("500", Behaviour::status(500)),
        ("a redirect", Behaviour::redirect(302, RedirectTo::Prefix("/moved".to_owned()))),
        ("a redirect to a closed port", {
            Behaviour::redirect(302, RedirectTo::Origin("http://127.0.0.1:9".to_owned()))
        }),
        ("garbage", Behaviour::garbage("\u{1}\u{2} no HTTP\n\n")),
        ("a reset", Behaviour::new().close(Closing::Rst)),
        ("a malformed list", list.clone().event("features", "[{")),
        ("`failure`", list.clone().failure()),
        ("`failure` with the key", {
            list.event("failure", &format!("{{\"status\":\"unknown key {key}\"}}"))
        }),
        ("400 with the key", Behaviour::status(400).body(format!("what is {key}"))),
    ]
}

fn secrets(scene: &Scene<'_>) -> Verdict {
    for create in transports(scene) {
        for (name, answer) in answers(&scene.edge().client_key()) {
            scene.note(&format!("the Edge answers with {name}"));
            scene.edge().behave(answer);
            one_client(scene, Create { debug: true, ..create.clone() })?;
            no_secret_in_answers(scene)?;
        }
    }
    // The log is complete when the adapter has ended.
    scene.adapter().borrow_mut().end();
    no_secret_in_answers(scene)?;
    let log = scene.adapter().borrow().log();
    let line = log.lines().find(|line| holds_secret(line));
    check("no secret in the log", line.is_none(), "no secret", || hidden(line.unwrap_or_default()))
}

/// Runs a client until the Edge has received a second request, or for a while if the client sends no second one.
fn one_client(scene: &Scene<'_>, create: Create) -> Verdict {
    let route = route(&create);
    let before = scene.edge().recording().count(route);
    let client = scene.create(create)?;
    scene.until_requests("a request of each client", route, before + 1)?;
    let watch = Tempo::watch(scene.tempo().retry, 3);
    let _ = scene.edge().wait_until(watch, |seen| seen.count(route) >= before + 2);
    client.state()?;
    client.string("F")?;
    update(scene, &client)?;
    end(scene, &client)
}

/// Tries an update, which most of the answers refuse.
fn update(scene: &Scene<'_>, client: &SdkClient) -> Verdict {
    if !scene.can("update") {
        return Ok(());
    }
    let update = Update { feature: "F".to_owned(), lock: None, value: Some("two".into()) };
    let key = scene.edge().client_key();
    for answer in [
        Behaviour::status(500).body(format!("trouble with {key}")),
        Behaviour::new().close(Closing::Rst),
    ] {
        scene.edge().behave_on(Route::Put, answer);
        let _ = client.try_ask::<Value>("update", &update)?;
    }
    Ok(())
}

fn no_secret_in_answers(scene: &Scene<'_>) -> Verdict {
    // Events that have arrived are part of the timeline once they were taken.
    scene.adapter().borrow_mut().events();
    let entries = scene.merged_timeline();
    let own = |kind| matches!(kind, TimelineKind::Answer | TimelineKind::Event);
    let said = entries.iter().find(|entry| own(entry.kind) && holds_secret(&entry.text));
    check("no secret in an answer or event", said.is_none(), "no secret", || {
        said.map(|entry| hidden(&entry.text)).unwrap_or_default()
    })
}

fn holds_secret(text: &str) -> bool {
    SECRETS_OF_KEYS.iter().any(|secret| text.contains(secret))
}

/// Returns the text with the secrets replaced, for the report.
fn hidden(text: &str) -> String {
    SECRETS_OF_KEYS.iter().fold(text.to_owned(), |text, secret| text.replace(secret, "SECRET"))
}
