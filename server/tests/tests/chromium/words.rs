//! Strategies described in words.

use serde_json::{Value, json};

use crate::browser::with_console;

#[tokio::test(flavor = "multi_thread")]
async fn strategies_in_words() {
    let rule = |name: &str, kind: &str, conditional: &str, values: Value| json!({"fieldName": name, "type": kind, "conditional": conditional, "values": values});
    let country = || rule("country", "STRING", "EQUALS", json!(["new_zealand"]));
    let only = |rule: Value| json!({"id": "x", "attributes": [rule]});
    let rows = [
        (
            json!({"percentage": 200_000, "attributes": [country()]}),
            "20 % of users by userkey, if country is new_zealand",
        ),
        (json!({"percentage": 1}), "0.0001 % of users by userkey"),
        (
            json!({"percentage": 1_000_000, "percentageAttributes": ["company", "plan"]}),
            "100 % of users by company and plan",
        ),
        (json!({"percentage": 2_000_000}), "200 % of users by userkey (not a valid percentage)"),
        // The engine treats 0 % as no percentage.
        (
            json!({"percentage": 0, "attributes": [country()]}),
            "all users, if country is new_zealand",
        ),
        (json!({"percentage": 0}), "no users: it has neither a percentage nor a rule"),
        (json!({}), "no users: it has neither a percentage nor a rule"),
        (
            only(rule("plan", "STRING", "EQUALS", json!(["gold", "very special", ""]))),
            "all users, if plan is one of gold, \"very special\", \"\"",
        ),
        (
            only(rule("plan", "STRING", "NOT_EQUALS", json!(["a", "b"]))),
            "all users, if plan is none of a, b",
        ),
        (
            only(rule("email", "STRING", "ENDS_WITH", json!(["@x"]))),
            "all users, if email ends with @x",
        ),
        (
            only(rule("name", "STRING", "EXCLUDES", json!(["x"]))),
            "all users, if name does not contain x",
        ),
        (
            only(rule("age", "NUMBER", "GREATER_EQUALS", json!([18]))),
            "all users, if age is at least 18",
        ),
        (
            only(rule("age", "NUMBER", "INCLUDES", json!([18, 21]))),
            "all users, if age is one of 18, 21",
        ),
        (
            only(rule("now", "DATE", "LESS", json!(["2030-01-01"]))),
            "all users, if now is before 2030-01-01",
        ),
        (
            only(rule("version", "SEMANTIC_VERSION", "GREATER", json!(["1.2"]))),
            "all users, if version is more than 1.2",
        ),
        (
            only(rule("address", "IP_ADDRESS", "EXCLUDES", json!(["10.0.0.0/8"]))),
            "all users, if address is not in 10.0.0.0/8",
        ),
        (only(rule("tester", "BOOLEAN", "EQUALS", json!([true]))), "all users, if tester is true"),
        (only(rule("x", "STRING", "REGEX", json!(["^a.*"]))), "all users, if x matches ^a.*"),
        (only(rule("x", "STRING", "LIKE", json!([]))), "all users, if x LIKE nothing"),
        (
            only(rule("x", "STRING", "EQUALS", json!([1, 2, 3, 4, 5, 6, 7]))),
            "all users, if x is one of 1, 2, 3, 4, 5, 2 more",
        ),
        (
            json!({"attributes": [country(), country()]}),
            "all users, if country is new_zealand and country is new_zealand",
        ),
        (json!({"attributes": [7]}), "all users, if something unreadable"),
        (json!("x"), "something unreadable"),
        (Value::Null, "something unreadable"),
    ];
    with_console(&[], |page, _shop| async move {
        let script = "const given = arguments[0]; return import('./words.js').then((words) => given.map(words.whom))";
        let given: Vec<&Value> = rows.iter().map(|(strategy, _)| strategy).collect();
        let words = page.run(script, json!(given)).await;
        for ((strategy, wanted), given) in rows.iter().zip(words.as_array().unwrap()) {
            assert_eq!(given, wanted, "{strategy}");
        }
        assert_eq!(words.as_array().unwrap().len(), rows.len());
    })
    .await;
}
