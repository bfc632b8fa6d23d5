//! Redirects within the origin and to another one.

use std::time::Duration;

use fh_test_servers::featurehub::{Behaviour, EdgeHandle, RedirectTo, Request};

use super::super::broken_edge;
use super::first_request::{context, end, route, transport, transports};
use crate::protocol::Create;
use crate::sdk::{
    ExpectedAnswer, SCENARIO, Scenario, Scene, Skip, Stop, Tempo, UNDER_DECLARED, Verdict, check,
    equal,
};

pub(super) const REDIRECT: Scenario = Scenario {
    id: "P-028",
    name: "redirect",
    tier: 1,
    given: "an Edge that redirects with 301 and 307, first to another path, and then to another origin",
    when: "a client polls, or opens a stream",
    then: "it follows within the origin, and sends neither the key nor the context to the other origin (a browser sends the key if the location has it)",
    decision: "D-82",
    bites: &["HopsAddUp", "HopsNotCounted", "PaceIgnored", "RedirectsAnywhere"],
    stage: |stage| {
        stage.with_feature_f();
        moved(stage.edge(), 301);
        if let Some(other) = stage.other() {
            // The other origin is no Edge. A client that follows the redirect retries at the Edge.
            other.behave(Behaviour::status(503));
        }
    },
    run: redirect,
    ..SCENARIO
};

/// The user key of the context, which the other origin must not receive.
const USER: &str = "fredPrivate";

/// Redirects each request to the prefix `/moved`, where the Edge is healthy.
fn moved(edge: &EdgeHandle, status: u16) {
    edge.behave(Behaviour::choose(move |request| {
        if request.path.starts_with("/moved/") {
            Behaviour::healthy()
        } else {
            Behaviour::redirect(status, RedirectTo::Prefix("/moved".to_owned()))
        }
    }));
}

fn redirect(scene: &Scene<'_>) -> Verdict {
    for create in transports(scene) {
        for status in [301, 307] {
            moved(scene.edge(), status);
            within_the_origin(scene, create.clone(), status)?;
        }
    }
    let Some(other) = scene.stage().other() else {
        return Err(Stop::Skipped(Skip::System("a second port".to_owned())));
    };
    // The key is in the location only if it is in the URL of the request.
    let plain = RedirectTo::Exactly(format!("{}/elsewhere", other.url()));
    let whole = RedirectTo::Origin(other.url());
    let sees_redirects = scene.can("http.redirects");
    let locations = if sees_redirects { vec![&plain, &whole] } else { vec![&plain] };
    for create in transports(scene) {
        for to in &locations {
            for status in [301, 307] {
                scene.edge().behave(Behaviour::redirect(status, (*to).clone()));
                to_another_origin(scene, create.clone(), other)?;
            }
        }
    }
    if !sees_redirects {
        scene.edge().behave(Behaviour::redirect(307, whole));
        follows_blindly(scene, other)?;
    }
    if scene.is_own() { broken_edge::redirects_are_counted(scene) } else { Ok(()) }
}

/// Checks that an SDK which declares that it does not see redirects cannot keep its key from another origin.
fn follows_blindly(scene: &Scene<'_>, other: &EdgeHandle) -> Verdict {
    let Some(create) = transports(scene).into_iter().next() else { return Ok(()) };
    let client = scene.create(create)?;
    let sent = other.wait_until(scene.patience(), |seen| {
        seen.requests.iter().any(|seen| texts(&seen.request).any(|text| holds_secret(text)))
    });
    end(scene, &client)?;
    let lacks = "the SDK lacks http.redirects, as the adapter declares";
    check(UNDER_DECLARED, sent.is_ok(), lacks, || "no key at another origin".to_owned())
}

fn within_the_origin(scene: &Scene<'_>, create: Create, status: u16) -> Verdict {
    let (route, transport) = (route(&create), transport(&create));
    let before = scene.edge().recording().count(route);
    let client = scene.create(create)?;
    scene.until(&format!("a {transport} follows {status}"), "a request under /moved", |seen| {
        seen.of(route).skip(before).any(|seen| seen.request.path.starts_with("/moved/"))
    })?;
    client.until_ready()?;
    let label = format!("value after {status}, {transport}");
    scene.answers(&label, &client, "F", &ExpectedAnswer::string("one"))?;
    end(scene, &client)
}

fn to_another_origin(scene: &Scene<'_>, mut create: Create, other: &EdgeHandle) -> Verdict {
    let (route, transport) = (route(&create), transport(&create));
    let with_context = scene.can("key.server_eval");
    if with_context {
        create.keys = vec![scene.edge().server_key()];
    }
    let before = scene.edge().recording().count(route);
    let client = scene.create(create)?;
    if with_context {
        // The call ends without features. Later requests have the context.
        let _ = client.context(&context([("userkey", &[USER])]), Duration::ZERO)?;
    }
    scene.until_requests(&format!("a {transport} is redirected"), route, before + 1)?;
    // Further requests have the context, and show that the redirect was handled. A client that gives up sends none.
    let watch = Tempo::watch(scene.tempo().retry, 10);
    let _ = scene.edge().wait_until(watch, |seen| seen.count(route) >= before + 3);
    end(scene, &client)?;
    for seen in &other.recording().requests {
        let request = &seen.request;
        let key = texts(request).find(|text| holds_secret(text));
        equal(&format!("no key at another origin, {transport}"), key, None)?;
        let context = request.header("x-featurehub").or(request.query_value("xfeaturehub"));
        equal(&format!("no context at another origin, {transport}"), context, None)?;
        let user = texts(request).find(|text| text.contains(USER));
        check("no attribute at another origin", user.is_none(), "nothing", || format!("{user:?}"))?;
    }
    Ok(())
}

/// Returns the target and the values of all headers.
fn texts(request: &Request) -> impl Iterator<Item = &String> {
    std::iter::once(&request.target).chain(request.headers.iter().map(|(_, value)| value))
}

fn holds_secret(text: &str) -> bool {
    super::secrets::SECRETS_OF_KEYS.iter().any(|secret| text.contains(secret))
}
