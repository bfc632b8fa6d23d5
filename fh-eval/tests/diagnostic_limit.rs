//! The limit of the memory of diagnostics.
#![cfg(all(feature = "explain", feature = "featbit", feature = "featuresignals"))]
#![allow(clippy::unwrap_used)]

use fh_eval::{Diagnostic, Place, Profile, Ruleset, featbit, featuresignals};

/// The memory of all diagnostics of a payload, in bytes. The diagnostic that exceeds it is the last one.
const MOST: usize = 2 << 20;
const MISTAKES: usize = 100;

/// Compiles a flag or a feature whose key and whose mistakes these are, with the system of this name.
fn compiled(system: &str, key: &str, mistakes: &str) -> Ruleset {
    match system {
        "featurehub" => {
            let json = format!(r#"[{{"key":"{key}","type":"BOOLEAN","strategies":{mistakes}}}]"#);
            Ruleset::from_json(json.as_bytes(), Profile::Client).unwrap()
        }
        "featbit" => {
            let json = format!(
                r#"{{"featureFlags":[{{"key":"{key}","isEnabled":true,"rules":{mistakes}}}],"segments":{mistakes}}}"#
            );
            let document = featbit::Document::parse(json.as_bytes()).unwrap();
            featbit::Compiler::new(featbit::Profile::Server).compile(&document)
        }
        _ => {
            let json = format!(
                r#"{{"flags":{{"{key}":{{"flag_type":"boolean"}}}},"states":{{"{key}":{{"enabled":true,"rules":{mistakes}}}}}}}"#
            );
            let document = featuresignals::Document::parse(json.as_bytes()).unwrap();
            featuresignals::Compiler::new().compile(&document)
        }
    }
}

#[test]
fn the_memory_of_diagnostics_has_a_limit() {
    let mistakes = format!("[{}]", ["7"; MISTAKES].join(","));
    for system in ["featurehub", "featbit", "featuresignals"] {
        let few = compiled(system, "key", &mistakes);
        assert!(few.diagnostics().count() >= MISTAKES, "{system}: a short key");
        let long = "k".repeat(1 << 20);
        let many = compiled(system, &long, &mistakes);
        let memory: usize = many.diagnostics().map(memory).sum();
        assert!((MOST / 2..=MOST + 2 * long.len()).contains(&memory), "{system}: {memory}");
    }
}

/// Returns the memory that a diagnostic takes, in bytes.
fn memory(diagnostic: &Diagnostic) -> usize {
    let Place { feature, strategy_id, field, value, .. } = &diagnostic.place;
    let texts = [strategy_id, field, value].map(|text| text.as_ref().map_or(0, |text| text.len()));
    size_of::<Diagnostic>() + feature.len() + texts.iter().sum::<usize>()
}
