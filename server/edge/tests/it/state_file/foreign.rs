//! Tests of state files that other programs write.

use fh_edge::state::file::{Form, Options, Parsed};
use fh_edge::state::{Environment, Feature, Permission, ServiceKey, State};

use super::{environment_id, feature_id, value_id};

const DEV: &str = "71ed3c04-122b-4312-9ea8-06b2b8d6ceac";
const PROD: &str = "81ed3c04-122b-4312-9ea8-06b2b8d6ceac";
const CHECKOUT: &str = "9cd1a3ef-d06e-4292-95d4-86ec02a3fd5b";
const BANNER: &str = "76b612ae-a782-4780-aeaa-597870a8c3ea";

fn read(json: &str) -> Parsed {
    State::from_text(json, &Options::new()).unwrap_or_else(|error| panic!("{error}"))
}

fn errors(json: &str) -> Vec<String> {
    let error = State::from_text(json, &Options::new()).unwrap_err();
    error.problems().iter().map(ToString::to_string).collect()
}

/// Returns a state as lines: features, then the values of each environment, then accounts.
fn shown(state: &State) -> Vec<String> {
    let mut lines: Vec<String> = state
        .features
        .iter()
        .map(|each| {
            let Feature { id, key, kind, version, properties, filters } = each;
            format!("{key} {id} {kind} v{version} {properties:?} {filters:?}")
        })
        .collect();
    for environment in &state.environments {
        let Environment { id, name, cache_control, stale, profile, values } = environment;
        lines.push(format!("{id} {name:?} {cache_control:?} {stale} {profile:?}"));
        lines.extend(values.iter().map(|(key, each)| {
            let locked = if each.locked { " locked" } else { "" };
            let retired = if each.retired { " retired" } else { "" };
            format!(
                "{key} {:?} {:?} {:?}{locked}{retired} {:?}",
                each.value, each.value_id, each.version, each.strategies
            )
        }));
    }
    lines.extend(state.accounts.iter().map(|each| {
        let keys: Vec<&str> =
            each.client_keys.iter().chain(&each.server_keys).map(ServiceKey::expose).collect();
        format!("{} {keys:?} {:?} {:?}", each.name, each.filters, each.permissions)
    }));
    lines
}

fn wire(id: &str, key: &str, rest: &str) -> String {
    format!(r#"{{"id":"{id}","key":"{key}",{rest}}}"#)
}

fn two_features() -> String {
    let strategies = r#"[{"id":"Gd1o","percentage":250000,"value":true,"attributes":[]}]"#;
    let checkout = wire(
        CHECKOUT,
        "NEW_CHECKOUT",
        &format!(
            r#""l":false,"version":16,"type":"BOOLEAN","value":false,"fp":{{"category":"checkout"}},"strategies":{strategies},"unknown":1"#
        ),
    );
    let banner = wire(BANNER, "BANNER", r#""l":true,"version":0,"type":"STRING""#);
    format!("[{checkout},{banner}]")
}

/// Returns the lines for [`two_features`].
fn two_lines() -> [String; 4] {
    [
        format!(r#"NEW_CHECKOUT {CHECKOUT} BOOLEAN v0 {{"category": "checkout"}} {{}}"#),
        format!("BANNER {BANNER} STRING v0 {{}} {{}}"),
        "BANNER None None Some(0) locked []".to_owned(),
        r#"NEW_CHECKOUT Some(false) None Some(16) [{"id":"Gd1o","percentage":250000,"value":true,"attributes":[]}]"#.to_owned(),
    ]
}

#[test]
fn a_list_of_features() {
    let list = two_features();
    let [checkout, banner, banner_value, checkout_value] = two_lines();
    let lines = |environment: String| {
        vec![
            checkout.clone(),
            banner.clone(),
            environment,
            banner_value.clone(),
            checkout_value.clone(),
        ]
    };
    let parsed = read(&list);
    assert_eq!(parsed.form, Form::FeatureList);
    let unnamed = environment_id("default");
    assert_eq!(shown(&parsed.state), lines(format!("{unnamed} \"default\" None false None")));
    let warnings: Vec<String> = parsed.warnings.iter().map(|each| each.what.clone()).collect();
    assert_eq!(
        warnings,
        [
            format!("the file names no environment for these features; they are put into {unnamed}"),
            "a list of features contains no keys: configure keys as well, otherwise no client can read anything"
                .to_owned(),
        ]
    );

    let named = State::from_text(&list, &Options::new().environment(DEV.parse().unwrap())).unwrap();
    assert_eq!(shown(&named.state), lines(format!("{DEV} \"\" None false None")));
    assert_eq!(named.warnings.len(), 1);

    // The environment in the features wins.
    let list = list.replace("\"key\"", &format!(r#""environmentId":"{PROD}","key""#));
    let named = State::from_text(&list, &Options::new().environment(DEV.parse().unwrap())).unwrap();
    assert_eq!(shown(&named.state), lines(format!("{PROD} \"\" None false None")));
}

#[test]
fn bodies_of_gets_and_storage_of_browsers() {
    let features = two_features();
    let [checkout, banner, banner_value, checkout_value] = two_lines();
    let environment = format!("{DEV} \"\" None false None");
    let expected = vec![checkout, banner, environment, banner_value, checkout_value];
    let one = format!(r#"{{"id":"{DEV}","features":{features}}}"#);
    for (json, form) in [
        (format!("[{one}]"), Form::EnvironmentList),
        (one.clone(), Form::EnvironmentList),
        (format!(r#"{{"e":[{one}],"tz":1700000000000}}"#), Form::BrowserStorage),
    ] {
        let parsed = read(&json);
        assert_eq!((parsed.form, shown(&parsed.state)), (form, expected.clone()));
        assert_eq!(parsed.warnings.len(), 1);
    }
    // Two environments, one of which lacks a feature, and a third without features.
    let other = format!(
        r#"{{"id":"{PROD}","features":[{}]}}"#,
        wire(BANNER, "BANNER", r#""type":"STRING","value":"x","version":3"#)
    );
    let parsed =
        read(&format!(r#"[{one},{other},{{"id":"91ed3c04-122b-4312-9ea8-06b2b8d6ceac"}}]"#));
    let lines = shown(&parsed.state);
    assert_eq!(lines[..5], expected[..]);
    assert_eq!(
        lines[5..],
        [
            format!("{PROD} \"\" None false None"),
            r#"BANNER Some("x") None Some(3) []"#.to_owned(),
            // The feature is hidden there, because the environment did not list it.
            "NEW_CHECKOUT Some(false) None None retired []".to_owned(),
        ]
    );
    assert_eq!(
        parsed.warnings[1].what,
        "the environment 91ed3c04-122b-4312-9ea8-06b2b8d6ceac is left out: it has no features"
    );

    assert_eq!(
        errors(&format!(
            r#"[{one},{{"id":"{PROD}","features":[{0},{0}]}},{{"id":"x","features":[]}},{one}]"#,
            wire(PROD, "BANNER", r#""type":"STRING""#)
        )),
        [
            format!(
                "line 1, column {}, [1].features[0]: the feature BANNER has another id or type than in an earlier environment; environments of several applications need several files",
                one.len() + 60
            ),
            format!(
                "line 1, column {}, [1].features[1]: the feature BANNER is in this environment twice",
                one.len() + 137
            ),
            format!(
                "line 1, column {}, [2]: an environment is a map with an id, which is a UUID",
                one.len() + 216
            ),
            format!(
                "line 1, column {}, [3]: the environment {DEV} is in this document twice",
                one.len() + 241
            ),
        ]
    );
}

#[test]
fn strategies_that_are_no_list_are_a_warning() {
    for (strategies, warnings) in [("null", 0), ("[]", 0), ("\"x\"", 1), ("5", 1), ("{}", 1)] {
        let text =
            format!(r#"[{{"key":"A","type":"BOOLEAN","value":true,"strategies":{strategies}}}]"#);
        let parsed = read(&text);
        let found = parsed.warnings.iter().filter(|warning| {
            warning.to_string().contains(
                "[0].strategies: expected a list of strategies; the feature has no strategies",
            )
        });
        assert_eq!(found.count(), warnings, "{strategies}: {:?}", parsed.warnings);
    }
}

#[test]
fn problems_of_features_are_warnings() {
    let parsed = read(
        r#"[{"key":"A","type":"BOOLEAN","value":"true","version":3},
{"id":"7","key":"B","type":"STRING","value":5,"v":"x"},
{"key":"C","type":"FLAG"},
7,
{"key":"D","type":"NUMBER","value":"x","strategies":[{"id":"s","value":"12.5","attributes":[{"fieldName":"a","type":"STRING","conditional":"IS","values":["b"]}]}]}]"#,
    );
    let warnings: Vec<String> = parsed.warnings[2..].iter().map(ToString::to_string).collect();
    assert_eq!(
        warnings,
        [
            "line 1, column 38, [0].value: a BOOLEAN is true or false, not \"true\": write true, without quotes; the value is read as true",
            "line 2, column 1, [1]: a server has evaluated the features for one user (`v`): the file has the values of this user and no strategies",
            "line 2, column 7, [1].id: \"7\" is no UUID; instead, an id is derived from the key, and percentages are computed from this id",
            "line 2, column 45, [1].value: a STRING is a text: put it in quotes, as in \"5\"; the value is read as \"5\"",
            "line 3, column 1, [2]: C is left out: its type is unknown",
            "line 4, column 1, [3]: this entry is left out: a feature is a map with a key",
            "line 5, column 36, [4].value: a NUMBER is a decimal number such as 9.95, not \"x\"; the value is read as nothing",
            "line 5, column 72, [4].strategies[0].value: the value of a NUMBER is text, for which some SDKs serve another value; write the number \
             without quotes; the strategy is left out of payloads [value-type]",
            "line 5, column 140, [4].strategies[0].attributes[0].conditional: unknown conditional (\"IS\"); the rule never holds; write EQUALS; the strategy is left out of payloads [unknown-name]",
        ]
    );
    let [a, b, d] = &parsed.state.features[..] else { panic!() };
    assert_eq!([a.id, b.id, d.id], ["A", "B", "D"].map(feature_id));
    // A FeatureHub server writes numbers in shared strategies as texts.
    assert!(
        parsed.state.environments[0].values["D"].strategies[0]
            .as_str()
            .contains(r#""value":"12.5""#)
    );
}

fn published() -> String {
    let checkout = format!(
        r#"{{"feature":{{"id":"{CHECKOUT}","key":"NEW_CHECKOUT","valueType":"BOOLEAN","version":4,"filters":["f1"]}},"fp":{{"category":"checkout"}},
        "value":{{"id":"d951bba2-7f99-481e-8729-b7e7633257e1","key":"NEW_CHECKOUT","locked":true,"value":false,"version":16,"retired":true,"pId":"x",
        "rolloutStrategies":[{{"id":"Gd1o","name":"a name","percentage":250000,"percentageAttributes":[],"value":true,
        "attributes":[{{"id":"y","conditional":"EQUALS","fieldName":"country","values":["new_zealand"],"type":"STRING"}}]}}]}}}}"#
    );
    let banner = format!(
        r#"{{"feature":{{"id":"{BANNER}","key":"BANNER","valueType":"STRING","version":1}}}}"#
    );
    format!(
        r#"{{"action":"CREATE","c":1,"oId":"o","environment":{{"id":"{DEV}","version":3,"eInf":{{"cacheControl":"max-age=60","mgmt.x":"y"}}}},
        "fv":[{checkout},{banner}],"sa":["z"]}}"#
    )
}

fn service_account() -> String {
    format!(
        r#"{{"id":"sdk","version":5,"apiKeyClientSide":"a*b","apiKeyServerSide":"c","filters":["f1"],
        "permissions":[{{"environmentId":"{DEV}","permissions":["READ","CHANGE_VALUE"]}},{{"environmentId":"{PROD}","permissions":["READ"]}}]}}"#
    )
}

#[test]
fn what_a_management_repository_publishes() {
    let environment = published();
    let account = service_account();
    let mut expected = vec![
        format!(r#"NEW_CHECKOUT {CHECKOUT} BOOLEAN v4 {{"category": "checkout"}} {{"f1"}}"#),
        format!("BANNER {BANNER} STRING v1 {{}} {{}}"),
        format!(r#"{DEV} "" Some("max-age=60") false None"#),
        r#"NEW_CHECKOUT Some(false) Some("d951bba2-7f99-481e-8729-b7e7633257e1") Some(16) locked retired [{"id":"Gd1o","percentage":250000,"percentageAttributes":[],"value":true,"attributes":[{"conditional":"EQUALS","fieldName":"country","values":["new_zealand"],"type":"STRING"}]}]"#.to_owned(),
    ];
    for json in [
        environment.clone(),
        format!(r#"{{"env":{environment}}}"#),
        format!(
            r#"{{"targetEnrichmentDestination":"x","environment":{environment},"featureKeys":["NEW_CHECKOUT"]}}"#
        ),
        format!(r#"[{{"env":{environment}}}]"#),
    ] {
        let parsed = read(&json);
        assert_eq!((parsed.form, shown(&parsed.state)), (Form::Published, expected.clone()));
        assert_eq!(parsed.warnings.len(), 1, "{:?}", parsed.warnings);
    }
    // With an account there is no warning.
    expected.push(format!(r#"sdk ["a*b", "c"] {{"f1"}} {{{DEV}: ["READ", "CHANGE_VALUE"]}}"#));
    for json in [
        format!(r#"[{{"env":{environment}}},{{"serviceAccount":{account}}}]"#),
        format!(r#"[{account},{environment}]"#),
        format!(r#"{{"env":{environment},"serviceAccount":{account}}}"#),
    ] {
        let parsed = read(&json);
        assert_eq!((shown(&parsed.state), parsed.warnings), (expected.clone(), vec![]), "{json}");
    }
    // An account without an environment gives access to nothing.
    let parsed = read(&format!(r#"{{"serviceAccount":{account}}}"#));
    assert_eq!(parsed.state.accounts.len(), 1);
    assert_eq!(
        parsed.warnings[0].what,
        "this account has no permission in the environments of this file"
    );

    let gone = environment.replace("CREATE", "DELETE");
    let parsed = read(&format!(
        r#"[{gone},7,{{"serviceAccount":{{"apiKeyServerSide":"d","permissions":[{{"environmentId":"{DEV}","permissions":["RULE"]}}]}}}}]"#
    ));
    assert!(parsed.state.environments.is_empty());
    let told: Vec<&str> = parsed.warnings.iter().map(|each| each.what.as_str()).collect();
    assert_eq!(
        told,
        [
            "this environment is left out: its action is DELETE",
            "this part is left out: it is neither an environment nor an account",
            "this account has no permission in the environments of this file",
        ]
    );
    let wrong = account.replace("\"c\"", "\"c/d\"").replace("a*b", "ab");
    assert_eq!(
        errors(&format!("[{environment},{wrong}]"))
            .iter()
            .map(|each| each.split(": ").nth(1).unwrap())
            .collect::<Vec<_>>(),
        [
            "a client key contains a `*`; a key without a `*` is a serverKey",
            "an API key is environment/key",
        ]
    );
}

#[test]
fn a_state_of_the_conformance_suite() {
    let json = r#"{
      "format": 1,
      "environments": [
        { "ref": "dev", "cache_control": "max-age=20", "stale": true,
          "features": [
            { "key": "FLAG", "type": "BOOLEAN", "value": true, "locked": true },
            { "key": "COLOUR", "type": "STRING", "retired": true, "properties": { "category": "shoes" }, "filters": ["client"],
              "strategies": [ { "id": "nz", "value": "black", "attributes": [] } ] } ] },
        { "ref": "prod", "features": [ { "key": "FLAG", "type": "BOOLEAN" } ] } ],
      "service_accounts": [
        { "ref": "reader", "env": "dev", "roles": ["READ"] },
        { "ref": "extended", "env": "prod", "roles": ["READ", "EXTENDED_DATA"] } ]
    }"#;
    let parsed = read(json);
    let [dev, prod] = ["dev", "prod"].map(environment_id);
    let id = |environment, key| value_id(environment, key).to_string();
    assert_eq!(parsed.form, Form::Contract);
    assert_eq!(
        shown(&parsed.state),
        [
            format!("FLAG {} BOOLEAN v0 {{}} {{}}", feature_id("FLAG")),
            format!(
                r#"COLOUR {} STRING v0 {{"category": "shoes"}} {{"client"}}"#,
                feature_id("COLOUR")
            ),
            format!(r#"{dev} "dev" Some("max-age=20") true None"#),
            format!(
                r#"COLOUR None Some("{}") None retired [{{"id":"nz","value":"black","attributes":[]}}]"#,
                id(dev, "COLOUR")
            ),
            format!(r#"FLAG Some(true) Some("{}") None locked []"#, id(dev, "FLAG")),
            format!(r#"{prod} "prod" None false None"#),
            "COLOUR None None None retired []".to_owned(),
            format!(r#"FLAG Some(false) Some("{}") None []"#, id(prod, "FLAG")),
            format!(r#"reader [] {{}} {{{dev}: ["READ"]}}"#),
            format!(r#"extended [] {{}} {{{prod}: ["READ", "EXTENDED_DATA"]}}"#),
        ]
    );
    let read_only = [Permission::Read].into_iter().collect();
    assert_eq!(parsed.state.accounts[0].permissions[&dev], read_only);
    let told: Vec<&str> = parsed.warnings.iter().map(|each| each.what.as_str()).collect();
    assert_eq!(
        told,
        [
            "the strategy has neither rules nor a percentage, so it never matches; set the percentage to 1000000 (100 %) if the strategy is for all \
             contexts, otherwise remove the strategy; the strategy is left out of payloads",
            "files of this form contain no keys, so no client can use the accounts until keys are configured"
        ]
    );

    assert_eq!(
        errors(r#"{"format": 2}"#),
        ["line 1, column 12, format: only format 1 is supported, not 2"]
    );
    assert_eq!(
        errors(
            r#"{"format": 1, "environments": [{}], "service_accounts": [{"ref": "x", "env": "y", "roles": []}]}"#
        ),
        [
            "line 1, column 32, environments[0]: an environment is a map with a ref",
            "line 1, column 78, service_accounts[0].env: env names no environment of this state",
        ]
    );
}
