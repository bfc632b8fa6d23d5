//! The evaluation engine for JavaScript: `fh-eval` as a WebAssembly module.
//!
//! The functions take and return numbers. Rulesets and contexts are named by handles, and a feature is named by its
//! position in the ruleset. An evaluation passes four numbers in and one number out: the result's position among the
//! feature's possible results, whose values, strategy ids and reasons JavaScript reads once per ruleset
//! ([`results`]). Several texts cross as one text (module `texts`).
//!
//! The crate is built twice. The lean engine has no regular expressions, no profile `edge`, and no explanations; it
//! names the parts that a ruleset lacks ([`missing`]), and the full engine (cargo feature `full`) has them all. The tests of
//! the TypeScript client build both once more (cargo feature `traps`).
//!
//! TypeScript frees handles. The module calls no function of JavaScript apart from wasm-bindgen's own.
#![deny(missing_docs)]

#[cfg(feature = "full")]
mod full;
mod handles;
mod input;
mod missing;
mod results;
mod state;
mod texts;
#[cfg(feature = "traps")]
mod traps;

use fh_eval::{Attributes, AttributesBuilder, Ruleset};
use input::{add_to, timestamp};
use wasm_bindgen::prelude::wasm_bindgen;

#[cfg(feature = "full")]
pub use full::{compile_document, compile_to_explain, diagnostics, explain};

/// The number of [`evaluate`] for a handle or a feature that does not exist.
const NO_RESULT: u32 = u32::MAX;

/// Adds features to the ruleset that the next call of [`compile`] returns. `features` and `profile` are as there. Features cross in several
/// pieces, because the memory of the module never shrinks.
#[wasm_bindgen]
pub fn add(features: &[u8], profile: u32) {
    state::with_compilation(profile, |compilation| add_to(compilation, features));
}

/// Compiles features into a ruleset, after those of [`add`] since the last call, and returns the ruleset's handle. `features` holds the
/// JSON of each feature in UTF-8, with U+0000 between two features. A JSON text never contains this character. `profile` is 0 for `client`
/// and 1 for `edge`. The features cross as bytes, because JavaScript encodes a long text faster than wasm-bindgen's own code does. Bytes
/// that are not UTF-8 have no features.
///
/// Features that are left out shift the positions of the features after them, so the caller compares [`keys`] with its own
/// list, or calls [`missing`]. Compilation ends at the first feature that needs a part which this build lacks, because the
/// caller then compiles all features with the full engine. The ruleset keeps no JSON, which the caller has.
#[wasm_bindgen]
#[must_use]
pub fn compile(features: &[u8], profile: u32) -> u32 {
    add(features, profile);
    state::add_ruleset(state::take_compilation())
}

/// Returns the parts of the engine that the ruleset lacks, as the sum of 1 for regular expressions and 2 for the profile
/// `edge`. Returns 0 if the ruleset is complete. Only the full engine evaluates a ruleset that is not complete.
#[wasm_bindgen]
#[must_use]
pub fn missing(ruleset: u32) -> u32 {
    state::with_ruleset(ruleset, missing::of).unwrap_or_default()
}

/// Returns the keys of the ruleset's features in their order, as one text (module `texts`).
#[wasm_bindgen]
#[must_use]
pub fn keys(ruleset: u32) -> String {
    let joined = |ruleset: &Ruleset| texts::join(ruleset.iter().map(|feature| feature.key()));
    state::with_ruleset(ruleset, joined).unwrap_or_default()
}

/// Returns the possible results of all features as numbers. [`result_texts`] returns the texts that they name.
///
/// The first number is the number of attributes whose names are the first texts. Each feature then has two numbers: the number of its
/// results times two, plus one if the feature reads the clock; and the attributes that an evaluation reads. Bit `n` stands for the
/// attribute whose name is the text `n`. All bits are set if the attributes are not known, because the ruleset reads more than 31.
///
/// Three numbers follow for each result: first for the case that no strategy matches, then for each element of the payload's list of
/// strategies.
///
/// 1. the form of the value plus eight times the number of the reason. The form is 0 for null, 1 for false, 2 for true, 3
///    for a number, 4 for a text and 5 for JSON. The reason is 0 for `STRATEGY_MATCH`, 1 for `SPLIT`, 2 for `DEFAULT` and 3
///    for `STATIC`
/// 2. the position of the value's text among the texts; 0 if the form has no text
/// 3. 1 plus the position of the strategy's id among the texts; 0 if no strategy matches or the strategy has no id
#[wasm_bindgen]
#[must_use]
pub fn results(ruleset: u32) -> Vec<u32> {
    state::with_ruleset(ruleset, |ruleset| results::of(ruleset).0).unwrap_or_default()
}

/// Returns the texts that the numbers of [`results`] name, as one text (module `texts`).
#[wasm_bindgen]
#[must_use]
pub fn result_texts(ruleset: u32) -> String {
    let joined = |ruleset: &Ruleset| texts::join(results::of(ruleset).1.into_iter());
    state::with_ruleset(ruleset, joined).unwrap_or_default()
}

/// Frees a ruleset. Another ruleset may then get its handle. Does nothing if there is no such ruleset.
#[wasm_bindgen]
pub fn free_ruleset(ruleset: u32) {
    state::remove_ruleset(ruleset);
}

/// Removes all attributes of a context, which keeps its memory, and returns its handle. The handle 0 makes a new context. Any other handle
/// without a context has no effect.
#[wasm_bindgen]
pub fn clear_context(context: u32) -> u32 {
    if context == 0 {
        return state::add_context(Attributes::builder());
    }
    state::change_context(context, AttributesBuilder::clear);
    context
}

/// Adds a value to an attribute of a context. Does nothing if there is no such context.
#[wasm_bindgen]
pub fn add_attribute(context: u32, name: &str, value: &str) {
    state::change_context(context, |context| context.add(name, value));
}

/// Gives the name of an attribute a number, which [`evaluate_values`] reads. The numbers begin at 0.
#[wasm_bindgen]
pub fn name_attribute(name: &str) -> u32 {
    state::add_name(name)
}

/// Returns the address of the buffer for [`evaluate_values`], which has 1,024 bytes.
#[wasm_bindgen]
#[must_use]
pub fn buffer() -> u32 {
    state::buffer()
}

/// Frees a context. Another context may then get its handle. Does nothing if there is no such context.
#[wasm_bindgen]
pub fn free_context(context: u32) {
    state::remove_context(context);
}

/// Evaluates a feature and returns the position of the result among the feature's possible results: 0 if no strategy matches,
/// and `n` if the strategy matches whose position in the payload is `n - 1`. `feature` is a position in the ruleset. `context` is
/// 0 for no context. `now` is the time in milliseconds since 1970, which only rules on `now` read.
///
/// Returns the largest number of 32 bits if the ruleset, the feature or the context does not exist.
#[wasm_bindgen]
#[must_use]
pub fn evaluate(ruleset: u32, feature: u32, context: u32, now: f64) -> u32 {
    state::with_subject(ruleset, context, timestamp(now), |ruleset, subject| {
        let feature = ruleset.at(feature as usize)?;
        #[cfg(feature = "traps")]
        traps::while_evaluating(feature);
        Some(result_of(feature.evaluate(subject).strategy_position()))
    })
    .flatten()
    .unwrap_or(NO_RESULT)
}

/// Replaces the attributes of a context by those in the first `length` bytes of the buffer, and evaluates a feature as [`evaluate`] does. Each
/// value in the buffer is a byte with the number of its name, a byte with its length, and its text.
#[wasm_bindgen]
#[must_use]
pub fn evaluate_values(ruleset: u32, feature: u32, context: u32, now: f64, length: u32) -> u32 {
    state::read_buffer(context, length as usize);
    evaluate(ruleset, feature, context, now)
}

/// Returns the position of a result among the possible results of its feature.
fn result_of(strategy: Option<usize>) -> u32 {
    strategy.map_or(0, |position| position as u32 + 1)
}

#[cfg(test)]
mod tests;
