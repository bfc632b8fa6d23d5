//! The possible results of the features of a ruleset, as numbers and texts.

use fh_eval::{Evaluation, EvaluationReason, FeatureRef, Ruleset, Value};

/// The number of attributes of a ruleset that have a bit of their own.
const MOST_NAMES: usize = 31;

/// Returns the numbers and the texts of all possible results. `results` in the crate's root explains the numbers.
pub(crate) fn of(ruleset: &Ruleset) -> (Vec<u32>, Vec<&str>) {
    let mut texts = Vec::new();
    let reads: Vec<u32> = ruleset.iter().map(|feature| reads_of(feature, &mut texts)).collect();
    let mut numbers = vec![texts.len() as u32];
    for (feature, reads) in ruleset.iter().zip(reads) {
        let head = numbers.len();
        numbers.extend([0, reads]);
        let mut count = 0;
        for evaluation in feature.possible_evaluations() {
            add(evaluation, &mut numbers, &mut texts);
            count += 1;
        }
        if let Some(head) = numbers.get_mut(head) {
            *head = 2 * count + u32::from(feature.reads_clock());
        }
    }
    (numbers, texts)
}

/// Returns the attributes that an evaluation of the feature reads, as bits of their positions in `names`. A new name is added to the list.
/// All bits are set if the list is full.
fn reads_of<'a>(feature: FeatureRef<'a>, names: &mut Vec<&'a str>) -> u32 {
    let mut reads = 0;
    feature.attributes_read(&mut |name| {
        let known = names.iter().position(|known| *known == name);
        let position = known.unwrap_or(names.len());
        if position == MOST_NAMES {
            reads = u32::MAX;
            return;
        }
        if known.is_none() {
            names.push(name);
        }
        reads |= 1 << position;
    });
    reads
}

fn add<'a>(evaluation: Evaluation<'a>, numbers: &mut Vec<u32>, texts: &mut Vec<&'a str>) {
    let mut add_text = |text: &'a str| {
        texts.push(text);
        texts.len() as u32
    };
    let (form, text) = match evaluation.value() {
        Some(Value::Bool(false)) => (1, 0),
        Some(Value::Bool(true)) => (2, 0),
        Some(Value::Number(number)) => (3, add_text(number.as_str()) - 1),
        Some(Value::Text(text)) => (4, add_text(text) - 1),
        Some(Value::Json(text)) => (5, add_text(text) - 1),
        // There is no value, or a form of values that this crate does not know.
        _ => (0, 0),
    };
    let reason = match evaluation.reason() {
        EvaluationReason::StrategyMatch => 0,
        EvaluationReason::Split => 1,
        EvaluationReason::Default => 2,
        _ => 3,
    };
    let strategy = evaluation.strategy_id().map_or(0, add_text);
    numbers.extend([form + 8 * reason, text, strategy]);
}
