//! Tests that errors in a state file are reported with their place.

use fh_edge::Profile;
use fh_edge::state::file::Options;
use fh_edge::state::{Json, State};

use super::{check, good, options, said};

#[test]
fn features_are_checked() {
    check(
        "
features:
- key: A
- {key: B, type: boolean}
- {key: C, type: FLAG}
- {type: JSON}
- {key: ' D', type: JSON}
- {key: 5, type: JSON}
- 7
- {key: E, typ: JSON}
environments: [{name: dev, values: {A: 1, B: 1}}]
",
        &[
            "line 3, column 3, features[0]: this feature has no type: write type: BOOLEAN, STRING, NUMBER or JSON",
            "line 4, column 18, features[1].type: \"boolean\" is no type; the types are BOOLEAN, STRING, NUMBER, JSON; did you mean BOOLEAN?",
            "line 5, column 18, features[2].type: \"FLAG\" is no type; the types are BOOLEAN, STRING, NUMBER, JSON; did you mean BOOLEAN?",
            "line 6, column 3, features[3]: this feature has no key: write key: NAME",
            "line 7, column 9, features[4].key: a key has spaces around it, or contains control characters",
            "line 8, column 9, features[5].key: a key is a text: put it in quotes, as in \"5\"",
            "line 9, column 3, features[6]: a feature is a map, not 7: write its members, such as `key: …`",
            "line 10, column 3, features[7]: this feature has no type: write type: BOOLEAN, STRING, NUMBER or JSON",
            "line 10, column 12, features[7].typ: \"typ\" is not known in a feature; did you mean type?",
        ],
    );
    check(
        "
features:
- {key: A, type: JSON, version: -1, properties: {a: 5, b: ''}, filters: {}}
- {key: A, type: STRING, version: 1.5, properties: [], filters: ''}
- {key: B, type: JSON, id: 5b1f0d3e-7c42-4d0a-9f8b-2e61a9c4d7f0}
- {key: C, type: JSON, id: 5B1F0D3E-7C42-4d0a-9f8b-2e61a9c4d7f0}
- {key: D, type: JSON, id: 1-1-1-1-1}
",
        &[
            "line 3, column 33, features[0].version: a version is a whole number from 0 on, not -1",
            "line 3, column 53, features[0].properties.a: a property is a text: put it in quotes, as in \"5\"",
            "line 3, column 73, features[0].filters: a filter is a text, not a map",
            "line 4, column 3, features[1]: there are two features with the key A: this feature, and features[0]",
            "line 4, column 35, features[1].version: a version is a whole number from 0 on, not 1.5",
            "line 4, column 52, features[1].properties: properties are a map, not a list",
            "line 4, column 65, features[1].filters: a filter is empty",
            "line 6, column 3, features[3]: features[2] has the same id",
            "line 7, column 28, features[4].id: the id of a feature is a UUID, not \"1-1-1-1-1\": write one such as 5b1f0d3e-7c42-4d0a-9f8b-2e61a9c4d7f0, or leave the id out",
        ],
    );
    check(
        "features: {}",
        &[
            "line 1, column 11, features: features are a list, not a map: begin each entry with `- `",
        ],
    );
    check(
        "features: [{ key: A, type: JSON, strategies: [], locked: true }]",
        &[
            "line 1, column 34, features[0].strategies: strategies differ by environment: write this below `environments`, as in `values: { A: { strategies: \u{2026} } }`",
            "line 1, column 50, features[0].locked: locked differs by environment: write this below `environments`, as in `values: { A: { locked: \u{2026} } }`",
        ],
    );
}

#[test]
fn keys_and_names_that_cannot_be_addressed_or_read_are_warnings() {
    let text = |key: &str, filter: &str, environment: &str, account: &str| {
        format!(
            "features: [{{key: '{key}', type: BOOLEAN, filters: '{filter}'}}]\nenvironments: [{{name: '{environment}'}}]\n\
             accounts: [{{name: '{account}', serverKey: k, permissions: {{'{environment}': READ}}}}]\n"
        )
    };
    assert_eq!(said(&text("A.B", "web", "dev 👩\u{200d}💻", "..")), Vec::<String>::new());
    for key in [".", ".."] {
        let line = format!(
            "warning: line 1, column 18, features[0].key: URLs cannot contain the path segment \"{key}\", so neither the console nor the \
             admin API nor a PUT can change this feature: choose another key"
        );
        assert_eq!(said(&text(key, "web", "dev", "a")), [line]);
    }
    let what = "contains U+202E, which is not visible or reorders the text, so readers cannot tell it from another name: remove the character";
    check(
        &text("A\u{202e}", "web\u{202e}", "dev\u{202e}", "a\u{202e}"),
        &[
            &format!("warning: line 1, column 18, features[0].key: this key {what}"),
            &format!("warning: line 1, column 48, features[0].filters: this filter {what}"),
            &format!("warning: line 2, column 23, environments[0].name: this name {what}"),
            &format!("warning: line 3, column 19, accounts[0].name: this name {what}"),
        ],
    );
    let sent = "[{\"key\": \"..\", \"type\": \"BOOLEAN\"}, {\"key\": \"a\u{200b}\", \"type\": \"BOOLEAN\"}]";
    let lines = said(sent).join("\n");
    assert!(lines.contains("path segment \"..\"") && lines.contains("contains U+200B"), "{lines}");
    for c in [
        '\u{7f}',
        '\u{ad}',
        '\u{61c}',
        '\u{200f}',
        '\u{2028}',
        '\u{2066}',
        '\u{3164}',
        '\u{feff}',
        '\u{e0041}',
    ] {
        assert_eq!(said(&text("A", "web", &format!("dev{c}"), "a")).len(), 1, "{c:?}");
    }
}

#[test]
fn environments_are_checked() {
    check(
        "
environments:
- {}
- {id: x}
- {id: '${ENVIRONMENT}'}
- {id: 71ed3c04-122b-4312-9ea8-06b2b8d6ceac}
- {name: 5}
- {name: dev, stale: yes, profile: Edge, cacheControl: \"a\\nb\", cache_control: x}
- {name: a, id: '${NOPE}'}
- {name: b, id: '${SDK}'}
- {name: dev}
",
        &[
            "line 3, column 3, environments[0]: this environment has neither a name nor an id: write name: NAME",
            "line 4, column 8, environments[1].id: the id of an environment is a UUID, not \"x\": write one such as 5b1f0d3e-7c42-4d0a-9f8b-2e61a9c4d7f0, or leave the id out",
            "line 6, column 3, environments[3]: environments[2] has the same id, or both environments have the same name and no id",
            "line 7, column 10, environments[4].name: a name is a text: put it in quotes, as in \"5\"",
            "line 8, column 22, environments[5].stale: stale is true or false, not \"yes\"",
            "line 8, column 36, environments[5].profile: a profile is client or edge, not \"Edge\"",
            "line 8, column 56, environments[5].cacheControl: cacheControl contains characters that are not allowed in headers",
            "line 8, column 64, environments[5].cache_control: \"cache_control\" is not known in an environment; did you mean cacheControl?",
            "line 9, column 17, environments[6].id: the variable NOPE has no value",
            "line 10, column 17, environments[7].id: the id of an environment is a UUID, not \"${SDK}\": write one such as 5b1f0d3e-7c42-4d0a-9f8b-2e61a9c4d7f0, or leave the id out",
            "line 11, column 3, environments[8]: environments[5] has the same id, or both environments have the same name and no id",
        ],
    );
}

#[test]
fn values_are_checked() {
    check(
        "
features: [{key: BANNER, type: STRING}, {key: ON, type: BOOLEAN}, {key: LIMIT, type: NUMBER}, {key: THEME, type: JSON}]
environments:
- name: dev
  values:
    BANER: x
    BANNER: 1.10
    ON:
    LIMIT: '7'
    THEME: {colour: red}
- name: test
  values:
    BANNER: {valu: x, value: y}
    ON: {value: 'true', locked: 1, version: x}
    LIMIT: {value: seven, valueId: 7, retired: maybe}
    THEME: {value: '{a: 1}', strategies: {}}
- name: prod
  values: [BANNER]
",
        &[
            "line 6, column 5, environments[0].values.BANER: there is no such feature under `features`; did you mean BANNER?",
            "line 7, column 13, environments[0].values.BANNER: a STRING is a text: put it in quotes, as in \"1.10\"",
            "line 8, column 7, environments[0].values.ON: a BOOLEAN is true or false, not nothing",
            "line 9, column 12, environments[0].values.LIMIT: a NUMBER is written without quotes: write 7",
            "line 10, column 12, environments[0].values.THEME: write the map of a JSON feature under `value`",
            "line 13, column 14, environments[1].values.BANNER.valu: \"valu\" is not known in a value; did you mean value?",
            "line 14, column 17, environments[1].values.ON.value: a BOOLEAN is true or false, not \"true\": write true, without quotes",
            "line 14, column 33, environments[1].values.ON.locked: locked is true or false, not 1",
            "line 14, column 45, environments[1].values.ON.version: a version is a whole number from 0 on, not \"x\"",
            "line 15, column 20, environments[1].values.LIMIT.value: a NUMBER is a decimal number such as 9.95, not \"seven\"",
            "line 15, column 36, environments[1].values.LIMIT.valueId: a valueId is a text: put it in quotes, as in \"7\"",
            "line 15, column 48, environments[1].values.LIMIT.retired: retired is true or false, not \"maybe\"",
            "line 16, column 20, environments[1].values.THEME.value: this text is not JSON: key must be a string at line 1 column 2: write the name in double quotes; or write the document as YAML, without quotes around it",
            "line 16, column 42, environments[1].values.THEME.strategies: strategies are a list, not a map: begin each entry with `- `",
            "line 18, column 11, environments[2].values: values are a map by feature, not a list: write `FEATURE: VALUE`",
        ],
    );
}

/// A strategy may serve no value, even for a BOOLEAN.
#[test]
fn a_strategy_without_value() {
    let parsed = good(&with_strategies(
        "client",
        "      - {percentage: 1%, value: ~}\n      - {percentage: 1%}\n",
    ));
    let strategies = &parsed.state.environments[0].values["ON"].strategies;
    let texts: Vec<&str> = strategies.iter().map(Json::as_str).collect();
    assert_eq!(texts, [r#"{"percentage":10000,"value":null}"#, r#"{"percentage":10000}"#]);
}

/// Returns a state with these strategies. It has an account, so that it gives no other warning.
fn with_strategies(profile: &str, strategies: &str) -> String {
    format!(
        "features: [{{key: ON, type: BOOLEAN}}]
accounts: [{{name: a, serverKey: k, permissions: {{dev: READ}}}}]
environments:
- name: dev
  profile: {profile}
  values:
    ON:
      strategies:
{strategies}"
    )
}

#[test]
fn strategies_are_checked() {
    let strategies = "
      - x
      - {percentage: 101%}
      - {value: 5}
      - {disabled: true}
      - {percentage: 0.25}
      - {percentage: 12.5}
";
    check(
        &with_strategies("client", strategies),
        &[
            "line 10, column 9, environments[0].values.ON.strategies[0]: a strategy is a map, not \"x\": write its members, such as `value: …`",
            "line 11, column 22, environments[0].values.ON.strategies[1].percentage: \"101%\" is no percentage from 0% to 100% with at most four decimals, such as 12.5%",
            "line 12, column 17, environments[0].values.ON.strategies[2].value: a BOOLEAN is true or false, not 5",
            "line 13, column 20, environments[0].values.ON.strategies[3].disabled: a state file cannot have a disabled strategy: remove the strategy from the file",
            "line 14, column 22, environments[0].values.ON.strategies[4].percentage: 0.25 is no percentage: write 25%, or a whole number of millionths",
            "line 15, column 22, environments[0].values.ON.strategies[5].percentage: 12.5 is no percentage: write 12.5%, or a whole number of millionths",
        ],
    );
}

/// Without this error, the strategy would serve its value to every user (D-118).
#[test]
fn misspelt_members_of_strategies_are_errors() {
    let strategies = "
      - {id: a, percentage: 25%, valu: true}
      - {id: b, value: true, atributes: []}
      - {id: c, attributes: [{fieldName: country, type: STRING, conditional: EQUALS, value: [nz]}]}
      - {id: d, percentage: 9999999999999999999999, Percent: 5%}
";
    let at = "environments[0].values.ON.strategies";
    let strategies = with_strategies("client", strategies);
    let lines = [
        format!(
            "line 10, column 34, {at}[0].valu: \"valu\" is not known in a strategy; did you mean value?"
        ),
        format!(
            "line 11, column 30, {at}[1].atributes: \"atributes\" is not known in a strategy; did you mean attributes?"
        ),
        format!(
            "line 12, column 86, {at}[2].attributes[0].value: \"value\" is not known in a rule; did you mean values?"
        ),
        format!(
            "line 13, column 53, {at}[3].Percent: \"Percent\" is not known in a strategy; did you mean percentage?"
        ),
    ];
    check(&strategies, &lines.each_ref().map(String::as_str));
    let published = |rules: &str| {
        format!(
            r#"{{"environment": {{"id": "71ed3c04-122b-4312-9ea8-06b2b8d6ceac"}}, "fv": [{{"feature":
                {{"key": "ON", "valueType": "BOOLEAN"}}, "value": {{"id": "v", "value": false,
                "rolloutStrategies": [{{"id": "x", "value": true, {rules}}}]}}}}]}}"#
        )
    };
    for (rules, what) in [
        (
            r#""atributes": []"#,
            "\"atributes\" is not known in a strategy; did you mean attributes?",
        ),
        (
            r#""attributes": [{"field": "x"}]"#,
            "\"field\" is not known in a rule; did you mean fieldName?",
        ),
    ] {
        let lines = said(&published(rules));
        assert!(lines.len() == 1 && lines[0].ends_with(what), "{lines:?}");
    }
}

#[test]
fn strategies_that_are_too_large_are_errors() {
    let deep = format!("      - {{value: true, x: {}{}}}\n", "[".repeat(64), "]".repeat(64));
    check(
        &with_strategies("client", &deep),
        &[
            "line 9, column 9, environments[0].values.ON.strategies[0]: the strategy has more than 64 levels of nested lists and maps",
        ],
    );
}

#[test]
fn what_the_engine_cannot_read_is_a_warning_at_its_place() {
    let strategies = "
      - {id: a, percentage: 25, value: true}
      - {id: b, percentage: 25.5%, note: true, value: true}
      - {id: c, attributes: [{fieldName: country, type: STRING, conditional: EQUAL, x-id: [nz]}], value: true}
      - {id: d, attributes: [{fieldName: email, type: STRING, conditional: REGEX, values: [ok, '(']}], value: true}
      - {id: e, attributes: [{fieldName: at, type: DATE, conditional: EQUALS, values: [2024-13-01]}], value: true}
      - {id: f, percentage: twenty, value: true}
      - {id: g, attributes: [{type: STRING, conditional: EQUALS, values: [x]}], value: true}
      - {id: h, percentage: 20%}
      - {id: i, percentage: 10%, value: ~}
      - {id: j, attributes: [{fieldName: country, conditional: EQUALS, values: [nz]}], value: true}
";
    let at = "environments[0].values.ON.strategies";
    let no_value = "the strategy has no value, so contexts that match have no value instead of the default of the feature, and isEnabled is \
                    false for them; give the strategy a value [no-value]";
    let client = [
        format!(
            "warning: line 10, column 29, {at}[0].percentage: the number 25 means 0.0025 %; if 25 % is meant, write 250000, or 25% in a state file [percentage-unit]"
        ),
        format!(
            "warning: line 11, column 36, {at}[1].note: \"note\" is ignored in a strategy; the members are id, percentage, percentageAttributes, value, attributes [unknown-name]"
        ),
        format!(
            "warning: line 12, column 30, {at}[2].attributes[0]: without values EQUAL never holds, so the strategy never matches; add values to \
             the rule, or remove the rule; the strategy is left out of payloads [blank-rule]"
        ),
        format!(
            "warning: line 12, column 78, {at}[2].attributes[0].conditional: unknown conditional (\"EQUAL\"); the rule never holds; write EQUALS; the strategy is left out of payloads [unknown-name]"
        ),
        format!(
            "warning: line 12, column 85, {at}[2].attributes[0].x-id: \"x-id\" is ignored in a rule; the members are conditional, fieldName, values, type [unknown-name]"
        ),
        format!(
            "warning: line 13, column 96, {at}[3].attributes[0].values[1]: the pattern cannot be parsed as a regular expression: unclosed group ((); the value is ignored; correct the pattern; a backslash makes a special character plain [regex]"
        ),
        format!(
            "warning: line 14, column 88, {at}[4].attributes[0].values[0]: not a date (2024-13-01); the value is ignored; write a date such as 2026-11-27; the strategy is left out of payloads [unreadable-value]"
        ),
        format!(
            "warning: line 15, column 29, {at}[5].percentage: expected an integer from 0 to 1000000 (\"twenty\"); the strategy never matches; write a whole number of millionths: 25 % is 250000, or 25% in a state file; the strategy is left out of payloads [wrong-type]"
        ),
        format!(
            "warning: line 16, column 30, {at}[6].attributes[0]: fieldName: expected a text; the rule never holds; write the name of an attribute, such as fieldName: country; the strategy is left out of payloads [wrong-type]"
        ),
        format!("warning: line 17, column 9, {at}[7]: {no_value}"),
        format!("warning: line 18, column 9, {at}[8]: {no_value}"),
        format!(
            "warning: line 19, column 30, {at}[9].attributes[0]: type is missing; the rule never holds; write one of STRING, NUMBER, BOOLEAN, SEMANTIC_VERSION, DATE, DATETIME, IP_ADDRESS; the strategy is left out of payloads [unknown-name]"
        ),
    ];
    check(&with_strategies("client", strategies), &client.each_ref().map(String::as_str));
    let edge = said(&with_strategies("edge", strategies));
    assert_eq!(
        edge[0],
        "warning: line 4, column 3, environments[0]: profile edge hashes the ids of values, and there is no valueId for the percentages of \
         ON: users get other values than on a FeatureHub server"
    );
    assert!(edge.iter().any(|line| {
        line.contains("not a date (2024-13-01); the rule fails if it reaches this value")
    }));

    // The profile of the environment counts; without one, that of the options.
    let text = with_strategies("", "      - {percentage: 20%, value: true}\n");
    let warned = |options: &Options| State::from_text(&text, options).unwrap().warnings.len();
    assert_eq!(warned(&options()), 0);
    assert_eq!(warned(&options().profile(Profile::Edge)), 1);
    let text = text.replace("      strategies:", "      valueId: x\n      strategies:");
    let parsed = State::from_text(&text, &options().profile(Profile::Edge)).unwrap();
    assert_eq!(parsed.warnings, []);
}

/// Returns the name at the end of each warning.
fn codes(text: &str) -> Vec<String> {
    let code = |line: String| line.rsplit_once(" [").map(|(_, code)| code.replace(']', ""));
    said(text).into_iter().filter_map(code).collect()
}

#[test]
fn warnings_of_the_linter_are_shown_unless_the_value_accepts_them() {
    let strategies = "
      - {id: a, percentage: 250, value: true}
      - {id: b, percentage: 0.05%, value: true}
      - {id: c, value: true, attributes: [{fieldName: country, type: STRING, conditional: EQUALS, values: [nz]}]}
      - {id: d, value: true, attributes: [{fieldName: ip, type: IP_ADDRESS, conditional: GREATER, values: [10.0.0.1]}]}
      - {id: d, value: true, attributes: [{fieldName: mail, type: STRING, conditional: REGEX, values: [a]}]}
";
    let text = |profile: &str, accept: &str| {
        format!("{}      accept: {accept}\n", with_strategies(profile, strategies))
    };
    let all = ["percentage-unit", "well-known", "never-holds", "duplicate-strategy"];
    for (accept, left) in [
        ("", &all[..]),
        ("[]", &all),
        ("well-known", &["percentage-unit", "never-holds", "duplicate-strategy"]),
        ("[well-known, duplicate-strategy, edge]", &["percentage-unit", "never-holds"]),
    ] {
        assert_eq!(codes(&text("client", accept)), left, "{accept}");
    }
    // In an environment with profile edge, clients evaluate some rules differently from the Edge.
    assert!(codes(&text("edge", "")).contains(&"edge".to_owned()));
    assert!(!codes(&text("edge", "edge")).contains(&"edge".to_owned()));
    let place = "environments[0].values.ON";
    assert_eq!(
        said(&text("client", ""))[1],
        format!(
            "warning: line 12, column 108, {place}.strategies[2].attributes[0].values[0]: FeatureHub has no country with this name; \
             write new_zealand [well-known]"
        )
    );
    check(
        &text("client", "[well-knwon, 5]"),
        &[
            &format!(
                "line 15, column 16, {place}.accept[0]: no check has the name \"well-knwon\"; did you mean well-known?"
            ),
            &format!(
                "line 15, column 28, {place}.accept[1]: the name of a check is a text: put it in quotes, as in \"5\""
            ),
        ],
    );
}

#[test]
fn an_environment_whose_answers_clients_would_refuse_gets_a_warning() {
    // Aliases multiply one long value.
    let warned = |last: usize| {
        let keys: Vec<_> = (0..12).map(|n| format!("K{n}")).collect();
        let features: Vec<_> =
            keys.iter().map(|key| format!("{{key: {key}, type: STRING}}")).collect();
        let values: Vec<_> = keys.iter().skip(1).map(|key| format!("{key}: *a")).collect();
        let text = format!(
            "x-a: &a {}\nfeatures: [{}]\nenvironments: [{{name: dev, values: {{K0: {}, {}}}}}]",
            "x".repeat(1 << 20),
            features.join(", "),
            "x".repeat(last),
            values.join(", ")
        );
        let warning = said(&text).into_iter().find(|line| line.contains("`limits.bytes`"));
        warning.map(|line| line.contains("the environment dev has about 12.0 MiB"))
    };
    assert_eq!(warned(1 << 20), Some(true));
    assert_eq!(warned((1 << 20) - 3000), None);
}

#[test]
fn an_error_names_the_environment_only_if_it_was_read() {
    const TEXT: &str = "environments: [{id: '${FH_EDGE_TEST_NEVER_SET}'}]";
    let said = |options: &Options| State::from_text(TEXT, options).unwrap_err().to_string();
    let place = "line 1, column 21, environments[0].id: ";
    let own = Options::new().secrets(|_| None);
    for options in [Options::new(), own] {
        assert_eq!(
            said(&options),
            format!("{place}the variable FH_EDGE_TEST_NEVER_SET has no value")
        );
    }
    assert_eq!(
        said(&Options::new().process_environment()),
        format!(
            "{place}the environment variable FH_EDGE_TEST_NEVER_SET is not set, or is not valid Unicode: set it before the start"
        )
    );
}
