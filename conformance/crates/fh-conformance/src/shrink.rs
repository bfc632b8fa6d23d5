//! Reduces a JSON document while a condition remains true.

use std::iter;

use crate::json::Json;

/// Maximum number of candidates that are tried. Cases are small, so that it is never reached in practice.
const TRIES: usize = 20_000;

/// Returns a document from which nothing more can be removed without `holds` becoming false. One part is removed at a time. After a removal,
/// the search goes on behind it, because most earlier parts cannot be removed then, either.
pub fn smallest(mut json: Json, mut holds: impl FnMut(&Json) -> bool) -> Json {
    let (mut tries, mut first) = (0, 0);
    while tries < TRIES {
        let smaller = reductions(&json).enumerate().skip(first).find(|(_, candidate)| {
            tries += 1;
            holds(candidate)
        });
        match smaller {
            Some((index, candidate)) => (json, first) = (candidate, index),
            None if first == 0 => break,
            None => first = 0,
        }
    }
    json
}

/// The reductions of a part of a document, made one at a time.
type Reductions<'j, T> = Box<dyn Iterator<Item = T> + 'j>;

/// Returns every document with one part less, the largest removals first.
fn reductions(json: &Json) -> Reductions<'_, Json> {
    match json {
        Json::Null | Json::Bool(_) => Box::new(iter::empty()),
        Json::Number(token) => {
            let plainer = ["1", "0"].into_iter().filter(|plain| plain.len() < token.len());
            Box::new(plainer.map(|plain| Json::Number(plain.to_owned())))
        }
        Json::Text(text) => Box::new(shorter(text).into_iter().map(Json::Text)),
        Json::List(elements) => {
            let smaller = with_one_smaller(elements, reductions);
            Box::new(without_one(elements).chain(smaller).map(Json::List))
        }
        Json::Object(members) => {
            let smaller = with_one_smaller(members, reductions_of_member);
            Box::new(without_one(members).chain(smaller).map(Json::Object))
        }
    }
}

fn reductions_of_member((name, value): &(String, Json)) -> Reductions<'_, (String, Json)> {
    Box::new(reductions(value).map(|value| (name.clone(), value)))
}

fn without_one<T: Clone>(all: &[T]) -> impl Iterator<Item = Vec<T>> {
    (0..all.len()).map(|left_out| {
        let rest = all.iter().enumerate().filter(|(index, _)| *index != left_out);
        rest.map(|(_, each)| each.clone()).collect()
    })
}

fn with_one_smaller<'j, T: Clone>(
    all: &'j [T],
    smaller: fn(&'j T) -> Reductions<'j, T>,
) -> impl Iterator<Item = Vec<T>> + 'j {
    all.iter().enumerate().flat_map(move |(index, each)| {
        smaller(each).map(move |replacement| {
            let (before, rest) = all.split_at(index);
            let after = rest.get(1..).unwrap_or_default();
            let mut all = before.to_vec();
            all.push(replacement);
            all.extend_from_slice(after);
            all
        })
    })
}

fn shorter(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    if chars.is_empty() {
        return Vec::new();
    }
    let half = chars.len() / 2;
    let mut shorter = vec![String::new()];
    if half > 0 {
        let (first, second) = chars.split_at(half);
        shorter.extend([first.iter().collect(), second.iter().collect()]);
    }
    if chars.len() <= 48 {
        shorter.extend(without_one(&chars).map(String::from_iter));
    }
    shorter
}

#[cfg(test)]
mod tests {
    use super::smallest;
    use crate::json::Json;

    #[test]
    fn leaves_out_what_does_not_matter() {
        let json = Json::parse(r#"{"a": [1, {"b": "xxneedlexx"}, 200], "c": 5.25}"#).unwrap();
        let found = smallest(json, |json| json.to_string().contains("needle"));
        // A container is never replaced by its content.
        assert_eq!(found, Json::parse(r#"{"a": [{"b": "needle"}]}"#).unwrap());
    }
}
