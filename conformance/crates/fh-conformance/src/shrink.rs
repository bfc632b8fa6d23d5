//! Reduces a JSON document while a condition remains true.

use crate::json::Json;

/// Maximum number of candidates that are tried. Cases are small, so that it is never reached in practice.
const TRIES: usize = 20_000;

/// Returns a document from which nothing more can be removed without `holds` becoming false. One part is removed at a time. After a removal,
/// the search goes on behind it, because most earlier parts cannot be removed then, either.
pub fn smallest(mut json: Json, mut holds: impl FnMut(&Json) -> bool) -> Json {
    let (mut tries, mut first) = (0, 0);
    while tries < TRIES {
        let mut candidates = reductions(&json).into_iter().enumerate().skip(first);
        let smaller = candidates.find(|(_, candidate)| {
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

/// Returns every document with one part less, the largest removals first.
fn reductions(json: &Json) -> Vec<Json> {
    match json {
        Json::Null | Json::Bool(_) => Vec::new(),
        Json::Number(token) => {
            let plainer = ["1", "0"].into_iter().filter(|plain| plain.len() < token.len());
            plainer.map(|plain| Json::Number(plain.to_owned())).collect()
        }
        Json::Text(text) => shorter(text).into_iter().map(Json::Text).collect(),
        Json::List(elements) => without_one(elements)
            .chain(with_one_smaller(elements, reductions))
            .map(Json::List)
            .collect(),
        Json::Object(members) => {
            let smaller = |(name, value): &(String, Json)| {
                reductions(value).into_iter().map(|value| (name.clone(), value)).collect()
            };
            without_one(members)
                .chain(with_one_smaller(members, smaller))
                .map(Json::Object)
                .collect()
        }
    }
}

fn without_one<T: Clone>(all: &[T]) -> impl Iterator<Item = Vec<T>> {
    (0..all.len()).map(|left_out| {
        let rest = all.iter().enumerate().filter(|(index, _)| *index != left_out);
        rest.map(|(_, each)| each.clone()).collect()
    })
}

fn with_one_smaller<T: Clone>(
    all: &[T],
    smaller: impl Fn(&T) -> Vec<T>,
) -> impl Iterator<Item = Vec<T>> {
    all.iter().enumerate().flat_map(move |(index, each)| {
        let with = |replacement: T| {
            let mut all = all.to_vec();
            if let Some(slot) = all.get_mut(index) {
                *slot = replacement;
            }
            all
        };
        smaller(each).into_iter().map(with).collect::<Vec<_>>()
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
