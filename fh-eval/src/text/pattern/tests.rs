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
    assert!(search("[[:alpha:]_]+", "x") && !search("^[[:^alpha:]]$", "x"));
    assert!(search(r"[a[bc]]{3}", "cab"));
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
        "(?=a)",
        "(?!a)",
        "(?<=a)",
        "(?<!a)",
        r"(a)\1",
        r"\pL",
        r"\p{Greek}",
        r"[\pL]",
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
}

#[test]
fn bombs_are_harmless() {
    // Linear engines do not care; a text that is too long for a large pattern is refused, not waited for.
    assert!(!search("(a+)+$", &format!("{}!", "a".repeat(40_000))));
    let large = Pattern::compile("([a-z]?){3000}x", Extent::Search).unwrap();
    assert!(!large.is_match(&"x".repeat(100_000)));
    assert!(large.is_match("aax"));
}

/// Patterns made of every construct of the dialect.
fn pattern() -> impl Strategy<Value = String> {
    let atom = prop_oneof![
        4 => "[a-cA-C0é🚲 \\n]",
        1 => Just(".".to_string()),
        1 => prop::sample::select(vec![r"\d", r"\D", r"\w", r"\W", r"\s", r"\S", "^", "$", r"\b", r"\B", r"\A", r"\z"])
            .prop_map(str::to_string),
        1 => prop::sample::select(vec!["[a-b]", "[^a]", r"[\w-]", "[[:upper:]]", r"[^\W]", "[é-ü]", "[a[0b]]"])
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

    /// The two engines that run the dialect agree, and so do the string tests that replace them.
    #[test]
    fn engines_agree(pattern in pattern(), texts in prop::collection::vec("[a-cA-C0é🚲 \\n_]{0,6}", 1..6)) {
        let Ok(rewritten) = dialect::rewrite(&pattern) else { return Ok(()) };
        let portable = rewritten.source.replace(r"(?-u:\b)", r"\b");
        let portable = regex_lite::Regex::new(&portable).unwrap();
        // With `\B` both are the small engine.
        let native = (rewritten.engine == EngineKind::Fast)
            .then(|| regex::Regex::new(&rewritten.source).unwrap());
        let ours = Pattern::compile(&pattern, Extent::Search).unwrap();
        for text in &texts {
            let expected = portable.is_match(text);
            let source = &rewritten.source;
            if let Some(native) = &native {
                prop_assert_eq!(native.is_match(text), expected, "{} on {:?}", source, text);
            }
            prop_assert_eq!(ours.is_match(text), expected, "{} on {:?}", source, text);
        }
    }
}
