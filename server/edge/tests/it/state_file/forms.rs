//! Tests of valid state files, and of texts that are not state files.

use fh_edge::Profile;
use fh_edge::internal::TEMPLATE;
use fh_edge::state::file::{Form, Options};
use fh_edge::state::{Json, Permission, State};
use fh_eval::Kind;
use proptest::prelude::*;

use super::{check, environment_id, feature_id, good, namespace, options, said, value_id};

const EXAMPLE: &str = include_str!("../../../src/state/file/example.yaml");

#[test]
fn the_example_of_the_documentation() {
    let options = Options::new().secrets(|name| (name == "SHOP_KEY").then(|| "a*b".to_owned()));
    let parsed = State::from_text(EXAMPLE, &options).unwrap();
    assert_eq!((parsed.form, parsed.warnings.len()), (Form::State, 0));
    let State { revision, features, environments, accounts } = parsed.state;
    assert_eq!(revision, 0);
    let about: Vec<_> = features.iter().map(|each| (&*each.key, each.kind, each.version)).collect();
    let kinds = [Kind::Boolean, Kind::Number, Kind::Json];
    assert_eq!(
        about,
        [("NEW_CHECKOUT", kinds[0], 3), ("LIMIT", kinds[1], 0), ("THEME", kinds[2], 0)]
    );
    assert_eq!(features[0].id.to_string(), "1d4f0c7a-6b92-4e5d-8a37-c05e9b1f2d60");
    assert_eq!(features[1].id, feature_id("LIMIT"));
    assert_eq!(features[0].properties["team"], "shop");
    assert!(features[0].filters.contains("web"));
    let [dev] = &environments[..] else { panic!("{environments:?}") };
    assert_eq!(dev.cache_control.as_deref(), Some("max-age=20"));
    assert_eq!((&*dev.name, dev.stale, dev.profile), ("dev", false, Some(Profile::Client)));
    let [limit, checkout, theme] = ["LIMIT", "NEW_CHECKOUT", "THEME"].map(|key| &dev.values[key]);
    assert_eq!(checkout.value, Some(Json::boolean(true)));
    assert_eq!(checkout.value_id, Some(value_id(dev.id, "NEW_CHECKOUT").to_string()));
    assert_eq!(theme.value, Some(Json::text("[1,2]")));
    assert_eq!(limit.value.as_ref().unwrap().as_str(), "7.50");
    assert_eq!(limit.value_id.as_deref(), Some("03dc1d33-bd55-4ef5-a84a-46e8de3b1d4d"));
    assert_eq!((limit.version, limit.locked, limit.retired), (Some(12), true, false));
    assert_eq!(
        limit.strategies[0].as_str(),
        r#"{"id":"kiwi","percentage":250000,"value":9,"attributes":[{"fieldName":"country","type":"STRING","conditional":"EQUALS","values":["new_zealand"]}]}"#
    );
    let [shop] = &accounts[..] else { panic!("{accounts:?}") };
    assert_eq!(shop.client_keys[0].expose(), "a*b");
    assert_eq!(shop.server_keys.len(), 2);
    let permissions = [Permission::Read, Permission::ChangeValue].into_iter().collect();
    assert_eq!(shop.permissions, [(dev.id, permissions)].into());
}

#[test]
fn the_page_shows_the_example() {
    let page = include_str!("../../../../../docs/reference/state-file.md");
    assert!(page.contains(&format!("```yaml\n{EXAMPLE}```")));
    for id in ["feature", "environment"].map(namespace) {
        assert!(page.contains(&id.to_string()), "{id}");
    }
}

#[test]
fn ids_are_the_same_everywhere() {
    let text = "
features: [{key: NEW_CHECKOUT, type: JSON}, {key: A, type: JSON}]
environments: [{name: A, values: {A: '1'}}]
";
    let state = good(text).state;
    assert_eq!(state.features[0].id.to_string(), "90a08d36-cfc6-5794-9208-9c6babbe071c");
    let environment = &state.environments[0];
    assert_eq!(environment.id.get_version_num(), 5);
    assert_ne!(environment.values["A"].value_id, Some(state.features[1].id.to_string()));
    assert_ne!(environment.id, state.features[1].id);
}

/// `fh init` writes the template. It gives no warning, and shows every kind of entry.
#[test]
fn the_template() {
    let parsed = good(TEMPLATE);
    assert_eq!((parsed.form, parsed.warnings), (Form::State, vec![]));
    let State { features, environments, accounts, .. } = &parsed.state;
    for kind in [Kind::Boolean, Kind::String, Kind::Number, Kind::Json] {
        assert!(features.iter().any(|each| each.kind == kind), "{kind}");
    }
    assert!(features.iter().any(|each| !each.filters.is_empty()));
    assert!(features.iter().any(|each| !each.properties.is_empty()));
    assert_eq!((environments.len(), accounts.len()), (2, 3));
    let strategies =
        environments.iter().flat_map(|each| each.values.values()).flat_map(|each| &each.strategies);
    let text: String = strategies.map(Json::as_str).collect();
    assert!(text.contains("country") && text.contains(r#""percentage":250000"#), "{text}");
}

#[test]
fn what_a_person_may_write() {
    let parsed = good(
        "
x-kiwis: &kiwis { fieldName: country, type: STRING, conditional: EQUALS, values: [new_zealand, NO] }
features:
  - { key: COUNTRY, type: STRING, filters: web }
  - { key: THEME, type: JSON }
  - { key: 'true', type: NUMBER }
  - { key: SET, type: BOOLEAN }
  - { key: COPY, type: STRING }
environments:
  - id: ${ENVIRONMENT}
    name: ''
    values:
      COUNTRY: NO
      THEME:
        value: { colour: red, sizes: [1.50] }
        accept: [well-known, unreachable, no-value]
        strategies:
          - { value: { colour: blue }, attributes: [*kiwis] }
          - { value: '[ ]', attributes: [*kiwis], name: by text }
          - { value: ~, attributes: [*kiwis], disabled: false }
      true: 1e3
      SET: { locked: true }
      COPY: ${SDK} and $$
  - name: ${SDK}
    values:
accounts:
  - { clientKey: [a*b, '$$*${SERVER}'], permissions: { '${SDK}': READ, 71ED3C04-122B-4312-9EA8-06B2B8D6CEAC: [] } }
",
    );
    assert!(parsed.warnings.is_empty(), "{:?}", parsed.warnings);
    let [first, second] = &parsed.state.environments[..] else { panic!() };
    assert_eq!(first.id.to_string(), "71ed3c04-122b-4312-9ea8-06b2b8d6ceac");
    assert_eq!((&*second.name, second.id), ("${SDK}", environment_id("${SDK}")));
    let values: Vec<String> = first
        .values
        .iter()
        .map(|(key, value)| {
            format!(
                "{key}={:?} {:?}{}",
                value.value,
                value.strategies,
                if value.locked { " locked" } else { "" }
            )
        })
        .collect();
    let kiwis = r#""attributes":[{"fieldName":"country","type":"STRING","conditional":"EQUALS","values":["new_zealand","NO"]}]"#;
    let theme = [
        format!(r#"{{"value":"{{\"colour\":\"blue\"}}",{kiwis}}}"#),
        format!(r#"{{"value":"[ ]",{kiwis},"name":"by text"}}"#),
        format!(r#"{{"value":null,{kiwis},"disabled":false}}"#),
    ]
    .join(", ");
    assert_eq!(
        values,
        [
            r#"COPY=Some("${SDK} and $$") []"#.to_owned(),
            r#"COUNTRY=Some("NO") []"#.to_owned(),
            "SET=Some(false) [] locked".to_owned(),
            format!(r#"THEME=Some("{{\"colour\":\"red\",\"sizes\":[1.50]}}") [{theme}]"#),
            "true=Some(1e3) []".to_owned(),
        ]
    );
    for (key, value) in &first.values {
        assert_eq!(value.value_id, Some(value_id(first.id, key).to_string()), "{key}");
    }
    let [account] = &parsed.state.accounts[..] else { panic!() };
    assert_eq!(&*account.name, "account-1");
    assert_eq!(account.client_keys[1].expose(), "$*s3cr3tserver");
    let read = [Permission::Read].into_iter().collect();
    let granted: Vec<_> = account.permissions.iter().map(|(id, all)| (*id, *all == read)).collect();
    let mut expected = [(first.id, false), (second.id, true)];
    expected.sort();
    assert_eq!(granted, expected);
}

#[test]
fn documents_that_are_no_state() {
    check(
        "",
        &[
            "line 1, column 1: the document is empty: write `features`, `environments` and `accounts`; `fh init` writes an example",
        ],
    );
    check(
        "# only a comment\n",
        &[
            "line 1, column 1: the document is empty: write `features`, `environments` and `accounts`; `fh init` writes an example",
        ],
    );
    check(
        "x",
        &[
            "line 1, column 1: a state is a map, not \"x\": write its members, such as `features: …`",
        ],
    );
    check(
        "a: 1\n b: [",
        &[
            "line 2, column 3: mapping values are not allowed in this context: write a blank after each colon, quotes around a text with `: `, and this line below its neighbours",
        ],
    );
    check(
        "{}",
        &[
            "warning: line 1, column 1: there are no accounts, so no client can read anything: add one with a key below `accounts`",
        ],
    );
    check(
        "feature: []\nEnvironments: {}\n'<<': {}\nrevision: -1\n$schema: x\n",
        &[
            "line 1, column 1, feature: \"feature\" is not known in a state; did you mean features?",
            "line 2, column 1, Environments: \"Environments\" is not known in a state; did you mean environments?",
            "line 3, column 1, [\"<<\"]: \"<<\" is not known in a state; the members are $schema, accounts, environments, features, revision",
            "line 4, column 11, revision: a revision is a whole number from 0 on, not -1",
        ],
    );
    for (bytes, expected) in [
        (&b"\xff"[..], "line 1, column 1: the text is not UTF-8: save the file as UTF-8"),
        (b"features: []\n\xff", "line 2, column 1: the text is not UTF-8: save the file as UTF-8"),
        (
            b"x-1: 1\r\nx-2: \"\xc3\xa9\xe2\x82\xac\xc3\"\n",
            "line 2, column 9: the text is not UTF-8: save the file as UTF-8",
        ),
    ] {
        let error = State::from_bytes(bytes, &options()).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn size_depth_and_number_of_errors_are_limited() {
    let mut laughs = "x-0: &x0 [lol, lol, lol]\n".to_owned();
    for level in 1..40 {
        let aliases = vec![format!("*x{}", level - 1); 9].join(",");
        laughs.push_str(&format!("x-{level}: &x{level} [{aliases}]\n"));
    }
    let lines = said(&laughs);
    assert!(lines[0].contains(": the document is larger than 16"), "{lines:?}");
    let anchors: String = (0..50_000).map(|n| format!("x-{n}: &a{n} v{n}\n")).collect();
    let feature = "features: [{key: A, type: STRING, filters: *a49999}]\n";
    assert!(good(&(anchors + feature)).state.features[0].filters.contains("v49999"));
    let deep = format!("x-: {}{}", "[".repeat(101), "]".repeat(101));
    assert!(said(&deep)[0].ends_with("lists and maps are nested more than 100 levels deep"));
    let large = " ".repeat((64 << 20) + 1);
    check(&large, &["line 1, column 1: the text is larger than 67108864 bytes"]);
    // Only a limited number of errors is reported.
    let wrong = format!("features:\n{}", "- {key: A, type: JSN}\n".repeat(5_000));
    let lines = said(&wrong);
    assert_eq!(lines.len(), 100);
    assert_eq!(lines.iter().filter(|line| line.contains("did you mean JSON?")).count(), 20);
}

#[test]
fn the_normalised_form_is_a_state_file_too() {
    let options = Options::new().secrets(|_| Some("a*b".to_owned()));
    let parsed = State::from_text(EXAMPLE, &options).unwrap();
    let json = serde_json::to_string_pretty(&parsed.state).unwrap();
    assert_eq!(State::from_text(&json, &Options::new()).unwrap().state, parsed.state);
    assert_eq!(serde_json::from_str::<State>(&json).unwrap(), parsed.state);
}

/// Parts of state files and of other texts.
const PIECES: &[&str] = &[
    "features:\n",
    "environments:\n",
    "accounts:\n",
    "- ",
    "  ",
    "\n",
    "key: ",
    "type: ",
    "name: ",
    "id: ",
    "values:\n",
    "value: ",
    "A",
    "A: ",
    "BOOLEAN\n",
    "JSON\n",
    "NUMBER\n",
    "true\n",
    "7.50\n",
    "[",
    "]",
    "{",
    "}",
    ", ",
    "strategies: ",
    "percentage: ",
    "25%",
    "attributes: ",
    "clientKey: ",
    "a*b\n",
    "permissions: ",
    "dev",
    ": READ\n",
    "${SDK}\n",
    "&a ",
    "*a ",
    "\"",
    "[{\"key\":\"A\",\"type\":\"JSON\"}]",
    "é",
    "\t",
    "fv: ",
    "format: 1\n",
    "e: ",
    "environment: ",
    "serviceAccount: ",
    "71ed3c04-122b-4312-9ea8-06b2b8d6ceac\n",
];

proptest! {
    /// Any text gives either a state that survives serialization, or errors.
    #[test]
    fn anything_is_read_or_refused(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..60)) {
        match State::from_text(&pieces.concat(), &options()) {
            Ok(parsed) => {
                let json = serde_json::to_string(&parsed.state).unwrap();
                prop_assert_eq!(serde_json::from_str::<State>(&json).unwrap(), parsed.state);
            }
            Err(error) => prop_assert!(!error.problems().is_empty()),
        }
    }
}

/// JSON's grammar allows half of a surrogate pair, but it is no character.
#[test]
fn half_a_character_is_an_error_wherever_it_stands() {
    let text = |value: &str, id: &str| {
        format!(
            "{{\"features\": [{{\"key\": \"A\", \"type\": \"STRING\"}}],\n\"environments\": [{{\"name\": \"dev\", \"values\": {{\"A\":\n\
             {{\"value\": \"{value}\",\n\"strategies\": [{{\"id\": \"{id}\", \"value\": \"x\"}}]}}}}}}]}}"
        )
    };
    for (text, expected) in [
        (text(r"a\ud83d", "x"), "line 3, column 11: this text contains an invalid escape"),
        (text("a", r"x\udc22"), "line 4, column 23: this text contains an invalid escape"),
        (
            "environments: [{name: \"\\ud83d\"}]".to_owned(),
            "line 1, column 23: while parsing a quoted scalar, found invalid Unicode character escape code",
        ),
    ] {
        let error = State::from_text(&text, &Options::new()).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
    assert!(State::from_text(&text(r"\ud83d\udc22", "x"), &Options::new()).is_ok());
    // The document of a JSON feature is a text here, and is passed on unchanged.
    let json = r#"{features: [{key: J, type: JSON}], environments: [{name: dev, values: {J: '{"a":"\ud83d"}'}}]}"#;
    let state = State::from_text(json, &Options::new()).unwrap().state;
    let value = state.environments[0].values["J"].value.as_ref().unwrap();
    assert_eq!(value.as_str(), r#""{\"a\":\"\\ud83d\"}""#);
}
