//! Contexts from any JSON: the JSON is rejected, or its context survives serialization.

use fh_eval::Attributes;

pub fn run(json: &str) {
    let Ok(context) = Attributes::from_json(json) else { return };
    let again = serde_json::to_string(&context).unwrap();
    assert_eq!(Attributes::from_json(&again), Ok(context));
}
