//! Wrong inputs of every command. Each error says what is wrong, where, and what to write instead.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener};

use fh_test_servers::featurehub::{FakeEdge, Feature};

use crate::secure::Secure;
use crate::tool::{FEATURES, command, file, run};

const STATE: &str = "features: [{ key: BANNER, type: STRING }, { key: OLD, type: BOOLEAN }]
environments:
  - { name: dev, values: { BANNER: plain, OLD: { value: true, retired: true } } }
  - { name: production, values: { BANNER: plain } }
";

/// A wrong input: the arguments, the text on stdin, the exit code, and the parts of the error. In arguments and parts, names in
/// braces are replaced, as by [`Fixture::filled`].
struct Row(&'static str, &'static [u8], i32, &'static [&'static str]);

/// Rows without a text on stdin.
macro_rules! row {
    ($args:literal, $code:literal, $($part:literal),+) => {
        Row($args, b"", $code, &[$($part),+])
    };
}

const ROWS: &[Row] = &[
    // eval
    row!("eval /no/such.json", 2, "cannot read /no/such.json", "no such file", "`-` reads stdin"),
    row!("eval {folder}", 2, "cannot read {folder}", "directory", "a file is needed"),
    row!(
        "eval {state}",
        2,
        "{state} holds several environments",
        "choose one with --environment",
        "dev, production"
    ),
    row!(
        "eval {state} --environment prodction",
        2,
        "{state} holds no environment prodction",
        "--environment may be: production"
    ),
    row!(
        "eval {broken}",
        2,
        "{broken}, line 2, column 39",
        "environments[0].values.BANER",
        "did you mean BANNER?"
    ),
    row!(
        "eval {invalid}",
        2,
        "{invalid} is not JSON",
        "line 3",
        "a state file (`fh init` writes one)"
    ),
    Row("eval -", b"hello", 2, &["stdin", "neither features nor environments", "give a payload"]),
    Row(
        "eval -",
        b"{}",
        2,
        &["stdin", "neither features nor environments", "a state file (`fh init` writes one)"],
    ),
    Row("eval -", b"[1, 2]", 2, &["stdin", "neither features nor environments", "give a payload"]),
    Row(
        "eval -",
        b"{\"features\": 7}",
        2,
        &["stdin", "neither features nor environments", "give a payload"],
    ),
    Row(
        "eval -",
        b"environments: []",
        2,
        &["stdin is a state file without an environment", "add one under `environments`"],
    ),
    Row("eval -", b"\xff\xfef\0", 2, &["stdin is UTF-16 text", "save it as UTF-8"]),
    Row("eval -", b"", 2, &["stdin is empty", "give a payload"]),
    row!("eval {payload} -c country", 2, "'country' for '--context", "write country=VALUE"),
    row!("eval {payload} -c userkey:mara", 2, "'userkey:mara'", "write userkey=mara"),
    row!(
        "eval {state} --system featbit",
        2,
        "features of FeatureHub",
        "leave --system featbit out"
    ),
    row!("lint {state} --system featuresignals", 2, "leave --system featuresignals out"),
    row!("eval {payload} --env dev", 2, "--env", "--environment"),
    row!("eval {payload} --format json", 2, "`fh eval` has no --format", "write `--json`"),
    row!("eval {payload} --at noon", 2, "`fh eval` has no --at", "write `--now TIME`"),
    row!("eval {payload} --now yesterday", 2, "'yesterday' for '--now", "2026-11-27T09:00:00Z"),
    row!("eval {payload} --profile server", 2, "--system featbit", "client or edge"),
    row!(
        "eval {payload} --key BANER",
        1,
        "{payload} holds no feature BANER",
        "did you mean BANNER?"
    ),
    row!("eval {payload} --user fred", 2, "--system featbit", "--context userkey=USER"),
    row!(
        "eval --system featbit {url}/features/{key} -c keyId=bob",
        2,
        "a URL stands where a file is needed",
        "with curl"
    ),
    row!("lint --system featuresignals {url}", 2, "a URL stands where a file is needed"),
    Row(
        "eval --system featbit - -c keyId=bob",
        b"<!doctype html><title>Sign in</title>",
        2,
        &["stdin: not JSON: a page of HTML"],
    ),
    Row("lint --system featuresignals -", b" <html>", 2, &["stdin: not JSON: a page of HTML"]),
    Row(
        "lint --system featbit -",
        br#"{"eventType": "rp_full", "items": [{"envId": "e", "featureFlags": []}]}"#,
        2,
        &["a backup of FeatBit's agent, with 1 environment", "jq '.items[0]'"],
    ),
    Row(
        "eval -",
        br#"{"eventType": "rp_full", "items": [{"envId": "e", "featureFlags": []}]}"#,
        2,
        &["stdin holds flags of FeatBit", "--system featbit"],
    ),
    row!(
        "eval {payload} {key}",
        2,
        "an API key follows {payload}",
        "no URL of an Edge",
        "give one file, or a URL"
    ),
    row!("eval {url}", 2, "no API key", "ENVIRONMENT/KEY", "after the URL", "FEATUREHUB_API_KEY"),
    row!(
        "eval {url} {server-key}",
        2,
        "the API key has no `*`",
        "give a client-evaluated key",
        "`fh get`"
    ),
    row!(
        "eval edge.example:8903 {key}",
        2,
        "no scheme",
        "https://edge.example:8903, or http://edge.example:8903"
    ),
    row!("eval {url}/features?key={key}", 2, "a query without `apiKey=`", "then the API key"),
    row!("eval --cases {payload} --key BANNER", 2, "--cases", "cannot be used with", "--key"),
    row!("eval", 2, "required arguments were not provided", "<FILE>"),
    row!("eval {payload} --context =x", 2, "'=x' for '--context"),
    row!("eval {payload} --no-context -c a=b", 2, "--no-context", "cannot be used with"),
    Row("eval -", b"[\n{\"key\": A}]", 2, &["stdin is not JSON", "line 2 column 9"]),
    Row("eval -", b"[\"\xff\"]", 2, &["not UTF-8", "offset 2"]),
    Row("eval -", b"data: \xff\n\n", 2, &["not UTF-8"]),
    Row("eval -", b"event: ack\ndata: {}\n\n", 2, &["stdin", "`features`", "ack"]),
    row!("eval --system featbit {payload} -c keyId=bob", 2, "leave --system featbit out"),
    // explain
    row!("explain BANNER featres.json", 2, "cannot read BANNER", "the file comes first"),
    row!("explain {url} BANNER {key}", 2, "the order is URL, API key, feature"),
    row!("explain {payload} BANER", 1, "{payload} holds no feature BANER", "did you mean BANNER?"),
    row!(
        "explain {state} OLD --environment dev",
        1,
        "OLD is retired in {state}",
        "set `retired: false`"
    ),
    row!("explain BANNER", 2, "BANNER is the only argument", "the file comes first"),
    row!("explain", 2, "required arguments were not provided", "<FILE>", "Usage: fh explain"),
    row!("explain {payload} NOTHING_LIKE_IT", 1, "no feature NOTHING_LIKE_IT", "fh eval"),
    row!("explain {folder} K", 2, "cannot read {folder}", "directory"),
    // rollout
    row!(
        "rollout {payload} BANNER --sample 1e4",
        2,
        "'1e4' for '--sample",
        "a whole number from 1 to 100000000 in digits"
    ),
    row!("rollout {payload} BANNER --seed x", 2, "'x' for '--seed", "a whole number"),
    row!("rollout {payload} BANNER --list", 2, "--list needs a comparison", "add --compare FILE"),
    row!("rollout BANNER - --ids -", 2, "only one input can be stdin", "name files"),
    row!(
        "rollout {payload} BANNER -c userkey=x",
        2,
        "--context userkey",
        "remove one of the two options"
    ),
    row!(
        "rollout {payload} BANNER --value-ids {payload} --profile edge",
        2,
        "{payload} is a payload, which holds no ids of values",
        "give a state file, or a map"
    ),
    row!(
        "rollout {payload} BANNER --compare-profile server",
        2,
        "'server' for '--compare-profile",
        "client, edge"
    ),
    row!("rollout NONE {payload}", 1, "no feature NONE"),
    row!("rollout {payload} BANNER --by country", 2, "has no --by", "write `--attribute NAME`"),
    row!("rollout {payload} BANNER --users 5", 2, "has no --users", "write `--sample N`"),
    row!("rollout {payload} BANNER --sample 0", 2, "'0' for '--sample"),
    Row("rollout {payload} BANNER --ids -", b"\n\n", 2, &["no ids"]),
    Row(
        "rollout {payload} BANNER --compare -",
        b"[{\"key\": \"OTHER\"}]",
        1,
        &["stdin holds no feature BANNER"],
    ),
    Row("rollout K -", b"", 2, &["stdin is empty"]),
    // lint
    row!(
        "lint {state} --environment nowhere",
        2,
        "{state} holds no environment nowhere",
        "--environment may be: dev, production"
    ),
    row!("lint {payload} {state}", 2, "{state} follows {payload}", "give one file"),
    row!("lint {payload} --allow everything", 2, "'everything' for '--allow", "wrong-type"),
    row!("lint /no/such.json", 2, "cannot read /no/such.json", "no such file"),
    // bucket
    row!("bucket fred", 2, "required arguments were not provided", "--id <FEATURE_ID>"),
    row!("bucket --id x --want 5-1", 2, "'5-1' for '--want", "write the smaller bucket first: 1-5"),
    row!(
        "bucket --id x --want 0-9 --count 1e3",
        2,
        "'1e3' for '--count",
        "a whole number from 1 to 1000000 in digits"
    ),
    row!(
        "bucket fred --file {payload}",
        2,
        "required arguments were not provided",
        "--feature <FEATURE>"
    ),
    row!(
        "bucket fred --file {payload} --feature BANER",
        1,
        "{payload} holds no feature BANER",
        "did you mean BANNER?"
    ),
    row!(
        "bucket fred --file {payload} --feature BANNER --profile edge",
        2,
        "{payload} does not hold the id of the value of BANNER",
        "--value-ids FILE or --id"
    ),
    row!("bucket --key fred", 2, "no --key", "write the percentage keys as arguments"),
    row!("bucket --id x", 2, "VALUE"),
    row!(
        "bucket --id BANNER fred",
        2,
        "--id BANNER looks like the key of a feature",
        "write --file FILE --feature BANNER"
    ),
    row!("bucket --feature BANNER fred", 2, "--feature needs the file", "add `--file FILE`"),
    row!(
        "bucket --seed 5 --id x fred",
        2,
        "`fh bucket` has no --seed",
        "--id, --file",
        "`fh bucket -h`"
    ),
    row!("bucket --id x --want 0-1 fred", 2, "--want"),
    row!("bucket --id x --want 5", 2, "'5' for '--want"),
    row!("bucket --id x --want 1000000-1000001", 2, "'1000000-1000001' for '--want"),
    // get
    row!(
        "get",
        2,
        "no URL of an Edge",
        "http:// or https:// as the first argument",
        "FEATUREHUB_EDGE_URL"
    ),
    row!("get {url} wrongkey", 2, "wrongkey has no `/`", "ENVIRONMENT/KEY", "after the URL"),
    row!("get edge.example {key}", 2, "no scheme", "https://edge.example, or http://edge.example"),
    row!(
        "get http://127.0.0.1:1 {key}",
        2,
        "refused",
        "check that an Edge runs at http://127.0.0.1:1",
        "fh doctor"
    ),
    row!("get https://{plain} {key}", 2, "{plain} speaks http, not https", "write http://{plain}"),
    row!(
        "get http://localhost:{tls-port} {key}",
        2,
        "localhost:{tls-port} speaks https, not http",
        "write https://localhost:{tls-port}"
    ),
    row!("get {url} {key} LIMT", 1, "the Edge has no feature LIMT", "did you mean LIMIT?"),
    row!("get {url} {key} --value", 2, "--value needs the key of exactly one feature"),
    row!("get {url} {key} --timeout soon", 2, "'soon' for '--timeout", "write seconds, such as 30"),
    row!("get {url} --key {key}", 2, "no --key", "write the API key after the URL"),
    row!("get {url}", 2, "no API key", "FEATUREHUB_API_KEY"),
    row!("get {key} {url}", 2, "no URL", "as the first argument"),
    row!("get {url} BANNER {key}", 2, "no API key"),
    row!("get {url} --api-key a/b BANNER {key}", 2, "the order is"),
    row!("get ftp://x {key}", 2, "neither http:// nor https://"),
    row!("get {url} {key}/Secret4test/Secret4test", 2, "ENVIRONMENT/KEY"),
    Row("get {url} -", b"", 2, &["stdin holds no API key"]),
    Row("get {url} -", b"Secret4test\n", 2, &["ENVIRONMENT/KEY"]),
    row!("get {url} {key} --timeout 0", 2, "--timeout"),
    // set
    row!("set {url} {key}", 2, "name the feature to change", "after the URL and the API key"),
    row!(
        "set {url} {key} LIMIT",
        2,
        "nothing to change",
        "give a VALUE, --null, --lock or --unlock"
    ),
    row!("set {url} {key} LIMIT 3 --null", 2, "a VALUE and --null contradict each other"),
    row!("set {url} wrongkey LIMIT 3", 2, "wrongkey has no `/`", "ENVIRONMENT/KEY"),
    row!(
        "set http://127.0.0.1:1 {key} LIMIT 3",
        2,
        "refused",
        "check that an Edge runs at http://127.0.0.1:1"
    ),
    row!("set {url} {key} LIMIT --lock --unlock", 2, "--lock", "cannot be used with"),
    row!("set {url} {key} LIMIT 3 4", 2, "unexpected argument '4'"),
    // watch
    row!(
        "watch edge.example:8903 {key}",
        2,
        "no scheme",
        "https://edge.example:8903, or http://edge.example:8903"
    ),
    row!("watch {url} wrongkey", 2, "wrongkey has no `/`", "ENVIRONMENT/KEY"),
    row!("watch {url} {key} --poll often", 2, "'often' for '--poll", "write seconds, such as 30"),
    row!(
        "watch --once http://127.0.0.1:1 {key}",
        2,
        "refused",
        "check that an Edge runs at http://127.0.0.1:1"
    ),
    row!("watch {url} {key} --poll 0", 2, "'0' for '--poll"),
    row!("watch {url} {key} --poll 1 --passive 1", 2, "--poll", "cannot be used with"),
    row!("watch {url} {key} --for soon", 2, "'soon' for '--for"),
    row!(
        "watch {url} {key} --timeout 5",
        2,
        "`fh watch` has no --timeout",
        "write `--for SECONDS`"
    ),
    row!("watch {url} {key} --every 5", 2, "`fh watch` has no --every", "write `--poll SECONDS`"),
    // doctor
    row!("doctor {url} wrongkey", 2, "wrongkey has no `/`", "ENVIRONMENT/KEY"),
    row!("doctor ftp://edge.example {key}", 2, "neither http:// nor https://"),
    row!("doctor {url} {key} --origin \u{e9}", 2, "--origin must be a URL", "https://shop.example"),
    row!(
        "doctor {url} {key} --try-set a/b",
        2,
        "a feature's key has no `/`",
        "the order is URL, API key, feature"
    ),
    row!("doctor", 2, "no URL"),
    row!("doctor {url}", 2, "no API key"),
    row!("doctor edge.example {key}", 2, "http://"),
    row!("doctor --url {url} --api-key {key} x", 2, "too many"),
    row!("doctor {url} {key} --timeout 0", 2, "--timeout"),
    // demo
    row!("demo --speed 0", 2, "'0' for '--speed", "write a number from 0.1 to 10000"),
    row!(
        "demo --write {payload}",
        2,
        "{payload} exists already",
        "choose another name, or add --force"
    ),
    row!("demo --force", 2, "required arguments were not provided", "--write <FILE>"),
    row!("demo --speed fast", 2, "'fast' for '--speed"),
    row!("demo --keep --write x", 2, "--keep", "cannot be used with"),
    // init
    row!(
        "init --force",
        2,
        "`fh init` replaces no file",
        "remove the file first, or name another file"
    ),
    row!("init {state}", 2, "{state} exists already", "choose another name, or remove it"),
    row!(
        "init /no/such/state.yaml",
        2,
        "cannot write /no/such/state.yaml: there is no folder /no/such",
        "mkdir -p /no/such"
    ),
    row!("demo --write /no/such/shop.json", 2, "there is no folder /no/such", "mkdir -p /no/such"),
    // serve
    row!("serve", 2, "--state", "fh init"),
    row!("serve {state}", 2, "takes no file as an argument", "write `fh serve --state {state}`"),
    row!("serve --state {state} --port 99999", 2, "--port", "write a port from 0 to 65535"),
    row!(
        "serve --state {state} --monitor-port x",
        2,
        "--monitor-port",
        "write a port from 0 to 65535"
    ),
    row!(
        "serve --state {state} --max-connections 1e4",
        2,
        "--max-connections",
        "a whole number in digits, such as 10000"
    ),
    row!("serve --state {state} --heartbeat soon", 2, "--heartbeat", "write seconds, such as 30"),
    row!("serve --state {state} --tls-key x", 2, "--tls-certificate"),
    row!("serve --check /no/such.yaml", 2, "/no/such.yaml", "no such file"),
    row!("serve --state /no/such.yaml", 2, "/no/such.yaml: there is no such file"),
    row!("serve --state {state} --properties /no/such", 2, "/no/such"),
    row!("serve --relay {url} --state {state} --relay-key {key}", 2, "exclude each other"),
    row!("serve --relay {url}", 2, "--relay-key"),
    row!("serve --relay-key {key}", 2, "--relay"),
    row!("serve --relay-max-age 60", 2, "--relay-max-age needs --relay"),
    row!("serve --relay nonsense --relay-key {key}", 2, "--relay"),
    row!("serve --relay {url} --relay-key Secret4test", 2, "--relay-key"),
    row!("serve --relay {url} --relay-key {key} --profile edge", 2, "edge"),
    row!("serve --state {state} --validate", 2, "has no --validate", "write `--check FILE`"),
    row!("serve --state {state} --replicas 3", 2, "has no --replicas", "`fh serve -h`"),
    row!("lint {fraction}", 2, "{fraction}, line 5", "0.25 is no percentage: write 25%"),
    row!("eval {misplaced}", 2, "strategies differ by environment", "values: { A: {"),
    row!("serve --state {state} --console", 2, "--console needs an admin key"),
    row!("serve --state {state} --admin-key Secret4test", 2, "--admin-key: ", "shorter than 16"),
    row!("serve --state {state} --admin-key {key} --admin-key-file {admin}", 2, "not both"),
    row!("serve --state {state} --admin-key-file /no/such.key", 2, "/no/such.key"),
    row!("serve --state {state} --monitor-listen ::1", 2, "--monitor-listen", "--monitor-port"),
    row!("serve --state {state} --monitor-tls", 2, "--monitor-tls", "--monitor-port"),
    row!(
        "serve --state {state} --monitor-tls --monitor-port 0",
        2,
        "--monitor-tls",
        "--tls-certificate"
    ),
    // probe
    row!("probe {url} --port 5", 2, "`fh probe` has no --port", "write host and port in the URL"),
    row!("probe edge.example", 2, "no scheme", "https://edge.example, or http://edge.example"),
    row!(
        "probe ftp://edge.example",
        2,
        "the URL is invalid",
        "http:// or https://, such as http://127.0.0.1:8903"
    ),
    row!(
        "probe http://127.0.0.1:1",
        1,
        "http://127.0.0.1:1/health/liveness",
        "refused",
        "check that a server runs there"
    ),
    row!("probe https://{plain}", 1, "{plain} speaks http, not https", "write http://{plain}"),
    // cluster
    row!("cluster create", 2, "unrecognized subcommand 'create'", "write `fh cluster init`"),
    row!("cluster foo", 2, "the commands are init, import, export, status;"),
    row!("cluster import --clustre x", 2, "`fh cluster import` has no --clustre", "--cluster"),
    // all commands
    row!("evaluate {payload}", 2, "unrecognized subcommand 'evaluate'", "--help"),
    row!("serve --upstream http://x", 2, "has no --upstream", "write `--relay URL`"),
    row!("bucket --id a --range 0-9", 2, "has no --range", "write `--want FROM-TO`"),
    row!("serve --check", 2, "--check has no value: write `--check state.yaml`"),
    row!(
        "lint {payload} --environment",
        2,
        "--environment has no value: write `--environment NAME`"
    ),
    row!("eval {payload} --color pink", 2, "'pink' for '--color", "auto, always, never"),
];

struct Fixture {
    edge: FakeEdge,
    tls: Secure,
    /// The address of a server of plain HTTP, which answers bytes that are not HTTP with status 400.
    plain: SocketAddr,
    files: Vec<(&'static str, String)>,
}

impl Fixture {
    fn new() -> Self {
        let edge = FakeEdge::start().unwrap();
        edge.set_feature(Feature::number("LIMIT", 7.5));
        let files = vec![
            ("{state}", file("wrong-state.yaml", STATE)),
            ("{payload}", file("wrong-payload.json", FEATURES)),
            ("{admin}", file("wrong.admin", "admin-0123456789")),
            (
                "{broken}",
                file(
                    "wrong-broken.yaml",
                    "features: [{ key: BANNER, type: STRING }]\nenvironments: [{ name: dev, values: { BANER: x } }]\n",
                ),
            ),
            (
                "{fraction}",
                file(
                    "wrong-fraction.yaml",
                    "features: [{ key: A, type: BOOLEAN }]\nenvironments:\n  - name: dev\n    values:\n      A: { value: false, strategies: [{ id: s, percentage: 0.25, value: true }] }\n",
                ),
            ),
            (
                "{misplaced}",
                file(
                    "wrong-misplaced.yaml",
                    "features: [{ key: A, type: BOOLEAN, strategies: [] }]\nenvironments: [{ name: dev, values: { A: true } }]\n",
                ),
            ),
            ("{invalid}", file("wrong-invalid.yaml", "features:\n  - { key: [\n")),
            ("{folder}", env!("CARGO_MANIFEST_DIR").to_string()),
        ];
        Self { edge, tls: Secure::start("localhost", 30), plain: plain_server(), files }
    }

    /// Replaces the names in braces.
    fn filled(&self, text: &str) -> String {
        let of_edge = [
            ("{url}", self.edge.url()),
            ("{plain}", self.plain.to_string()),
            ("{key}", self.edge.client_key()),
            ("{server-key}", self.edge.server_key()),
            ("{tls-port}", self.tls.port.to_string()),
        ];
        let all = of_edge.iter().chain(&self.files);
        all.fold(text.to_string(), |text, (name, value)| text.replace(name, value))
    }
}

/// Starts a server that answers each connection with status 400. Its thread ends with the tests.
fn plain_server() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            // The client may have closed the connection. All its bytes are read, because unread bytes would reset the connection.
            let _ = stream.read_exact(&mut [0]);
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n");
            let _ = stream.shutdown(Shutdown::Write);
            let _ = io::copy(&mut stream, &mut io::sink());
        }
    });
    address
}

#[test]
fn each_error_says_what_is_wrong_and_where_and_what_to_write() {
    let fixture = Fixture::new();
    let mut wrong = Vec::new();
    for Row(line, stdin, code, parts) in ROWS {
        let args: Vec<String> = line.split(' ').map(|word| fixture.filled(word)).collect();
        let mut fh = command(&args);
        // A system with another language words the errors of the system in another way.
        fh.env("LC_ALL", "C").env("SSL_CERT_FILE", &fixture.tls.authority);
        let run = run(&mut fh, stdin);
        let is_whole = parts.iter().all(|part| run.err.contains(&fixture.filled(part)));
        let ends_well = run.code == *code && run.out.is_empty() && run.err.starts_with("error: ");
        if !is_whole || !ends_well {
            wrong.push(format!(
                "fh {line}\n    wanted {code} {parts:?}\n    {} {:?} {:?}",
                run.code, run.out, run.err
            ));
        }
    }
    assert!(wrong.is_empty(), "{} of {} rows:\n{}", wrong.len(), ROWS.len(), wrong.join("\n"));
}

/// Every command has rows.
#[test]
fn no_command_is_left_out() {
    for name in [
        "eval", "explain", "rollout", "lint", "bucket", "get", "set", "watch", "doctor", "demo",
        "init", "serve", "cluster", "probe",
    ] {
        let rows = ROWS.iter().filter(|row| row.0.split(' ').next() == Some(name)).count();
        assert!(rows >= 3, "{name} has {rows} rows");
    }
    assert!(ROWS.len() >= 45);
}
