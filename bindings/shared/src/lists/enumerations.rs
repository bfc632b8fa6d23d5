//! The enumerations that programs see. Their list is the Rust source: the names come from `as_str`, and the texts from the comments of the
//! variants.

use std::collections::BTreeMap;
use std::fs;

use syn::{Expr, ImplItem, Item, Lit, Meta, Pat, Stmt};

use super::path;
use crate::language::Language::{self, Kotlin, Python, Rust, Swift, TypeScript};

/// The enumerations, with the files that define them.
const DEFINED: [(&str, &str); 7] = [
    ("Readiness", "fh-client/repository/src/readiness.rs"),
    ("Connection", "fh-client/repository/src/status.rs"),
    ("Problem", "fh-client/repository/src/problem.rs"),
    ("Stage", "fh-client/repository/src/problem.rs"),
    ("Reason", "fh-client/repository/src/reason.rs"),
    ("Notice", "fh-client/repository/src/notice.rs"),
    ("End", "fh-client/session/src/action.rs"),
];

/// The languages whose client is the one in Rust.
const OVER_RUST: &[Language] = &[Rust, Python, Kotlin, Swift];

/// The values that Rust does not have: the enumeration, the name, the text, and the languages that lack the value.
const ADDED: [(&str, &str, &str, &[Language]); 4] = [
    (
        "Problem",
        "engine",
        "The engine that evaluates the features cannot be loaded, or failed.",
        OVER_RUST,
    ),
    ("Reason", "ERROR", "The WebAssembly engine failed on this feature.", OVER_RUST),
    (
        "Notice",
        "attribute_ignored",
        "A value of an attribute is no text, number, boolean or valid time, and was left out.",
        OVER_RUST,
    ),
    ("Notice", "callback_threw", "A listener, an observer or the clock threw.", OVER_RUST),
];

/// The values that a language lacks, because it cannot produce them.
const LACKING: [(&str, &str, &[Language]); 28] = [
    ("Notice", "interceptor_failed", &[TypeScript]),
    // The client in TypeScript has no sessions with FeatBit or FeatureSignals.
    ("Problem", "sockets_blocked", &[TypeScript]),
    ("Problem", "transport", &[TypeScript]),
    ("Problem", "secret_refused", &[TypeScript]),
    ("Problem", "rejected", &[TypeScript]),
    ("Problem", "empty_key", &[TypeScript]),
    ("Reason", "OFF", &[TypeScript]),
    ("Reason", "TARGET", &[TypeScript]),
    ("Reason", "MALFORMED", &[TypeScript]),
    ("Reason", "VARIANT", &[TypeScript]),
    ("Reason", "EXCLUDED", &[TypeScript]),
    ("Reason", "PREREQUISITE_FAILED", &[TypeScript]),
    ("Notice", "sockets_blocked", &[TypeScript]),
    ("Notice", "sockets_unsupported", &[TypeScript]),
    ("Notice", "clock_off", &[TypeScript]),
    ("Notice", "no_flags", &[TypeScript]),
    ("Notice", "insights_refused", &[TypeScript]),
    ("Notice", "streams_refused", &[TypeScript]),
    ("Notice", "many_flags", &[TypeScript]),
    // JavaScript has one thread, in which a listener that blocks stops everything.
    ("Notice", "listener_blocks", &[TypeScript]),
    ("Notice", "listeners_wait", &[TypeScript]),
    ("End", "unreached", &[TypeScript]),
    ("End", "closed", &[TypeScript]),
    ("End", "too_large", &[TypeScript]),
    ("End", "no_tunnel", &[TypeScript]),
    ("End", "invalid", &[TypeScript]),
    ("End", "unsupported", &[TypeScript]),
    ("End", "unusable", &[TypeScript]),
];

/// An enumeration.
pub(super) struct Enumeration {
    pub(super) name: &'static str,
    pub(super) values: Vec<EnumerationValue>,
}

/// A value of an enumeration.
pub(super) struct EnumerationValue {
    pub(super) name: String,
    /// The first sentence of its comment.
    pub(super) about: String,
    pub(super) lacking: Vec<Language>,
}

/// Returns all enumerations.
pub(super) fn enumerations() -> Vec<Enumeration> {
    DEFINED.into_iter().map(|(name, file)| read(name, file)).collect()
}

fn read(name: &'static str, file: &str) -> Enumeration {
    let source = syn::parse_file(&fs::read_to_string(path(file)).unwrap()).unwrap();
    let names = names(&source.items, name);
    let found = source.items.iter().find_map(|item| match item {
        Item::Enum(item) if item.ident == name => Some(item),
        _ => None,
    });
    let values = found.unwrap_or_else(|| panic!("{file} defines no {name}")).variants.iter();
    let values = values.map(|variant| {
        let ident = variant.ident.to_string();
        let value = names.get(&ident).cloned().unwrap_or_else(|| snake_case(&ident));
        let lacking = LACKING.iter().find(|(of, each, _)| *of == name && *each == value);
        EnumerationValue {
            about: first_sentence(&comment(&variant.attrs)),
            lacking: lacking.map(|(_, _, lacking)| lacking.to_vec()).unwrap_or_default(),
            name: value,
        }
    });
    let added = ADDED.iter().filter(|(of, ..)| *of == name).map(|(_, value, about, lacking)| {
        EnumerationValue {
            name: (*value).to_string(),
            about: (*about).to_string(),
            lacking: lacking.to_vec(),
        }
    });
    Enumeration { name, values: values.chain(added).collect() }
}

/// Returns the names that `as_str` gives the variants.
fn names(items: &[Item], name: &str) -> BTreeMap<String, String> {
    let methods = items.iter().filter_map(|item| match item {
        Item::Impl(block) if block.trait_.is_none() && is_named(&block.self_ty, name) => {
            Some(&block.items)
        }
        _ => None,
    });
    let as_str = methods.flatten().find_map(|item| match item {
        ImplItem::Fn(function) if function.sig.ident == "as_str" => Some(&function.block.stmts),
        _ => None,
    });
    let Some([Stmt::Expr(Expr::Match(cases), _)]) = as_str.map(Vec::as_slice) else {
        return BTreeMap::new();
    };
    cases
        .arms
        .iter()
        .map(|arm| {
            let path = match &arm.pat {
                Pat::Path(pattern) => &pattern.path,
                Pat::TupleStruct(pattern) => &pattern.path,
                Pat::Struct(pattern) => &pattern.path,
                _ => panic!("a case of {name}::as_str is no variant"),
            };
            let Expr::Lit(literal) = &*arm.body else { panic!("a name of {name} is no text") };
            let Lit::Str(text) = &literal.lit else { panic!("a name of {name} is no text") };
            (path.segments.last().unwrap().ident.to_string(), text.value())
        })
        .collect()
}

fn is_named(of: &syn::Type, name: &str) -> bool {
    matches!(of, syn::Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == name))
}

fn comment(attributes: &[syn::Attribute]) -> String {
    let lines = attributes.iter().filter_map(|attribute| match &attribute.meta {
        Meta::NameValue(meta) if meta.path.is_ident("doc") => match &meta.value {
            Expr::Lit(literal) => match &literal.lit {
                Lit::Str(text) => Some(text.value().trim().to_string()),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    });
    lines.collect::<Vec<_>>().join(" ")
}

/// Returns the first sentence, without links and without references to the specification.
fn first_sentence(comment: &str) -> String {
    let end = comment.find(". ").map_or(comment.len(), |at| at + 1);
    let mut sentence = comment.get(..end).unwrap().replace("[`", "`").replace("`]", "`");
    while let Some(at) = sentence.find("`(") {
        let Some(close) = sentence.get(at..).and_then(|rest| rest.find(')')) else { break };
        sentence.replace_range(at + 1..=at + close, "");
    }
    while let Some(at) = sentence.find(" (") {
        let rest = sentence.get(at + 2..).unwrap();
        let is_reference =
            ["D-", "sdk-behaviour", "edge-protocol"].iter().any(|each| rest.starts_with(each));
        let Some(close) = rest.find(')').filter(|_| is_reference) else { break };
        sentence.replace_range(at..at + 3 + close, "");
    }
    sentence
}

fn snake_case(ident: &str) -> String {
    let mut name = String::new();
    for c in ident.chars() {
        if c.is_ascii_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(c.to_ascii_lowercase());
    }
    name
}

#[test]
fn names_and_texts_are_read_from_the_sources() {
    let all = enumerations();
    let value = |of: &str, name: &str| {
        let values = &all.iter().find(|each| each.name == of).unwrap().values;
        values.iter().find(|value| value.name == name).unwrap().about.clone()
    };
    assert_eq!(value("Connection", "streaming"), "A stream is open.");
    assert_eq!(value("Problem", "no_environments").matches("D-").count(), 0);
    assert_eq!(
        value("End", "connect_timeout"),
        "The transport's own time limit passed before the connection was open."
    );
    assert_eq!(
        value("Notice", "fell_back_to_polling"),
        "The Edge cannot stream, so the client polls."
    );
    for enumeration in &all {
        for value in &enumeration.values {
            assert!(value.about.ends_with('.'), "{} {}", enumeration.name, value.name);
        }
    }
}
