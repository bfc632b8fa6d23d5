use super::look_around::Expression;
use super::positions::Positions;
use super::*;
use proptest::prelude::*;

fn search(pattern: &str, text: &str) -> bool {
    Pattern::compile(pattern, Extent::Search).unwrap().is_match(text)
}

fn whole(pattern: &str, text: &str) -> bool {
    Pattern::compile(pattern, Extent::Whole).unwrap().is_match(text)
}

fn refused(pattern: &str) -> Refusal {
    Pattern::compile(pattern, Extent::Search).unwrap_err()
}

#[test]
fn the_dialect() {
    assert!(search(r"^\w+$", "abc_9"));
    assert!(!search(r"^\w+$", "zoë"));
    assert!(!search(r"\d", "٣"));
    assert!(!search(r"\s", "\u{a0}"));
    assert!(search(r"\s", "\u{b}"));
    assert!(search(r"^\D$", "٣"));
    assert!(search("^.$", "\r"));
    assert!(!search("^.$", "\n"));
    assert!(search("(?s)^.$", "\n"));
    assert!(!search("a$", "a\n"));
    assert!(search("(?m)^b$", "a\nb\nc"));
    assert!(search("(?i)STRASSE", "strasse"));
    assert!(!search("(?i)É", "é"));
    assert!(!search("(?i)k", "\u{212a}"));
    assert!(search("(?i)[a-c]", "B"));
    assert!(!search("(?i)[^a-c]", "B"));
    assert!(search("(?i:a)b", "Ab") && !search("(?i:a)b", "AB"));
    assert!(search("a(?i)b|c", "C"));
    assert!(search(r"(?x) a b # comment", "ab"));
    assert!(search(r"\bcat\b", "a cat."));
    assert!(search(r"\bcat\b", "écat"));
    assert!(search(r"a\Bb", "ab") && !search(r"\Bcat", "a cat"));
    assert!(search(r"\B", "é") && search(r"^\B.\B$", "é"));
    assert!(!search(r"[^\s\S]", "a") && !search(r"[^\x00-\x{10FFFF}]", ""));
    assert!(search("🚲{2}", "🚲🚲") && !search("^🚲.$", "🚲"));
    assert!(search("", "") && whole("", "") && !whole("", "a"));
    assert!(search(r"\.", "a.b") && search(r"[.\-\]]", "]"));
}

#[test]
fn whole_anchors_the_tree() {
    assert!(whole("a|ab", "ab"));
    assert!(!whole("a|b", "ab"));
    assert!(whole("(?x)a # b", "a"));
    assert!(whole("^a$", "a"));
}

#[test]
fn refusals() {
    for pattern in ["(", ")", "[", "a{2,1}", "*", "(?P<n", r"\", "[b-a]", "(?z)"] {
        assert!(matches!(refused(pattern), Refusal::Invalid(_)), "{pattern}");
    }
    for pattern in [
        "(?x)( ?=a)",
        r"(a)\1",
        r"(?=(a)\1)",
        r"\pX",
        r"\p{Greek}",
        r"\p{lu}",
        r"[\p{IsAlphabetic}]",
        r"\R+",
        r"(a\R)?",
        r"[\R]",
        r"[\Z]",
        r"(?x)\Qa\E",
        "[a&&b]",
        "[a--b]",
        "(?u)a",
        "(?-u)a",
        "(?R)a",
        r"\b{start}a",
    ] {
        assert!(
            matches!(refused(pattern), Refusal::Unsupported(_)),
            "{pattern} {:?}",
            refused(pattern)
        );
    }
    for pattern in [
        "a{10001}",
        "(a{100}){101}",
        "((((a{10}){10}){10}){10}){10}",
        &format!("{}{}", "(".repeat(3000), ")".repeat(3000)),
        &"a".repeat(70_000),
        &"a|".repeat(9_999),
    ] {
        assert!(matches!(refused(pattern), Refusal::TooLarge), "{}", pattern.len());
    }
    assert!(Pattern::compile("[^a]{9000}", Extent::Search).is_ok());
    // The ranges of a class count: `\p{L}` has about 600.
    assert!(Pattern::compile(r"\p{L}{200}", Extent::Search).is_ok());
    assert!(matches!(refused(r"\p{L}{1000}"), Refusal::TooLarge));
    assert!(matches!(refused(&r"\R".repeat(5_000)), Refusal::TooLarge));
}

#[test]
fn refusals_say_what_to_write_instead() {
    for (pattern, construct) in [
        ("(?x)a( ?=b)", Construct::LookAhead),
        ("(?x)a( ?!b)", Construct::NegativeLookAhead),
        ("(?x)( ?<=b)a", Construct::LookBehind),
        ("(?x)é( ?<!b)a", Construct::NegativeLookBehind),
        (r"(a)\1", Construct::BackReference),
        ("[a&&b]", Construct::ClassOperation),
        (r"\p{Greek}", Construct::Property),
        (r"(?:\R)+", Construct::RepeatedLineBreak),
    ] {
        assert_eq!(refused(pattern), Refusal::Unsupported(construct), "{pattern}");
        assert!(!construct.instead().is_empty());
    }
}

/// `regex-syntax` reads `a++` as a repetition of a repetition. In Java it is possessive: it never gives back
/// characters that it has matched.
#[test]
fn a_repetition_behind_a_repetition_is_refused() {
    for pattern in ["a++", "a*+", "a?+", "a{1,2}+b", "(?:a+)++", "(?x)a+ # one\n +", r"\Qab\E++"] {
        let refused = |extent| Pattern::compile(pattern, extent).unwrap_err();
        assert_eq!(refused(Extent::Whole), Construct::Possessive.into(), "{pattern}");
        assert!(matches!(refused(Extent::Search), Refusal::Invalid(_)), "{pattern}");
    }
    for pattern in ["a**", "a+*", "a*?+", "a??+", "a+++", "a++?", "a{2}{3}", "a+{2}"] {
        for extent in [Extent::Search, Extent::Whole] {
            let refused = Pattern::compile(pattern, extent).unwrap_err();
            assert!(matches!(refused, Refusal::Invalid(_)), "{pattern} {refused:?}");
        }
    }
    for (pattern, text) in
        [(r"\++", "++"), ("[+]+", "++"), ("(?:a+)+", "aa"), ("a+?", "a"), (r"\Q+\E+", "++")]
    {
        assert!(search(pattern, text) && whole(pattern, text), "{pattern}");
    }
}

#[test]
fn classes_are_read_as_by_javascript_or_java() {
    for (pattern, text, in_search, in_whole) in [
        ("[[:alpha:]]", "x", false, false),
        ("[[:alpha:]]", "a", false, true),
        ("[[:alpha:]]", "a]", true, false),
        ("[^[:alpha:]]", "x", false, true),
        ("[a[bc]]", "b", false, true),
        ("[a[bc]]", "[]", true, false),
        ("[]a]", "]", false, true),
        ("[^]", "x", true, false),
        (r"[\]\[:a]", "[", true, true),
        (r"\[[:alpha:]\]", "[p]", true, true),
        (r"[\Q[[:\E]", "[", true, true),
        ("(?x)[ab] # [[:alpha:]]", "b", true, true),
        (r"[\w-]", "-", true, true),
        (r"^[\d-z]$", "-", true, true),
        (r"^[\d-z]$", "a", false, false),
        (r"^[\h-z]$", "-", true, true),
        (r"\<\>", "<>", true, true),
    ] {
        let found = [Extent::Search, Extent::Whole].map(|extent| {
            Pattern::compile(pattern, extent).is_ok_and(|pattern| pattern.is_match(text))
        });
        assert_eq!(found, [in_search, in_whole], "{pattern} on {text}");
    }
}

#[test]
fn escapes_of_java_mean_the_same_in_both() {
    for (pattern, text, is_match) in [
        (r"^\p{L}+$", "Zoë", true),
        (r"^[\p{Lu}\p{Nd}_]$", "É", true),
        (r"^(?i)\p{Lu}$", "é", true),
        (r"^\Qa.b\E$", "axb", false),
        (r"^\Qa.b$", "a.b$", true),
        (r"^\h\H$", "\u{a0}a", true),
        (r"^a\Rb$", "a\r\nb", true),
        (r"^a\R\n$", "a\r\n", true),
        (r"^a\Z", "a", true),
    ] {
        assert_eq!(search(pattern, text), is_match, "{pattern} on {text:?}");
    }
    assert!(whole(r"\v", "\u{2028}") && !search(r"\v", "\u{2028}") && search(r"\v", "\u{b}"));
    for (text, is_match) in
        [("a\n", true), ("a\r\n", true), ("a\u{2028}", true), ("a\n\n", false), ("ab", false)]
    {
        assert_eq!(search(r"a\Z", text), is_match, "{text:?}");
        assert!(!whole(r"a\Z", text), "{text:?}");
    }
    // `\Z` does not match between the two characters of a line break.
    assert!(!search(r"a\r\Z", "a\r\n") && search(r"a\r\n\Z", "a\r\n"));
}

#[test]
fn constructs_that_sdks_read_differently_are_listed() {
    assert_eq!(
        divergences(r"[[:alpha:]]\p{L}\Qa\E\p{L}\Z"),
        [Divergence::ClassInClass, Divergence::Property, Divergence::Quote, Divergence::End]
    );
    assert_eq!(
        divergences(r"[]\h\v\R"),
        [
            Divergence::EmptyClass,
            Divergence::Blank,
            Divergence::VerticalSpace,
            Divergence::LineBreak
        ]
    );
    for pattern in [r"\[[^a\]b]\w[:a]", "a|b", r"\\Q", ""] {
        assert!(divergences(pattern).is_empty(), "{pattern}");
    }
}

#[test]
fn anchored_literals_need_no_engine() {
    let literals = |pattern: &str| {
        let pattern = Pattern::compile(pattern, Extent::Search).unwrap();
        pattern.literals().map(|(anchor, texts)| {
            (anchor, texts.iter().map(ToString::to_string).collect::<Vec<_>>())
        })
    };
    let some = |anchor, texts: &[&str]| {
        Some((anchor, texts.iter().map(ToString::to_string).collect::<Vec<_>>()))
    };
    assert_eq!(literals(r"@team-03\.example\.com$"), some(Anchor::End, &["@team-03.example.com"]));
    assert_eq!(literals(r".*@example\.com$"), some(Anchor::End, &["@example.com"]));
    assert_eq!(literals("^(gold|go|silver)$"), some(Anchor::Both, &["go", "gold", "silver"]));
    assert_eq!(literals("^beta-"), some(Anchor::Start, &["beta-"]));
    assert_eq!(literals("^beta-.*"), some(Anchor::Start, &["beta-"]));
    assert_eq!(literals("ana"), some(Anchor::Anywhere, &["ana"]));
    assert_eq!(literals("(?i)ab"), some(Anchor::Anywhere, &["AB", "Ab", "aB", "ab"]));
    assert_eq!(literals(""), some(Anchor::Anywhere, &[""]));
    for pattern in ["^a|b$", "^.*a$", "a.c", r"\ba", "(?m)^a", "a+", "[a-z]a$", ".*a.*b"] {
        assert_eq!(literals(pattern), None, "{pattern}");
    }
    let whole = Pattern::compile("gold|silver", Extent::Whole).unwrap();
    assert_eq!(whole.literals().unwrap().0, Anchor::Both);
    assert!(whole.is_match("silver") && !whole.is_match("silver "));
    #[cfg(feature = "featbit")]
    for (pattern, anchor, texts) in [
        // The end of a text is also before its last line feed.
        (r"@example\.com$", Anchor::End, ["@example.com", "@example.com\n"]),
        (r"^go\Z", Anchor::Both, ["go", "go\n"]),
    ] {
        let pattern = Pattern::compile(pattern, Extent::DotNet).unwrap();
        let (found, literals) = pattern.literals().unwrap();
        assert_eq!((found, literals), (anchor, texts.map(Box::from).as_slice()));
    }
}

/// A look-around at the start or the end of the text is a pattern of its own. The engine for positions runs all others, without a table.
#[test]
fn look_arounds_at_an_end_are_parts() {
    for (pattern, extent, is_split) in [
        (r"^(?!10\.)", Extent::Search, true),
        (r"\A(?=a)(?!b)(?:c)", Extent::Search, true),
        ("(?!a)b*", Extent::Whole, true),
        ("b+(?<!a)$", Extent::Search, true),
        ("^(?!^(?!a)b)b*", Extent::Search, true),
        ("(?!a)b", Extent::Search, false),
        ("(?m)^(?!a)b", Extent::Search, false),
        ("(?m)b+(?<!a)$", Extent::Search, false),
        ("^(?!a)b|c", Extent::Search, false),
        ("(?:^(?!a))?b", Extent::Search, false),
        ("(?:^(?!a)b)*c", Extent::Whole, false),
        ("^(?<!a)b", Extent::Search, false),
        (r"b+(?<!a)\Z", Extent::Search, false),
        (r"a\Z\n", Extent::Whole, false),
        #[cfg(not(target_arch = "wasm32"))]
        (r"a\B", Extent::Search, false),
        #[cfg(feature = "featbit")]
        ("^(?!.*a$).*$", Extent::DotNet, true),
        #[cfg(feature = "featbit")]
        ("b+(?<!a)$", Extent::DotNet, false),
    ] {
        let pattern_of = Pattern::compile(pattern, extent).unwrap();
        assert!(pattern_of.literals().is_none(), "{pattern}");
        match pattern_of.program {
            Program::All(_) => assert!(is_split, "{pattern} as {extent:?}"),
            Program::Positions(_) => {
                assert!(!is_split, "{pattern} as {extent:?}");
                assert_eq!(pattern_of.table_charge(), 0, "{pattern}");
            }
            other => panic!("{pattern} as {extent:?}: {other:?}"),
        }
    }
    let charge = |pattern| Pattern::compile(pattern, Extent::Search).unwrap().table_charge();
    assert_eq!(charge(r"^(?!10\.)"), 0);
    assert_eq!(charge("^(?!.*a).*b$"), charge("^.*a") + charge("^.*b$"));
}

#[test]
fn bombs_are_harmless() {
    // The engines run in linear time. A text that is too long for a large pattern does not match, and costs no time.
    assert!(!search("(a+)+$", &format!("{}!", "a".repeat(40_000))));
    assert!(!search("(?=(a+)+!$)(?!(a*)*b)c?", &"a".repeat(10_000)));
    let large = Pattern::compile("([a-z]?){3000}x", Extent::Search).unwrap();
    assert!(!large.is_match(&"x".repeat(100_000)));
    assert!(large.is_match("aax"));
}

#[test]
fn patterns_match_texts_up_to_the_limit_for_work() {
    let pattern = Pattern::compile("a[b-d]{90}|e+", Extent::Search).unwrap();
    let longest = 500_000 / pattern.nodes();
    assert!(pattern.is_match(&"e".repeat(longest)));
    assert!(!pattern.is_match(&"e".repeat(longest + 1)));
    assert_eq!(pattern.search(&"e".repeat(longest + 1)), None);
    // A plain text needs no engine, and has no limit.
    let literal = Pattern::compile("e$", Extent::Search).unwrap();
    assert!(literal.is_match(&"e".repeat(2_000_000)));
}

/// The patterns of FeatBit and FeatureSignals, which no page runs, have a limit for the steps of a search alone.
#[cfg(all(feature = "featbit", feature = "featuresignals", not(target_arch = "wasm32")))]
#[test]
fn long_lists_and_long_texts_of_flags() {
    let crawlers: Vec<String> =
        (0..150).map(|n| format!("{}bot[/ ]{n}", (b'a' + n % 26) as char)).collect();
    let addresses: Vec<String> =
        (0..500).map(|n| format!(r"someone{n}@team{n}\.example\.com")).collect();
    let agent = |end: &str| format!("Mozilla/5.0 {} {end}", "x".repeat(8 << 10));
    let (crawlers, listed) = (crawlers.join("|"), addresses.join("|"));
    let rows = [
        (crawlers.clone(), agent("zbot/25"), true),
        (crawlers.clone(), agent("zbot/26"), false),
        (format!("(?i){crawlers}"), agent("ZBOT 25"), true),
        (format!(r"\b(?:{crawlers})\b"), agent("zbot/25"), true),
        (listed.clone(), agent("someone499@team499.example.com"), true),
        (listed.clone(), agent("someone499@team498.example.com"), false),
        (format!("^(?:{listed})$"), "someone7@team7.example.com".to_string(), true),
        (format!("(?i)^(?:{listed})$"), "Someone7@TEAM8.example.com".to_string(), false),
        ("(?i)[a-f]{0,900}xy".to_string(), agent("AAXY"), true),
        (r"a\B.{50}z".to_string(), agent(&format!("a{}z", "b".repeat(50))), true),
    ];
    for (pattern, text, expected) in &rows {
        for extent in [Extent::DotNet, Extent::Re2] {
            let (tables, without) = (Tables::UpTo(usize::MAX), Tables::None);
            for tables in [tables, without] {
                let compiled =
                    Pattern::compile_with(pattern, extent, tables, extent.limits().nodes).unwrap();
                let start = &pattern[..pattern.len().min(40)];
                assert_eq!(compiled.search(text), Some(*expected), "{start} {extent:?} {tables:?}");
            }
        }
    }
    // All states are alive at each byte.
    let worst = Pattern::compile("(?:[a-z]?){1000}[0-9]{900}", Extent::Re2).unwrap();
    assert!(worst.is_limited());
    assert_eq!(worst.search(&"x".repeat(8 << 10)), None);
    let longest = worst.longest_text().unwrap();
    assert!((200..8 << 10).contains(&longest), "{longest}");
    assert_eq!(worst.search(&"x".repeat(longest)), Some(false));
}

/// Returns a strategy for patterns of most constructs of the dialect.
fn pattern() -> impl Strategy<Value = String> {
    let atom = prop_oneof![
        4 => "[a-cA-C0é🚲 \\n]",
        1 => Just(".".to_string()),
        1 => prop::sample::select(vec![r"\d", r"\D", r"\w", r"\W", r"\s", r"\S", "^", "$", r"\b", r"\B", r"\A", r"\z", r"\h", r"\H", r"\v", r"\V", r"\R", r"\Z", r"\Qa.\E"])
            .prop_map(str::to_string),
        1 => prop::sample::select(vec!["[a-b]", "[^a]", r"[\w-]", "[[:upper:]]", r"[^\W]", "[é-ü]", "[a[0b]]", r"[a\h]", r"\p{Lt}", r"\P{Zs}", r"[\p{Nl}0]", "[]", "[^]"])
            .prop_map(str::to_string),
    ];
    atom.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(|parts| parts.concat()),
            prop::collection::vec(inner.clone(), 1..4)
                .prop_map(|parts| format!("({})", parts.join("|"))),
            (
                inner.clone(),
                prop::sample::select(vec!["?", "*", "+", "{2}", "{1,}", "{0,2}", "*?"])
            )
                .prop_map(|(part, times)| format!("(?:{part}){times}")),
            (inner, prop::sample::select(vec!["(?i:", "(?m:", "(?s:", "(?-i:"]))
                .prop_map(|(part, flags)| format!("{flags}{part})")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// The tree of a rewritten pattern gives the same literal texts as the tree that `regex-syntax` parses.
    #[test]
    fn the_tree_has_the_literal_texts_of_the_source(pattern in pattern()) {
        for extent in [Extent::Search, Extent::Whole] {
            let Ok(rewritten) = dialect::rewrite(&pattern, extent) else { continue };
            let tree = rewritten.expression.tree;
            // `regex-syntax` has no tables for these word boundaries beyond ASCII. They exclude literal texts in any case.
            let source = rewritten.source.replace(r"\b", r"(?-u:\b)").replace(r"\B", r"(?-u:\b)");
            let parsed = regex_syntax::Parser::new().parse(&source).unwrap();
            if !pattern.contains(r"\Z") && source == rewritten.source {
                prop_assert_eq!(&tree, &parsed, "{}", &source);
            }
            prop_assert_eq!(literal::extract(&tree), literal::extract(&parsed), "{}", &source);
        }
    }

    /// All engines give the same results, and so do the string comparisons that replace them.
    #[test]
    fn engines_agree(pattern in pattern(), texts in prop::collection::vec("[a-cA-C0é🚲 \\n\\r\u{2028}_.]{0,6}", 1..6)) {
        for extent in [Extent::Search, Extent::Whole] {
            let Ok(rewritten) = dialect::rewrite(&pattern, extent) else { continue };
            let Expression { tree, is_plain, .. } = rewritten.expression;
            let written = rewritten.source;
            let positions = Positions::compile(&tree, &[], false).unwrap();
            let portable = written.replace(r"(?-u:\b)", r"\b");
            let portable = regex_lite::Regex::new(&portable).unwrap();
            // `regex` reads `\B` in another way.
            let native = (is_plain && !cfg!(target_arch = "wasm32")).then(|| regex::Regex::new(&written).unwrap());
            let simulated = Pattern::compile_with(&pattern, extent, Tables::None, MAX_NODES).unwrap();
            let ours = Pattern::compile(&pattern, extent).unwrap();
            for text in &texts {
                let found = positions.is_match(text);
                if is_plain || !pattern.contains(r"\Z") {
                    prop_assert_eq!(found, portable.is_match(text), "{} on {:?}", &written, text);
                }
                if let Some(native) = &native {
                    prop_assert_eq!(native.is_match(text), found, "{} on {:?}", &written, text);
                }
                prop_assert_eq!(ours.is_match(text), found, "{} on {:?}", &written, text);
                prop_assert_eq!(simulated.is_match(text), found, "{} on {:?}", &written, text);
            }
        }
    }
}
