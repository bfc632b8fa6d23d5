//! Rules, strategies and traces that the recorded observations do not cover: one rule in both profiles, parts that cannot be read, and the
//! content of traces.
#![allow(clippy::unwrap_used, clippy::panic)]

use fh_conformance_reference::{
    Answer, Options, Outcome, Payload, Profile, Reason, context_from_json, evaluate,
};

const NOW: i64 = 1_709_249_400_000;
const ID: &str = "9cd3b1d4-6f6b-4c0f-8a3f-3f0f6f1f0c11";

fn ask(strategies: &str, context: &str, profile: Profile) -> Answer {
    let feature = format!(r#"{{"id":"{ID}","value":"default","strategies":{strategies}}}"#);
    evaluate(&feature, context_from_json(context).unwrap().as_ref(), &Options::new(profile, NOW))
        .unwrap()
}

fn rule(kind: &str, conditional: &str, values: &str, supplied: &str, profile: Profile) -> Answer {
    let list = format!(
        r#"[{{"id":"s","value":"hit","attributes":[{{"fieldName":"x","type":"{kind}","conditional":"{conditional}","values":{values}}}]}}]"#
    );
    ask(&list, &format!(r#"{{"x":{supplied}}}"#), profile)
}

/// Columns: type, conditional, rule values, supplied values, match in profile `client`, match in profile `edge`.
#[test]
fn one_rule_in_both_profiles() {
    for (kind, conditional, values, supplied, client, edge) in [
        ("STRING", "NOT_EQUALS", r#"["a","b"]"#, r#""a""#, false, true),
        ("STRING", "GREATER", r#"["\ue000"]"#, r#""😀""#, false, false),
        ("STRING", "EQUALS", "[1.0]", r#""1.0""#, true, true),
        ("STRING", "EQUALS", "[1e21]", r#""1.0E21""#, false, true),
        ("STRING", "EQUALS", "[1e21]", r#""1e21""#, true, false),
        ("STRING", "EQUALS", r#"["a",null]"#, r#""a""#, true, false),
        ("STRING", "NOT_EQUALS", "[null]", r#""a""#, true, false),
        ("STRING", "EXCLUDES", "[]", r#""a""#, true, true),
        ("STRING", "EQUALS", r#"[{"a":1},["x"],"x"]"#, r#""x""#, true, true),
        ("STRING", "REGEX", r#"["(","a"]"#, r#"["b","a"]"#, true, false),
        ("STRING", "REGEX", r#"["a","("]"#, r#""a""#, true, true),
        ("NUMBER", "EQUALS", "[5]", r#""5.0""#, true, false),
        ("NUMBER", "EQUALS", "[10.0]", r#""10""#, true, true),
        ("NUMBER", "EQUALS", "[0.1]", r#""0.1""#, true, false),
        ("NUMBER", "GREATER", "[10.1]", r#""10.1""#, false, true),
        ("NUMBER", "EQUALS", "[123456789012345678901]", r#""123456789012345678901""#, true, true),
        ("NUMBER", "NOT_EQUALS", "[3000000000]", r#""3000000000""#, false, true),
        ("NUMBER", "NOT_EQUALS", r#"["5"]"#, r#""abc""#, false, true),
        ("NUMBER", "NOT_EQUALS", "[true,null]", r#""abc""#, true, true),
        ("NUMBER", "REGEX", "[123]", r#""1.*""#, false, true),
        ("NUMBER", "REGEX", r#"["1.*"]"#, r#""123""#, true, false),
        ("NUMBER", "STARTS_WITH", "[null,12]", r#""123""#, true, false),
        ("NUMBER", "STARTS_WITH", "[12,null]", r#""123""#, true, true),
        ("NUMBER", "ENDS_WITH", "[1.0]", r#""21.0""#, true, true),
        ("NUMBER", "EQUALS", "[5]", r#""NaN""#, false, false),
        ("BOOLEAN", "EQUALS", r#"["true"]"#, r#""true""#, true, false),
        ("BOOLEAN", "NOT_EQUALS", "[]", r#""true""#, false, false),
        ("BOOLEAN", "EQUALS", "[null,true]", r#""true""#, true, false),
        ("BOOLEAN", "NOT_EQUALS", "[false,true]", r#""true""#, true, true),
        ("BOOLEAN", "INCLUDES", "[true]", r#""true""#, false, false),
        ("SEMANTIC_VERSION", "EQUALS", r#"[null,"1.0"]"#, r#""1.0.0""#, true, false),
        ("SEMANTIC_VERSION", "EQUALS", r#"["1.0",null]"#, r#"["1.0.0"]"#, true, true),
        ("SEMANTIC_VERSION", "EQUALS", r#"["1.0",null]"#, r#"["2","1.0.0"]"#, true, false),
        ("SEMANTIC_VERSION", "STARTS_WITH", r#"["1"]"#, r#""1.0""#, false, false),
        ("SEMANTIC_VERSION", "LESS", r#"["1.0.0"]"#, r#""banana""#, true, true),
        ("DATE", "EQUALS", r#"["soon","2031-05-09"]"#, r#""2031-05-09""#, true, false),
        ("DATE", "EQUALS", r#"["2031-05-09","soon"]"#, r#""2031-05-09""#, true, true),
        ("DATE", "EQUALS", r#"["2031-05-09",null]"#, r#"["2031-05-08","2031-05-09"]"#, true, true),
        ("DATE", "NOT_EQUALS", r#"["soon"]"#, r#""2031-05-09""#, true, false),
        ("DATE", "NOT_EQUALS", r#"["soon"]"#, r#""later""#, false, false),
        ("DATE", "NOT_EQUALS", r#"["soon"]"#, r#"["later","2031-05-09"]"#, true, false),
        ("DATE", "EXCLUDES", "[null]", r#""later""#, false, false),
        ("DATE", "EXCLUDES", "[[]]", r#""later""#, false, true),
        ("DATE", "EXCLUDES", "[]", r#""later""#, true, true),
        ("DATETIME", "NOT_EQUALS", r#"["soon"]"#, r#""later""#, false, false),
        ("DATETIME", "NOT_EQUALS", "[]", r#""later""#, true, true),
        ("DATE", "NOT_EQUALS", r#"["2031-05-09"]"#, r#""later""#, false, false),
        ("DATE", "REGEX", r#"["2031"]"#, r#""2031-05-09""#, true, false),
        ("DATE", "REGEX", r#"["("]"#, r#""2031-05-09""#, false, false),
        ("DATE", "STARTS_WITH", r#"[null,"2031"]"#, r#""2031-05-09""#, true, false),
        (
            "DATETIME",
            "EQUALS",
            r#"["2024-01-01T00:00:00Z"]"#,
            r#""2024-01-01T01:00:00+01:00""#,
            true,
            false,
        ),
        (
            "DATETIME",
            "LESS_EQUALS",
            r#"["2024-01-01T00:00:00Z"]"#,
            r#""2024-01-01T01:00:00+01:00""#,
            true,
            false,
        ),
        (
            "DATETIME",
            "LESS",
            r#"["2999-01-01T00:00:00Z"]"#,
            r#""2024-01-01T00:00:00""#,
            true,
            false,
        ),
        ("IP_ADDRESS", "EQUALS", r#"["10.0.0.1"]"#, r#""10.1""#, false, true),
        ("IP_ADDRESS", "EQUALS", r#"["127.0.0.1"]"#, r#""""#, false, true),
        ("IP_ADDRESS", "EQUALS", r#"["127.0.0.1"]"#, r#""localhost""#, false, false),
        ("IP_ADDRESS", "NOT_EQUALS", "[]", r#""banana""#, false, false),
        ("IP_ADDRESS", "NOT_EQUALS", "[]", r#""10.0.0.1""#, true, true),
        ("IP_ADDRESS", "NOT_EQUALS", r#"["10.0.0.0/x"]"#, r#""11.0.0.1""#, true, false),
        ("IP_ADDRESS", "NOT_EQUALS", r#"["10.0.0.0/8/8"]"#, r#""10.0.0.1""#, true, false),
        ("IP_ADDRESS", "EQUALS", r#"["10.0.0.1",null]"#, r#""10.0.0.1""#, true, true),
        ("IP_ADDRESS", "NOT_EQUALS", "[null]", r#""10.0.0.1""#, true, false),
        ("IP_ADDRESS", "STARTS_WITH", r#"["10"]"#, r#""10.0.0.1""#, false, false),
    ] {
        let of = |profile| rule(kind, conditional, values, supplied, profile).matched;
        assert_eq!(of(Profile::Client), client, "client {kind} {conditional} {values} {supplied}");
        assert_eq!(of(Profile::Edge), edge, "edge {kind} {conditional} {values} {supplied}");
    }
}

#[test]
fn the_time_is_utc_in_both_profiles() {
    let now = |kind: &str, conditional: &str, values: &str, profile| {
        let list = format!(
            r#"[{{"id":"s","attributes":[{{"fieldName":"Now","type":"{kind}","conditional":"{conditional}","values":{values}}}]}}]"#
        );
        ask(&list, "{}", profile).matched
    };
    for profile in [Profile::Client, Profile::Edge] {
        assert!(now("DATE", "EQUALS", r#"["2024-02-29"]"#, profile));
        assert!(now("DATETIME", "STARTS_WITH", r#"["2024-02-29T23:30:00.000"]"#, profile));
    }
    assert!(now("DATETIME", "EQUALS", r#"["2024-02-29T23:30:00Z"]"#, Profile::Client));
    assert!(now("DATETIME", "ENDS_WITH", r#"["Z"]"#, Profile::Client));
    assert!(!now("DATETIME", "LESS", r#"["2999-01-01T00:00:00Z"]"#, Profile::Edge));
    assert!(now("DATETIME", "ENDS_WITH", r#"["000"]"#, Profile::Edge));
}

/// An unreadable strategy never matches, and its percentage does not count for later strategies.
#[test]
fn unreadable_strategies() {
    for unreadable in [
        r#"{"id":"u","percentage":"1000000"}"#,
        r#"{"id":"u","percentage":999999.5}"#,
        r#"{"id":"u","percentage":true}"#,
        r#"{"id":"u","percentage":1000000,"attributes":{}}"#,
        r#"{"id":"u","percentage":1000000,"percentageAttributes":"userkey"}"#,
        r#"{"id":"u","percentage":1000000,"percentageAttributes":["userkey",null]}"#,
        r#"{"id":"u","attributes":[7]}"#,
        r#"{"id":"u","attributes":[{"fieldName":"x","type":"COLOUR","conditional":"EQUALS","values":["y"]}]}"#,
        r#"{"id":"u","attributes":[{"fieldName":"x","type":"STRING","conditional":"NEAR","values":["y"]}]}"#,
        r#"{"id":"u","attributes":[{"fieldName":"x","type":"STRING","conditional":"EQUALS","values":"y"}]}"#,
        r#"{"id":"u","attributes":[{"fieldName":"n","type":"COLOUR","conditional":"EQUALS"}]}"#,
        "7",
        "null",
    ] {
        let list = format!(r#"[{unreadable},{{"id":"t","value":"hit","percentage":254122}}]"#);
        for profile in [Profile::Client, Profile::Edge] {
            let answer = ask(&list, r#"{"userkey":"carol","x":"y"}"#, profile);
            assert_eq!(answer.strategy_id.as_deref(), Some("t"), "{unreadable}");
            assert_eq!(answer.trace.first().unwrap().outcome, Outcome::Invalid, "{unreadable}");
            assert_eq!(answer.trace.last().unwrap().threshold, Some(254_122), "{unreadable}");
        }
    }
    let integral =
        ask(r#"[{"id":"t","percentage":2.54122e5}]"#, r#"{"userkey":"carol"}"#, Profile::Client);
    assert!(integral.matched);
    let saturated = r#"[{"id":"a","percentage":-9223372036854775808},{"id":"b","percentage":-1},{"id":"c","percentage":1e30}]"#;
    let answer = ask(saturated, r#"{"userkey":"carol"}"#, Profile::Client);
    assert!(!answer.matched);
    assert_eq!(answer.trace.iter().map(|s| s.threshold).collect::<Vec<_>>(), [None, None, None]);
}

#[test]
fn traces() {
    let two = r#"[{"id":"a","value":"blue","percentage":200000},{"id":"b","value":"green","percentage":200000},{"id":"c"}]"#;
    let answer = ask(two, r#"{"userkey":"carol"}"#, Profile::Client);
    let seen: Vec<_> = answer
        .trace
        .iter()
        .map(|s| (s.strategy.as_str(), s.outcome, s.bucket, s.threshold))
        .collect();
    assert_eq!(
        seen,
        [
            ("a", Outcome::PercentageMiss, Some(254_122), Some(200_000)),
            ("b", Outcome::Match, Some(254_122), Some(400_000)),
            ("c", Outcome::NotReached, None, None),
        ]
    );
    assert_eq!((answer.reason, answer.value.as_deref()), (Reason::Split, Some(r#""green""#)));

    let answer = ask(two, r#"{"name":"carol"}"#, Profile::Client);
    let outcomes: Vec<_> = answer.trace.iter().map(|s| s.outcome).collect();
    assert_eq!(
        outcomes,
        [Outcome::NoPercentageKey, Outcome::NoPercentageKey, Outcome::PercentageMiss]
    );
    assert_eq!(answer.reason, Reason::Default);

    let answer = ask(two, "null", Profile::Client);
    assert!(answer.trace.iter().all(|s| s.outcome == Outcome::NotReached));
    assert_eq!((answer.matched, answer.reason), (false, Reason::Default));
    assert_eq!(ask("[]", r#"{"userkey":"carol"}"#, Profile::Client).reason, Reason::Static);

    let miss = rule("STRING", "EQUALS", r#"["y"]"#, r#""z""#, Profile::Client);
    let step = miss.trace.first().unwrap();
    assert_eq!((step.outcome, step.attribute), (Outcome::AttributeMiss, Some(0)));
    for (kind, conditional, values) in
        [("NUMBER", "NOT_EQUALS", "[5]"), ("STRING", "REGEX", r#"["("]"#)]
    {
        let answer = rule(kind, conditional, values, r#""abc""#, Profile::Client);
        assert_eq!(answer.trace.first().unwrap().outcome, Outcome::Invalid, "{kind}");
    }
    let hit = rule("STRING", "EQUALS", r#"["y"]"#, r#""y""#, Profile::Client);
    assert_eq!(hit.reason, Reason::StrategyMatch);
}

#[test]
fn payloads() {
    let text = br#"[{"id":"e1","features":[{"key":"A","version":9007199254740993,"value":1.10},7,{"id":"no key"},{"key":""}]},
        {"id":"e2","features":[{"key":"A","value":2},{"key":"B","l":true,"type":"STRING","value":"\ud800","fp":{"p":"q","n":1}}]}]"#;
    let payload = Payload::read(text).unwrap();
    assert_eq!(payload.keys().collect::<Vec<_>>(), ["A", "B"]);
    let options = Options::new(Profile::Client, NOW);
    assert_eq!(payload.evaluate("A", None, &options).unwrap().value.as_deref(), Some("1.10"));
    assert_eq!(payload.evaluate("C", None, &options), None);
    let a = payload.getters("A", None, &options);
    assert_eq!(
        (a.version, a.exists, a.is_set, a.string),
        (9_007_199_254_740_993, true, true, None)
    );
    let b = payload.getters("B", None, &options);
    assert_eq!((b.string.as_deref(), b.locked, b.version), (Some("\u{fffd}"), true, 0));
    assert_eq!(b.properties, [("p".to_owned(), "q".to_owned())]);
    assert!(!payload.getters("C", None, &options).exists);

    assert_eq!(Payload::read(br#"{"key":"A"}"#).unwrap().keys().count(), 1);
    assert!(Payload::read(b"[{]").is_err());
    assert!(Payload::read(b"[\"\xff\"]").is_err());
    assert!(evaluate("[]", None, &options).is_err());
}
