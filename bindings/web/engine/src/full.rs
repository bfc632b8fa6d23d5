//! The exports that only the full engine has.

use std::collections::HashMap;

use fh_eval::Diagnostic;
use fh_eval::featurehub::{Compiler, Document};
use wasm_bindgen::prelude::{JsError, wasm_bindgen};

use crate::input::{add_to, profile_of, timestamp};
use crate::{state, texts};

/// Compiles a payload with exactly one environment, and returns the ruleset's handle. `hash_ids` alternates between keys of features
/// and the ids from which percentages are computed in place of feature ids, as one text (module `texts`). It is empty for
/// the feature ids.
///
/// # Errors
/// Throws an error if the document as a whole cannot be read, or does not hold exactly one environment.
#[wasm_bindgen]
pub fn compile_document(json: &str, profile: u32, hash_ids: &str) -> Result<u32, JsError> {
    let mut parts = texts::split(hash_ids);
    let mut ids = HashMap::new();
    while let (Some(key), Some(id)) = (parts.next(), parts.next()) {
        ids.insert(key.into_owned(), id.into_owned());
    }
    let mut compiler = Compiler::new(profile_of(profile));
    if !ids.is_empty() {
        compiler = compiler.hash_ids(&ids);
    }
    let environment = Document::parse(json.as_bytes()).and_then(Document::only);
    let environment = environment.map_err(|why| JsError::new(&why.to_string()))?;
    #[cfg(feature = "traps")]
    crate::traps::while_compiling(json);
    Ok(state::add_ruleset(compiler.compile(&environment)))
}

/// Compiles features as `compile` does, for [`explain`] and [`diagnostics`], which need the JSON.
#[wasm_bindgen]
#[must_use]
pub fn compile_to_explain(features: &[u8], profile: u32) -> u32 {
    let mut compilation = Compiler::new(profile_of(profile)).begin(None);
    add_to(&mut compilation, features);
    state::add_ruleset(compilation.finish())
}

/// Evaluates a feature as `evaluate` does, and returns every step as JSON: the report of the explanation, with the member `text`,
/// which holds the same for people. Returns an empty text if the ruleset, the feature or the context does not exist.
#[wasm_bindgen]
#[must_use]
pub fn explain(ruleset: u32, feature: u32, context: u32, now: f64) -> String {
    state::with_subject(ruleset, context, timestamp(now), |ruleset, subject| {
        let feature = ruleset.at(feature as usize)?;
        #[cfg(feature = "traps")]
        crate::traps::while_explaining(feature);
        let report = feature.explain(subject).report();
        let text = serde_json::to_string(&report.to_string()).ok()?;
        let json = serde_json::to_string(&report).ok()?;
        let members = json.strip_suffix('}')?;
        Some(format!("{members},\"text\":{text}}}"))
    })
    .flatten()
    .unwrap_or_default()
}

/// Returns the diagnostics of the ruleset as a JSON list. Each has its place, the problem and the consequence as texts, the member
/// `severity`, and the member `text`, which holds the whole diagnostic for people.
#[wasm_bindgen]
#[must_use]
pub fn diagnostics(ruleset: u32) -> String {
    let list = state::with_ruleset(ruleset, |ruleset| {
        let list: Vec<String> = ruleset.diagnostics().filter_map(to_json).collect();
        list.join(",")
    });
    format!("[{}]", list.unwrap_or_default())
}

fn to_json(diagnostic: &Diagnostic) -> Option<String> {
    let text = serde_json::to_string(&diagnostic.to_string()).ok()?;
    let severity = serde_json::to_string(&diagnostic.severity()).ok()?;
    let json = serde_json::to_string(diagnostic).ok()?;
    let members = json.strip_suffix('}')?;
    Some(format!("{members},\"severity\":{severity},\"text\":{text}}}"))
}
