//! Snapshot documents, good and bad, with what a client reads from each.

use fh_session::KeyKind;
use serde_json::{Value, json};

use super::file::{Owner, read};
use crate::tables::check;

/// The beginnings of the reasons, which TypeScript has too. The rest of `the file cannot be read` comes from a parser.
const CANNOT_BE_READ: &str = "the file cannot be read";

#[test]
fn snapshots() {
    let good = r#"{"format":"featurehub-snapshot/1","savedAt":"2024-02-29T23:59:59.999Z","kind":"client-evaluated","keys":"ab12","context":"0","environments":[{"id":"e","features":[{"key":"A","value":7.50}, {"key":"B"}]},{"features":[],"id":""}]}"#;
    let replaced = |from: &str, to: &str| {
        assert!(good.contains(from), "{from}");
        good.replace(from, to)
    };
    let deep = "[".repeat(100_000);
    let documents = [
        good.to_string(),
        replaced("{\"key\":\"B\"}", "5,null,\"x\",{\"__proto__\":{\"key\":\"P\"}}"),
        replaced("[{\"id\":\"e\"", "[{\"id\":\"__proto__\""),
        replaced("\"keys\"", "\"more\":{\"a\":[1,2]},\"keys\""),
        replaced("2024-02-29T23:59:59.999Z", "2024-02-29T23:59:59Z"),
        replaced("2024-02-29T23:59:59.999Z", "1970-01-01T00:00:00+01:00"),
        replaced("2024-02-29", "2023-02-29"),
        replaced("2024-02-29T23:59:59.999Z", "soon"),
        replaced("2024-02-29T23:59:59.999Z", ""),
        replaced("\"2024-02-29T23:59:59.999Z\"", "5"),
        replaced("snapshot/1", "snapshot/2"),
        replaced("\"featurehub-snapshot/1\"", "1"),
        replaced("ab12", "ab13"),
        replaced("\"ab12\"", "null"),
        replaced("client-evaluated", "server-evaluated"),
        replaced("\"context\":\"0\"", "\"context\":\"1\""),
        replaced("\"context\":\"0\",", ""),
        replaced("\"features\":[]", "\"features\":{}"),
        replaced("\"features\":[]", "\"features\":null"),
        replaced("\"features\":[],", ""),
        replaced("\"id\":\"\"", "\"id\":null"),
        replaced("\"id\":\"\"", "\"id\":5"),
        replaced(",{\"features\":[],\"id\":\"\"}", ""),
        replaced(",{\"features\":[],\"id\":\"\"}", ",5"),
        replaced("{\"key\":\"B\"}", "{\"key\":"),
        replaced("\"id\":\"\"}]}", "\"id\":\"\"}]"),
        format!("{good} "),
        format!("{good}x"),
        format!("\u{feff}{good}"),
        r#"{"format":"featurehub-snapshot/1"}"#.to_string(),
        r#"{"format":"other"}"#.to_string(),
        "[]".to_string(),
        "null".to_string(),
        "{}".to_string(),
        String::new(),
        "\0".to_string(),
        deep,
    ];
    let owner = Owner { kind: KeyKind::ClientEvaluated, keys: "ab12".into(), context: "0".into() };
    let rows: Vec<Value> = documents
        .iter()
        .map(|document| match read(document.as_bytes(), &owner) {
            Ok(saved) => {
                let environments: Vec<(&str, &str)> = saved
                    .environments
                    .iter()
                    .map(|(id, features)| (&**id, std::str::from_utf8(features).unwrap()))
                    .collect();
                json!({ "document": document, "savedAt": saved.at.as_millis(), "environments": environments })
            }
            Err(why) if why.starts_with(CANNOT_BE_READ) => {
                json!({ "document": document, "error": CANNOT_BE_READ })
            }
            Err(why) => json!({ "document": document, "error": why }),
        })
        .collect();
    check("snapshots", &rows);
}
