//! The comparison of the engine with the plain evaluator on drawn cases.

use fh_generators::Choices;

use super::drawn::{Drawn, NOW, drawn};
use super::{Compile, engine, plain};
use crate::json::Json;

/// The outcome of a comparison.
#[derive(Debug, Default)]
pub struct Comparison {
    /// The number of evaluations.
    pub evaluations: usize,
    /// The number of evaluations that the plain evaluator has no answer for.
    pub without_answer: usize,
    /// The number of evaluations with different answers.
    pub different: usize,
    /// The smallest of the different cases, with both answers.
    pub smallest: Option<String>,
}

/// A difference: the ruleset, the context and the key of the flag.
#[derive(Clone)]
struct Case {
    ruleset: Json,
    context: Json,
    flag_key: &'static str,
}

/// Compares at least this many evaluations.
pub(in crate::systems) fn compare(seed: u64, count: usize) -> Comparison {
    let mut comparison = Comparison::default();
    for seed in seed.. {
        if comparison.evaluations >= count {
            break;
        }
        let Drawn { ruleset, contexts, flag_keys } = drawn(&mut Choices::seeded(seed));
        let text = ruleset.to_string();
        for context in contexts {
            let [ours, theirs] =
                [engine, plain].map(|compile| answers(compile, &text, &context, &flag_keys));
            for ((flag_key, ours), theirs) in flag_keys.iter().zip(ours).zip(theirs) {
                comparison.evaluations += 1;
                if theirs.is_none() {
                    comparison.without_answer += 1;
                } else if ours != theirs {
                    comparison.different += 1;
                    let case =
                        Case { ruleset: ruleset.clone(), context: context.clone(), flag_key };
                    comparison.keep(&case);
                }
            }
        }
    }
    comparison
}

impl Comparison {
    /// Keeps a case, as small as it becomes, if it is smaller than the one that is kept. Only the first hundred are shrunk.
    fn keep(&mut self, case: &Case) {
        if self.different > 100 {
            return;
        }
        let mut case = case.clone();
        // A ruleset or a context that the engine refuses is another difference.
        let [ours, _] = both(&case);
        let is_same = |case: &Case| {
            let [now, theirs] = both(case);
            now.is_some() == ours.is_some() && theirs.is_some() && now != theirs
        };
        while let Some(smaller) = smaller(&case).into_iter().find(is_same) {
            case = smaller;
        }
        let [ours, theirs] = both(&case).map(|answer| Json::from(answer).to_string());
        let Case { ruleset, context, flag_key } = case;
        let text = format!(
            "{ruleset}\nflag {flag_key}, context {context}\nengine: {ours}\nplain:  {theirs}"
        );
        if self.smallest.as_ref().is_none_or(|kept| text.len() < kept.len()) {
            self.smallest = Some(text);
        }
    }
}

fn answers(
    compile: Compile,
    ruleset: &str,
    context: &Json,
    flag_keys: &[&str],
) -> Vec<Option<Json>> {
    match compile(ruleset, NOW) {
        Ok(evaluator) => evaluator.evaluate(flag_keys, &context.to_string()),
        Err(_) => vec![None; flag_keys.len()],
    }
}

fn both(case: &Case) -> [Option<Json>; 2] {
    let ruleset = case.ruleset.to_string();
    let answer =
        |compile| answers(compile, &ruleset, &case.context, &[case.flag_key]).pop().flatten();
    [answer(engine), answer(plain)]
}

/// Returns the cases that lack one part of this one.
fn smaller(case: &Case) -> Vec<Case> {
    let rulesets = without_one(&case.ruleset).into_iter();
    let rulesets = rulesets.map(|ruleset| Case { ruleset, ..case.clone() });
    let contexts = without_one(&case.context).into_iter();
    rulesets.chain(contexts.map(|context| Case { context, ..case.clone() })).collect()
}

/// Returns the values that lack one member or element of this one, the outermost first.
fn without_one(value: &Json) -> Vec<Json> {
    let mut all = Vec::new();
    match value {
        Json::Object(members) => {
            for at in 0..members.len() {
                let mut fewer = members.clone();
                fewer.remove(at);
                all.push(Json::Object(fewer));
            }
            for (at, (name, member)) in members.iter().enumerate() {
                for inner in without_one(member) {
                    let mut changed = members.clone();
                    changed.splice(at..=at, [(name.clone(), inner)]);
                    all.push(Json::Object(changed));
                }
            }
        }
        Json::List(elements) => {
            for at in 0..elements.len() {
                let mut fewer = elements.clone();
                fewer.remove(at);
                all.push(Json::List(fewer));
            }
            for (at, element) in elements.iter().enumerate() {
                for inner in without_one(element) {
                    let mut changed = elements.clone();
                    changed.splice(at..=at, [inner]);
                    all.push(Json::List(changed));
                }
            }
        }
        _ => {}
    }
    all
}
