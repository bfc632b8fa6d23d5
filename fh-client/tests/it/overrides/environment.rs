//! Overrides by environment variables.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use fh_client::overrides::{EnvironmentOverrides, environment_overrides, usual_yaml_path};
use fh_repository::LockPolicy;

use super::{repository, shown};

const ON: (&str, &str) = ("FEATUREHUB_OVERRIDE_FEATURES", "true");

#[test]
fn the_environment_overrides_only_if_it_is_switched_on() {
    for (switch, is_on) in [
        (Some("true"), true),
        (Some("TRUE"), false),
        (Some("True"), false),
        (Some("1"), false),
        (Some("yes"), false),
        (Some(" true"), false),
        (Some(""), false),
        (Some("false"), false),
        (None, false),
    ] {
        let mut variables = vec![("FEATUREHUB_FLAG", "true")];
        variables.extend(switch.map(|switch| ("FEATUREHUB_OVERRIDE_FEATURES", switch)));
        let overrides = EnvironmentOverrides::from_variables(variables);
        assert_eq!(overrides.is_some(), is_on, "{switch:?}");
    }
}

#[test]
fn variables_override_features_by_type() {
    let overrides = EnvironmentOverrides::from_variables([
        ("FEATUREHUB_FLAG", "TRUE"),
        ON,
        ("FEATUREHUB_FEATURE_PRICE", "17.650"),
        ("FEATUREHUB_TEXT", ""),
        ("FEATUREHUB_LAYOUT", "{\"a\": 1}"),
        ("FEATUREHUB_TWO_WORDS", "local"),
        ("FEATUREHUB_EDGE_URL", "https://edge.example"),
        ("FEATUREHUB_NOBODY_KNOWS", "true"),
        ("OTHER_FLAG", "x"),
        ("FEATUREHUB_", "x"),
        ("FEATUREHUB_FEATURE_", "x"),
        ("FEATUREHUB_flag", "lower"),
    ]);
    let repository = repository();
    let _guard = repository.intercept(Arc::new(overrides.unwrap()), LockPolicy::Respect);
    assert_eq!(shown(&repository, "FLAG"), "true by environment");
    assert!(repository.read().is_enabled("FLAG", None));
    assert_eq!(shown(&repository, "PRICE"), "17.650 by environment");
    assert_eq!(shown(&repository, "TEXT"), " by environment", "an empty text is a text");
    assert_eq!(shown(&repository, "LAYOUT"), "{\"a\": 1} by environment");
    assert_eq!(shown(&repository, "TWO WORDS"), "local by environment");
    assert_eq!(shown(&repository, "EDGE_URL"), "server", "the variable is configuration");
    // A key without a feature has every type that its text can be converted to.
    assert!(repository.read().is_enabled("NOBODY_KNOWS", None));
    assert_eq!(repository.read().string("NOBODY_KNOWS", None).as_deref(), Some("true"));
    assert_eq!(repository.read().string("flag", None).as_deref(), Some("lower"), "case is kept");
    assert_eq!(shown(&repository, ""), "-");
}

#[test]
fn values_that_cannot_be_converted_are_ignored() {
    let overrides = EnvironmentOverrides::from_variables([
        ON,
        ("FEATUREHUB_FLAG", "yes"),
        ("FEATUREHUB_PRICE", "seventeen"),
        ("FEATUREHUB_LAYOUT", "{"),
    ]);
    let repository = repository();
    let _guard = repository.intercept(Arc::new(overrides.unwrap()), LockPolicy::Respect);
    for (key, value) in [("FLAG", "false"), ("PRICE", "1"), ("LAYOUT", "{}")] {
        assert_eq!(shown(&repository, key), value);
    }
    assert_eq!(repository.counters().refused_overrides, 3);
}

#[test]
fn the_long_form_goes_first_and_takes_every_name() {
    let overrides = EnvironmentOverrides::from_variables([
        ("FEATUREHUB_FEATURE_TEXT", "long"),
        ("FEATUREHUB_TEXT", "short"),
        ("FEATUREHUB_FEATURE_EDGE_URL", "a feature"),
        ("FEATUREHUB_EDGE_URL", "configuration"),
        ON,
    ])
    .unwrap();
    assert_eq!(overrides.text("TEXT"), Some("long"));
    assert_eq!(overrides.text("FEATURE_TEXT"), Some("long"), "the short form of another feature");
    assert_eq!(overrides.text("EDGE_URL"), Some("a feature"));
    assert_eq!(overrides.text("text"), None);
}

/// Each name of sdk-behaviour 5.6 with the prefix of overrides.
#[test]
fn configuration_is_never_an_override() {
    let names = [
        "EDGE_URL",
        "CLIENT_API_KEY",
        "SERVER_API_KEY",
        "API_KEY",
        "POLL_INTERVAL",
        "POLLING_INTERVAL",
        "POLLING_PASSIVE",
        "POLL_TIMEOUT",
        "POLL_HTTP_TIMEOUT",
        "DELAY_RETRY_MS",
        "BACKOFF_RESET_THRESHOLD",
        "BACKOFF_RETRY_LIMIT",
        "LOCAL_YAML",
        "OVERRIDE_FEATURES",
        "OTEL_SPAN_AS_EVENTS",
        "OTEL_ALLOW_LOCKED_OVERRIDE",
        "USAGE_SEGMENT_WRITE_KEY",
        "REDIS_URL",
        "REDIS_STORE",
        "MEMCACHE_STORE",
        "REDIS_POLL_INTERVAL",
        "ACCEPT_BAGGAGE",
    ];
    let variables =
        names.map(|name| (format!("FEATUREHUB_{name}"), "secret-of-this-process".to_owned()));
    let on = [(ON.0.to_owned(), ON.1.to_owned())];
    let overrides = EnvironmentOverrides::from_variables(variables.into_iter().chain(on)).unwrap();
    for name in names {
        assert_eq!(overrides.text(name), None, "{name}");
    }
    assert_eq!(format!("{overrides:?}"), "EnvironmentOverrides { names: [] }");
}

#[test]
fn values_of_variables_are_never_shown() {
    let variables = [ON, ("FEATUREHUB_B", "hidden-one"), ("FEATUREHUB_FEATURE_A", "hidden-two")];
    let overrides = EnvironmentOverrides::from_variables(variables).unwrap();
    assert_eq!(format!("{overrides:?}"), "EnvironmentOverrides { names: [\"B\", \"FEATURE_A\"] }");
}

#[test]
fn locked_features_are_overridden_only_if_the_program_says_so() {
    for (policy, value) in [
        (LockPolicy::Respect, "false"),
        (LockPolicy::Override, "true by environment"),
        (LockPolicy::Decide, "true by environment"),
    ] {
        let overrides = EnvironmentOverrides::from_variables([ON, ("FEATUREHUB_LOCKED", "true")]);
        let repository = repository();
        let _guard = repository.intercept(Arc::new(overrides.unwrap()), policy);
        assert_eq!(shown(&repository, "LOCKED"), value, "{policy:?}");
    }
}

/// Checks the environment of this process. It is run by [`the_environment_of_the_process_is_read`].
#[test]
fn what_the_environment_says() {
    let overrides = environment_overrides();
    let said = overrides.as_ref().and_then(|overrides| overrides.text("SAID"));
    assert_eq!(said.map(str::to_owned), std::env::var("FEATUREHUB_SAID").ok());
    let expected = std::env::var_os("EXPECTED_PATH").map(PathBuf::from);
    assert_eq!(usual_yaml_path(), expected.unwrap_or_else(|| "featurehub-features.yaml".into()));
}

/// Runs the test above in processes with other environments.
#[test]
fn the_environment_of_the_process_is_read() {
    let run = |variables: &[(&str, &str)]| {
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", "overrides::environment::what_the_environment_says"]);
        child.env_remove("FEATUREHUB_LOCAL_YAML").env_remove("FEATUREHUB_OVERRIDE_FEATURES");
        child.envs(variables.iter().copied()).output().unwrap().status.success()
    };
    assert!(run(&[]));
    assert!(run(&[ON, ("FEATUREHUB_SAID", "something")]));
    assert!(!run(&[("FEATUREHUB_SAID", "something")]), "it is not switched on");
    assert!(run(&[("FEATUREHUB_LOCAL_YAML", "/a/b.yml"), ("EXPECTED_PATH", "/a/b.yml")]));
    assert!(run(&[("FEATUREHUB_LOCAL_YAML", ""), ("EXPECTED_PATH", "featurehub-features.yaml")]));
    assert!(!run(&[("FEATUREHUB_LOCAL_YAML", "/a/b.yml")]), "the child was not asked");
}
