//! TLS and proxies.

use std::time::Instant;

use super::{STREAMING, at_least_first_delay, keeps_stream};
use crate::protocol::{Create, SdkReadiness};
use crate::sdk::{
    ExpectedAnswer, Scenario, Scene, Skip, Stage, Stop, Tls, Verdict, breach, check, equal,
};

const VERIFYING: Scenario = Scenario {
    requires: &["transport.stream", "tls.verify"],
    needs: &["retry.initial_ms"],
    when: "a client streams",
    then: "it never becomes READY, sends no request, names the certificate or TLS as its problem, and retries slowly",
    decision: "D-64, sdk-behaviour 2.10",
    run: refused_certificate,
    ..STREAMING
};

pub(super) const EXPIRED: Scenario = Scenario {
    id: "C-STREAM-032",
    name: "tls-expired",
    given: "an Edge whose certificate has expired",
    bites: &["NoBackoff"],
    stage: |stage| with_certificate(stage, "localhost", -2..-1),
    ..VERIFYING
};

pub(super) const WRONG_HOST: Scenario = Scenario {
    id: "C-STREAM-033",
    name: "tls-wrong-host",
    given: "an Edge whose certificate names another host",
    bites: &["NoBackoff"],
    stage: |stage| with_certificate(stage, "elsewhere.example", -1..1),
    ..VERIFYING
};

fn with_certificate(stage: &Stage, host: &str, days: std::ops::Range<i64>) {
    stage.with_feature_f();
    stage.with_tls(host, days);
}

fn tls<'s>(scene: &'s Scene<'_>) -> Result<&'s Tls, Stop> {
    let tls = scene.stage().tls();
    tls.ok_or_else(|| Stop::Skipped(Skip::System("no port for a TLS server".to_owned())))
}

fn refused_certificate(scene: &Scene<'_>) -> Verdict {
    let tls = tls(scene)?;
    // The authority is trusted where that can be set, so that nothing but the one fault is refused.
    let trusted = scene.can("tls.custom_ca").then(|| tls.authority().to_owned());
    let create = Create { edge_url: tls.url(), ca_pem: trusted, ..scene.streaming() };
    let client = scene.create(create)?;
    // A library below the client may connect a few times at once. The fifth connection shows that the client itself goes on.
    let seen =
        scene.until("the client retries", "5 connections", |seen| seen.connections.len() >= 5)?;
    let times: Vec<Instant> = seen.connections.iter().map(|seen| seen.accepted).collect();
    let next = times.iter().skip(1);
    // The TLS front passes each connection on before the handshake, so the Edge may notice the connection after the client has failed.
    let late = scene.lateness().worst();
    let gaps: Vec<_> = times.iter().zip(next).map(|(one, next)| *next - *one + late).collect();
    at_least_first_delay(scene, "the delays before the retries", &gaps)?;
    let pace = scene.tempo().pace();
    let fast = breach(&times, pace, scene.lateness().slack());
    check("at most two connections a second", fast.is_none(), "the pace", || format!("{fast:?}"))?;
    equal("no request", seen.requests.len(), 0)?;
    let state = client.state()?;
    check("never READY", state.readiness != SdkReadiness::Ready, "not READY", || {
        state.readiness.to_string()
    })?;
    scene.answers("answer for F", &client, "F", &ExpectedAnswer::not_ready())?;
    if scene.can("status") {
        let names_tls = |problem: &str| {
            let problem = problem.to_lowercase();
            ["tls", "ssl", "certificate"].iter().any(|name| problem.contains(name))
        };
        client.until_state("the problem names TLS", "a problem of TLS", |state| {
            state.problem.as_deref().is_some_and(names_tls)
        })?;
    }
    Ok(())
}

pub(super) const CUSTOM_CA: Scenario = Scenario {
    id: "C-STREAM-034",
    name: "custom-ca",
    requires: &["transport.stream", "tls.custom_ca"],
    given: "an Edge whose certificate is from an authority that only the program knows",
    when: "a client gets the certificate of the authority and streams",
    then: "it becomes READY, and updates arrive",
    decision: "sdk-behaviour 2.16",
    bites: &["AuthoritiesAreIgnored"],
    stage: |stage| with_certificate(stage, "localhost", -1..1),
    run: custom_ca,
    ..STREAMING
};

fn custom_ca(scene: &Scene<'_>) -> Verdict {
    let tls = tls(scene)?;
    let create = Create {
        edge_url: tls.url(),
        ca_pem: Some(tls.authority().to_owned()),
        ..scene.streaming()
    };
    let client = scene.create(create)?;
    client.until_ready()?;
    scene.answers("answer for F", &client, "F", &ExpectedAnswer::string("one"))?;
    keeps_stream(scene, &client)
}

pub(super) const PROXY: Scenario = Scenario {
    id: "C-STREAM-035",
    name: "proxy",
    requires: &["transport.stream", "http.proxy"],
    given: "an Edge under a host name that only a proxy knows",
    when: "a client gets the proxy and streams",
    then: "the proxy receives CONNECT or a URL in absolute form, the client becomes READY, and updates arrive",
    decision: "sdk-behaviour 2.16",
    bites: &["ProxiesAreIgnored"],
    stage: |stage| {
        stage.with_feature_f();
        // The first call starts the proxy.
        let _ = stage.proxy();
    },
    run: proxy,
    ..STREAMING
};

fn proxy(scene: &Scene<'_>) -> Verdict {
    const HOST: &str = "edge.invalid";
    let Some(proxy) = scene.stage().proxy() else {
        return Err(Stop::Skipped(Skip::System("no port for a proxy".to_owned())));
    };
    let create = Create {
        edge_url: format!("http://{HOST}"),
        proxy: Some(proxy.url()),
        ..scene.streaming()
    };
    let client = scene.create(create)?;
    client.until_ready()?;
    scene.answers("answer for F", &client, "F", &ExpectedAnswer::string("one"))?;
    keeps_stream(scene, &client)?;
    let requests = proxy.requests();
    let line = requests.first().map(|request| request.line.as_str()).unwrap_or_default();
    let absolute = format!("GET http://{HOST}/features/");
    let tunnel = format!("CONNECT {HOST}:80 ");
    check(
        "the request line at the proxy",
        line.starts_with(&absolute) || line.starts_with(&tunnel),
        &format!("{absolute}… or {tunnel}…"),
        || format!("{requests:?}"),
    )?;
    let connections = scene.edge().recording().connections.len();
    equal("each connection goes through the proxy", connections, requests.len())
}
