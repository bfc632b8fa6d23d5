//! Tests of the exports, on the native target.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use super::*;

const MINUTE: f64 = 60_000.0;

/// A list of features: a value of each type, strategies with and without id, and a rule on the clock.
const FEATURES: &str = concat!(
    r#"{"id":"1","key":"ON","type":"BOOLEAN","value":true}"#,
    "\0",
    r#"{"id":"2","key":"","type":"STRING","value":"left out"}"#,
    "\0",
    r#"{"id":"3","key":"COLOUR","type":"STRING","value":"a\u0000b","strategies":[
        {"id":"never","value":"x"},
        {"value":"kia ora","attributes":[{"fieldName":"country","type":"STRING","conditional":"EQUALS","values":["new_zealand"]}]},
        {"id":"half","value":null,"percentage":1000000,"percentageAttributes":["plan"]}]}"#,
    "\0",
    r#"{"id":"4","key":"LATE","type":"NUMBER","value":7.50,"strategies":[{"id":"s","value":"seven","attributes":[
        {"fieldName":"now","type":"DATETIME","conditional":"GREATER","values":["1970-01-01T00:01:00Z"]}]}]}"#,
    "\0",
    r#"{"id":"5","key":"LIMITS","type":"JSON","value":"{\"a\":1}"}"#,
);

const PATTERN: &str = r#"{"id":"6","key":"P","type":"BOOLEAN","value":false,"strategies":[{"value":true,"attributes":[
    {"fieldName":"plan","type":"STRING","conditional":"REGEX","values":["^go+ld$"]}]}]}"#;

/// Makes a context of a text in which names and values alternate.
fn context_of(attributes: &str) -> u32 {
    let context = clear_context(0);
    let mut parts = texts::split(attributes);
    while let (Some(name), Some(value)) = (parts.next(), parts.next()) {
        add_attribute(context, &name, &value);
    }
    context
}

#[test]
fn the_results_of_a_ruleset_cross_once() {
    let ruleset = compile(FEATURES.as_bytes(), 0);
    assert_eq!(keys(ruleset), "ON\0COLOUR\0LATE\0LIMITS");
    assert_eq!(missing(ruleset), 0);
    let texts: Vec<_> = result_texts(ruleset).split('\0').map(str::to_string).collect();
    assert_eq!(
        texts,
        [
            &["country", "plan", "now"][..],
            &["a\u{1}0b", "x", "never", "kia ora", "half", "7.50", "seven", "s", r#"{"a":1}"#],
        ]
        .concat()
    );
    let expected: [&[u32]; 9] = [
        // The number of attributes.
        &[3],
        // ON: true, static. It reads nothing.
        &[2, 0, 2 + 8 * 3, 0, 0],
        // COLOUR: the default, the strategy `never`, a strategy without an id, null of the strategy `half`. It reads `country` and `plan`.
        &[8, 0b011, 4 + 8 * 2, 3, 0],
        &[4, 4, 6],
        &[4, 6, 0],
        &[8, 0, 8],
        // LATE reads the clock and `now`. The value of its strategy is no number.
        &[5, 0b100, 3 + 8 * 2, 8, 0],
        &[4, 9, 11],
        // LIMITS.
        &[2, 0, 5 + 8 * 3, 11, 0],
    ];
    assert_eq!(results(ruleset), expected.concat());
    free_ruleset(ruleset);
}

#[test]
fn features_cross_in_several_pieces() {
    let whole = compile(FEATURES.as_bytes(), 0);
    for piece in FEATURES.split('\0') {
        add(piece.as_bytes(), 0);
    }
    let pieces = compile(&[], 0);
    assert_eq!(keys(pieces), keys(whole));
    assert_eq!((results(pieces), result_texts(pieces)), (results(whole), result_texts(whole)));
    assert_eq!(keys(compile(&[], 0)), "");
    add(PATTERN.as_bytes(), 0);
    let last = compile(FEATURES.as_bytes(), 0);
    assert_eq!(keys(last).is_empty(), missing(last) > 0);
}

#[test]
fn an_evaluation_names_a_result() {
    let ruleset = compile(FEATURES.as_bytes(), 0);
    let aroha = context_of("country\0new_zealand\0plan\0gold\0plan\0beta");
    let fred = context_of("country\0france");
    let empty = context_of("");
    for (feature, context, now, result) in [
        (0, aroha, 0.0, 0),
        (1, aroha, 0.0, 2),
        (1, fred, 0.0, 3),
        (1, empty, 0.0, 3),
        (1, 0, 0.0, 0),
        (2, fred, MINUTE, 0),
        (2, fred, MINUTE + 1.0, 1),
        (2, fred, f64::NAN, 0),
        (3, fred, 0.0, 0),
        // No such feature, context, ruleset.
        (4, fred, 0.0, NO_RESULT),
        (0, 99, 0.0, NO_RESULT),
    ] {
        let found = evaluate(ruleset, feature, context, now);
        assert_eq!(found, result, "feature {feature}, context {context}, now {now}");
    }
    assert_eq!(evaluate(99, 0, aroha, 0.0), NO_RESULT);
    free_ruleset(ruleset);
    assert_eq!(evaluate(ruleset, 0, aroha, 0.0), NO_RESULT);
    assert_eq!((keys(ruleset), results(ruleset)), (String::new(), Vec::new()));
}

#[test]
fn a_freed_context_no_longer_exists() {
    let ruleset = compile(FEATURES.as_bytes(), 0);
    let context = context_of("country\0new_zealand");
    assert_eq!(evaluate(ruleset, 1, context, 0.0), 2);
    free_context(context);
    assert_eq!(evaluate(ruleset, 1, context, 0.0), NO_RESULT);
    assert_eq!(context_of("country\0new_zealand"), context);
}

#[test]
fn a_context_gets_attributes_later_or_becomes_another_one() {
    let ruleset = compile(FEATURES.as_bytes(), 0);
    let context = context_of("plan\0gold");
    assert_eq!(evaluate(ruleset, 1, context, 0.0), 3);
    add_attribute(context, "country", "france");
    assert_eq!(evaluate(ruleset, 1, context, 0.0), 3);
    add_attribute(context, "country", "new_zealand");
    assert_eq!(evaluate(ruleset, 1, context, 0.0), 2);
    assert_eq!(clear_context(context), context);
    add_attribute(context, "plan", "gold");
    assert_eq!(evaluate(ruleset, 1, context, 0.0), 3);
    // No such context.
    assert_eq!(clear_context(99), 99);
    add_attribute(99, "country", "new_zealand");
    free_context(context);
    add_attribute(context, "country", "new_zealand");
    assert_eq!(evaluate(ruleset, 1, context, 0.0), NO_RESULT);
}

#[test]
fn the_values_in_the_buffer_replace_those_of_a_context() {
    let ruleset = compile(FEATURES.as_bytes(), 0);
    let [country, plan] = ["country", "plan"].map(|name| name_attribute(name) as u8);
    let context = context_of("country\0new_zealand");
    let values = |values: &[(u8, &str)]| {
        let value =
            |(name, text): &(u8, &str)| [&[*name, text.len() as u8], text.as_bytes()].concat();
        values.iter().flat_map(value).collect::<Vec<u8>>()
    };
    for (buffer, result) in [
        (values(&[]), 3),
        (values(&[(country, "new_zealand")]), 2),
        (values(&[(plan, "gold"), (country, "france"), (country, "new_zealand")]), 2),
        (values(&[(plan, "gold")]), 3),
        // No such name, no text, and a text with fewer bytes than its length says.
        (values(&[(99, "new_zealand")]), 3),
        (vec![country, 1, 0xff], 3),
        (vec![country, 200, b'n'], 3),
        (vec![country], 3),
    ] {
        state::write_buffer(&buffer);
        let found = evaluate_values(ruleset, 1, context, 0.0, buffer.len() as u32);
        assert_eq!(found, result, "{buffer:?}");
        assert_eq!(evaluate(ruleset, 1, context, 0.0), result, "{buffer:?}");
    }
    // The buffer is shorter, no such context.
    assert_eq!(evaluate_values(ruleset, 1, context, 0.0, 1025), 3);
    assert_eq!(evaluate_values(ruleset, 1, 99, 0.0, 0), NO_RESULT);
    assert_eq!(buffer(), buffer());
}

#[test]
fn features_name_at_most_31_attributes() {
    let feature = |n: usize| {
        format!(
            r#"{{"key":"F{n}","type":"BOOLEAN","value":false,"strategies":[{{"value":true,"attributes":[
            {{"fieldName":"a{n}","type":"STRING","conditional":"EQUALS","values":["x"]}},
            {{"fieldName":"a0","type":"STRING","conditional":"EQUALS","values":["x"]}}]}}]}}"#
        )
    };
    let features: Vec<String> = (1..=32).map(feature).collect();
    let ruleset = compile(features.join("\0").as_bytes(), 0);
    let numbers = results(ruleset);
    let (names, rest) = numbers.split_first().unwrap();
    let reads: Vec<u32> = rest.chunks(2 + 2 * 3).map(|feature| feature[1]).collect();
    // The first name is that of the first rule; the rules keep their order.
    let expected =
        (1..=32).map(|n| if n <= 30 { 1 << 1 | 1 << if n == 1 { 0 } else { n } } else { u32::MAX });
    assert_eq!((*names, reads), (31, expected.collect()));
    free_ruleset(ruleset);
}

#[test]
fn values_of_attributes_keep_every_character() {
    let rule = |value: &str| {
        format!(
            r#"{{"key":"A","type":"BOOLEAN","value":false,"strategies":[{{"value":true,"attributes":[
            {{"fieldName":"x","type":"STRING","conditional":"EQUALS","values":["{value}"]}}]}}]}}"#
        )
    };
    for (escaped, attributes) in
        [(r"a\u0000b", "x\0a\u{1}0b"), (r"\u0001", "x\0\u{1}1"), ("", "x\0"), ("é🐢", "x\0é🐢")]
    {
        let (ruleset, context) = (compile(rule(escaped).as_bytes(), 0), context_of(attributes));
        assert_eq!(evaluate(ruleset, 0, context, 0.0), 1, "{escaped}");
    }
}

/// A build of the whole workspace has each cargo feature of `fh-eval`, so that the lean engine lacks nothing there either. `cargo test -p
/// fh-web-engine` builds it as pages load it.
#[test]
fn a_ruleset_names_the_parts_that_it_lacks() {
    let all = "ON\0COLOUR\0LATE\0LIMITS";
    for (features, profile, complete, part) in
        [(FEATURES, 0, all, 0), (PATTERN, 0, "P", 1), (FEATURES, 1, all, 2)]
    {
        let ruleset = compile(features.as_bytes(), profile);
        let is_complete = keys(ruleset) == complete;
        assert!(is_complete || !cfg!(feature = "full"), "profile {profile}");
        assert_eq!(missing(ruleset), if is_complete { 0 } else { part }, "profile {profile}");
        free_ruleset(ruleset);
    }
    assert_eq!(missing(99), 0);
}

#[test]
fn compilation_ends_at_a_feature_that_needs_a_missing_part() {
    let features =
        [FEATURES, PATTERN, r#"{"key":"LAST","type":"BOOLEAN","value":true}"#].join("\0");
    let ruleset = compile(features.as_bytes(), 0);
    let expected = match missing(ruleset) {
        0 => "ON\0COLOUR\0LATE\0LIMITS\0P\0LAST",
        _ => "ON\0COLOUR\0LATE\0LIMITS",
    };
    assert_eq!(keys(ruleset), expected);
}

#[cfg(feature = "full")]
#[test]
fn the_full_engine_explains() {
    let ruleset = compile_document(&format!("[{PATTERN}]"), 0, "").ok().unwrap();
    let context = context_of("plan\0gooold");
    let explained = explain(ruleset, 0, context, 0.0);
    assert_eq!(explain(compile_to_explain(PATTERN.as_bytes(), 0), 0, context, 0.0), explained);
    let report: serde_json::Value = serde_json::from_str(&explained).unwrap();
    assert_eq!(report["value"], serde_json::json!(true));
    assert_eq!(report["strategies"][0]["outcome"], "MATCH");
    assert!(report["text"].as_str().unwrap().contains("plan REGEX"), "{report}");
    assert_eq!(explain(ruleset, 1, context, 0.0), "");
}

#[cfg(feature = "full")]
#[test]
fn the_full_engine_lists_diagnostics() {
    let json = r#"[{"key":"A","type":"BOOLEAN","value":true,"strategies":7}]"#;
    let ruleset = compile_document(json, 1, "A\0id").ok().unwrap();
    let list: serde_json::Value = serde_json::from_str(&diagnostics(ruleset)).unwrap();
    assert_eq!(list[0]["feature"], "A");
    assert_eq!(list[0]["severity"], "warning");
    assert_eq!(list[0]["problem"], "expected a list");
    assert!(list[0]["text"].as_str().unwrap().starts_with("feature A, strategies"), "{list}");
    assert_eq!(diagnostics(99), "[]");
}
