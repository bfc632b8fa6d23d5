//! The types of clients of FeatureSignals, and what they show while each fault happens.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use fh_client::transport::ReqwestTransport;
use fh_client::{Client, Notice, block_on, featuresignals};
use fh_repository::source::Source;
use fh_repository::time::Millis;
use fh_session::featuresignals::{Config, Endpoint, Key, Mode, Session};
use fh_session::{Action, Input};
use fh_test_servers::featuresignals::{Fault, Route, TestServer, Times};

use crate::featbit::quick;
use crate::shown::Shown;
use crate::{HEADER, PASSWORD, SERVER_SECRET, USER};

const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) fn show(shown: &mut Shown) {
    let key = Key::parse(SERVER_SECRET).unwrap();
    shown.debug(&key);
    shown.error(&Key::parse("a Hush").unwrap_err());
    let endpoint = Endpoint::parse("https://flags.example/HushHushHush", "production").unwrap();
    shown.debug(&endpoint);
    let wrong = format!("https://me:{PASSWORD}@flags.example");
    shown.error(&Endpoint::parse(&wrong, "production").unwrap_err());
    let mut config = Config::new(endpoint, key);
    config.mode = Mode::Streaming(Duration::from_secs(30));
    shown.debug(&config);
    let mut session = Session::new(config, 1);
    session.handle(Millis::new(0), Input::Start);
    while let Some(action) = session.poll() {
        shown.debug(&action);
    }
    shown.debug(&session);
    let mut config =
        Config::new(Endpoint::parse("http://flags.example", "production").unwrap(), None);
    config.mode = Mode::Local;
    let mut local = Session::new(config, 1);
    let ruleset = format!(
        r#"{{"flags":{{"a":{{}}}},"segments":{{"s":{{"match_type":"all","rules":[{{"attribute":"key","operator":"in","values":"{USER}"}}]}}}}}}"#
    );
    let (source, environment) = (Source::Snapshot, "production".into());
    local.handle(
        Millis::new(0),
        Input::Stored { source, environment, features: ruleset.as_bytes() },
    );
    let notices: Vec<Action> = std::iter::from_fn(|| local.poll())
        .filter(|action| matches!(action, Action::Notice(_)))
        .collect();
    assert!(!notices.is_empty());
    shown.debug(&notices);
    shown.debug(&featuresignals::Settings::new(SERVER_SECRET).url(&wrong));
    faults(shown);
}

fn faults(shown: &mut Shown) {
    let server = TestServer::start().unwrap();
    let environment = server.add_environment_with("staging", "id", SERVER_SECRET, "clientHush");
    server.put_flag(r#"{"key": "on", "default_value": true}"#).unwrap();
    environment.put_state("on", r#"{"enabled": true}"#).unwrap();
    let later = Arc::new(Mutex::new(Shown::default()));
    for fault in [
        Fault::Unauthorized,
        Fault::Status { status: 400, retry_after: None },
        Fault::Status { status: 500, retry_after: None },
        Fault::Reset,
        Fault::Truncate { keep: 3 },
        Fault::List,
        Fault::Page,
        Fault::Json(format!("{{\"error\": \"no key {SERVER_SECRET}\"")),
    ] {
        server.arm(fault, Route::Any, Times::Next(2));
        let settings = featuresignals::Settings::new(SERVER_SECRET)
            .url(server.url())
            .environment("staging")
            .stream(true);
        let notices = Arc::clone(&later);
        let transport = ReqwestTransport::builder().no_proxy().build().unwrap();
        let builder = Client::featuresignals(settings)
            .transport(transport)
            .header("x-pass", HEADER)
            .configure(quick)
            .on_notice(move |notice: &Notice| notices.lock().unwrap().both(notice));
        shown.debug(&builder);
        let client = builder.start().unwrap();
        let user = client.context().user_key(USER).attribute("plan", "pro").build();
        match block_on(client.set_context(&user)) {
            Ok(context) => shown.debug(&context),
            Err(problem) => shown.error(&problem),
        }
        client.wait_ready_through_refusals(PATIENCE).unwrap();
        shown.both(&client.status());
        shown.debug(&client);
        shown.debug(&serde_json::to_string(&client.status()).unwrap());
    }
    shown.append(&mut later.lock().unwrap());
}
