//! API keys appear nowhere: not in logs, errors, debug output, status or files.

use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Waker};

use fh_client::transport::{
    BoxFuture, Response, Transport, TransportError, TransportErrorKind, TransportRequest,
};
use fh_client::{Client, Problem, SnapshotFile, Update};
use fh_test::Folder;
use fh_test::Log;
use fh_test_servers::featurehub::{Behaviour, Closing, FakeEdge, Feature, RedirectTo, Route};

use crate::support::{PATIENCE, builder, builder_with, quick, reads, seen, soon, started, until};

/// Parts of secrets that no text may contain.
const SECRETS: [&str; 4] = ["hushClientHush", "hushServerHush", "hushHeaderHush", "hushMightyHush"];

fn holds_no_secret(what: &str, text: &str) {
    for secret in SECRETS {
        if let Some(at) = text.find(secret) {
            let line = text[..at].rfind('\n').map_or(0, |line| line + 1);
            panic!("{what} holds a secret: {}", &text[line..at + secret.len()]);
        }
    }
}

/// A transport that violates the rules by writing the URL into its error.
struct Chatty;

impl Transport for Chatty {
    fn send(&self, request: TransportRequest) -> BoxFuture<Result<Response, TransportError>> {
        let text = format!("cannot fetch {}: no route", request.url.expose());
        Box::pin(async { Err(TransportError::new(TransportErrorKind::Connect, text)) })
    }
}

#[test]
fn no_secret_in_logs_errors_debug_output_status_or_files() {
    let log = Log::capture();
    let folder = Folder::new();
    let edge = FakeEdge::start().unwrap();
    edge.set_feature(Feature::string("COLOUR", "red"));
    let environment = fh_test_servers::featurehub::ENVIRONMENT;
    let keys = [
        format!("{environment}/hushClientHush*1"),
        format!("{environment}/hushServerHush1"),
        format!("{environment}/hushMightyHush2"),
    ];
    let mut said = String::new();
    let mut say = |text: String| {
        said.push_str(&text);
        said.push('\n');
    };

    for (name, key) in [("client", &keys[0]), ("server", &keys[1])] {
        for answer in [
            Behaviour::healthy(),
            Behaviour::status(401),
            Behaviour::status(400).body(format!("what is {key}?")),
            Behaviour::status(500),
            Behaviour::redirect(302, RedirectTo::Origin("http://127.0.0.1:9".into())),
            Behaviour::redirect(302, RedirectTo::Prefix("/moved".into())),
            Behaviour::garbage("\u{1}\u{2}"),
            Behaviour::new().close(Closing::Rst),
            Behaviour::sse().ack().failure(),
            Behaviour::sse().event("features", "[{"),
            Behaviour::sse().event("failure", &format!("{{\"status\":\"unknown {key}\"}}")),
            Behaviour::sse().event("failure", "{\"status\":\"no hushHeaderHush\"}"),
        ] {
            edge.script(Route::Stream, [answer.clone()], Behaviour::healthy());
            edge.script(Route::Poll, [answer], Behaviour::healthy());
            let file = SnapshotFile::new(folder.file(format!("{name}.json")));
            let with =
                builder_with(&edge, key).header("x-pass", "hushHeaderHush").snapshot_file(file);
            say(format!("{with:?}"));
            for client in [
                with.clone().start().unwrap(),
                with.polling(std::time::Duration::from_millis(30)).start().unwrap(),
            ] {
                let status =
                    until(&client, |status| status.problem.is_some() || status.features > 0);
                say(format!("{status} {status:?} {client:?} {:?}", client.snapshot()));
                say(serde_json::to_string(&status).unwrap());
                let waited = client.wait_ready(std::time::Duration::ZERO);
                say(format!("{waited:?}"));
                say(waited.map_or_else(|error| error.to_string(), |()| String::new()));
                let fred = client.context().user_key("fred").build();
                say(format!("{fred:?} {:?} {:?}", fred.feature("COLOUR"), fred.with()));
                let updates = client.test_updates().with_api_key(&keys[2]).unwrap();
                say(format!("{updates:?}"));
                for answer in [
                    Behaviour::status(500).body(format!("trouble with {}", keys[2])),
                    Behaviour::status(500).body("trouble with hushHeaderHush"),
                    Behaviour::new().close(Closing::Rst),
                    Behaviour::healthy(),
                ] {
                    edge.behave_on(Route::Put, answer);
                    let outcome = soon(updates.set("COLOUR", Update::value("blue")));
                    say(format!("{outcome:?}"));
                    say(outcome.map_or_else(|refusal| refusal.to_string(), |_| String::new()));
                }
                client.flush(PATIENCE).unwrap();
                client.close();
                soon(client.closed());
            }
        }
    }

    edge.refuse();
    let unreachable = builder_with(&edge, &keys[0]).start().unwrap();
    say(until(&unreachable, |status| status.problem.is_some()).to_string());
    let chatty =
        Client::builder("https://edge.example", &keys[0]).transport(Chatty).configure(quick);
    let chatty = chatty.start().unwrap();
    let problem = until(&chatty, |status| status.problem.is_some()).problem.unwrap();
    assert!(problem.to_string().contains("no route"), "{problem}");
    say(format!("{problem} {problem:?}"));
    let outcome = soon(chatty.test_updates().set("COLOUR", Update::value("blue"))).unwrap_err();
    say(format!("{outcome} {outcome:?}"));
    for wrong in [
        Client::builder("https://edge.example", "hushClientHush*1"),
        Client::builder("https://edge.example", "a/b/c/hushClientHush*1"),
        Client::builder("https://edge.example", &keys[0]).api_key(&keys[1]),
        Client::builder("https://me:hushClientHush@edge.example", &keys[0]),
        Client::builder("https://edge.example", &keys[0]).header("x-a", "hushHeaderHush\n"),
        Client::builder("https://edge.example", &keys[0]).api_key("e/hushMightyHush*").streaming(),
        Client::builder("https://edge.example/features/e/hushClientHush*1", "no key"),
    ] {
        say(format!("{wrong:?}"));
        let error = wrong.start().unwrap_err();
        say(format!("{error} {error:?}"));
    }

    holds_no_secret("what was said", &said);
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let path = file.unwrap().path();
        holds_no_secret("a snapshot file", &std::fs::read_to_string(path).unwrap());
    }
    let logged = log.text();
    holds_no_secret("the log", &logged);
    // The log was captured: it has events of the client and of the libraries below it.
    assert!(logged.contains("fh_client::status_log"), "no events of the client");
    assert!(logged.contains("starting new connection"), "no events of reqwest");
    assert!(logged.contains("hyper_util"), "no events of hyper");
}

/// A problem of a former request may be shown while the client already uses other keys and headers.
#[test]
fn former_secrets_stay_hidden() {
    let edge = FakeEdge::start().unwrap();
    edge.set_feature(Feature::string("COLOUR", "red"));
    let environment = fh_test_servers::featurehub::ENVIRONMENT;
    let key = format!("{environment}/hushClientHush*1");
    let client = started(builder_with(&edge, &key).header("x-pass", "hushHeaderHush"));
    let shown = Arc::new(Mutex::new(String::new()));
    let noted = Arc::clone(&shown);
    let _statuses = client.on_status(move |status| {
        noted.lock().unwrap().push_str(&format!("{status:?}\n"));
    });
    soon(client.set_headers(vec![("x-pass".to_string(), "another".to_string())])).unwrap();
    edge.behave_on(Route::Stream, Behaviour::silence());
    edge.push_event("failure", "{\"status\":\"no hushHeaderHush with hushClientHush*1\"}");
    until(&client, |status| matches!(status.problem, Some(Problem::Failure(_))));
    let mut keys = pin!(client.set_api_keys([format!("{environment}/hushServerHush*2")]));
    assert!(keys.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    seen(&edge, |seen| {
        seen.requests.iter().any(|each| each.request.path.contains("hushServerHush"))
    });
    let status = client.status();
    assert_eq!(status.problem, Some(Problem::Failure("no *** with ***".to_string())));
    client.flush(PATIENCE).unwrap();
    holds_no_secret("a status", &shown.lock().unwrap());
}

/// Each kind of problem is logged for people once, however often it is retried, and so is its end.
#[test]
fn each_kind_of_problem_is_logged_once() {
    let log = Log::capture();
    let edge = FakeEdge::start().unwrap();
    let environment = edge.environment("aaaaaaaa-0000-0000-0000-00000000feed");
    environment.set_feature(Feature::string("COLOUR", "red"));
    let key = format!("{}/someSecret*", environment.id());
    edge.script(
        Route::Stream,
        std::iter::repeat_n(Behaviour::status(503), 6).chain([Behaviour::status(500)]),
        Behaviour::healthy(),
    );
    let client = started(builder_with(&edge, &key));
    let text = log.text();
    let lines: Vec<&str> = text.lines().filter(|line| line.contains(environment.id())).collect();
    let with = |level: &str, words: &str| {
        lines.iter().filter(|line| line.contains(level) && line.contains(words)).count()
    };
    assert_eq!(with(" WARN ", "the Edge failed (status 503)"), 1, "{lines:#?}");
    // Another status of the same kind is not logged again.
    assert_eq!(with(" WARN ", "status 500"), 0, "{lines:#?}");
    assert_eq!(with(" INFO ", "the Edge answers again"), 1, "{lines:#?}");
    assert_eq!(with(" INFO ", "the client is ready"), 1, "{lines:#?}");
    assert_eq!((with(" WARN ", " edge=\"http"), with("", " server=")), (1, 0), "{lines:#?}");
    assert_eq!(with(" ERROR ", ""), 0, "{lines:#?}");
    // The end of a stream is not logged for people, because an Edge ends streams from time to time.
    edge.end_streams();
    edge.wait_for_requests(Route::Stream, 9, PATIENCE).unwrap();
    environment.set_value("COLOUR", "blue");
    reads(&client, "COLOUR", "blue");
    let again = log.text();
    let noisy = again
        .lines()
        .filter(|line| line.contains(environment.id()))
        .filter(|line| line.contains(" WARN ") || line.contains(" ERROR "));
    assert_eq!(noisy.count(), 1);
    drop(builder(&edge));
}

/// A failure of the disk is logged once, and so is its end. Neither is reported as a problem of the Edge.
#[test]
fn a_snapshot_that_cannot_be_written_is_logged_once() {
    let log = Log::capture();
    let parent = Folder::new();
    let folder = parent.file("absent");
    let edge = FakeEdge::start().unwrap();
    let environment = edge.environment("aaaaaaaa-0000-0000-0000-0000000d15c0");
    environment.set_feature(Feature::string("COLOUR", "red"));
    let key = format!("{}/someSecret*", environment.id());
    let file = SnapshotFile::new(folder.join("flags.json"));
    let client = started(builder_with(&edge, &key).snapshot_file(file));
    let written = |colour: &str| {
        environment.set_value("COLOUR", colour);
        reads(&client, "COLOUR", colour);
        client.flush(PATIENCE).unwrap();
        let text = log.text();
        let with = |words: &str| {
            let ours = text.lines().filter(|line| line.contains(environment.id()));
            ours.filter(|line| line.contains(words)).count()
        };
        assert_eq!(with("the Edge answers again"), 0);
        (
            with("the snapshot was not written"),
            with("the snapshot was written, after an attempt that failed"),
        )
    };
    assert_eq!(written("blue"), (1, 0));
    assert_eq!(written("green"), (1, 0));
    std::fs::create_dir_all(&folder).unwrap();
    assert_eq!(written("pink"), (1, 1));
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(written("grey"), (2, 1));
}
