use proptest::prelude::*;

use super::*;

fn as_json(yaml: &str) -> String {
    match Node::parse(yaml, &Limits::default()) {
        Ok(node) => node.to_json(),
        Err(error) => format!("{}: {}", error.position, error.what),
    }
}

#[test]
fn scalars_mean_what_the_core_schema_says() {
    for (yaml, expected) in [
        // Null.
        ("", "null"),
        ("~", "null"),
        ("null", "null"),
        ("Null", "null"),
        ("NULL", "null"),
        ("nULL", "\"nULL\""),
        ("'null'", "\"null\""),
        ("''", "\"\""),
        ("# a comment only", "null"),
        // Booleans.
        ("true", "true"),
        ("True", "true"),
        ("FALSE", "false"),
        ("tRUE", "\"tRUE\""),
        ("\"true\"", "\"true\""),
        // Texts that YAML 1.1 reads as booleans, times and other types.
        ("NO", "\"NO\""),
        ("no", "\"no\""),
        ("yes", "\"yes\""),
        ("on", "\"on\""),
        ("Off", "\"Off\""),
        ("y", "\"y\""),
        ("12:30:45", "\"12:30:45\""),
        ("2024-01-01", "\"2024-01-01\""),
        ("1_000", "\"1_000\""),
        ("0b11", "\"0b11\""),
        // Numbers keep their digits.
        ("17.3", "17.3"),
        ("7.50", "7.50"),
        ("1e3", "1e3"),
        ("1.5E-07", "1.5E-07"),
        ("-0", "-0"),
        ("-12", "-12"),
        (
            "12345678901234567890123.000000000000000000001",
            "12345678901234567890123.000000000000000000001",
        ),
        ("1e99999", "1e99999"),
        // Numbers that JSON writes in another way.
        ("+5", "5"),
        ("007", "7"),
        ("-007.10", "-7.10"),
        ("000", "0"),
        (".5", "0.5"),
        ("-.5", "-0.5"),
        ("5.", "5"),
        ("5.e3", "5e3"),
        ("0x1F", "31"),
        ("0xffffffffffffffffffffffffffffffff", "340282366920938463463374607431768211455"),
        ("0o17", "15"),
        // Texts that look like numbers.
        ("-", "[null]"),
        ("+", "\"+\""),
        (".", "\".\""),
        ("1.2.3", "\"1.2.3\""),
        ("1e", "\"1e\""),
        ("1e+", "\"1e+\""),
        ("1e5x", "\"1e5x\""),
        ("1ex", "\"1ex\""),
        ("e3", "\"e3\""),
        (".e3", "\".e3\""),
        ("0x", "\"0x\""),
        ("0x+1", "\"0x+1\""),
        ("-0x1", "\"-0x1\""),
        ("0o8", "\"0o8\""),
        ("0xfffffffffffffffffffffffffffffffff", "\"0xfffffffffffffffffffffffffffffffff\""),
        (".inf", "\".inf\""),
        ("-.INF", "\"-.INF\""),
        (".nan", "\".nan\""),
        ("٣", "\"٣\""),
        ("é1", "\"é1\""),
        // Texts.
        ("some text", "\"some text\""),
        ("\"a\\tb\\u00e9\"", "\"a\\tbé\""),
        ("'it''s'", "\"it's\""),
        ("|\n  two\n  lines\n", "\"two\\nlines\\n\""),
        (">-\n  one\n  line\n", "\"one line\""),
        // Tags.
        ("!!str 17", "\"17\""),
        ("!!str", "\"\""),
        ("! 17", "\"17\""),
        ("!!int \"5\"", "5"),
        ("!!int 5.5", "line 1, column 1: the value is not a valid int"),
        ("!!int 5e1", "line 1, column 1: the value is not a valid int"),
        ("!!float 5", "5"),
        ("!!float x", "line 1, column 1: the value is not a valid float"),
        ("!!bool 'true'", "true"),
        ("!!bool yes", "line 1, column 1: the value is not a valid bool"),
        ("!!null ''", "null"),
        ("!!null 0", "line 1, column 1: the value is not a valid null"),
        ("!!binary aGk=", "line 1, column 1: unknown tag !!binary: remove it"),
        ("!secret x", "line 1, column 1: unknown tag !secret: remove it"),
    ] {
        assert_eq!(as_json(yaml), expected, "{yaml:?}");
    }
}

#[test]
fn collections_keep_their_order() {
    let yaml = "b: {x: 1, 'y': [true, ~, 1.10]}\na:\n- - 1\n  - 2\n- {}\n- []\n? c\n: d\n1.10: e\nyes: f\n: g\n";
    assert_eq!(
        as_json(yaml),
        r#"{"b":{"x":1,"y":[true,null,1.10]},"a":[[1,2],{},[]],"c":"d","1.10":"e","yes":"f","":"g"}"#
    );
    assert_eq!(as_json("'<<': {!!str <<: 1}\n"), r#"{"<<":{"<<":1}}"#);
    assert_eq!(as_json("{\"<<\": [<<]}"), r#"{"<<":["<<"]}"#);
    assert_eq!(as_json("!!map {a: !!seq [1]}"), r#"{"a":[1]}"#);
    assert_eq!(as_json("\u{feff}a: 1"), r#"{"a":1}"#);
    assert_eq!(as_json("a: 1\r\nb: 2\r\n"), r#"{"a":1,"b":2}"#);
}

#[test]
fn errors_say_where() {
    for (yaml, expected) in [
        ("a: 1\nb: [1, 2\nc: 3\n", "line 3, column 2: "),
        ("a: 1\n  b: 2\n", "line 2, column 4: "),
        ("a: \"open", "line 1, column 4: "),
        ("a: 1\n\tb: 2\n", "line 1, column 4: "),
        ("a: 1\nb: 2\n\"a\": 3\n", "line 3, column 1: \"a\" is defined twice, first in line 1"),
        ("{a: 1, a: 2}", "line 1, column 8: \"a\" is defined twice, first in line 1"),
        (
            "? [1, 2]\n: x\n",
            "line 1, column 3: a name must be a scalar, not a list, a map or an alias",
        ),
        (
            "? {a: 1}\n: x\n",
            "line 1, column 3: a name must be a scalar, not a list, a map or an alias",
        ),
        (
            "- &a x\n- *a : y\n",
            "line 2, column 3: a name must be a scalar, not a list, a map or an alias",
        ),
        (
            "a: 1\n---\nb: 2\n",
            "line 2, column 1: a second document begins here, but only one document is allowed",
        ),
        (
            "a: &x [*x]\n",
            "line 1, column 8: this alias refers to a list or map that contains the alias",
        ),
        ("a: *nowhere\n", "line 1, column 4: "),
        (
            "a: &x {k: 1}\nb:\n  <<: *x\n",
            "line 3, column 3: merge keys are not supported: repeat the members",
        ),
        ("{<<: [{a: 1}]}", "line 1, column 2: merge keys are not supported: repeat the members"),
        ("!!merge <<: {}", "line 1, column 1: merge keys are not supported: repeat the members"),
        ("a: !!set {x}\n", "line 1, column 4: unknown tag !!set"),
        ("a: !mine [x]\n", "line 1, column 4: unknown tag !mine"),
        ("a: \u{0}\n", "line 1, column 4: "),
    ] {
        let said = as_json(yaml);
        assert!(said.starts_with(expected), "{yaml:?}: {said}");
    }
}

#[test]
fn positions_count_characters_from_one() {
    let root = Node::parse("ä: é\nlist:\n  - ü: [x, 5]\n", &Limits::default()).unwrap();
    let mut found = Vec::new();
    walk(&root, &mut found);
    assert_eq!(found, ["{} 1:1", "\"é\" 1:4", "[] 3:3", "{} 3:5", "[] 3:8", "\"x\" 3:9", "5 3:12"]);
}

fn walk(node: &Node, found: &mut Vec<String>) {
    let Position { line, column } = node.position;
    match &node.content {
        Content::List(items) => {
            found.push(format!("[] {line}:{column}"));
            items.iter().for_each(|item| walk(item, found));
        }
        Content::Map(members) => {
            found.push(format!("{{}} {line}:{column}"));
            members.iter().for_each(|member| walk(&member.node, found));
        }
        _ => found.push(format!("{} {line}:{column}", node.to_json())),
    }
}

#[test]
fn aliases_have_the_value_of_their_anchor() {
    assert_eq!(
        as_json("a: &x {k: [1]}\nb: *x\nc: &y text\nd: [*y, *x]\n"),
        r#"{"a":{"k":[1]},"b":{"k":[1]},"c":"text","d":["text",{"k":[1]}]}"#
    );
    // An anchor that is defined twice means the later definition from there on.
    assert_eq!(as_json("[&a 1, *a, &a 2, *a]"), "[1,1,2,2]");
    // The anchor of a name gives the scalar of the name.
    assert_eq!(
        as_json("&a key: 1\n&b 5: *a\nc: [*b, {&d \"6\": x}, *d]\n"),
        r#"{"key":1,"5":"key","c":[5,{"6":"x"},"6"]}"#
    );
}

#[test]
fn a_small_text_cannot_grow_large() {
    let mut yaml = "a0: &a0 [\"lol\"]\n".to_owned();
    for level in 1..30 {
        let aliases = vec![format!("*a{}", level - 1); 9].join(",");
        yaml.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
    }
    let said = as_json(&yaml);
    assert!(said.ends_with("the document is larger than 16777216 bytes"), "{said}");

    // The weight counts text, not only nodes.
    let yaml = format!("a: &a {}\nb: [{}]\n", "x".repeat(20_000), vec!["*a"; 1_000].join(","));
    assert!(as_json(&yaml).ends_with("the document is larger than 16777216 bytes"));
}

#[test]
fn many_values_are_refused_before_they_take_memory() {
    let yaml = format!("[{}]", vec!["~"; 250_009].join(","));
    assert_eq!(as_json(&yaml), "line 1, column 500002: the document has more than 250000 values");
}

#[test]
fn depth_is_bounded() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(as_json(&nested(100)), nested(100));
    assert!(
        as_json(&nested(100 + 1)).ends_with("lists and maps are nested more than 100 levels deep")
    );
    assert!(as_json(&nested(200)).contains("line 1, column "));
    let blocks: String = (0..100_000).map(|_| "- ").collect();
    // The error comes at the position that is too deep, before the rest of the document is read.
    assert_eq!(
        as_json(&blocks),
        "line 1, column 201: lists and maps are nested more than 100 levels deep"
    );
    // The nesting of an alias's node counts as well.
    let yaml = format!("- &a {}\n- {}*a{}\n", nested(60), "[".repeat(40), "]".repeat(40));
    assert!(as_json(&yaml).ends_with("lists and maps are nested more than 100 levels deep"));
}

/// Generates JSON without fractions.
fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(serde_json::Value::from),
        any::<i64>().prop_map(serde_json::Value::from),
        any::<u64>().prop_map(serde_json::Value::from),
        "[ -~é\n\t🐢]{0,12}".prop_map(serde_json::Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(serde_json::Value::from),
            prop::collection::vec(("[ -~é]{0,8}", inner), 0..6)
                .prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Pieces of YAML syntax, and characters that YAML forbids.
const PIECES: &[&str] = &[
    "a: ",
    "- ",
    "? ",
    ": ",
    "\n",
    "\n  ",
    "{",
    "}",
    "[",
    "]",
    ", ",
    "\"",
    "'",
    "|",
    ">-",
    "&x ",
    "*x",
    "!!str ",
    "!",
    "#",
    "---",
    "...",
    "%YAML 1.2\n",
    "\t",
    "\\",
    "text",
    "1.5",
    "é",
    "\r",
    "\u{0}",
    "\u{feff}",
    "%TAG ! x\n",
];

proptest! {
    /// Each of the generated JSON documents is read with its own value.
    #[test]
    fn json_is_yaml(value in any_json()) {
        prop_assert_eq!(as_json(&value.to_string()), value.to_string());
        prop_assert_eq!(as_json(&format!("{value:#}")), value.to_string());
    }

    /// Both readers find the same values at the same positions, in compact and in indented JSON.
    #[test]
    fn both_readers_agree(value in any_json(), is_pretty in any::<bool>()) {
        let text = if is_pretty { format!("{value:#}") } else { value.to_string() };
        let limits = Limits::default();
        let trees = [json::read(&text, limits).unwrap(), yaml::read(&text, limits).unwrap()];
        let found = trees.map(|tree| {
            let mut found = Vec::new();
            walk(&tree, &mut found);
            found
        });
        prop_assert_eq!(&found[0], &found[1]);
    }

    /// Every text gives an error, or a document whose JSON is valid.
    #[test]
    fn anything_is_read_or_refused(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..40)) {
        let yaml = pieces.concat();
        if let Ok(node) = Node::parse(&yaml, &Limits::default()) {
            let json = node.to_json();
            prop_assert!(serde_json::from_str::<serde::de::IgnoredAny>(&json).is_ok(), "{}", json);
        }
    }
}

/// Tests JSON that the YAML parser would not read.
#[test]
fn json_is_read_as_json() {
    let long = format!("{{\"{0}\":\"{0}\"}}", "x".repeat(3_000));
    for (text, expected) in [
        (r#"{"a":"\ud83d\udc22 \/ \u00e9"}"#, "{\"a\":\"🐢 / é\"}"),
        (r#"["\\", "\"", "\\\"", "", "a\\"]"#, r#"["\\","\"","\\\"","","a\\"]"#),
        (
            "\u{feff}\t{\r\n\t\"a\"\t:\t[ 1.50 ,-2E+7,true,false,null ] }\n",
            r#"{"a":[1.50,-2E+7,true,false,null]}"#,
        ),
        ("[[],{},[{}]]", "[[],{},[{}]]"),
        ("\u{feff}[\"\\ud83d\\udc22\"]", "[\"🐢\"]"),
        (long.as_str(), long.as_str()),
        // YAML that is not JSON.
        ("[a, 'b', 007,]", r#"["a","b",7]"#),
        ("{a: 1} # comment", r#"{"a":1}"#),
        // Texts that are refused.
        (r#"["\ud83d"]"#, "line 1, column 2: this text contains an invalid escape"),
        (
            "{\"a\":1,\n \"a\":2}",
            "line 2, column 2: \"a\" is defined twice, first in line 1: remove one of the two",
        ),
    ] {
        assert_eq!(as_json(text), expected, "{text}");
    }
    let root = Node::parse("{\n  \"ä\": [\"é\",  5]}", &Limits::default()).unwrap();
    let mut found = Vec::new();
    walk(&root, &mut found);
    assert_eq!(found, ["{} 1:1", "[] 2:8", "\"é\" 2:9", "5 2:15"]);
    let Content::Map(members) = &root.content else { panic!("{root:?}") };
    assert_eq!(members[0].position, Position { line: 2, column: 3 });
}

#[test]
fn limits_can_be_set() {
    let said = |text: &str, limits| Node::parse(text, &limits).unwrap_err().to_string();
    let limits = Limits { depth: 2, weight: 50, values: 6 };
    for text in ["[[[]]]", "- - - x"] {
        assert!(said(text, limits).ends_with("lists and maps are nested more than 2 levels deep"));
    }
    for text in ["[1,2,3,4,5,6,7]", "- 1\n- 2\n- 3\n- 4\n- 5\n- 6\n- 7\n"] {
        assert!(said(text, limits).ends_with("more than 6 values"));
    }
    let text = format!("[{}]", "x".repeat(50));
    assert!(said(&text, limits).ends_with("the document is larger than 50 bytes"));
}
