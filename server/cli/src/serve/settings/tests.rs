use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use super::properties::{Entry, PropertyFile};
use super::sources::{Source, Sources};
use super::{ResolvedSettings, SETTINGS, Settings};

fn sources(
    flags: &[(&'static str, &[&str])],
    variables: &[(&str, &str)],
    entries: &[(&str, &str)],
) -> Sources {
    let text = |text: &&str| (*text).to_string();
    let files = PropertyFile {
        path: PathBuf::from("a.properties"),
        entries: entries
            .iter()
            .enumerate()
            .map(|(index, (name, text))| Entry {
                name: (*name).to_string(),
                text: (*text).to_string(),
                line: index + 1,
            })
            .collect(),
    };
    Sources {
        flags: flags
            .iter()
            .map(|(name, texts)| (*name, texts.iter().map(text).collect()))
            .collect::<BTreeMap<_, _>>(),
        variables: variables.iter().map(|(name, value)| (text(name), text(value))).collect(),
        files: vec![files],
    }
}

fn resolve(sources: &Sources) -> ResolvedSettings {
    ResolvedSettings::of(sources).unwrap()
}

fn heartbeat(resolved: &ResolvedSettings) -> (u64, Option<String>) {
    let setting = SETTINGS.iter().find(|setting| setting.name == "heartbeat").unwrap();
    (resolved.settings.edge.heartbeat.as_secs(), resolved.source(setting).map(ToString::to_string))
}

/// In each round, the source with the highest precedence is removed.
#[test]
fn the_source_with_precedence_is_used() {
    let all: [(&str, &str, &str); 6] = [
        ("", "1", "--heartbeat"),
        ("FH_EDGE_HEARTBEAT", "2", "FH_EDGE_HEARTBEAT in the environment"),
        ("edge.sse.heartbeat-period", "3", "edge.sse.heartbeat-period in the environment"),
        ("file", "4", "edge.sse.heartbeat-period in a.properties line 1"),
        ("EDGE.SSE.HEARTBEAT-PERIOD", "5", "EDGE.SSE.HEARTBEAT-PERIOD in the environment"),
        ("EDGE_SSE_HEARTBEAT_PERIOD", "6", "EDGE_SSE_HEARTBEAT_PERIOD in the environment"),
    ];
    for from in 0..all.len() {
        let (mut flags, mut variables, mut entries) = (Vec::new(), Vec::new(), Vec::new());
        for (name, text, _) in &all[from..] {
            match *name {
                "" => flags.push(("heartbeat", std::slice::from_ref(text))),
                "file" => entries.push(("edge.sse.heartbeat-period", *text)),
                name => variables.push((name, *text)),
            }
        }
        let resolved = resolve(&sources(&flags, &variables, &entries));
        let (_, text, place) = all[from];
        assert_eq!(heartbeat(&resolved), (text.parse().unwrap(), Some(place.to_string())));
        assert!(resolved.idle.unknown.is_empty() && resolved.idle.foreign.is_empty());
    }
    assert_eq!(heartbeat(&resolve(&sources(&[], &[], &[]))), (20, None));
}

/// A Service called `fh-edge`, `fh-edge-monitor`, `server` or `monitor` in the same namespace must not keep a pod from starting.
#[test]
fn empty_variables_and_those_of_kubernetes_are_no_settings() {
    let variables = [
        ("FH_EDGE_HEARTBEAT", " "),
        ("FH_EDGE_PORT", "tcp://10.0.0.7:8903"),
        ("FH_EDGE_MONITOR_PORT", "tcp://10.0.0.2:8701"),
        ("FH_EDGE_MONITOR_SERVICE_HOST", "10.0.0.2"),
        ("FH_EDGE_OTHER_PORT", "udp://10.0.0.3:53"),
        ("SERVER_PORT", "tcp://10.0.0.4:80"),
        ("MONITOR_PORT", "sctp://10.0.0.5:80"),
    ];
    let resolved = resolve(&sources(&[], &variables, &[("edge.sse.heartbeat-period", "")]));
    assert_eq!((resolved.settings.port, resolved.settings.monitor_port), (8903, None));
    assert!(resolved.said.is_empty() && resolved.idle.unknown.is_empty(), "{resolved:?}");
    // The property is used, although the ignored variable would have precedence.
    let resolved = resolve(&sources(&[], &variables, &[("monitor.port", "8701")]));
    assert_eq!(resolved.settings.monitor_port, Some(8701));
    let wrong = sources(&[], &[("FH_EDGE_MONITOR_PORT", "http://10.0.0.2:8701")], &[]);
    assert!(
        ResolvedSettings::of(&wrong)
            .unwrap_err()
            .contains("FH_EDGE_MONITOR_PORT in the environment")
    );
}

/// If a state and a relay are given by different sources, the one with precedence is used, and a warning names the other.
#[test]
fn state_and_relay_of_different_rank_do_not_exclude_each_other() {
    const STATE: (&str, &str) = ("FH_EDGE_STATE", "a.yaml");
    const RELAY: (&str, &str) = ("FH_EDGE_RELAY", "http://a");
    const KEY: (&str, &str) = ("FH_EDGE_RELAY_KEY", "71ed3c04-122b-4312-9ea8-06b2b8d6ceac/a*1");
    const DEFAULT: (&str, &str) = ("FH_EDGE_DEFAULT_STATE", "default.yaml");
    let relay_flags: [(&'static str, &[&str]); 2] =
        [("relay", &["http://b"]), ("relay-key", &[KEY.1])];
    let served = |resolved: &ResolvedSettings| {
        let relay = resolved.settings.relay.as_ref().map(|(url, _)| url.as_str().to_string());
        (resolved.settings.state.as_ref().map(ToString::to_string), relay)
    };
    let state = |path: &str| (Some(path.to_string()), None);
    let relay = |url: &str| (None, Some(url.to_string()));

    let resolved = resolve(&sources(&relay_flags, &[STATE, DEFAULT], &[]));
    assert_eq!(served(&resolved), relay("http://b"));
    let warnings: Vec<String> = resolved.warnings().collect();
    assert_eq!(
        warnings,
        ["FH_EDGE_STATE in the environment is not used, because --relay takes precedence"]
    );
    // The settings of the unused relay are dropped as well.
    let resolved = resolve(&sources(&[("state", &["b.yaml"])], &[RELAY, KEY, DEFAULT], &[]));
    assert_eq!(served(&resolved), state("b.yaml"));
    let warnings: Vec<String> = resolved.warnings().collect();
    assert_eq!(
        warnings,
        ["FH_EDGE_RELAY in the environment is not used, because --state takes precedence"]
    );
    assert!(resolved.said.iter().all(|(setting, _)| !setting.name.starts_with("relay")));
    // But a flag about a relay contradicts a flag that names a state.
    let flags: [(&'static str, &[&str]); 2] = [("state", &["b.yaml"]), ("relay-key", &[KEY.1])];
    assert!(
        ResolvedSettings::of(&sources(&flags, &[RELAY], &[])).unwrap_err().contains("need --relay")
    );

    let both = ResolvedSettings::of(&sources(&[], &[STATE, RELAY, KEY], &[])).unwrap_err();
    assert_eq!(
        both,
        "FH_EDGE_STATE in the environment and FH_EDGE_RELAY in the environment exclude each other: set one of them"
    );
    let flags = [relay_flags[0], relay_flags[1], ("state", &["b.yaml"])];
    let both = ResolvedSettings::of(&sources(&flags, &[], &[])).unwrap_err();
    assert_eq!(both, "--state and --relay exclude each other: set one of them");

    // A default state is overruled by both, without a warning.
    for (variables, expected) in [
        (&[DEFAULT][..], state("default.yaml")),
        (&[DEFAULT, STATE], state("a.yaml")),
        (&[DEFAULT, RELAY, KEY], relay("http://a")),
        (&[], (None, None)),
    ] {
        let resolved = resolve(&sources(&[], variables, &[]));
        assert_eq!(served(&resolved), expected);
        assert_eq!(resolved.warnings().count(), 0);
    }
}

/// The warnings about files that every user can read leave property files out for this reason.
#[test]
fn no_property_sets_a_secret() {
    for setting in SETTINGS.iter().filter(|setting| setting.is_secret) {
        assert!(setting.property.is_none(), "{}", setting.name);
    }
}

/// The text of a setting, read again, gives the same settings. Errors name the source but do not repeat the text.
#[test]
fn settings_read_what_they_write() {
    let mut settings = Settings::default();
    for setting in &SETTINGS {
        let text = (setting.get)(&settings);
        if setting.is_secret || (text.is_empty() && setting.name == "monitor-port") {
            continue;
        }
        (setting.set)(&mut settings, &text).unwrap_or_else(|why| panic!("{}: {why}", setting.name));
        assert_eq!((setting.get)(&settings), text, "{}", setting.name);
    }
    let values = [
        ("monitor-port", "8701"),
        ("profile", "edge"),
        ("listen", "::1"),
        ("url-path", "/flags/eu"),
        ("trusted-proxies", "10.0.0.0/8,::1/128"),
        ("heartbeat", "2.5"),
        ("cache-control", "max-age=60"),
        ("requests-per-second", "7"),
        ("max-header-bytes", "3KiB"),
        ("header-timeout", "0"),
        ("cors-headers", "x-one,x-two"),
        ("log", "debug"),
        ("log-format", "json"),
    ];
    for (name, text) in values {
        let setting = SETTINGS.iter().find(|setting| setting.name == name).unwrap();
        (setting.set)(&mut settings, text).unwrap();
        assert_eq!((setting.get)(&settings), text, "{name}");
    }
    assert_eq!(settings.listen.header_timeout, None);
    assert_eq!(settings.edge.heartbeat, Duration::from_millis(2500));
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    let wrong = |name: &'static str, text: &str| {
        ResolvedSettings::of(&sources(&[(name, &[text])], &[], &[])).unwrap_err()
    };
    for name in [
        "profile",
        "listen",
        "port",
        "monitor-port",
        "url-path",
        "heartbeat",
        "cache-control",
        "requests-per-second",
        "max-connections",
        "max-header-bytes",
        "max-body-bytes",
        "header-timeout",
        "cors-headers",
        "trusted-proxies",
        "cors-max-age",
        "grace",
        "log",
        "log-format",
        "key",
    ] {
        let error = wrong(name, "no\n good");
        assert!(error.starts_with(&format!("--{name}: ")) && !error.contains("\n"), "{error}");
    }
    for (name, text) in [("port", "65536"), ("max-connections", "0"), ("max-header-bytes", "0")] {
        wrong(name, text);
    }
    let error = ResolvedSettings::of(&sources(&[], &[], &[("x", ""), ("server.port", "many")]))
        .unwrap_err();
    assert_eq!(
        error,
        "server.port in a.properties line 2: write a port from 0 to 65535, such as 8903"
    );
    assert!(wrong("tls-key", "k.pem").contains("--tls-certificate"));
    assert!(wrong("tls-certificate", "c.pem").contains("--tls-key"));
    assert_eq!(wrong("proxy-protocol", "true"), "--proxy-protocol needs --trusted-proxies");
    let error = wrong("key", "Secret4test/?");
    assert!(!error.contains("Secret4test"), "{error}");
}

#[test]
fn what_has_no_effect_is_named() {
    let variables = [("NATS_URLS", "nats://x"), ("FH_EDGE_HEARTBEET", "1"), ("edge.stats", "true")];
    let entries = [
        ("edge.sse.drop-after-secs", "1"),
        ("cloudevents.mr-edge.nats.channel-name", "x"),
        ("nats.urls", "x"),
        ("db.url", "x"),
        ("some.program", "x"),
    ];
    let idle = resolve(&sources(&[], &variables, &entries)).idle;
    let names: Vec<&str> = idle.foreign.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        ["cloudevents.mr-edge.nats.channel-name", "nats.urls", "db.url", "edge.stats"]
    );
    assert_eq!(
        idle.unknown,
        [
            "edge.sse.drop-after-secs (a.properties line 1) is no property of an Edge; did you mean edge.sse.drop-after-seconds?",
            "FH_EDGE_HEARTBEET in the environment is no setting; did you mean FH_EDGE_HEARTBEAT?",
        ]
    );
    assert_eq!(
        idle.foreign_words().unwrap(),
        "settings of FeatureHub that have no effect on this Edge: cloudevents.mr-edge.nats.channel-name (messages between FeatureHub's servers), \
         nats.urls (messages between FeatureHub's servers), db.url (the management repository), edge.stats (statistics)"
    );
}

#[test]
fn streams_that_end_too_soon_are_warned_of() {
    for (text, warnings) in [("29.9", 1), ("30", 0), ("0", 0)] {
        let resolved = resolve(&sources(&[], &[("FH_EDGE_DROP_AFTER", text)], &[]));
        assert_eq!(resolved.warnings().count(), warnings, "{text}");
    }
    let drop_after = resolve(&sources(&[], &[], &[])).settings.edge.drop_after;
    assert_eq!(drop_after.as_secs(), 600);
}

#[test]
fn names_are_unique_and_variables_are_names() {
    let mut names: Vec<&str> = SETTINGS.iter().map(|setting| setting.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), SETTINGS.len());
    for setting in &SETTINGS {
        let is_name = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
        assert!(setting.variable().chars().all(is_name));
        assert!(
            matches!(Source::Flag(setting.name).to_string().as_str(), flag if flag.starts_with("--"))
        );
    }
}

/// The image and the systemd unit set no variable that a flag of a relay would overrule with a warning.
#[test]
fn the_image_and_the_unit_allow_a_relay_without_a_warning() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for (file, start) in
        [("Containerfile", "ENV "), ("server/packaging/fh-edge.service", "Environment=")]
    {
        let text = std::fs::read_to_string(root.join(file)).unwrap();
        let lines = text.lines().filter_map(|line| line.strip_prefix(start));
        let variables: Vec<(&str, &str)> =
            lines.flat_map(str::split_whitespace).filter_map(|pair| pair.split_once('=')).collect();
        assert!(
            variables.contains(&("FH_EDGE_DEFAULT_STATE", "/etc/fh-edge/state.yaml")),
            "{file}"
        );
        let key: &[&str] = &["71ed3c04-122b-4312-9ea8-06b2b8d6ceac/a*1"];
        let relay: [(&'static str, &[&str]); 2] = [("relay", &["http://b"]), ("relay-key", key)];
        let resolved = resolve(&sources(&relay, &variables, &[]));
        assert!(resolved.settings.relay.is_some() && resolved.settings.state.is_none(), "{file}");
        assert_eq!(resolved.warnings().count(), 0, "{file}");
        let resolved = resolve(&sources(&[], &variables, &[]));
        assert!(resolved.settings.state.is_some(), "{file}");
    }
}
