//! The types of the session.

use std::sync::Arc;

use fh_repository::baggage::{AllowedKeys, BaggageOverrides, Flags};
use fh_repository::notice::Notice;
use fh_repository::problem::Problem;
use fh_repository::rules::{Environments, ServerEvaluated};
use fh_repository::source::Source;
use fh_repository::time::Millis;
use fh_repository::{Repository, RepositoryOptions};
use fh_session::internal::sse::{Decoder, Limits};
use fh_session::{
    Action, ApiKey, ApiKeys, CommandId, Config, ContextHeader, EdgeUrl, End, Input, ResponseHead,
    SecretUrl, Secrets, Session,
};

use crate::shown::Shown;
use crate::{CLIENT_KEY, HEADER, PASSWORD, SERVER_KEY, USER, url_with_a_key};

pub(crate) fn show(shown: &mut Shown) {
    let edge = EdgeUrl::parse(&url_with_a_key("https://edge.example/fh")).unwrap();
    let keys = ApiKeys::parse([CLIENT_KEY]).unwrap();
    let key = ApiKey::parse(SERVER_KEY).unwrap();
    shown.both(&edge);
    shown.both(&key);
    shown.debug(&keys);
    let secrets = Secrets::of([&key]).and_headers([HEADER]);
    shown.debug(&secrets);
    let what = format!("the Edge sent {SERVER_KEY} and {HEADER}");
    shown.both(&secrets.wiped_off(Notice::Ignored { what: what.clone() }));
    shown.error(&secrets.wiped_from(Problem::Failure(what)));
    shown.both(&edge.poll(&keys, &ContextHeader::default()));
    shown
        .both(&SecretUrl::new(format!("https://me:{PASSWORD}@edge.example/features/{CLIENT_KEY}")));
    shown.both(&SecretUrl::new(format!("https://me:{PASSWORD}@edge.example")));
    // Errors about a URL or a key do not repeat it.
    for wrong in
        [format!("https://me:{PASSWORD}@edge"), format!("{CLIENT_KEY}?"), "ftp://keyHush".into()]
    {
        shown.error(&EdgeUrl::parse(&wrong).unwrap_err());
    }
    for wrong in ["keyHush", "a/b/c/keyHush", "a/key Hush", "../keyHush"] {
        shown.error(&ApiKey::parse(wrong).unwrap_err());
    }
    shown.error(&ApiKeys::parse([CLIENT_KEY, SERVER_KEY]).unwrap_err());

    let mut config = Config::new(edge, keys.clone());
    config.headers.push(("authorization".into(), HEADER.into()));
    shown.debug(&config);
    let streaming = config.clone();
    let mut session = Session::new(config, 1);
    shown.debug(&Input::Keys(CommandId(1), keys));
    session.handle(Millis::new(0), Input::Start);
    let mut request_id = None;
    while let Some(action) = session.poll() {
        shown.debug(&action);
        if let Action::Send(sent, request) = action {
            shown.debug(&request);
            request_id = Some(sent);
        }
    }
    let request_id = request_id.unwrap();
    let head =
        ResponseHead::new(302).header("location", format!("https://other.example/{CLIENT_KEY}"));
    shown.debug(&head);
    shown.debug(&Input::Opened { request_id, head: &head });
    session.handle(Millis::new(1), Input::Opened { request_id, head: &head });
    session.handle(Millis::new(2), Input::Closed { request_id, end: End::Broken("no route") });
    shown.debug(&End::Broken("no route"));
    while let Some(action) = session.poll() {
        shown.debug(&action);
        if let Action::Notice(notice) = action {
            shown.both(&notice);
        }
    }
    shown.debug(&session);
    shown.debug(session.status());
    shown.error(&session.status().problem.clone().unwrap());

    // The reason for a broken part of a message does not quote the part, which may hold the key of a user.
    for data in [format!(r#"{{"id":"i","key":["{USER}"]}}"#), format!(r#"{{"{USER}"#)] {
        let mut session = Session::new(streaming.clone(), 1);
        session.handle(Millis::new(0), Input::Start);
        let sent = std::iter::from_fn(|| session.poll());
        let request_id = sent.filter_map(|action| match action {
            Action::Send(request_id, _) => Some(request_id),
            _ => None,
        });
        let request_id = request_id.last().unwrap();
        let head = ResponseHead::new(200).header("content-type", "text/event-stream");
        session.handle(Millis::new(1), Input::Opened { request_id, head: &head });
        let bytes = format!("event: feature\ndata: {data}\n\n");
        session.handle(Millis::new(2), Input::Bytes { request_id, bytes: bytes.as_bytes() });
        assert!(matches!(session.status().problem, Some(Problem::Malformed(_))));
        shown.error(&session.status().problem.clone().unwrap());
    }

    let options = RepositoryOptions::new(|| fh_client::Timestamp::from_millis(0));
    shown.debug(&options);
    let repository = Repository::new(options);
    shown.debug(&repository);
    shown.debug(&repository.read());
    shown.debug(&repository.watch());
    shown.debug(&*repository.snapshot());
    shown.debug(&repository.on_notice(|_| {}));
    let mut decoder = Decoder::new(Limits::default());
    decoder.decode(&mut format!("event: failure\ndata: {CLIENT_KEY}").as_bytes()).unwrap();
    shown.debug(&decoder);
    shown.debug(&ContextHeader::default());
    shown.debug(&Source::Store("store".into()));
    shown.debug(&Environments::One(Arc::clone(key.environment())));
    shown.debug(&ServerEvaluated::default());
    let mut flags = Flags::new();
    flags.add("BANNER", None);
    shown.debug(&flags);
    shown.debug(flags.left_out());
    shown.debug(&AllowedKeys::All);
    shown.debug(&BaggageOverrides::new("BANNER", AllowedKeys::All));
}
