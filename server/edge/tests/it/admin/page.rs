//! The examples of docs/reference/admin-api.md, compared with the answers of an Edge.

use serde_json::Value;

use super::{admin, shop};

/// Returns true if a value matches an example. `…` stands for any value, and as the name of a member for any further members.
fn fits(wanted: &Value, given: &Value) -> bool {
    match (wanted, given) {
        (Value::String(any), _) if any == "…" => true,
        (Value::Object(wanted), Value::Object(given)) => {
            let and_more = wanted.contains_key("…");
            let all = wanted.iter().filter(|(name, _)| *name != "…");
            let fit = all
                .clone()
                .all(|(name, value)| given.get(name).is_some_and(|given| fits(value, given)));
            fit && (and_more || all.count() == given.len())
        }
        (Value::Array(wanted), Value::Array(given)) => {
            wanted.len() == given.len() && wanted.iter().zip(given).all(|(w, g)| fits(w, g))
        }
        (wanted, given) => wanted == given,
    }
}

#[tokio::test]
async fn the_examples_of_the_page_are_right() {
    let page = include_str!("../../../../../docs/reference/admin-api.md");
    let blocks: Vec<&str> =
        page.split("```http\n").skip(1).map(|rest| rest.split_once("\n```").unwrap().0).collect();
    let (address, _edge) = shop().await;
    let mut examples = 0;
    for pair in blocks.chunks(2) {
        let [request, wanted] = pair else { panic!("an example without an answer: {pair:?}") };
        let answer = admin(address, request).await;
        let (head, body) = wanted.split_once("\n\n").unwrap();
        let mut head = head.lines();
        assert_eq!(head.next().unwrap(), answer.status.to_string(), "{request}\n{answer:#?}");
        for (name, value) in head.map(|line| line.split_once(": ").unwrap()) {
            let given = answer.header(&name.to_lowercase()).unwrap_or_default();
            assert!(value == "…" && !given.is_empty() || value == given, "{request}\n{answer:#?}");
        }
        let body: Value = serde_json::from_str(body).unwrap();
        assert!(fits(&body, &answer.json()), "{request}\n{body:#}\n{:#}", answer.json());
        examples += 1;
    }
    assert!(examples > 10);
}
