//! `fh eval --cases`: evaluates a JSON array of cases, for other programs. The formats of input and output are fixed.

use fh_eval::featurehub::Compiler;
use fh_eval::internal::{Token, members, not_json, with_json_advice};
use fh_eval::{Attributes, Feature, Profile, Timestamp};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::value::RawValue;

use crate::failure::{Failure, Status};
use crate::json_output;
use crate::payload::read_bytes;
use crate::ruleset::subject;
use crate::screen::Screen;

pub(crate) fn run(
    path: &str,
    profile: Profile,
    now: Timestamp,
    screen: &mut Screen<'_>,
) -> Result<Status, Failure> {
    let (name, bytes) = read_bytes(path)?;
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    let expected = "give cases as [{\"id\": ..., \"feature\": ..., \"context\": ...}, ...]";
    let document: &RawValue = serde_json::from_slice(bytes).map_err(|error| {
        let why = with_json_advice(&not_json(&String::from_utf8_lossy(bytes), &error));
        Failure::Input(format!("{name} is not JSON: {why}; {expected}"))
    })?;
    let cases: Vec<&RawValue> = serde_json::from_str(document.get())
        .map_err(|_| Failure::Input(format!("{name} is not a JSON array: {expected}")))?;
    let rows = cases.into_iter().map(|case| Row::of(case, profile, now));
    json_output::rows(screen.raw(), rows)?;
    Ok(Status::Fine)
}

/// A case whose members are not parsed yet. If a member occurs twice in the JSON, the last one counts.
#[derive(Default)]
struct Case<'a> {
    id: Option<&'a RawValue>,
    feature: Option<&'a RawValue>,
    context: Option<&'a RawValue>,
}

impl<'a> Case<'a> {
    fn read(raw: &'a RawValue) -> Option<Self> {
        let mut case = Self::default();
        for (name, value) in members(raw)? {
            match name.as_ref() {
                "id" => case.id = Some(value),
                "feature" => case.feature = Some(value),
                "context" => case.context = Some(value),
                _ => {}
            }
        }
        Some(case)
    }
}

/// The output row of one case.
struct Row<'a> {
    id: Option<&'a RawValue>,
    answer: Result<Answer, String>,
}

struct Answer {
    strategy_id: Option<String>,
    matched: bool,
    value: Option<Box<RawValue>>,
    reason: &'static str,
}

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", &self.id)?;
        match &self.answer {
            Ok(answer) => {
                map.serialize_entry("matched", &answer.matched)?;
                map.serialize_entry("strategyId", &answer.strategy_id)?;
                map.serialize_entry("value", &answer.value)?;
                map.serialize_entry("reason", answer.reason)?;
            }
            Err(error) => map.serialize_entry("error", error)?,
        }
        map.end()
    }
}

impl<'a> Row<'a> {
    fn of(case: &'a RawValue, profile: Profile, now: Timestamp) -> Self {
        match Case::read(case) {
            Some(case) => Self { id: case.id, answer: answer(&case, profile, now) },
            None => Self { id: None, answer: Err("the case is not a JSON object".to_string()) },
        }
    }
}

fn answer(case: &Case<'_>, profile: Profile, now: Timestamp) -> Result<Answer, String> {
    let feature = case
        .feature
        .filter(|feature| Token::of(feature) == Token::Object)
        .ok_or("`feature` is not a JSON object")?;
    let attributes = match case.context.map(|context| (context, Token::of(context))) {
        None | Some((_, Token::Null)) => None,
        Some((context, Token::Object)) => {
            Some(Attributes::from_json(context.get()).map_err(|error| error.to_string())?)
        }
        Some(_) => return Err("`context` is neither a JSON object nor null".to_string()),
    };
    let compiled = compile(feature, profile)?;
    let feature = compiled.as_ref();
    let evaluation = feature.evaluate(&subject(attributes.as_ref(), now));
    Ok(Answer {
        strategy_id: evaluation.strategy_id().map(str::to_string),
        matched: evaluation.is_match(),
        value: json_output::token(feature.value_token(&evaluation)),
        reason: evaluation.reason().as_str(),
    })
}

/// Compiles a feature. If it cannot be compiled, for example because it has no key, it is compiled with a placeholder key.
fn compile(feature: &RawValue, profile: Profile) -> Result<Feature, String> {
    let compiler = Compiler::new(profile);
    compiler.feature(feature).or_else(|_| {
        let members = feature.get().trim_start_matches('{').trim_start();
        let comma = if members == "}" { "" } else { "," };
        let body = feature.get().strip_suffix('}').unwrap_or_default();
        // If a member occurs twice, the last one counts, so the added key wins over an invalid key.
        let named = RawValue::from_string(format!("{body}{comma}\"key\":\"case\"}}"))
            .map_err(|error| error.to_string())?;
        compiler.feature(&named).map_err(|error| error.to_string())
    })
}
