//! The types of the Edge and of the files that it reads.

use std::num::NonZeroUsize;
use std::path::Path;

use fh_client::transport::ReqwestTransport;
use fh_edge::cluster::ClusterOptions;
use fh_edge::internal::LastGood;
use fh_edge::listen::{AccessLog, App, Connections, ListenOptions, Listener, Tls, TrustedProxies};
use fh_edge::origin::file::{self, StateFile};
use fh_edge::origin::relay::{RelayKeys, RelayOptions};
use fh_edge::state::file::{ExtraAccount, Options as FileOptions};
use fh_edge::state::{Json, Permission, ServiceKey, State};
use fh_edge::{AdminKey, Edge, ListenerFigures, Options, RedactedLog};
use fh_test::Folder;
use fh_test::certificates::Authority;
use fh_test::wait::wait_until;

use crate::shown::Shown;
use crate::{ADMIN_KEY, CLIENT_KEY, ENVIRONMENT, HEADER, PASSWORD, SERVER_KEY, url_with_a_key};

pub(crate) fn show(shown: &mut Shown) {
    state_files(shown);
    files(shown);
    servers(shown);
    clusters(shown);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(running(shown));
    relays(shown);
}

fn clusters(shown: &mut Shown) {
    let url = format!("postgres://fh:{PASSWORD}@db.example/flags");
    shown.debug(&ClusterOptions::new(&url).unwrap());
    for wrong in [format!("{url}?{PASSWORD}=1"), url.replace("postgres", "http")] {
        shown.error(&ClusterOptions::new(&wrong).unwrap_err());
    }
}

/// Returns a state file with keys.
fn state_text(others: &str) -> String {
    format!(
        "features:\n  - {{ key: BANNER, type: STRING }}\nenvironments:\n  - {{ id: {ENVIRONMENT}, name: dev, values: {{ BANNER: x }} }}\n\
         accounts:\n  - {{ name: reader, clientKey: clientHush*1, serverKey: serverHush1, permissions: {{ dev: READ }} }}\n{others}"
    )
}

fn state_files(shown: &mut Shown) {
    let key = ServiceKey::new("serverHush1").unwrap();
    let account = ExtraAccount {
        name: "command line".into(),
        client_keys: Vec::new(),
        server_keys: vec![key.clone()],
        filters: Default::default(),
        permissions: [Permission::Read].into_iter().collect(),
    };
    shown.debug(&account);
    shown.debug(&key);
    shown.debug(&account.permissions);
    let options = FileOptions::new().secrets(|_| Some(PASSWORD.to_string())).account(account);
    shown.debug(&options);
    let parsed = State::from_text(&state_text(""), &FileOptions::new()).unwrap();
    shown.debug(&parsed);
    let state = &parsed.state;
    shown.debug(state);
    shown.debug(&state.features[0]);
    shown.debug(&state.environments[0]);
    shown.debug(state.environments[0].values.values().next().unwrap());
    shown.debug(&state.accounts[0]);
    shown.debug(&Json::text("x"));
    // Errors about a file do not repeat the text at their position.
    for wrong in [
        state_text("  - { name: twice, clientKey: clientHush*1, permissions: {} }\n"),
        state_text("  - { name: b, clientKey: [wrongHush 2], permissions: { dev: READ } }\n"),
        state_text("  - { name: b, clientKey: wrongHush2, permissions: { dev: READ } }\n"),
        state_text("  - { name: b, serverKey: 'wrongHush*2', permissions: { dev: READ } }\n"),
        state_text("  - { name: b, serverKey: 'wrongHush/2', permissions: { dev: READ } }\n"),
        state_text("  - { name: b, serverKey: { a: wrongHush2 }, permissions: { dev: READ } }\n"),
        state_text("  - { name: b, serverKey: '${wrongHush', permissions: { dev: READ } }\n"),
        state_text("  - { name: b, serverKey: wrongHush2, serverKey: wrongHush3 }\n"),
        state_text("  - { name: b, serverKey: \"wrongHush2, permissions: {} }\n"),
        state_text("  - { name: b, serverKey: wrongHush2 }: [\n"),
    ] {
        let error = State::from_text(&wrong, &options).unwrap_err();
        shown.error(&error);
        error.problems().iter().for_each(|problem| shown.both(problem));
    }
    let mut twice = parsed.state.clone();
    twice.accounts.push(twice.accounts[0].clone());
    let twice = Edge::builder().state(twice).build().unwrap_err();
    shown.error(&twice);
    let fh_edge::StartError::State(duplicate) = &twice else { panic!("{twice}") };
    shown.error(duplicate);
    shown.error(&Json::parse("{").unwrap_err());
    shown.error(&"READER".parse::<Permission>().unwrap_err());
}

fn files(shown: &mut Shown) {
    let folder = Folder::new();
    folder.write("state.yaml", state_text(""), 1);
    let path = folder.file("state.yaml");
    let (file, loaded) = StateFile::open(&path, FileOptions::new());
    let loaded = loaded.unwrap();
    shown.debug(&loaded);
    let kept = LastGood::new(folder.path(), &path);
    kept.keep(&loaded).unwrap();
    shown.debug(&kept.read(&FileOptions::new()).unwrap());
    shown.debug(&kept);
    shown.debug(&file);
    shown.debug(&file.watch(|_| {}).unwrap());
    folder.write("wrong.yaml", state_text("  - { name: b, clientKey: wrongHush }\n"), 1);
    let error = file::check(&folder.file("wrong.yaml"), &FileOptions::new()).unwrap_err();
    shown.error(&error);
    shown.debug(&error.why);
    // The tree of a state file, and the bytes of the file.
    let limits = fh_files::Limits::default();
    let node = fh_files::Node::parse(&state_text(""), &limits).unwrap();
    shown.debug(&*node);
    shown.debug(&node.content);
    let fh_files::Content::Map(members) = &node.content else { panic!() };
    shown.debug(&members[0]);
    shown.error(&fh_files::Node::parse("a: [wrongHush: }", &limits).unwrap_err());
    let found = fh_files::read(&path, 1 << 20).unwrap();
    shown.debug(&found);
    shown.error(&fh_files::read(Path::new("no such file"), 1).unwrap_err());
    shown.debug(&fh_files::FileChange::New(Ok(found)));
    shown.debug(&fh_files::ChangeDetector::new(1 << 20));
}

fn servers(shown: &mut Shown) {
    let key = AdminKey::new(ADMIN_KEY).unwrap();
    shown.debug(&key);
    let long = "longHush".repeat(60);
    for wrong in ["adminHush", "admin Hush 0123456789", &long] {
        shown.error(&AdminKey::new(wrong).unwrap_err());
    }
    let mut options = Options::default();
    options.admin_key = Some(key);
    shown.debug(&options);
    let relay = RelayOptions::new(url_with_a_key("https://edge.example/fh"))
        .keys(RelayKeys::client(CLIENT_KEY))
        .keys(RelayKeys::server(SERVER_KEY).named("second"))
        .allow_any_key(NonZeroUsize::MIN)
        .header("authorization", HEADER);
    shown.debug(&relay);
    shown.debug(&RelayKeys::pair(CLIENT_KEY, SERVER_KEY));
    let builder = Edge::builder().options(options).relay(relay);
    shown.debug(&builder);
    let folder = Folder::new();
    folder.write("data", "a file where a folder should be", 1);
    let data = Edge::builder().data_folder(folder.file("data")).build().unwrap_err();
    shown.error(&data);
    if let fh_edge::StartError::DataFolder(error) = &data {
        shown.error(error);
    }

    let authority = Authority::new("Hush-free");
    let certificate = authority.issue("localhost", -1..30);
    folder.write("chain.pem", certificate.pem(), 1);
    folder.write("key.pem", certificate.key_pem(), 1);
    let (chain, key) = (folder.file("chain.pem"), folder.file("key.pem"));
    let tls = Tls::from_files(&chain, &key).unwrap();
    shown.debug(&tls);
    shown.debug(&ListenerFigures::new("api", &ListenOptions::default(), Some(tls)));
    folder.write(
        "wrong.pem",
        "-----BEGIN PRIVATE KEY-----\nkeyHush\n-----END PRIVATE KEY-----\n",
        1,
    );
    shown.error(&Tls::from_files(&chain, folder.file("wrong.pem")).unwrap_err());
    let proxies: TrustedProxies = "10.0.0.0/8".parse().unwrap();
    shown.both(&proxies);
    shown.error(&"10.0.0.0/99".parse::<TrustedProxies>().unwrap_err());
    shown.debug(&RedactedLog::default());
    shown.debug(&AccessLog::new(proxies, RedactedLog::default()));
    shown.debug(&ListenOptions::default());
    shown.debug(&Connections::default());
}

async fn running(shown: &mut Shown) {
    let parsed = State::from_text(&state_text(""), &FileOptions::new()).unwrap();
    let mut options = Options::default();
    options.admin_key = Some(AdminKey::new(ADMIN_KEY).unwrap());
    let edge = Edge::builder().options(options).state(parsed.state).build().unwrap();
    shown.debug(&edge);
    shown.debug(&edge.handle());
    shown.debug(&edge.poll_shortcut("/flags"));
    shown.debug(&App::from(edge.router()).shortcut(edge.poll_shortcut("")));
    shown.debug(&Listener::bind("127.0.0.1:0".parse().unwrap()).unwrap());
    let state = edge.handle().state().await.unwrap();
    shown.error(&edge.handle().replace(state, Some(u64::MAX)).await.unwrap_err());
}

/// Shows relays that do not start, and one whose upstream Edge is unreachable.
fn relays(shown: &mut Shown) {
    let relay = || RelayOptions::new("https://edge.example");
    for wrong in [
        RelayOptions::new(format!("https://me:{PASSWORD}@edge.example"))
            .keys(RelayKeys::client(CLIENT_KEY)),
        RelayOptions::new(format!("{CLIENT_KEY}?")).keys(RelayKeys::client(CLIENT_KEY)),
        relay(),
        relay().keys(RelayKeys::client("wrongHush")),
        relay().keys(RelayKeys::client("dev/wrongHush*")),
        relay().keys(RelayKeys::client(SERVER_KEY)),
        relay().keys(RelayKeys::server(CLIENT_KEY)),
        relay().keys(RelayKeys::server(SERVER_KEY)).keys(RelayKeys::server(SERVER_KEY)),
        relay().keys(RelayKeys::client(CLIENT_KEY)).header("x-a", format!("{HEADER}\n")),
        relay().keys(RelayKeys::client(CLIENT_KEY)).snapshot_folder("/proc/none/such"),
    ] {
        let error = Edge::builder().relay(wrong).build().unwrap_err();
        shown.error(&error);
        if let fh_edge::StartError::Relay(error) = &error {
            shown.error(error);
        }
    }
    let away = RelayOptions::new(url_with_a_key("http://127.0.0.1:9"))
        .transport(ReqwestTransport::builder().no_proxy().build().unwrap())
        .keys(RelayKeys::pair(CLIENT_KEY, SERVER_KEY))
        .header("authorization", HEADER);
    let edge = Edge::builder().relay(away).build().unwrap();
    let has_problem = |edge: &Edge| {
        let upstreams = edge.handle().upstreams();
        upstreams
            .iter()
            .any(|upstream| upstream.client.as_ref().is_some_and(|client| client.problem.is_some()))
    };
    wait_until("the relay reports a problem", || has_problem(&edge));
    shown.debug(&edge);
    for upstream in edge.handle().upstreams() {
        shown.debug(&upstream);
        shown.both(upstream.client.as_ref().unwrap());
    }
}
