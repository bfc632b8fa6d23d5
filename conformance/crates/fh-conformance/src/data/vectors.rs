//! Reads the suite's own evaluation vectors.

use super::{DataError, matrix};
use crate::case::{Case, Check, Context, EvaluationCase, Expected, Kind, Profile, Question, Step};
use crate::clock::{DEFAULT_NOW_MS, rfc3339_ms};
use crate::json::Json;

/// Returns the cases of one file, with matrices expanded.
pub(super) fn cases(path: &str, file: &Json) -> Result<Vec<Case>, Vec<DataError>> {
    let in_file = |problem| vec![DataError::in_file(path, problem)];
    let group = file.get("group").and_then(Json::text);
    let group = group.ok_or_else(|| in_file("names no group".to_owned()))?;
    let mut sources: Vec<Json> = file.get("cases").map_or(&[][..], Json::elements).to_vec();
    for matrix in file.get("matrix").map_or(&[][..], Json::elements) {
        sources.extend(matrix::expand(matrix).map_err(in_file)?);
    }
    let mut cases = Vec::new();
    let mut errors = Vec::new();
    for source in sources {
        let id = source.get("id").and_then(Json::text).unwrap_or("(no id)").to_owned();
        match case(path, group, &id, file, source) {
            Ok(case) => cases.push(case),
            Err(problem) => errors.push(DataError::in_case(path, &id, problem)),
        }
    }
    if errors.is_empty() { Ok(cases) } else { Err(errors) }
}

fn case(path: &str, group: &str, id: &str, file: &Json, source: Json) -> Result<Case, String> {
    let text = |name: &str| {
        source.get(name).and_then(Json::text).ok_or_else(|| format!("{name} is missing or no text"))
    };
    let payload =
        match (source.get("payload_text"), source.get("features").or(file.get("features"))) {
            (Some(text), _) => text.text().ok_or("payload_text is not a text")?.to_owned(),
            (None, Some(features)) => features.to_string(),
            (None, None) => return Err("neither features nor payload_text".to_owned()),
        };
    let context = match source.get("context").ok_or("context is missing")? {
        Json::Text(name) => {
            let named = file.get("contexts").and_then(|contexts| contexts.get(name));
            context(named.ok_or_else(|| format!("no context is named {name}"))?)?
        }
        own => context(own)?,
    };
    let now_ms = match source.get("clock") {
        None => DEFAULT_NOW_MS,
        Some(clock) => {
            let ms = clock.text().and_then(rfc3339_ms);
            ms.ok_or_else(|| format!("clock {clock} is not a date-time"))?
        }
    };
    let kind = text("type")?;
    let question = Question {
        payload,
        feature: text("feature")?.to_owned(),
        kind: Kind::named(kind).ok_or_else(|| format!("unknown type {kind}"))?,
        context,
        native: source.get("context_native").cloned(),
        default: source.get("default").ok_or("default is missing")?.clone(),
        now_ms,
        hash_id: None,
    };
    let expect = source.get("expect").ok_or("expect is missing")?;
    let answers = match expect.get("$profile") {
        None => {
            let answer = expected(expect)?;
            Profile::ALL.map(|profile| (profile, answer.clone())).to_vec()
        }
        Some(profiles) => {
            let answers = profiles.members().iter();
            let answers = answers.map(|(name, answer)| {
                let answer = expected(answer).map_err(|problem| format!("{problem} ({name})"))?;
                Ok((name.parse()?, answer))
            });
            answers.collect::<Result<Vec<_>, String>>()?
        }
    };
    let profiles = answers.iter().map(|(profile, _)| *profile).collect();
    let getters = source.get("getters").map(|getters| (profiles, getters.clone()));
    let requires = source.get("requires").map_or(&[][..], Json::elements).iter();
    let requires = requires.filter_map(Json::text).map(str::to_owned).collect();
    Ok(Case {
        id: id.to_owned(),
        title: text("title")?.to_owned(),
        group: group.to_owned(),
        file: path.to_owned(),
        tier: source.get("tier").and_then(Json::integer).unwrap_or(0),
        rev: source.get("rev").and_then(Json::integer).unwrap_or(1),
        requires,
        check: Check::Evaluation(Box::new(EvaluationCase { question, answers, getters })),
        source: Some(source),
    })
}

/// Reads a context in wire form: lists of texts by name. A single text is read as a list of one.
pub(super) fn context(json: &Json) -> Result<Option<Context>, String> {
    if json.is_null() {
        return Ok(None);
    }
    let Json::Object(members) = json else {
        return Err("a context is an object or null".to_owned());
    };
    let members = members.iter().map(|(name, values)| {
        let one = std::slice::from_ref(values);
        let values = if let Json::List(values) = values { values } else { one };
        let texts = values.iter().map(|value| value.text().map(str::to_owned));
        let texts: Option<Vec<String>> = texts.collect();
        Ok((name.clone(), texts.ok_or_else(|| format!("attribute {name}: values are texts"))?))
    });
    members.collect::<Result<Context, String>>().map(Some)
}

fn expected(answer: &Json) -> Result<Expected, String> {
    let part = |name: &str| answer.get(name).ok_or_else(|| format!("`expect` has no {name}"));
    let strategy_id = match part("strategy_id")? {
        Json::Null => None,
        id => Some(id.text().ok_or("strategy_id is not a text")?.to_owned()),
    };
    let trace = match answer.get("trace") {
        None => None,
        Some(trace) => Some(trace.elements().iter().map(step).collect::<Result<_, String>>()?),
    };
    Ok(Expected {
        value: part("value")?.clone(),
        strategy_id,
        reason: Some(part("reason")?.text().ok_or("reason is not a text")?.to_owned()),
        bucket: number(answer, "bucket")?,
        trace,
    })
}

fn step(json: &Json) -> Result<Step, String> {
    let text = |name: &str| {
        let text = json.get(name).and_then(Json::text);
        text.map(str::to_owned).ok_or_else(|| format!("a step of the trace without {name}"))
    };
    Ok(Step {
        strategy: text("strategy")?,
        outcome: text("outcome")?,
        attribute: number(json, "attribute")?,
        bucket: number(json, "bucket")?,
        threshold: number(json, "threshold")?,
    })
}

fn number<T: TryFrom<i64>>(json: &Json, name: &str) -> Result<Option<T>, String> {
    let Some(value) = json.get(name) else {
        return Ok(None);
    };
    let number = value.integer().and_then(|number| T::try_from(number).ok());
    number.map(Some).ok_or_else(|| format!("{name} {value} is out of range"))
}
