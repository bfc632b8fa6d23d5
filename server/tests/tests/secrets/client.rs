//! The types of the client.

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context as TaskContext, Poll};
use std::time::Duration;

use fh_client::overrides::{
    EnvironmentOverrides, IfLocked, MemoryOverrides, YamlOverrides, YamlStore,
};
use fh_client::testing::{Fault, MemoryEdge};
use fh_client::transport::{
    BoxFuture, Bytes, Method, ReqwestTransport, Response, ResponseHead, SecretUrl, Transport,
    TransportError, TransportErrorKind, TransportRequest,
};
use fh_client::{
    Bootstrap, Client, ContextPoolError, Flow, InterceptedRead, Interceptor, LockPolicy, NotReady,
    Observer, SnapshotFile, StartError, Update, UsageEvent, UsageOptions, block_on,
};
use fh_test::Folder;
use fh_test::wait::PATIENCE;
use fh_test_servers::featurehub::{FakeEdge, Feature};
use futures_core::Stream;

use crate::shown::Shown;
use crate::{CLIENT_KEY, HEADER, PASSWORD, SERVER_KEY, url_with_a_key};

/// A transport whose errors repeat everything that it was given.
struct Chatty;

impl Transport for Chatty {
    fn send(&self, request: TransportRequest) -> BoxFuture<Result<Response, TransportError>> {
        let text = format!("cannot fetch {}: {:?}", request.url.expose(), request.headers);
        Box::pin(async { Err(TransportError::new(TransportErrorKind::Connect, text)) })
    }
}

/// An empty body.
struct NoBody;

impl Stream for NoBody {
    type Item = Result<Bytes, TransportError>;

    fn poll_next(self: Pin<&mut Self>, _: &mut TaskContext<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(None)
    }
}

/// An observer that stores all events.
#[derive(Clone, Default)]
struct Events(Arc<Mutex<Vec<UsageEvent>>>);

impl Observer for Events {
    fn observe(&self, event: &UsageEvent) {
        self.0.lock().unwrap().push(event.clone());
    }
}

/// An interceptor that shows its arguments.
#[derive(Clone, Default)]
struct Asked(Arc<Mutex<Shown>>);

impl Interceptor for Asked {
    fn name(&self) -> &str {
        "asked"
    }

    fn intercept(&self, ask: &InterceptedRead<'_>) -> Flow {
        let mut shown = self.0.lock().unwrap();
        shown.debug(ask);
        shown.debug(&Flow::Continue);
        Flow::Continue
    }
}

pub(crate) fn show(shown: &mut Shown) {
    running(shown);
    failing(shown);
    parts(shown);
}

/// Shows a working client and its parts.
fn running(shown: &mut Shown) {
    let folder = Folder::new();
    let edge = FakeEdge::start().unwrap();
    edge.set_feature(Feature::string("COLOUR", "red"));
    let (asked, events) = (Asked::default(), Events::default());
    let file = SnapshotFile::new(folder.file("features.json"));
    shown.debug(&file);
    let builder = Client::builder(edge.url(), edge.client_key())
        .transport(ReqwestTransport::builder().no_proxy().build().unwrap())
        .header("authorization", HEADER)
        .interceptor(asked.clone(), LockPolicy::Decide)
        .observer(events.clone(), UsageOptions::default())
        .snapshot_file(file);
    shown.debug(&builder);
    let client = builder.start().unwrap();
    client.wait_ready(PATIENCE).unwrap();
    let fred = client.context().user_key("fred").attribute("city", "Wellington");
    shown.debug(&fred);
    let fred = fred.build();
    let feature = fred.feature("COLOUR");
    assert_eq!(feature.string().as_deref(), Some("red"));
    shown.debug(&feature.detail());
    shown.both(&feature.explain());
    shown.debug(&feature);
    shown.debug(&fred.snapshot());
    let values = fred.values();
    shown.debug(&values);
    let bootstrap = Bootstrap::from(&values);
    shown.debug(&bootstrap);
    shown.debug(&bootstrap.features[0]);
    shown.debug(&client.context_pool(2));
    shown.debug(&fred);
    let (told, changes) = std::sync::mpsc::channel();
    let (tell, states) = std::sync::mpsc::channel();
    client.on_change("COLOUR", move |change| drop(told.send(change.clone()))).detach();
    client.on_new_state(move |state| drop(tell.send(state))).detach();
    shown.debug(&client.changes("COLOUR"));
    shown.debug(&client.watch());
    edge.set_value("COLOUR", "blue");
    shown.debug(&changes.recv_timeout(PATIENCE).unwrap());
    shown.debug(&states.recv_timeout(PATIENCE).unwrap());
    fred.record("bought", Default::default());
    let updates = client.test_updates();
    shown.debug(&updates);
    shown.debug(&block_on(updates.set("COLOUR", Update::value("green"))).unwrap());
    let wrong = block_on(client.set_api_keys(["keyHush"])).unwrap_err();
    shown.error(&wrong);
    let header = vec![("authorization".to_string(), "Bearer headerHush\n".to_string())];
    let wrong = block_on(client.set_headers(header)).unwrap_err();
    shown.error(&wrong);
    let status = client.status();
    shown.both(&status);
    shown.debug(&client.snapshot());
    shown.debug(&client.downgrade());
    let embedded = Client::offline().manual_delivery(|| {}).start().unwrap();
    shown.debug(&embedded.manual_delivery().unwrap());
    shown.debug(&client);
    client.close();
    for event in events.0.lock().unwrap().iter() {
        shown.debug(event);
        match event {
            UsageEvent::Evaluated(evaluated) => {
                shown.debug(evaluated);
                shown.debug(&evaluated.feature);
            }
            UsageEvent::Named(named) => shown.debug(named),
            _ => {}
        }
    }
    shown.append(&mut asked.0.lock().unwrap());
}

/// Shows clients that do not start, and clients that get no answer.
fn failing(shown: &mut Shown) {
    const URL: &str = "https://edge.example";
    let with_a_key = url_with_a_key("http://127.0.0.1:9/fh");
    for wrong in [
        Client::builder(URL, "clientHush*1"),
        Client::builder(URL, "a/b/c/clientHush*1"),
        Client::builder(URL, CLIENT_KEY).api_key(SERVER_KEY),
        Client::builder(URL, CLIENT_KEY).api_key("e/otherHush*").streaming(),
        Client::builder(format!("https://me:{PASSWORD}@edge.example"), CLIENT_KEY),
        Client::builder(format!("{URL}/{CLIENT_KEY}?x"), CLIENT_KEY),
        Client::builder(URL, CLIENT_KEY).header("x-a", format!("{HEADER}\n")),
        Client::builder(&with_a_key, "no key"),
        Client::builder(URL, CLIENT_KEY).bootstrap(format!("{{\"x\": \"{PASSWORD}\"")),
    ] {
        shown.debug(&wrong);
        shown.error(&wrong.start().unwrap_err());
    }
    for url in [
        format!("http://me:{PASSWORD}@[proxy"),
        format!("{PASSWORD} proxy"),
        format!("gopher://me:{PASSWORD}@proxy"),
        format!("http://me:{PASSWORD}@proxy:99999"),
    ] {
        let builder = ReqwestTransport::builder().proxy(&url);
        shown.debug(&builder);
        match builder.build() {
            Ok(transport) => {
                shown.debug(&transport);
                match Client::builder(URL, CLIENT_KEY).transport(transport).start() {
                    Ok(client) => client.close(),
                    Err(error) => shown.error(&error),
                }
            }
            Err(error) => shown.error(&error),
        }
    }
    let identification = format!("{PASSWORD}\n");
    let wrong = Client::builder(URL, CLIENT_KEY).identification(identification).start();
    let StartError::Setting(setting) = wrong.unwrap_err() else { panic!() };
    shown.error(&setting);
    let certificate = ReqwestTransport::builder().ca_certificate(PASSWORD).build().unwrap_err();
    shown.error(&certificate);

    // The Edge's URL contains a key other than the client's own.
    let direct = || ReqwestTransport::builder().no_proxy().build().unwrap();
    let another = "71ed3c04-122b-4312-9ea8-06b2b8d6ceac/another*1";
    for builder in [
        Client::builder(&with_a_key, CLIENT_KEY).transport(Chatty),
        Client::builder(&with_a_key, another).transport(direct()),
    ] {
        let client = builder.header("authorization", HEADER).start().unwrap();
        let status = block_on(client.status_when(|status| status.problem.is_some())).unwrap();
        shown.both(&status);
        shown.error(status.problem.as_ref().unwrap());
        shown.error(&NotReady::Failed(status.problem.clone().unwrap()));
        shown.error(&ContextPoolError::from(status.problem.clone().unwrap()));
        let refused = block_on(client.test_updates().set("COLOUR", Update::value("blue")));
        shown.error(&refused.unwrap_err());
        shown.debug(&client);
        let isolated = client.isolated(Default::default()).unwrap();
        shown.debug(&isolated);
        isolated.close();
        client.close();
    }
}

/// Shows the types that a program creates itself.
fn parts(shown: &mut Shown) {
    let url = SecretUrl::new(format!("https://edge.example/features/{CLIENT_KEY}"));
    let mut request = TransportRequest::new(Method::Put, url);
    request.headers.push(("authorization".into(), HEADER.into()));
    request.body = Some(PASSWORD.into());
    shown.debug(&request);
    let head = ResponseHead::new(200).header("set-cookie", PASSWORD);
    let body = Box::pin(NoBody);
    shown.debug(&Response::new(head, body));
    shown.error(&TransportError::new(TransportErrorKind::Other, "no route"));
    shown.debug(&ReqwestTransport::builder().no_proxy().build().unwrap());
    shown.debug(&Fault::Silence);
    shown.debug(&MemoryEdge::new());
    let update = Update::value("blue");
    shown.debug(&update);
    shown.debug(&fh_client::NewValue::from("blue"));
    let folder = Folder::new();
    folder.write("overrides.yaml", "flagValues: [", 1);
    let overrides = YamlOverrides::open(folder.file("overrides.yaml"));
    shown.debug(&overrides);
    shown.error(&overrides.problem().unwrap());
    shown.debug(&overrides.watch(Duration::from_secs(3600), || {}));
    shown.debug(&YamlStore::open(folder.file("overrides.yaml")));
    let in_memory = MemoryOverrides::new();
    in_memory.set("COLOUR", PASSWORD, IfLocked::Keep);
    shown.debug(&in_memory);
    let variables = [("FEATUREHUB_OVERRIDE_FEATURES", "true"), ("FEATUREHUB_COLOUR", "red")];
    shown.debug(&EnvironmentOverrides::from_variables(variables).unwrap());
}
