//! Reads the recorded answers of a running FeatureHub server in their compact form (D-50). They cover every feature for every context; a
//! feature that is not listed got its default value.

use super::{DataError, imported, vectors};
use crate::case::{Case, Check, EvaluationCase, Expected, Kind, Profile, Question};
use crate::clock::DEFAULT_NOW_MS;
use crate::json::Json;

/// Returns one case for each recorded answer.
pub(super) fn cases(path: &str, file: &Json) -> Result<Vec<Case>, Vec<DataError>> {
    let fail = |problem: String| vec![DataError::in_file(path, problem)];
    let features = file.get("features").map_or(&[][..], Json::elements);
    let evaluations = file.get("evaluations").map_or(&[][..], Json::elements);
    let mut cases = Vec::with_capacity(features.len() * evaluations.len());
    for (index, evaluation) in evaluations.iter().enumerate() {
        let context = evaluation.get("context").ok_or_else(|| fail("no context".to_owned()))?;
        let context = vectors::context(context).map_err(fail)?;
        let matched = evaluation.get("matched").ok_or_else(|| fail("no matched".to_owned()))?;
        for feature in features {
            let key = feature.get("key").and_then(Json::text).unwrap_or_default();
            let kind = feature.get("type").and_then(Json::text).and_then(Kind::named);
            let kind = kind.ok_or_else(|| fail(format!("{key}: unknown type")))?;
            let hash_id = file.get("valueIds").and_then(|ids| ids.get(key)).and_then(Json::text);
            let hash_id = hash_id.ok_or_else(|| fail(format!("{key}: no value id")))?;
            let (strategy_id, value) = match matched.get(key).map(Json::elements) {
                None => (None, feature.get("value").unwrap_or(&Json::Null)),
                Some([Json::Text(id), value]) => (Some(id.clone()), value),
                Some(_) => return Err(fail(format!("{key}: `matched` is not a pair"))),
            };
            let value = imported::read(value, kind);
            let expected = Expected { value, strategy_id, reason: None, bucket: None, trace: None };
            let question = Question {
                payload: format!("[{feature}]"),
                feature: key.to_owned(),
                kind,
                context: context.clone(),
                native: None,
                default: Json::Null,
                now_ms: DEFAULT_NOW_MS,
                hash_id: Some(hash_id.to_owned()),
            };
            let answers = vec![(Profile::Edge, expected)];
            cases.push(Case {
                id: format!("live.{index:03}.{key}"),
                title: "recorded answer of a server".to_owned(),
                group: "live.featurehub".to_owned(),
                file: path.to_owned(),
                tier: 0,
                rev: 1,
                requires: Vec::new(),
                check: Check::Evaluation(Box::new(EvaluationCase {
                    question,
                    answers,
                    getters: None,
                })),
                source: None,
            });
        }
    }
    Ok(cases)
}
