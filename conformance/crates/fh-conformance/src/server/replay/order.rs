//! The order of environments in an answer to several keys. A server may choose any order; ours follows the keys.

use serde_json::{Map, Value};

use super::answer::{differences, insert};

/// Maximum number of keys for which all orders are tried. With more keys the recorded order is kept.
const MOST: usize = 5;

/// Returns a recorded answer with its environments, and the parts of its etag, in the order of the keys. Several keys may belong to the
/// same environment; of the possible orders it takes the one most similar to `seen`.
pub(super) fn by_key(recorded: &Value, keys: &[String], seen: &Value) -> Value {
    let Some(entries) = recorded.get("body").and_then(Value::as_object) else {
        return recorded.clone();
    };
    let count = keys.len();
    let is_list =
        entries.len() == count && (0..count).all(|at| entries.contains_key(&at.to_string()));
    if !(2..=MOST).contains(&count) || !is_list {
        return recorded.clone();
    }
    let plain = without_versions(seen.get("body").unwrap_or(&Value::Null));
    let fits = |order: &Vec<usize>| {
        order.iter().zip(keys).all(|(at, key)| {
            let id = entries.get(&at.to_string()).and_then(|entry| entry.get("id")?.as_str());
            let environment = key.split('/').next().unwrap_or_default();
            id.is_some_and(|id| id.eq_ignore_ascii_case(environment))
        })
    };
    let best = orders(count).into_iter().filter(fits).min_by_key(|order| {
        let body = reordered(recorded, order);
        let body = without_versions(body.get("body").unwrap_or(&Value::Null));
        differences(&body, &plain).len()
    });
    best.map_or_else(|| recorded.clone(), |order| reordered(recorded, &order))
}

/// Returns all orders of `count` items, the identity first.
fn orders(count: usize) -> Vec<Vec<usize>> {
    let mut all = vec![Vec::new()];
    for _ in 0..count {
        all = all
            .into_iter()
            .flat_map(|order: Vec<usize>| {
                let rest: Vec<usize> = (0..count).filter(|at| !order.contains(at)).collect();
                rest.into_iter().map(move |at| order.iter().copied().chain([at]).collect())
            })
            .collect();
    }
    all
}

fn reordered(recorded: &Value, order: &[usize]) -> Value {
    let mut answer = recorded.clone();
    let entries = recorded.get("body").and_then(Value::as_object);
    let moved = order
        .iter()
        .enumerate()
        .filter_map(|(to, from)| Some((to.to_string(), entries?.get(&from.to_string())?.clone())));
    insert(&mut answer, "body", Value::Object(moved.collect::<Map<_, _>>()));
    if let Some(Value::String(etag)) = answer.pointer_mut("/headers/etag") {
        let bare = etag.trim_matches('"').to_owned();
        let (tags, context) = match bare.split_once("//") {
            Some((tags, context)) => (tags, format!("//{context}")),
            None => (bare.as_str(), String::new()),
        };
        let parts: Vec<&str> = tags.split(';').collect();
        if parts.len() == order.len() {
            let parts: Vec<&str> = order.iter().filter_map(|at| parts.get(*at).copied()).collect();
            *etag = format!("\"{}{context}\"", parts.join(";"));
        }
    }
    answer
}

fn without_versions(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let kept = members.iter().filter(|(name, _)| *name != "version");
            Value::Object(
                kept.map(|(name, value)| (name.clone(), without_versions(value))).collect(),
            )
        }
        Value::Array(items) => items.iter().map(without_versions).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn keys(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn environments_follow_their_keys() {
        let recorded = json!({
            "headers": {"etag": "\"bb;aa//c\""},
            "body": {"0": {"id": "F", "features": {}}, "1": {"id": "e", "features": {"A": 1}}},
        });
        let turned = json!({
            "headers": {"etag": "\"aa;bb//c\""},
            "body": {"0": {"id": "e", "features": {"A": 1}}, "1": {"id": "F", "features": {}}},
        });
        assert_eq!(by_key(&recorded, &keys(&["e/k", "f/k"]), &Value::Null), turned);
        assert_eq!(by_key(&recorded, &keys(&["f/k", "e/k"]), &Value::Null), recorded);
        assert_eq!(by_key(&recorded, &keys(&["e/k", "x/k"]), &Value::Null), recorded);
        assert_eq!(by_key(&recorded, &keys(&["e/k"]), &Value::Null), recorded);
    }

    #[test]
    fn of_one_environment_the_likest_order_is_taken() {
        let entry = |features: Value| json!({"id": "e", "features": features});
        let (full, none) = (entry(json!({"A": {"version": 7}})), entry(json!({})));
        let recorded = json!({"headers": {"etag": "\";aa\""}, "body": {"0": none, "1": full}});
        let seen = json!({"body": {"0": entry(json!({"A": {"version": 9}})), "1": none}});
        let turned = json!({"headers": {"etag": "\"aa;\""}, "body": {"0": full, "1": none}});
        assert_eq!(by_key(&recorded, &keys(&["e/k", "e/x"]), &seen), turned);
        assert_eq!(orders(3).len(), 6);
        assert_eq!(orders(3)[0], [0, 1, 2]);
    }
}
