//! Every mutant must change a value, an id, a reason or a getter of some case. A mutant that changes nothing would make any suite look
//! good. Buckets and traces are not compared, because most SDKs do not expose them.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeMap;

use fh_conformance_reference::{
    Getters, MUTANTS, Mutant, Options, Payload, Profile, Reason, context_from_json,
};

/// 2024-02-29T23:30:00Z.
const NOW: i64 = 1_709_249_400_000;
const ID: &str = "9cd3b1d4-6f6b-4c0f-8a3f-3f0f6f1f0c11";

struct Case {
    mutants: &'static [&'static str],
    payload: String,
    context: String,
}

/// Returns a case: a feature with these strategies.
fn strategies(mutants: &'static [&'static str], strategies: &str, context: &str) -> Case {
    let payload = format!(
        r#"[{{"id":"{ID}","key":"F","l":false,"version":3,"type":"STRING","value":"default","strategies":{strategies}}}]"#
    );
    Case { mutants, payload, context: context.to_owned() }
}

/// Returns a case: a feature whose only strategy has one rule on the attribute `x`.
fn rule(
    mutants: &'static [&'static str],
    kind: &str,
    conditional: &str,
    values: &str,
    supplied: &str,
) -> Case {
    rule_on("x", mutants, kind, conditional, values, &format!(r#"{{"x":{supplied}}}"#))
}

fn rule_on(
    field: &str,
    mutants: &'static [&'static str],
    kind: &str,
    conditional: &str,
    values: &str,
    context: &str,
) -> Case {
    let list = format!(
        r#"[{{"id":"s","value":"hit","attributes":[{{"fieldName":"{field}","type":"{kind}","conditional":"{conditional}","values":{values}}}]}}]"#
    );
    strategies(mutants, &list, context)
}

/// Returns a case with three percentages. The middle one covers exactly this bucket.
fn bracket(mutants: &'static [&'static str], bucket: u32, sources: &str, context: &str) -> Case {
    let (low, high) = (bucket - 1, 1_000_000 - bucket);
    let list = format!(
        r#"[{{"id":"low","value":"low","percentage":{low},"percentageAttributes":{sources}}},
            {{"id":"mid","value":"mid","percentage":1,"percentageAttributes":{sources}}},
            {{"id":"high","value":"high","percentage":{high},"percentageAttributes":{sources}}}]"#
    );
    strategies(mutants, &list, context)
}

/// Returns a case with this payload.
fn payload(mutants: &'static [&'static str], text: &str) -> Case {
    Case { mutants, payload: text.to_owned(), context: r#"{"userkey":"carol"}"#.to_owned() }
}

fn percentages() -> Vec<Case> {
    let carol = r#"{"userkey":"carol"}"#;
    let yes =
        r#""attributes":[{"fieldName":"x","type":"STRING","conditional":"EQUALS","values":["y"]}]"#;
    let carol_x = r#"{"userkey":"carol","x":"y"}"#;
    let all = r#"[{"id":"s","value":"hit","percentage":1000000}]"#;
    vec![
        bracket(
            &[
                "mut-hash-other-seed",
                "mut-pct-hash-without-feature-id",
                "mut-hash-id-before-key",
                "mut-hash-with-separator",
            ],
            254_122,
            "[]",
            carol,
        ),
        bracket(&["mut-pct-exclusive-boundary"], 254_122, "[]", carol),
        bracket(&["mut-hash-utf16"], 218_652, "[]", r#"{"userkey":"🐢"}"#),
        bracket(&["mut-hash-signed"], 608_659, "[]", r#"{"userkey":"alice"}"#),
        bracket(
            &["mut-pct-multi-valued-key-joined"],
            254_122,
            "[]",
            r#"{"userkey":["carol","bob"]}"#,
        ),
        bracket(
            &["mut-pct-attributes-ignored"],
            254_122,
            r#"["company"]"#,
            r#"{"company":"carol","userkey":"alice"}"#,
        ),
        bracket(
            &["mut-pct-attributes-need-user"],
            254_122,
            r#"["company"]"#,
            r#"{"company":"carol"}"#,
        ),
        bracket(
            &["mut-pct-first-value-of-attribute-only", "mut-pct-other-join"],
            363_097,
            r#"["c"]"#,
            r#"{"c":["acme","nz"]}"#,
        ),
        bracket(
            &["mut-pct-none-omitted"],
            566_006,
            r#"["company","country"]"#,
            r#"{"company":"acme"}"#,
        ),
        strategies(
            &["mut-pct-no-floor"],
            r#"[{"id":"s","value":"hit","percentage":200000}]"#,
            r#"{"userkey":"u3347021"}"#,
        ),
        strategies(
            &["mut-pct-not-cumulative", "mut-pct-second-on-key-skipped"],
            r#"[{"id":"a","value":"blue","percentage":200000},{"id":"b","value":"green","percentage":200000}]"#,
            carol,
        ),
        strategies(
            &["mut-pct-rules-advance-base"],
            &format!(
                r#"[{{"id":"a","value":1,"percentage":200000,{yes}}},{{"id":"b","value":2,"percentage":200000}}]"#
            ),
            carol,
        ),
        strategies(
            &["mut-pct-rules-read-base"],
            &format!(
                r#"[{{"id":"a","value":1,"percentage":200000}},{{"id":"b","value":2,"percentage":200000,{yes}}}]"#
            ),
            carol_x,
        ),
        strategies(
            &["mut-pct-one-base-for-all-keys"],
            r#"[{"id":"a","value":1,"percentage":200000},{"id":"b","value":2,"percentage":200000,"percentageAttributes":["c"]}]"#,
            r#"{"userkey":"alice","c":"carol"}"#,
        ),
        strategies(
            &["mut-pct-rules-only-poisons-base"],
            &format!(
                r#"[{{"id":"a","value":1,{yes}}},{{"id":"b","value":2,"percentage":1000000}}]"#
            ),
            carol,
        ),
        strategies(
            &["mut-pct-bare-strategy-poisons-base", "mut-pct-bare-strategy-matches"],
            r#"[{"id":"a","value":1},{"id":"b","value":2,"percentage":1000000}]"#,
            carol,
        ),
        strategies(
            &["mut-pct-zero-admits-bucket-zero"],
            r#"[{"id":"s","value":"hit","percentage":0}]"#,
            r#"{"userkey":"u424540"}"#,
        ),
        strategies(
            &["mut-pct-zero-blocks-rules"],
            &format!(r#"[{{"id":"s","value":1,"percentage":0,{yes}}}]"#),
            carol_x,
        ),
        strategies(
            &["mut-pct-null-never-matches"],
            &format!(r#"[{{"id":"s","value":1,"percentage":null,{yes}}}]"#),
            carol_x,
        ),
        strategies(
            &["mut-pct-text-read"],
            r#"[{"id":"s","value":"hit","percentage":"1000000"}]"#,
            carol,
        ),
        strategies(
            &["mut-pct-fraction-cut"],
            r#"[{"id":"s","value":"hit","percentage":999999.5}]"#,
            carol,
        ),
        payload(
            &["mut-pct-without-id-hashed"],
            r#"[{"key":"F","type":"STRING","strategies":[{"id":"s","value":"hit","percentage":1000000}]}]"#,
        ),
        strategies(
            &["mut-pct-keyless-by-rules"],
            &format!(r#"[{{"id":"s","value":1,"percentage":1000000,{yes}}}]"#),
            r#"{"x":"y"}"#,
        ),
        strategies(
            &["mut-pct-ignored-with-rules"],
            &format!(r#"[{{"id":"s","value":1,"percentage":1,{yes}}}]"#),
            carol_x,
        ),
        strategies(&["mut-pct-session-ignored"], all, r#"{"session":"carol"}"#),
        bracket(
            &["mut-pct-userkey-before-session"],
            254_122,
            "[]",
            r#"{"session":"carol","userkey":"alice"}"#,
        ),
        strategies(&["mut-pct-empty-key-is-no-key"], all, r#"{"userkey":""}"#),
        strategies(&["mut-strategy-id-lost", "mut-reason-split-lost"], all, carol),
    ]
}

fn strategies_and_rules() -> Vec<Case> {
    let two = |second: &str| {
        format!(
            r#"[{{"id":"s","value":"hit","attributes":[
                {{"fieldName":"x","type":"STRING","conditional":"EQUALS","values":["y"]}},
                {{"fieldName":"z","type":"STRING","conditional":"EQUALS","values":["{second}"]}}]}}]"#
        )
    };
    vec![
        strategies(&["mut-rules-any"], &two("n"), r#"{"x":"y","z":"q"}"#),
        strategies(
            &["mut-last-match-wins"],
            r#"[{"id":"a","value":1,"percentage":1000000},{"id":"b","value":2,"percentage":1000000}]"#,
            r#"{"userkey":"carol"}"#,
        ),
        strategies(
            &["mut-matched-null-falls-back"],
            r#"[{"id":"s","percentage":1000000}]"#,
            r#"{"userkey":"carol"}"#,
        ),
        payload(
            &["mut-locked-skips-strategies", "mut-lock-lost"],
            r#"[{"id":"f","key":"F","l":true,"type":"STRING","value":"v","strategies":[{"id":"s","value":"hit","percentage":1000000}]}]"#,
        ),
        strategies(
            &["mut-misspelt-member-ignored"],
            r#"[{"id":"s","value":"hit","percentage":1000000,"atributes":[]}]"#,
            r#"{"userkey":"carol"}"#,
        ),
        rule_on("x", &["mut-no-context-is-empty"], "STRING", "EQUALS", "null", "null"),
        rule(
            &["mut-first-supplied-value-only", "mut-all-supplied-must-match"],
            "STRING",
            "EQUALS",
            r#"["b"]"#,
            r#"["a","b"]"#,
        ),
        rule(&["mut-falsy-no-match"], "NUMBER", "EQUALS", "[0]", r#""0""#),
        rule_on(
            "X",
            &["mut-field-name-case-ignored"],
            "STRING",
            "EQUALS",
            r#"["y"]"#,
            r#"{"x":"y"}"#,
        ),
        rule_on("born", &["mut-missing-date-is-now"], "DATE", "LESS", r#"["2999-01-01"]"#, "{}"),
        rule_on(
            "now",
            &["mut-now-absent", "mut-now-local"],
            "DATE",
            "EQUALS",
            r#"["2024-02-29"]"#,
            "{}",
        ),
        rule_on("NOW", &["mut-now-case-sensitive"], "DATE", "LESS", r#"["2999-01-01"]"#, "{}"),
        rule_on(
            "now",
            &["mut-now-beats-supplied"],
            "DATE",
            "EQUALS",
            r#"["2001-01-01"]"#,
            r#"{"now":"2001-01-01"}"#,
        ),
        rule_on("x", &["mut-blank-rule-not-satisfied"], "STRING", "EQUALS", "null", "{}"),
        rule_on("x", &["mut-blank-rule-any-conditional"], "STRING", "NOT_EQUALS", "null", "{}"),
        strategies(
            &["mut-absent-values-are-empty"],
            r#"[{"id":"s","value":"hit","attributes":[{"fieldName":"x","type":"STRING","conditional":"EQUALS"}]}]"#,
            "{}",
        ),
        rule_on(
            "x",
            &["mut-missing-satisfies-not-equals"],
            "STRING",
            "NOT_EQUALS",
            r#"["y"]"#,
            "{}",
        ),
        rule(
            &["mut-unknown-type-poisons-list", "mut-unknown-type-throws"],
            "COLOUR",
            "EQUALS",
            r#"["y"]"#,
            r#""z""#,
        ),
        rule(&["mut-unknown-conditional-is-equals"], "STRING", "NEAR", r#"["y"]"#, r#""y""#),
        strategies(
            &["mut-null-arrays-throw"],
            r#"[{"id":"s","value":"hit","percentage":1000000,"attributes":null}]"#,
            r#"{"userkey":"carol"}"#,
        ),
        rule(&["mut-values-null-poisons"], "STRING", "EQUALS", r#"[null,"y"]"#, r#""y""#),
        rule(&["mut-values-empty-not-equals-false"], "STRING", "NOT_EQUALS", "[]", r#""y""#),
        rule(&["mut-values-empty-not-equals-false"], "NUMBER", "NOT_EQUALS", "[]", r#""5""#),
        rule(&["mut-ordering-needs-all"], "STRING", "GREATER", r#"["a","z"]"#, r#""m""#),
        rule(&["mut-ordering-needs-all"], "NUMBER", "GREATER", "[5,20]", r#""10""#),
        rule(
            &["mut-one-bad-value-ends-rule"],
            "DATE",
            "EQUALS",
            r#"["soon","2031-05-09"]"#,
            r#""2031-05-09""#,
        ),
    ]
}

fn types() -> Vec<Case> {
    vec![
        rule(
            &["mut-string-not-equals-any-differs"],
            "STRING",
            "NOT_EQUALS",
            r#"["a","b"]"#,
            r#""a""#,
        ),
        rule(
            &["mut-string-includes-is-equality"],
            "STRING",
            "INCLUDES",
            r#"["ana"]"#,
            r#""banana""#,
        ),
        rule(
            &["mut-string-first-eight-bytes"],
            "STRING",
            "EQUALS",
            r#"["headquarters-a"]"#,
            r#""headquarters-b""#,
        ),
        rule(&["mut-string-case-ignored"], "STRING", "EQUALS", r#"["Android"]"#, r#""android""#),
        rule(&["mut-string-trimmed"], "STRING", "EQUALS", r#"["a"]"#, r#"" a""#),
        rule(&["mut-string-code-point-order"], "STRING", "GREATER", r#"["\ue000"]"#, r#""😀""#),
        rule(&["mut-string-typed-values-dropped"], "STRING", "EQUALS", "[true]", r#""true""#),
        rule(&["mut-string-number-rewritten"], "STRING", "EQUALS", "[1.0]", r#""1.0""#),
        rule(&["mut-regex-full-match"], "STRING", "REGEX", r#"["ana"]"#, r#""banana""#),
        rule(
            &["mut-bad-regex-throws", "mut-one-bad-strategy-empties-list"],
            "STRING",
            "REGEX",
            r#"["(","a"]"#,
            r#""a""#,
        ),
        rule(&["mut-regex-case-ignored"], "STRING", "REGEX", r#"["^A"]"#, r#""a""#),
        rule(&["mut-number-includes-substring"], "NUMBER", "INCLUDES", "[5]", r#""15""#),
        rule(
            &["mut-number-scale-sensitive", "mut-number-as-text"],
            "NUMBER",
            "EQUALS",
            "[5]",
            r#""5.0""#,
        ),
        rule(
            &["mut-number-as-f64"],
            "NUMBER",
            "EQUALS",
            "[9007199254740993]",
            r#""9007199254740992""#,
        ),
        rule(&["mut-number-junk-prefix"], "NUMBER", "EQUALS", "[5]", r#""5abc""#),
        rule(&["mut-number-text-values-ignored"], "NUMBER", "EQUALS", r#"["5"]"#, r#""5""#),
        rule(&["mut-number-junk-not-equals"], "NUMBER", "NOT_EQUALS", "[5]", r#""abc""#),
        rule(&["mut-number-regex-swapped"], "NUMBER", "REGEX", r#"["1.*"]"#, r#""123""#),
        rule(&["mut-number-no-exponent"], "NUMBER", "EQUALS", "[1000]", r#""1e3""#),
        rule(&["mut-number-blanks-trimmed"], "NUMBER", "EQUALS", "[5]", r#"" 5""#),
        rule(&["mut-boolean-case-ignored"], "BOOLEAN", "EQUALS", "[true]", r#""TRUE""#),
        rule(&["mut-boolean-text-values-refused"], "BOOLEAN", "EQUALS", r#"["true"]"#, r#""true""#),
        rule(&["mut-boolean-empty-values-false"], "BOOLEAN", "EQUALS", "[]", r#""false""#),
        rule(&["mut-boolean-any-value"], "BOOLEAN", "EQUALS", "[false,true]", r#""true""#),
        rule(
            &["mut-version-semver-org"],
            "SEMANTIC_VERSION",
            "EQUALS",
            r#"["1.0.0+a"]"#,
            r#""1.0.0+b""#,
        ),
        rule(
            &["mut-version-as-text"],
            "SEMANTIC_VERSION",
            "GREATER",
            r#"["9.0.0"]"#,
            r#""10.0.0""#,
        ),
        rule(
            &["mut-version-v-stripped"],
            "SEMANTIC_VERSION",
            "EQUALS",
            r#"["1.2.3"]"#,
            r#""v1.2.3""#,
        ),
        rule(
            &["mut-version-two-part-differs"],
            "SEMANTIC_VERSION",
            "EQUALS",
            r#"["1.0"]"#,
            r#""1.0.0""#,
        ),
        rule(
            &["mut-version-not-equals-any-differs"],
            "SEMANTIC_VERSION",
            "NOT_EQUALS",
            r#"["1.0.0","2.0.0"]"#,
            r#""1.0.0""#,
        ),
        rule(
            &["mut-version-pre-releases-equal"],
            "SEMANTIC_VERSION",
            "GREATER",
            r#"["1.0.0-beta"]"#,
            r#""1.0.0-rc""#,
        ),
        rule(
            &["mut-date-as-text", "mut-date-offset-refused"],
            "DATE",
            "EQUALS",
            r#"["2024-02-29"]"#,
            r#""2024-02-29+10:00""#,
        ),
        rule(
            &["mut-date-includes-substring"],
            "DATE",
            "INCLUDES",
            r#"["2024-02"]"#,
            r#""2024-02-29""#,
        ),
        rule(
            &["mut-date-junk-not-equals"],
            "DATE",
            "NOT_EQUALS",
            r#"["2024-02-29"]"#,
            r#""not-a-date""#,
        ),
        rule(
            &["mut-date-junk-differs-from-junk"],
            "DATETIME",
            "EXCLUDES",
            r#"["soon"]"#,
            r#""later""#,
        ),
        rule(
            &[
                "mut-datetime-as-text",
                "mut-datetime-offset-ignored",
                "mut-datetime-equals-wants-same-offset",
                "mut-datetime-never-matches",
            ],
            "DATETIME",
            "EQUALS",
            r#"["2024-01-01T00:00:00Z"]"#,
            r#""2024-01-01T01:00:00+01:00""#,
        ),
        rule(
            &["mut-datetime-without-zone-refused"],
            "DATETIME",
            "LESS",
            r#"["2999-01-01T00:00:00Z"]"#,
            r#""2024-01-01T00:00:00""#,
        ),
        rule(
            &["mut-datetime-fraction-ignored"],
            "DATETIME",
            "GREATER",
            r#"["2024-01-01T00:00:00Z"]"#,
            r#""2024-01-01T00:00:00.001Z""#,
        ),
        rule(
            &["mut-ip-host-bits-refused"],
            "IP_ADDRESS",
            "EQUALS",
            r#"["10.1.0.0/8"]"#,
            r#""10.200.2.3""#,
        ),
        rule(
            &["mut-ip-mapped-not-normalised"],
            "IP_ADDRESS",
            "EQUALS",
            r#"["10.0.0.0/8"]"#,
            r#""::ffff:10.1.2.3""#,
        ),
        rule(
            &["mut-ip-leading-zeros-octal"],
            "IP_ADDRESS",
            "EQUALS",
            r#"["010.0.0.1"]"#,
            r#""10.0.0.1""#,
        ),
        rule(
            &["mut-ip-mixed-family-throws"],
            "IP_ADDRESS",
            "NOT_EQUALS",
            r#"["2001:db8::/32"]"#,
            r#""10.1.2.3""#,
        ),
        rule(
            &["mut-ip-junk-throws", "mut-ip-junk-not-equals"],
            "IP_ADDRESS",
            "NOT_EQUALS",
            r#"["10.0.0.0/8"]"#,
            r#""banana""#,
        ),
        rule(&["mut-ip-exact-text"], "IP_ADDRESS", "EQUALS", r#"["10.0.0.0/8"]"#, r#""10.1.2.3""#),
        rule(&["mut-ip-short-forms"], "IP_ADDRESS", "EQUALS", r#"["10.0.0.1"]"#, r#""10.1""#),
        rule(
            &["mut-ip-host-name-resolved"],
            "IP_ADDRESS",
            "EQUALS",
            r#"["127.0.0.1"]"#,
            r#""localhost""#,
        ),
        rule(
            &["mut-ip-zero-mask-is-empty"],
            "IP_ADDRESS",
            "EQUALS",
            r#"["0.0.0.0/0"]"#,
            r#""8.8.8.8""#,
        ),
    ]
}

fn values_and_encoding() -> Vec<Case> {
    vec![
        payload(
            &["mut-getters-cast"],
            r#"[{"id":"f","key":"F","l":false,"type":"BOOLEAN","value":true}]"#,
        ),
        payload(
            &["mut-absent-lock-is-missing"],
            r#"[{"id":"f","key":"F","type":"STRING","value":"v"}]"#,
        ),
        payload(
            &["mut-number-text-value-ignored"],
            r#"[{"id":"f","key":"F","l":false,"type":"NUMBER","value":"7.50"}]"#,
        ),
        payload(
            &["mut-boolean-text-value-false"],
            r#"[{"id":"f","key":"F","l":false,"type":"BOOLEAN","value":"true"}]"#,
        ),
        payload(
            &["mut-json-reserialised"],
            r#"[{"id":"f","key":"F","l":false,"type":"JSON","value":"{ \"a\" : 1 }"}]"#,
        ),
        payload(
            &["mut-json-must-parse"],
            r#"[{"id":"f","key":"F","l":false,"type":"JSON","value":"not json"}]"#,
        ),
        payload(
            &["mut-falsy-is-unset"],
            r#"[{"id":"f","key":"F","l":false,"type":"NUMBER","value":0}]"#,
        ),
        payload(
            &["mut-number-value-as-f64"],
            r#"[{"id":"f","key":"F","l":false,"type":"NUMBER","value":9007199254740993}]"#,
        ),
        payload(
            &["mut-properties-lost"],
            r#"[{"id":"f","key":"F","l":false,"fp":{"category":"shoes"}}]"#,
        ),
        payload(
            &["mut-first-duplicate-key-wins"],
            r#"[{"id":"f","key":"F","l":false,"type":"NUMBER","value":1,"value":2}]"#,
        ),
        payload(
            &["mut-deep-json-refused"],
            &format!(
                r#"[{{"key":"F","l":false,"x":{}{},"type":"STRING","value":"v"}}]"#,
                "[".repeat(10_000),
                "]".repeat(10_000)
            ),
        ),
        payload(
            &["mut-bom-refused"],
            "\u{feff}[{\"key\":\"F\",\"l\":false,\"type\":\"STRING\",\"value\":\"v\"}]",
        ),
        payload(
            &["mut-lone-surrogate-refused"],
            r#"[{"key":"E","value":"\ud800"},{"key":"F","l":false,"type":"STRING","value":"v"}]"#,
        ),
        payload(
            &["mut-big-version-as-f64"],
            r#"[{"key":"F","l":false,"version":9007199254740993,"type":"STRING","value":"v"}]"#,
        ),
        payload(
            &["mut-keyless-feature-poisons-list"],
            r#"[{"id":"f"},{"key":"F","l":false,"type":"STRING","value":"v"}]"#,
        ),
        payload(
            &["mut-unknown-feature-type-dropped"],
            r#"[{"key":"F","l":false,"type":"COLOUR","value":"v"}]"#,
        ),
    ]
}

type Seen = (Option<(Option<String>, Option<String>, Reason)>, Getters);

fn observe(case: &Case, mutant: Option<Mutant>) -> Seen {
    let context = context_from_json(&case.context).unwrap();
    let options = Options { mutant, ..Options::new(Profile::Client, NOW) };
    let payload = Payload::read(case.payload.as_bytes()).unwrap();
    let answer = payload.evaluate("F", context.as_ref(), &options);
    let getters = payload.getters("F", context.as_ref(), &options);
    (answer.map(|a| (a.value, a.strategy_id, a.reason)), getters)
}

#[test]
fn every_mutant_changes_an_answer() {
    let groups = [percentages(), strategies_and_rules(), types(), values_and_encoding()];
    let cases: Vec<Case> = groups.into_iter().flatten().collect();
    let mut killed: BTreeMap<&str, usize> = BTreeMap::new();
    for case in &cases {
        let right = observe(case, None);
        assert!(right.0.is_some(), "{}", case.payload);
        for name in case.mutants {
            let mutant = Mutant::named(name).unwrap_or_else(|| panic!("no mutant {name}"));
            let wrong = observe(case, Some(mutant));
            assert_ne!(wrong, right, "{name} survives {} with {}", case.payload, case.context);
            *killed.entry(name).or_default() += 1;
        }
    }
    let survivors: Vec<_> =
        MUTANTS.iter().filter(|m| !killed.contains_key(m.name)).map(|m| m.name).collect();
    assert!(survivors.is_empty(), "{survivors:?}");
    assert!(MUTANTS.len() >= 90);
}

/// The cases of `bracket` prove something only if the right answer is the middle strategy.
#[test]
fn brackets_are_hit() {
    for case in percentages().iter().filter(|case| case.payload.contains("\"mid\"")) {
        let (answer, _) = observe(case, None);
        assert_eq!(answer.unwrap().1.as_deref(), Some("mid"), "{}", case.payload);
    }
}
