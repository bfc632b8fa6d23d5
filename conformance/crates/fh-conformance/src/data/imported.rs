//! Reads the cases that were observed on published implementations, in their own format (D-50). They have no reasons. If a server raised an
//! error, there is no answer to compare (D-34).

use super::{DataError, vectors};
use crate::case::{Case, Check, EvaluationCase, Expected, Kind, Profile, Question};
use crate::clock::DEFAULT_NOW_MS;
use crate::json::Json;

/// Returns the cases of one file. `name` is the file name without its extension.
pub(super) fn cases(path: &str, name: &str, file: &Json) -> Result<Vec<Case>, Vec<DataError>> {
    let (mut cases, mut errors) = (Vec::new(), Vec::new());
    for source in file.elements() {
        let id = source.get("id").and_then(Json::text).unwrap_or("(no id)");
        let id = format!("fh.{name}.{id}");
        match case(path, &id, source) {
            Ok(case) => cases.push(case),
            Err(problem) => errors.push(DataError::in_case(path, &id, problem)),
        }
    }
    if errors.is_empty() { Ok(cases) } else { Err(errors) }
}

fn case(path: &str, id: &str, source: &Json) -> Result<Case, String> {
    let feature = source.get("feature").ok_or("no feature")?;
    let context = vectors::context(source.get("context").ok_or("no context")?)?;
    let expect = source.get("expect").ok_or("no expect")?;
    // A feature of unknown type is read with the STRING getter. Only imported getter cases have such features.
    let kind = feature.get("type").and_then(Json::text).and_then(Kind::named);
    let kind = kind.unwrap_or(Kind::String);
    let question = Question {
        payload: if feature.is_null() { "[]".to_owned() } else { format!("[{feature}]") },
        feature: feature.get("key").and_then(Json::text).unwrap_or("K").to_owned(),
        kind,
        context,
        native: None,
        default: Json::Null,
        now_ms: DEFAULT_NOW_MS,
        hash_id: None,
    };
    let is_getters = expect.get("isSet").is_some();
    let (group, answers, getters) = if is_getters {
        ("imported.featurehub-getters", Vec::new(), Some((vec![Profile::Client], expect.clone())))
    } else {
        let value = expect.get("value").ok_or("`expect` has no value")?;
        let mut answers = vec![(Profile::Client, expected(expect, read(value, kind))?)];
        let observed = source.get("deviates").and_then(|deviates| deviates.get("edge"));
        match observed {
            Some(observed) if observed.get("error").is_some() => {}
            Some(observed) => {
                let value = served(feature, observed);
                answers.push((Profile::Edge, expected(observed, read(&value, kind))?));
            }
            None => answers.push((Profile::Edge, expected(expect, read(value, kind))?)),
        }
        ("imported.featurehub", answers, None)
    };
    Ok(Case {
        id: id.to_owned(),
        title: source.get("note").and_then(Json::text).unwrap_or("observed answer").to_owned(),
        group: group.to_owned(),
        file: path.to_owned(),
        tier: 0,
        rev: 1,
        requires: Vec::new(),
        check: Check::Evaluation(Box::new(EvaluationCase { question, answers, getters })),
        source: Some(source.clone()),
    })
}

fn expected(observed: &Json, value: Json) -> Result<Expected, String> {
    let id = observed.get("strategyId").ok_or("`expect` has no strategyId")?;
    let matched = observed.get("matched").and_then(Json::boolean);
    if matched != Some(!id.is_null()) {
        return Err("matched and strategyId do not agree".to_owned());
    }
    let strategy_id = id.text().map(str::to_owned);
    Ok(Expected { value, strategy_id, reason: None, bucket: None, trace: None })
}

/// Returns the value that belongs to an observed strategy id; the feature's own value if there is no such strategy.
fn served(feature: &Json, observed: &Json) -> Json {
    let id = observed.get("strategyId").and_then(Json::text);
    let mut strategies = feature.get("strategies").map_or(&[][..], Json::elements).iter();
    let matched =
        id.and_then(|id| strategies.find(|each| each.get("id").and_then(Json::text) == Some(id)));
    matched.unwrap_or(feature).get("value").cloned().unwrap_or(Json::Null)
}

/// Returns the result of the getter of this kind for a value as written in a payload.
pub(super) fn read(value: &Json, kind: Kind) -> Json {
    match (kind, value) {
        (Kind::Number, Json::Text(text)) => {
            crate::decimal::number_token(text).map_or(Json::Null, Json::Number)
        }
        (Kind::Boolean, Json::Text(text)) => Json::Bool(text.eq_ignore_ascii_case("true")),
        (Kind::String | Kind::Json, Json::Number(_) | Json::Bool(_)) => {
            Json::Text(value.to_string())
        }
        _ => value.clone(),
    }
}
