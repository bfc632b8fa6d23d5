//! The possible results of the features of a ruleset, as numbers and texts.

use fh_eval::{Evaluation, EvaluationReason, Ruleset, Value};

/// Returns the numbers and the texts of all possible results. `results` in the crate's root explains the numbers.
pub(crate) fn of(ruleset: &Ruleset) -> (Vec<u32>, Vec<&str>) {
    let mut numbers = Vec::new();
    let mut texts = Vec::new();
    for feature in ruleset.iter() {
        let head = numbers.len();
        numbers.push(0);
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
