//! Findings about streams, and the time limit of a run.

use super::*;

#[test]
fn streams_that_do_not_come_through() {
    let of = |behaviour: Behaviour, verdict: &str, parts: &[&str]| {
        found(Route::Stream, behaviour, "stream", verdict, parts);
    };
    of(Behaviour::status(501), "warning", &["cannot stream", "poll"]);
    of(Behaviour::status(404), "bad", &["no path for streams", "/features/ENVIRONMENT/KEY"]);
    of(Behaviour::status(504), "bad", &["status 504", "buffering"]);
    of(Behaviour::status(200).json(&json!([])), "bad", &["no stream", "application/json"]);
    of(Behaviour::sse().failure(), "bad", &["refuses", "Unrecognized API key"]);
    of(Behaviour::sse().ack().bye(), "bad", &["`bye` before any features", "Dacha"]);
    of(Behaviour::sse().ack().close(Closing::Fin), "bad", &["ended after", "without features"]);
    of(Behaviour::sse().event("features", "{"), "bad", &["cannot be read"]);
    let stale = || Behaviour::sse().config(&json!({"edge.stale": true}));
    of(stale(), "warning", &["stale"]);
    // Neither other settings nor features clear the stale state.
    of(stale().config(&json!({"edge.other": 1})).features(), "warning", &["stale"]);
    of(Behaviour::sse().features().config(&json!({"edge.stale": 20})), "warning", &["for 20 s"]);
    of(Behaviour::sse().config(&json!({"edge.stale": 0})), "bad", &["without features"]);
    let compressed = Behaviour::new().header("content-encoding", "br").then_healthy();
    of(compressed, "warning", &["compressed", "delays events"]);
    of(Behaviour::sse().ack().event("features", "[]").live(), "warning", &["0 features, a poll 2"]);
}

#[test]
fn streams_that_are_held_back() {
    let of = |behaviour: Behaviour, parts: &[&str]| {
        let edge = edge();
        edge.behave_on(Route::Stream, behaviour);
        let run = doctor(&edge, &["--json", "--timeout", "4"]).expect(1);
        let findings = Findings::of(run);
        findings.has("stream", "bad", parts);
        // The time limit of the run was reached before this check.
        assert_eq!(findings.left_out(), ["cors"]);
    };
    std::thread::scope(|scope| {
        scope.spawn(|| {
            of(Behaviour::silence(), &["no response head", "delays the stream", "proxy_buffering"]);
        });
        scope.spawn(|| {
            of(Behaviour::sse().hang(), &["no event", "delays the stream", "proxy_buffering"]);
        });
        scope
            .spawn(|| of(Behaviour::sse().ack().hang(), &["`ack` came, but no features", "Dacha"]));
    });
}

#[test]
fn time_that_is_up() {
    let findings = Findings::of(doctor(&edge(), &["--json", "--timeout", "0.000001"]).expect(1));
    findings.has("poll", "bad", &["no answer within"]);
    assert!(findings.left_out().contains(&"stream") && findings.left_out().contains(&"cors"));
    assert!(findings.all("stream").is_empty());
}

#[test]
fn what_comes_after_the_features() {
    let of = |prepare: &dyn Fn(&FakeEdge), verdict: &str, parts: &[&str]| {
        let edge = edge();
        prepare(&edge);
        let run = doctor(&edge, &["--json", "--listen", "30"]).expect(0);
        Findings::of(run).has("stream", verdict, parts);
    };
    let soon = Duration::from_millis(50);
    of(&|edge| edge.drop_after(Some(soon)), "note", &["with `bye`", "as clients expect"]);
    let cut = Behaviour::sse().ack().features().close(Closing::Fin);
    of(
        &|edge| edge.behave_on(Route::Stream, cut.clone()),
        "warning",
        &["cut after", "time limits"],
    );
    let beating = Behaviour::sse().ack().features().heartbeat().bye();
    let edge = edge();
    edge.behave_on(Route::Stream, beating);
    let findings = Findings::of(doctor(&edge, &["--json", "--listen", "30"]).expect(0));
    let heard = &findings.has("stream", "good", &[])["data"];
    assert_eq!((&heard["bye"], &heard["heartbeats"]), (&json!(true), &json!(1)), "{heard}");
    // Updates and heartbeats are counted while the stream stays open.
    let busy = Behaviour::sse()
        .ack()
        .features()
        .event("feature", "{}")
        .heartbeat()
        .comment("still here")
        .hang();
    let edge = self::edge();
    edge.behave_on(Route::Stream, busy);
    let run = doctor(&edge, &["--json", "--listen", "2"]).expect(0);
    Findings::of(run).has("stream", "note", &["1 update and ", "heartbeat", "while listening"]);
    // The command closes a stream that is open after the listening time.
    let run = doctor(&self::edge(), &["--listen", "0.1"]).expect(0);
    assert!(run.out.contains("nothing more while listening for"), "{}", run.out);
}
