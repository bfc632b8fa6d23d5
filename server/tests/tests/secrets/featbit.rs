//! The types of clients of FeatBit, and what they show while each fault happens.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use fh_client::Timestamp;
use fh_client::transport::{ReqwestTransport, ResponseHead, Upgrade};
use fh_client::{
    Backoff, Client, Config as FeatureHubConfig, Notice, Observer, UsageEvent, featbit,
};
use fh_repository::time::Millis;
use fh_repository::{Dispatch, Exposure, UsageOptions};
use fh_session::featbit::internal::{Message, MessageText, Store, token};
use fh_session::featbit::{Config, Endpoints, Secret, Session};
use fh_session::{Action, Input};
use fh_test_servers::featbit::{Fault, Route, ScriptedAnswer, TestServer, Times, sample};

use crate::shown::Shown;
use crate::{HEADER, PASSWORD, SERVER_SECRET, USER};

const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) fn show(shown: &mut Shown) {
    let secret = Secret::parse(SERVER_SECRET).unwrap();
    shown.debug(&secret);
    shown.error(&Secret::parse("a Hush").unwrap_err());
    let url = format!("wss://flags.example/{}", token(&secret, 1_700_000_000_000, 0.5));
    let endpoints = Endpoints::parse(Some(&url), None, None).unwrap();
    shown.debug(&endpoints);
    let wrong = format!("wss://me:{PASSWORD}@flags.example");
    shown.error(&Endpoints::parse(Some(&wrong), None, None).unwrap_err());
    let config = Config::new(endpoints, secret);
    shown.debug(&config);
    let mut session = Session::new(config, 1);
    session.handle(Millis::new(0), Timestamp::from_millis(1_700_000_000_000), Input::Start);
    while let Some(action) = session.poll() {
        if let Action::Connect(_, request) = &action {
            assert!(request.url.expose().contains("Hush"));
        }
        shown.debug(&action);
    }
    shown.debug(&session);
    let mut store = Store::new(featbit::Profile::Server);
    let segment = sample::segment("members", &[USER]);
    let full = format!(
        r#"{{"messageType":"data-sync","data":{{"eventType":"full","featureFlags":[],"segments":[{segment}]}}}}"#
    );
    let full = MessageText::of(full);
    shown.debug(&full);
    shown.both(&MessageText::of(format!(r#"{{"{USER}""#)).parse().unwrap_err());
    if let Message::Sync(sync) = full.parse().unwrap() {
        shown.debug(&store.apply(&sync));
    }
    let broken = segment.replace(&format!("\"{USER}\""), &format!("\"{USER}\",1"));
    assert_ne!(broken, segment);
    for event in ["full", "patch"] {
        let message = MessageText::of(format!(
            r#"{{"messageType":"data-sync","data":{{"eventType":"{event}","featureFlags":[],"segments":[{broken}]}}}}"#
        ));
        let Message::Sync(sync) = message.parse().unwrap() else { panic!("no data-sync") };
        let applied = Store::new(featbit::Profile::Server).apply(&sync);
        let texts: Vec<String> = applied.reasons().collect();
        assert!(!texts.is_empty(), "{event}");
        shown.debug(&texts);
    }
    shown.debug(&store);
    shown.debug(&Upgrade { head: ResponseHead::new(401).header("x", HEADER), connection: None });
    shown.debug(&featbit::Settings::new(SERVER_SECRET).streaming_url(url));
    faults(shown);
}

/// Keeps the texts of exposures.
struct Exposures(Arc<Mutex<Shown>>);

impl Observer for Exposures {
    fn observe(&self, _: &UsageEvent) {}

    fn dispatch(&self) -> Dispatch {
        Dispatch::Exposures
    }

    fn exposed(&self, exposure: &Exposure<'_>) {
        self.0.lock().unwrap().debug(exposure);
    }
}

fn faults(shown: &mut Shown) {
    let server = TestServer::start().unwrap();
    let environment = server.add_environment_with(
        "0f8fad5b-d9cd-469f-a165-70867728950e",
        SERVER_SECRET,
        "clientHushHushHushHushHushHushHushHushHushHu",
    );
    environment.put_flag(&sample::boolean_flag("on", true)).unwrap();
    let later = Arc::new(Mutex::new(Shown::default()));
    for fault in [
        Fault::RefuseToken,
        Fault::StoreOutage,
        Fault::ClockOffset(120_000),
        Fault::UpgradeStatus { status: 404, retry_after: None },
        Fault::UpgradeStatus { status: 429, retry_after: None },
        Fault::ResetUpgrade,
        Fault::CloseAtOnce { code: None },
        Fault::CutMessage { keep: 9, reset: true },
        Fault::InvalidJson,
        Fault::BadEntity,
    ] {
        server.arm(fault, Times::Next(1));
        server.script(Route::Track, [ScriptedAnswer::status(401)]);
        let settings = featbit::Settings::new(SERVER_SECRET).streaming_url(server.streaming_url());
        let notices = Arc::clone(&later);
        let transport = ReqwestTransport::builder().no_proxy().build().unwrap();
        let builder = Client::featbit(settings)
            .transport(transport)
            .header("x-pass", HEADER)
            .configure(quick)
            .observer(Exposures(Arc::clone(&later)), UsageOptions::default())
            .on_notice(move |notice: &Notice| notices.lock().unwrap().both(notice));
        shown.debug(&builder);
        let client = builder.start().unwrap();
        client.wait_ready_through_refusals(PATIENCE).unwrap();
        environment.push_text("<html>");
        let user = client.context().user_key(USER).attribute("plan", "pro").build();
        assert!(user.is_enabled("on"));
        shown.error(&user.track("checkout", f64::NAN).unwrap_err());
        client.flush(PATIENCE).unwrap();
        shown.both(&client.status());
        shown.debug(&client);
        shown.debug(&user);
        shown.debug(&serde_json::to_string(&client.status()).unwrap());
    }
    shown.append(&mut later.lock().unwrap());
}

pub(crate) fn quick(config: &mut FeatureHubConfig) {
    let backoff =
        Backoff { initial: Duration::from_millis(10), cap: Duration::from_millis(80), jitter: 0.5 };
    config.backoff = backoff;
    config.refused = backoff;
    config.pace = Duration::from_millis(10);
}
