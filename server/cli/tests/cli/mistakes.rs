//! Mistakes of a stranger in commands and files. Each answer names the wrong part, says where it stands, and shows what to write instead.

use std::net::TcpListener;

use fh_test_servers::featurehub::{FakeEdge, Feature};

use crate::tool::{FEATURES, command, file, run};

/// A mistake: the arguments, the text of the file that `{file}` stands for, and the parts of the answer. Names in braces are replaced, as
/// by [`Fixture::filled`].
struct Mistake(&'static str, &'static str, &'static [&'static str]);

const STATE: &str = "features: [{ key: BANNER, type: STRING }]
environments: [{ name: dev, values: { BANNER: plain } }]
";

const MISTAKES: &[Mistake] = &[
    Mistake("evl {payload}", "", &["'evl'", "'eval'"]),
    Mistake("eval", "", &["required arguments", "Usage: fh eval <FILE>"]),
    Mistake(
        "eval {payload} --userKey fred",
        "",
        &["has no --userKey", "write `--context userkey=USER`"],
    ),
    Mistake("eval {payload} --feature BANNER", "", &["has no --feature", "write `--key FEATURE`"]),
    Mistake(
        "explain {payload}",
        "",
        &["{payload} is the only argument", "then the key of the feature"],
    ),
    Mistake("explain {payload} banner", "", &["no feature banner", "did you mean BANNER?"]),
    Mistake("rollout {payload} BANNER --sample 1k", "", &["'1k' for '--sample", "such as 10000"]),
    Mistake("lint {payload} --fix", "", &["has no --fix", "--strict", "`fh lint -h`"]),
    Mistake("lint {payload} --allow wrong_type", "", &["'wrong_type' for '--allow", "wrong-type"]),
    Mistake("bucket fred --percentage 25", "", &["has no --percentage", "--want"]),
    Mistake("bucket fred --id x --want 25%", "", &["'25%' for '--want"]),
    Mistake("get {key}", "", &["no URL", "first argument"]),
    Mistake("get {url} {key} --feature LIMIT", "", &["has no --feature", "after the API key"]),
    Mistake("get http://localhost:99999 {key}", "", &["the port in the Edge's URL", "1 to 65535"]),
    Mistake("get http://me:pw@localhost {key}", "", &["credentials"]),
    Mistake("get {url} {key} limit", "", &["no feature limit", "did you mean LIMIT?"]),
    Mistake("set {url} {key} LIMIT=3", "", &["LIMIT=3 has no value", "write `LIMIT 3`"]),
    Mistake(
        "set {url} {key} LIMIT --value 3",
        "",
        &["has no --value", "write the value after the feature"],
    ),
    Mistake("set {url} {key} limit 3", "", &["limit: ", "did you mean LIMIT?"]),
    Mistake("set {url} {key} LIMIT true", "", &["NUMBER feature", "write a number such as 10"]),
    Mistake("watch {url} {key} --interval 5", "", &["has no --interval", "write `--poll SECONDS`"]),
    Mistake("watch {url} {key} --flag LIMIT", "", &["has no --flag", "after the API key"]),
    Mistake("doctor {url} --key {key}", "", &["has no --key", "write the API key after the URL"]),
    Mistake("doctor {url} {key} --port 8903", "", &["has no --port", "http://127.0.0.1:8903"]),
    Mistake("demo --port 8903", "", &["`fh demo` has no --port", "--speed"]),
    Mistake("init --output x.yaml", "", &["has no --output", "`fh init other.yaml`"]),
    Mistake("init {folder}", "", &["{folder} is a folder", "write `fh init {folder}/state.yaml`"]),
    Mistake("serve --state {state} --prot 9000", "", &["has no --prot", "did you mean --port?"]),
    Mistake("serve --state {state} --listen localhost", "", &["--listen", "such as 127.0.0.1"]),
    Mistake(
        "serve --state {state} --listen 127.0.0.1:8903",
        "",
        &["--listen", "write the address 127.0.0.1 alone", "port 8903 with --port"],
    ),
    Mistake("serve --state {state} --log verbose", "", &["--log", "write error, warn, info"]),
    Mistake("serve --state {state} --log-format yaml", "", &["--log-format", "write text or json"]),
    Mistake(
        "serve --state {state} --drop-after 5m",
        "",
        &["--drop-after", "write seconds, such as 300 for 5m"],
    ),
    Mistake(
        "serve --state {state} --trusted-proxies 10.0.0.0/33",
        "",
        &["--trusted-proxies", "10.0.0.0/33", "such as 10.0.0.0/8"],
    ),
    Mistake(
        "serve --state {state} --port {port}",
        "",
        &["cannot listen at 0.0.0.0:{port}", "choose another port with --port"],
    ),
    Mistake("serve --strict", "", &["--check <FILE|URL>", "Usage: fh serve --check"]),
    Mistake(
        "serve --state {state} --tls-certificate {state} --tls-key {state}",
        "",
        &["{state} contains no certificate", "-----BEGIN CERTIFICATE-----"],
    ),
    Mistake(
        "serve --state {state} --admin-key-file {file}",
        "short",
        &["--admin-key-file", "shorter than 16 characters"],
    ),
    Mistake(
        "serve --relay {url} --relay-key-file {file}",
        "secret",
        &["--relay-key-file: line 1", "looks like ENVIRONMENT/KEY"],
    ),
    Mistake(
        "serve --state {state} --properties {file}",
        "server.port=http",
        &["server.port in {file} line 1", "write a port"],
    ),
    Mistake("probe {url} --key {key}", "", &["has no --key"]),
    Mistake("completions powershell", "", &["'powershell'", "bash, zsh, fish"]),
    Mistake("man serv", "", &["no command serv", "write `fh man serve`"]),
    Mistake("schema rules", "", &["'rules'", "state, client-settings"]),
    Mistake("version 1", "", &["unexpected argument '1'"]),
    Mistake("eval --cases {file}", "{\"id\": 1}", &["{file}", "give cases as ["]),
    Mistake(
        "serve --check {file}",
        "features: [{ key: A, type: boolean }]",
        &["line 1, column 28", "did you mean BOOLEAN?"],
    ),
    Mistake(
        "serve --check {file}",
        "features: [{ type: BOOLEAN }]",
        &["line 1, column 12", "write key: NAME"],
    ),
    Mistake(
        "serve --check {file}",
        "features: { A: BOOLEAN }",
        &["line 1, column 11", "begin each entry with `- `"],
    ),
    Mistake(
        "serve --check {file}",
        "environments: [{ values: {} }]",
        &["line 1, column 16", "write name: NAME"],
    ),
    Mistake(
        "serve --check {file}",
        "features: [{ key: A, type: BOOLEAN }]\nenvironments: [{ name: dev, values: { A: on } }]",
        &["line 2, column 42", "A: a BOOLEAN is true or false"],
    ),
    Mistake(
        "serve --check {file}",
        "features:\n  - { key: A, type: NUMBER }\nenvironments:\n  - name: dev\n    values:\n      A: 1,5",
        &["line 6, column 10", "decimal number"],
    ),
    Mistake("serve --check {file}", "features:\n\t- { key: A, type: NUMBER }", &["line 2", "tabs"]),
    Mistake(
        "serve --check {file}",
        "features: [{ key: A, type: NUMBER }, { key: A, type: STRING }]",
        &["line 1, column 38", "two features with the key A"],
    ),
    Mistake(
        "serve --check {file}",
        "environments: [{ name: dev, id: one }]",
        &["line 1, column 33", "UUID"],
    ),
    Mistake(
        "serve --check {file}",
        "environments: [{ name: dev }]\naccounts: [{ name: web, serverKey: k, permissions: { dev: [read] } }]",
        &["line 2, column 60", "did you mean READ?"],
    ),
    Mistake(
        "serve --check {file}",
        "environments: [{ name: dev }]\naccounts: [{ name: web, serverKey: k, permissions: { prod: [READ] } }]",
        &["line 2, column 54", "the environments are dev"],
    ),
    Mistake(
        "serve --check {file}",
        "accounts: [{ name: web, serverKey: \"${NO_SUCH_KEY}\" }]",
        &["line 1, column 36", "NO_SUCH_KEY", "set it before the start"],
    ),
    Mistake(
        "serve --check {file}",
        "features: [{ key: A, type: BOOLEAN, strategies: [] }]",
        &["line 1, column 37", "values: { A: { strategies:"],
    ),
    Mistake(
        "serve --check {file}",
        "features: [{ key: A, type: BOOLEAN }]\nenvironments: [{ name: dev, values: { A: { value: true, strategies: { id: s, value: false } } } }]",
        &["line 2, column 69", "begin each entry with `- `"],
    ),
    Mistake(
        "serve --check {file}",
        "features: [{ key: A, type: BOOLEAN }]\nenvironments: [{ name: dev, values: { A: { value: true, strategies: [{ id: s, percentage: 120%, value: false }] } } }]",
        &["line 2, column 91", "from 0% to 100%"],
    ),
    Mistake(
        "serve --check {file}",
        "features: [{ key: A, type: BOOLEAN }]\nenvironments: [{ name: dev, values: { A: { value: true, strategies: [{ id: s, percentage: 0.07, value: false }] } } }]",
        &["line 2, column 91", "write 7%"],
    ),
    Mistake(
        "serve --check {file}",
        "features: [{ key: A, type: BOOLEAN }]\nenvironments: [{ name: dev, values: { A: { value: true, strategies: [{ id: s, value: false, attributes: [{ fieldname: c, type: STRING, conditional: EQUALS, values: [x] }] }] } } }]",
        &["line 2, column 108", "did you mean fieldName?"],
    ),
    Mistake(
        "serve --check {file} --strict",
        "features: [{ key: A, type: BOOLEAN }]\nenvironments: [{ name: dev, values: { A: { value: true, strategies: [{ id: s, value: false, attributes: [{ fieldName: c, type: STRING, values: [x] }] }] } } }]",
        &["line 2", "conditional is missing", "write one of EQUALS"],
    ),
    Mistake(
        "serve --check {file} --strict",
        "features: [{ key: A, type: BOOLEAN }]\nenvironments: [{ name: dev, values: { A: { value: true, strategies: [{ id: s, value: false, attributes: [{ fieldName: day, type: DATE, conditional: EQUALS, values: [01/02/2026] }] }] } } }]",
        &["01/02/2026", "write a date such as 2026-11-27"],
    ),
    Mistake(
        "serve --check {file} --strict",
        "features: [{ key: A, type: BOOLEAN }]\nenvironments: [{ name: dev, values: { A: { value: true, strategies: [{ id: s, value: false, attributes: [{ fieldName: ip, type: IP_ADDRESS, conditional: EQUALS, values: [10.0.0.256] }] }] } } }]",
        &["10.0.0.256", "such as 203.0.113.0/24"],
    ),
    Mistake(
        "serve --check {file} --strict",
        "features: [{ key: A, type: BOOLEAN }]\nenvironments: [{ name: dev, values: { A: { value: true, strategies: [{ id: s, value: false, attributes: [{ fieldName: v, type: SEMANTIC_VERSION, conditional: EQUALS, values: [1.x] }] }] } } }]",
        &["line 2, column 176", "write MAJOR.MINOR.PATCH"],
    ),
    Mistake("run", "", &["'run'", "write `fh serve --state FILE`"]),
    Mistake("check {state}", "", &["'check'", "write `fh serve --check FILE`"]),
    Mistake("ls", "", &["'ls'", "write `fh get URL KEY`"]),
    Mistake("flag", "", &["'flag'", "the commands are eval, explain", "`fh --help`"]),
    Mistake("eval {payload} --json=yes", "", &["--json has no value", "write `--json` alone"]),
    Mistake("eval {payload} -j", "", &["has no -j", "did you mean --json?"]),
    Mistake(
        "eval {payload} -c {\"userkey\":\"x\"}",
        "",
        &["'{\"userkey\":\"x\"}'", "-c userkey=fred"],
    ),
    Mistake("eval {payload} BANNER", "", &["BANNER follows {payload}", "--key BANNER"]),
    Mistake("eval BANNER {payload}", "", &["the file {payload} comes first"]),
    Mistake(
        "explain {payload} --key BANNER",
        "",
        &["has no --key", "write the feature as an argument, after the file"],
    ),
    Mistake("bucket --id x --want 0-9 --count -1", "", &["'-1' for '--count", "from 1 to 1000000"]),
    Mistake("completions", "", &["name the shell", "fh completions bash"]),
    Mistake("completions --shell bash", "", &["has no --shell", "write the shell as an argument"]),
    Mistake("set {url} {key} LIMIT = 3", "", &["`=`", "write `FEATURE VALUE`"]),
    Mistake("serve -port 80", "", &["has no -port", "did you mean --port?"]),
    Mistake("serve --max-memory 5", "", &["has no --max-memory", "--max-connections"]),
    Mistake(
        "serve --log-level info",
        "",
        &["has no --log-level", "did you mean one of --log, --log-format"],
    ),
    Mistake("serve --cors *", "", &["has no --cors", "did you mean one of --cors-headers"]),
    Mistake(
        "serve --state {state} --proxy-protocol v3",
        "",
        &["v3 is no value of --proxy-protocol", "write `--proxy-protocol` alone"],
    ),
    Mistake("get {url} {key} --timeout 5m", "", &["'5m' for '--timeout", "such as 300 for 5m"]),
    Mistake(
        "get {url} {key} --timeout -1",
        "",
        &["'-1' for '--timeout", "write seconds, such as 30"],
    ),
    Mistake(
        "get {url} {key} --timeout 0",
        "",
        &["'0' for '--timeout", "more than 0 seconds, such as 10"],
    ),
    Mistake("serve --state {state} --port -1", "", &["--port", "from 0 to 65535"]),
    Mistake(
        "serve --state {state} --max-connections 0",
        "",
        &["--max-connections", "write a number from 1 on, such as 10000"],
    ),
    Mistake("serve --state {state} --console=maybe", "", &["--console", "write true or false"]),
    Mistake(
        "get http://no-such-host.invalid {key}",
        "",
        &["check the host in http://no-such-host.invalid"],
    ),
    Mistake("probe {url}/health", "", &["answers 404", "`fh probe {url}`"]),
    Mistake("probe localhost:99999", "", &["invalid port", "such as http://127.0.0.1:8903"]),
    Mistake(
        "serve --state {state} --admin-key-file {file}",
        "",
        &["--admin-key-file", "{file} is empty", "leave the setting out"],
    ),
    Mistake(
        "serve --state {state} --admin-key-file {file}",
        "short",
        &["16 characters", "openssl rand -hex 16"],
    ),
    Mistake(
        "serve --state {folder}/Cargo.tom",
        "",
        &[
            "there is no such file",
            "did you mean {folder}/Cargo.toml?",
            "`fh init {folder}/Cargo.tom`",
        ],
    ),
    Mistake("serve --state {folder}", "", &["{folder}", "a folder", "write the path of a file"]),
    Mistake(
        "serve --state {state} --port 0 --data {state}",
        "",
        &["{state}", "write the path of a folder"],
    ),
    Mistake(
        "serve --state {state} --tls-certificate /no/such --tls-key /no/such",
        "",
        &["/no/such", "PEM file"],
    ),
    Mistake("eval {folder}/Cargo.tom", "", &["did you mean {folder}/Cargo.toml?"]),
    Mistake("init ", "", &["the name is empty", "state.yaml"]),
    Mistake(
        "lint --system featbit {file}",
        "text",
        &["{file}: not JSON: expected value at line 1 column 2", "`featureFlags` and `segments`"],
    ),
    Mistake(
        "lint --system featbit {file}",
        "",
        &["{file}: not JSON: the text is empty", "`featureFlags` and `segments`"],
    ),
    Mistake(
        "lint --system featbit {file}",
        "{'flags': 1}",
        &["key must be a string at line 1 column 2", "in double quotes"],
    ),
    Mistake(
        "lint --system featuresignals {file}",
        "text",
        &[
            "{file}: not JSON: expected value at line 1 column 2",
            "`flags`, `states` and `segments`",
        ],
    ),
    Mistake(
        "lint --system featuresignals {file}",
        "",
        &["{file}: not JSON: the text is empty", "`flags`, `states` and `segments`"],
    ),
    Mistake(
        "lint --system featuresignals {file}",
        "{'flags': 1}",
        &["key must be a string at line 1 column 2", "in double quotes"],
    ),
    Mistake("eval {file}", "[{\"key\": \"A\"},]", &["line 1 column 15", "remove the comma"]),
    Mistake("eval {file}", "[{\"key\": \"A\"", &["line 1 column 12", "not closed"]),
    Mistake("eval --cases {file}", "x", &["{file} is not JSON", "give cases as ["]),
    Mistake(
        "serve --check {file}",
        "",
        &["line 1, column 1", "the document is empty", "`fh init`"],
    ),
    Mistake("serve --check {file}", "hello", &["a state is a map", "`features: "]),
    Mistake(
        "serve --check {file}",
        "flags: []",
        &["\"flags\" is not known", "did you mean features?"],
    ),
    Mistake(
        "serve --check {file}",
        "features: [{ key: 5, type: STRING }]",
        &["line 1, column 19", "put it in quotes, as in \"5\""],
    ),
    Mistake(
        "serve --check {file}",
        "features: [{ key: A }]",
        &["line 1, column 12", "write type: BOOLEAN"],
    ),
    Mistake(
        "serve --check {file}",
        "features: [{ name: A, type: STRING }]",
        &["line 1, column 14", "did you mean key?"],
    ),
    Mistake(
        "serve --check {file}",
        "features: [{ key: A, type: STRING, default: x }]",
        &["line 1, column 36", "values: { A: { value:"],
    ),
    Mistake(
        "serve --check {file}",
        "features: [{ key: A, type: STRING, id: x }]",
        &["line 1, column 40", "is a UUID", "or leave the id out"],
    ),
    Mistake(
        "serve --check {file}",
        "environments: [dev]",
        &["line 1, column 16", "such as `name: "],
    ),
    Mistake(
        "serve --check {file}",
        "environments: [{ name: dev, values: [] }]",
        &["line 1, column 37", "write `FEATURE: VALUE`"],
    ),
    Mistake(
        "serve --check {file}",
        "features: [{ key: A, type: BOOLEAN }]\nenvironments: [{ name: dev, values: { OTHER: 1 } }]",
        &["line 2, column 39", "the features are A"],
    ),
    Mistake(
        "serve --check {file}",
        "features: [{ key: A, type: BOOLEAN }]\nenvironments: [{ name: dev, values: { A: yes } }]",
        &["line 2, column 42", "write true, without quotes"],
    ),
    Mistake(
        "serve --check {file}",
        "features: [{ key: A, type: NUMBER }]\nenvironments: [{ name: dev, values: { A: \"5\" } }]",
        &["line 2, column 42", "write 5"],
    ),
    Mistake(
        "serve --check {file}",
        "features: [{ key: A, type: NUMBER }]\nenvironments: [{ name: dev, values: { A: five } }]",
        &["line 2, column 42", "such as 9.95"],
    ),
    Mistake(
        "serve --check {file}",
        "features: [{ key: A, type: STRING }]\nenvironments: [{ name: dev, values: { A: 5 } }]",
        &["line 2, column 42", "as in \"5\""],
    ),
    Mistake(
        "serve --check {file}",
        "features: [{ key: A, type: JSON }]\nenvironments: [{ name: dev, values: { A: \"{a: 1}\" } }]",
        &["line 2, column 42", "in double quotes", "as YAML, without quotes"],
    ),
    Mistake(
        "serve --check {file}",
        "features: [{ key: A, type: BOOLEAN }]\nenvironments: [{ name: dev, values: { A: { value: true, lock: true } } }]",
        &["line 2, column 57", "the members are", "locked"],
    ),
    Mistake(
        "serve --check {file}",
        "features: [{ key: A, type: BOOLEAN }]\nenvironments: [{ name: dev, values: { A: { value: true, strategies: [{ id: s, value: false, percentage: 250% }] } } }]",
        &["line 2, column 105", "such as 12.5%"],
    ),
    Mistake(
        "serve --check {file} --strict",
        "features: [{ key: A, type: BOOLEAN }]\nenvironments: [{ name: dev, values: { A: { value: true, strategies: [{ id: s, value: false, percentage: half }] } } }]",
        &["line 2, column 105", "25% in a state file"],
    ),
    Mistake(
        "serve --check {file} --strict",
        "features: [{ key: A, type: BOOLEAN }]\nenvironments: [{ name: dev, values: { A: { value: true, strategies: [{ id: s, value: false, rollout: 5% }] } } }]",
        &["\"rollout\" is ignored", "did you mean percentage?"],
    ),
    Mistake(
        "serve --check {file} --strict",
        "features: [{ key: A, type: BOOLEAN }]\nenvironments: [{ name: dev, values: { A: { value: true, strategies: [{ id: s, value: false, attributes: [{ name: c, type: STRING, conditional: EQUALS, values: [x] }] }] } } }]",
        &["line 2, column 106", "such as fieldName: country"],
    ),
    Mistake(
        "serve --check {file} --strict",
        "features: [{ key: A, type: BOOLEAN }]\nenvironments: [{ name: dev, values: { A: { value: true, strategies: [{ id: s, value: false, attributes: [{ fieldName: c, type: STRING, operator: EQUALS, values: [x] }] }] } } }]",
        &["\"operator\" is ignored", "did you mean conditional?"],
    ),
    Mistake(
        "serve --check {file} --strict",
        "features: [{ key: A, type: BOOLEAN }]\nenvironments: [{ name: dev, values: { A: { value: true, strategies: [{ id: s, value: false, attributes: [{ fieldName: c, type: STRING, conditional: EQUALS, values: x }] }] } } }]",
        &["write a list of values, such as [a, b]"],
    ),
    Mistake(
        "serve --check {file} --strict",
        "features: [{ key: A, type: BOOLEAN }]\nenvironments: [{ name: dev, values: { A: { value: true, strategies: [{ id: s, value: false, attributes: [country] }] } } }]",
        &["write a list of rules", "fieldName: country"],
    ),
    Mistake(
        "serve --check {file} --strict",
        "features: [{ key: A, type: BOOLEAN }]\nenvironments: [{ name: dev, values: { A: { value: true, strategies: [{ id: s, value: false, attributes: [{ fieldName: c, type: STRING, conditional: \"==\", values: [x] }] }] } } }]",
        &["\"==\"", "write EQUALS"],
    ),
    Mistake(
        "serve --check {file}",
        "accounts: [{ name: web, key: x }]",
        &["line 1, column 25", "the members are clientKey"],
    ),
    Mistake(
        "serve --check {file}",
        "environments: [{ name: dev }]\naccounts: [{ name: web, serverKey: k, permissions: [READ] }]",
        &["line 2, column 52", "write `ENVIRONMENT: [READ]`"],
    ),
    Mistake(
        "serve --check {file} --strict",
        "accounts: [{ name: web }]",
        &["line 1, column 12", "add clientKey or serverKey"],
    ),
    Mistake(
        "serve --check {file}",
        "features:\n  - key: A\n   type: BOOLEAN",
        &["line 3, column 4", "begin each entry with `- `"],
    ),
    Mistake(
        "serve --check {file}",
        "features:\n\t- key: A",
        &["line 2, column 2", "indent with spaces"],
    ),
    Mistake(
        "serve --check {file}",
        "features: []\nfeatures: []",
        &["line 2, column 1", "remove one of the two"],
    ),
    Mistake(
        "serve --check {file}",
        "features:\n  - key:A\n    type: STRING",
        &["line 3", "a blank after each colon"],
    ),
    Mistake(
        "serve --check {file}",
        "features: [{ key: A, type: STRING }]\nenvironments:\n  - name: dev\n    values:\n      A: a: b",
        &["line 5, column 11", "quotes around a text with `: `"],
    ),
    Mistake("serve --check {file}", "features: \"x", &["line 1", "close the text with the quote"]),
    Mistake("serve --check {file}", "features: [{ key: A ]", &["line 1", "close the map with `}`"]),
    Mistake("serve --check {file}", "features: *x", &["line 1", "write `&name` before"]),
    Mistake(
        "serve --check {file}",
        "---\nfeatures: []\n---\nfeatures: []",
        &["line 3", "remove the line `---`"],
    ),
    Mistake(
        "serve --check {file}",
        "features: !!python/object x",
        &["line 1", "unknown tag", "remove it"],
    ),
];

struct Fixture {
    edge: FakeEdge,
    /// Uses a port.
    listener: TcpListener,
    payload: String,
    state: String,
}

impl Fixture {
    fn new() -> Self {
        let edge = FakeEdge::start().unwrap();
        edge.set_feature(Feature::number("LIMIT", 7.5));
        let listener = TcpListener::bind("0.0.0.0:0").unwrap();
        let (payload, state) = (file("mistakes.json", FEATURES), file("mistakes.yaml", STATE));
        Self { edge, listener, payload, state }
    }

    /// Replaces the names in braces.
    fn filled(&self, text: &str, file: &str) -> String {
        let port = self.listener.local_addr().unwrap().port().to_string();
        let folder = env!("CARGO_MANIFEST_DIR").to_string();
        [
            ("{url}", &self.edge.url()),
            ("{key}", &self.edge.client_key()),
            ("{payload}", &self.payload),
            ("{state}", &self.state),
            ("{folder}", &folder),
            ("{port}", &port),
            ("{file}", &file.to_string()),
        ]
        .into_iter()
        .fold(text.to_string(), |text, (name, value)| text.replace(name, value))
    }
}

#[test]
fn each_answer_names_the_part_and_the_place_and_the_cure() {
    assert!(MISTAKES.len() >= 150, "{}", MISTAKES.len());
    let fixture = Fixture::new();
    let mut poor = Vec::new();
    for (number, Mistake(line, text, parts)) in MISTAKES.iter().enumerate() {
        let path = file(&format!("mistake-{number}.txt"), text);
        let args: Vec<String> = line.split(' ').map(|word| fixture.filled(word, &path)).collect();
        let run = run(command(&args).env("LC_ALL", "C"), "");
        let answer = run.out + &run.err;
        let is_whole = parts.iter().all(|part| answer.contains(&fixture.filled(part, &path)));
        if !is_whole || run.code == 0 || answer.contains("(os error") {
            poor.push(format!(
                "fh {line}\n    {text:?}\n    wanted {parts:?}\n    {} {answer}",
                run.code
            ));
        }
    }
    assert!(poor.is_empty(), "{} of {} mistakes:\n{}", poor.len(), MISTAKES.len(), poor.join("\n"));
}
