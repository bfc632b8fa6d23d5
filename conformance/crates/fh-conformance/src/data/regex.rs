//! Reads the recorded answers of the regular expressions of Java and JavaScript, in their own format. Matches of the whole text are the
//! answers of profile `edge`; searches are the answers of profile `client` (D-02).

use super::DataError;
use crate::case::{Case, Check, Context, EvaluationCase, Expected, Kind, Profile, Question};
use crate::clock::DEFAULT_NOW_MS;
use crate::json::Json;

/// Returns at most two cases for each pattern and profile: one with all texts that match, one with all that do not. `name` is the file name
/// without its extension.
pub(super) fn cases(path: &str, name: &str, file: &Json) -> Result<Vec<Case>, Vec<DataError>> {
    let (mut cases, mut errors) = (Vec::new(), Vec::new());
    for (index, entry) in file.get("patterns").map_or(&[][..], Json::elements).iter().enumerate() {
        let id = format!("regex.{name}.{index:03}");
        match answers(entry) {
            Ok(answers) => cases.extend(
                answers
                    .into_iter()
                    .flat_map(|(profile, answers)| of_pattern(path, &id, entry, profile, &answers)),
            ),
            Err(problem) => errors.push(DataError::in_case(path, &id, problem)),
        }
    }
    if errors.is_empty() { Ok(cases) } else { Err(errors) }
}

type Answers = Vec<(String, bool)>;

/// Returns the texts of an entry with the expected answers, for each profile that the entry covers.
fn answers(entry: &Json) -> Result<Vec<(Profile, Answers)>, String> {
    let texts = entry.get("texts").ok_or("no texts")?.elements().iter();
    let texts: Vec<&str> = texts.map(Json::text).collect::<Option<_>>().ok_or("texts are text")?;
    // A pattern that a decision or the recorded language refuses never matches.
    let errors = entry.get("error").map_or(&[][..], Json::elements);
    let mut found = Vec::new();
    for (member, profile) in [("whole", Profile::Edge), ("search", Profile::Client)] {
        let is_error = errors.iter().any(|error| error.text() == Some(member));
        let never = is_error || entry.get("refused").is_some();
        let recorded = entry.get(member).map(Json::elements);
        let recorded = match recorded {
            Some(recorded) if recorded.len() == texts.len() => recorded,
            Some(_) => return Err(format!("{member} does not have one answer for each text")),
            None if is_error => &[],
            None => continue,
        };
        let is_match = |at: usize| recorded.get(at).and_then(Json::boolean).unwrap_or(false);
        let pairs = texts.iter().enumerate();
        let pairs = pairs.map(|(at, text)| ((*text).to_owned(), is_match(at) && !never));
        found.push((profile, pairs.collect()));
    }
    if entry.get("deviates").is_some() {
        found.retain(|(profile, _)| *profile != Profile::Client);
    }
    Ok(found)
}

fn of_pattern(
    path: &str,
    id: &str,
    entry: &Json,
    profile: Profile,
    answers: &Answers,
) -> Vec<Case> {
    let pattern = entry.get("pattern").and_then(Json::text).unwrap_or_default();
    let texts = |wanted: bool| -> Vec<String> {
        let wanted = answers.iter().filter(|(_, is_match)| *is_match == wanted);
        wanted.map(|(text, _)| text.clone()).collect()
    };
    let (matching, others) = (texts(true), texts(false));
    // Each text that matches becomes an attribute with a rule of its own, because all rules must match. The other texts are values of one
    // attribute, because a single matching value would suffice for a match.
    let each: Context =
        matching.into_iter().enumerate().map(|(at, text)| (format!("t{at}"), vec![text])).collect();
    let together: Context = vec![("t0".to_owned(), others)];
    [("matches", each, true), ("does-not", together, false)]
        .into_iter()
        .filter(|(_, context, _)| context.iter().any(|(_, values)| !values.is_empty()))
        .map(|(what, context, hit)| Case {
            id: format!("{id}.{profile}.{what}"),
            title: format!("recorded: texts that the pattern {pattern} {}", what.replace('-', " ")),
            group: "imported.regex".to_owned(),
            file: path.to_owned(),
            tier: 0,
            rev: 1,
            requires: Vec::new(),
            check: Check::Evaluation(Box::new(EvaluationCase {
                question: question(pattern, context),
                answers: vec![(profile, expected(hit))],
                getters: None,
            })),
            source: Some(entry.clone()),
        })
        .collect()
}

fn question(pattern: &str, context: Context) -> Question {
    let rule = |(name, _): &(String, Vec<String>)| {
        Json::object([
            ("fieldName", Json::from(name.as_str())),
            ("type", "STRING".into()),
            ("conditional", "REGEX".into()),
            ("values", Json::List(vec![pattern.into()])),
        ])
    };
    let strategy = Json::object([
        ("id", Json::from("s1")),
        ("value", Json::Bool(true)),
        ("attributes", Json::List(context.iter().map(rule).collect())),
    ]);
    let feature = Json::object([
        ("id", Json::from("9cd3b1d4-6f6b-4c0f-8a3f-3f0f6f1f0c11")),
        ("key", "F".into()),
        ("l", Json::Bool(false)),
        ("version", Json::number(1)),
        ("type", "BOOLEAN".into()),
        ("value", Json::Bool(false)),
        ("strategies", Json::List(vec![strategy])),
    ]);
    Question {
        payload: format!("[{feature}]"),
        feature: "F".to_owned(),
        kind: Kind::Boolean,
        context: Some(context),
        native: None,
        default: Json::Bool(false),
        now_ms: DEFAULT_NOW_MS,
        hash_id: None,
    }
}

fn expected(hit: bool) -> Expected {
    Expected {
        value: Json::Bool(hit),
        strategy_id: hit.then(|| "s1".to_owned()),
        reason: None,
        bucket: None,
        trace: None,
    }
}
