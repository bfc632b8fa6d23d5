//! Successful responses that are no list of features.

use std::time::Duration;

use fh_test_servers::featurehub::Behaviour;

use super::first_request::{end, route, transport, transports};
use crate::protocol::{Create, SdkReadiness};
use crate::sdk::{
    ExpectedAnswer, SCENARIO, Scenario, Scene, SdkClient, Stop, TEMPO, Tempo, Verdict, equal,
};

pub(super) const CONTENT_TYPE: Scenario = Scenario {
    id: "P-029",
    name: "content-type",
    tier: 1,
    needs: &["retry.initial_ms", "poll_ms"],
    given: "an Edge, or a proxy in front of it, that answers 200 with a login page, and later with features",
    when: "a client polls, or opens a stream, before and after it has features",
    then: "the page is an error: the client is not ready before the list, keeps its values afterwards, and tries again",
    decision: "D-65, sdk-behaviour 2.3",
    // The third request waits for the checks.
    bites: &["LoginPagesAreFinal"],
    tempo: Tempo {
        head: Duration::from_secs(8),
        whole_poll: Duration::from_secs(8),
        idle: Duration::from_secs(8),
        ..TEMPO
    },
    stage: |stage| {
        stage.with_feature_f();
        stage.edge().behave(login_page());
    },
    run: content_type,
    ..SCENARIO
};

fn login_page() -> Behaviour {
    let page = "<!doctype html><title>Sign in</title>";
    Behaviour::status(200).header("content-type", "text/html").body(page)
}

fn content_type(scene: &Scene<'_>) -> Verdict {
    for create in transports(scene) {
        let transport = transport(&create);
        let version = scene.edge().set_value("F", "first");
        let version = i64::try_from(version).unwrap_or_default();
        let first = ExpectedAnswer::string("first").version(version);

        let before_features = Pages { begin: "login pages before the list", signal: "list" };
        let client = before_features.show(scene, &create, None)?;
        let readiness = client.state()?.readiness;
        let label = format!("readiness before the list, {transport}");
        equal(&label, readiness, SdkReadiness::NotReady)?;
        let label = format!("value before the list, {transport}");
        scene.answers(&label, &client, "F", &ExpectedAnswer::not_ready())?;
        scene.edge().signal(&before_features.signal(transport));
        client.until_ready()?;
        scene.answers(&format!("value of the list, {transport}"), &client, "F", &first)?;

        let afterwards = Pages { begin: "login pages after the list", signal: "update" };
        let client = afterwards.show(scene, &create, Some(client))?;
        scene.edge().set_value("F", "second");
        let readiness = client.state()?.readiness;
        let label = format!("readiness after the list, {transport}");
        equal(&label, readiness, SdkReadiness::Ready)?;
        scene.answers(&format!("value that is kept, {transport}"), &client, "F", &first)?;
        scene.edge().signal(&afterwards.signal(transport));
        client.until_string(&format!("value after login pages, {transport}"), "F", "second")?;
        end(scene, &client)?;
    }
    Ok(())
}

/// Two login pages, and a healthy answer after a signal.
struct Pages {
    begin: &'static str,
    signal: &'static str,
}

impl Pages {
    fn signal(&self, transport: &str) -> String {
        format!("{} {transport}", self.signal)
    }

    /// Answers with two login pages, and waits for the request after them, of a given or a new client.
    fn show(
        &self,
        scene: &Scene<'_>,
        create: &Create,
        client: Option<SdkClient>,
    ) -> Result<SdkClient, Stop> {
        let (route, transport) = (route(create), transport(create));
        let held = Behaviour::new().wait_for_signal(&self.signal(transport)).then_healthy();
        let before = scene.edge().recording().count(route);
        scene.edge().script(route, [login_page(), login_page(), held], Behaviour::healthy());
        let client = match client {
            Some(client) => client,
            None => scene.create(create.clone())?,
        };
        scene.edge().end_streams();
        scene.until_requests(&format!("{}, {transport}", self.begin), route, before + 3)?;
        Ok(client)
    }
}
