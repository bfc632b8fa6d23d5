//! The JSON of drawn features, with parts of unexpected shapes.

use crate::draw::Draw;

/// Returns the JSON of a feature with this key.
pub(crate) fn feature(draw: &mut Draw, key: &str, version: i64) -> String {
    let usual = match key {
        "flag" | "__proto__" => "BOOLEAN",
        "number" | "constructor" => "NUMBER",
        "json" => "JSON",
        _ => "STRING",
    };
    let kind = if draw.chance(8) {
        draw.pick(&["BOOLEAN", "JSON", "NUMBER", "STRING", "COLOUR"])
    } else {
        usual
    };
    let value = draw.pick(match kind {
        "BOOLEAN" => &[
            "true", "false", "true", "false", "null", "\"tRue\"", "\"yes\"", "1", "0", "\"x\"",
            "[true]",
        ],
        "NUMBER" => &[
            "0",
            "-0",
            "7.50",
            "\"7.5\"",
            "1e400",
            "9007199254740993",
            "\"seven\"",
            "true",
            "null",
            "{\"a\":1}",
            "\"+3\"",
            "-7.500e0",
            "-1e400",
            "1e-400",
            "1e21",
            "123456789012345678901234567890",
            "0.1",
            "563000000000000.25",
            "\" 7\"",
            "\"+.5\"",
            "\"0x10\"",
            "\"NaN\"",
        ],
        "JSON" => &[
            "\"{\\\"a\\\":[1,{\\\"b\\\":2}]}\"",
            "\"not json\"",
            "\"null\"",
            "{ \"x\": 1.50, \"y\": \"\\ud800\" }",
            "null",
            "\"\"",
            "7",
            "\"{broken\"",
            "[1, \"\\udc00\"]",
        ],
        _ => &[
            "\"red\"",
            "\"blue\"",
            "\"red\"",
            "\"blue\"",
            "\"\"",
            "\"\\ud800x\"",
            "\"\\ud83d\\udc22\"",
            "1.0",
            "false",
            "null",
            "[\"\\udc00\"]",
            "\"\\u0000\\n\\u2028\"",
            "7.50",
        ],
    });
    let mut members = vec![
        format!("\"key\":{}", serde_json::Value::from(key)),
        format!("\"type\":\"{kind}\""),
        format!("\"value\":{value}"),
    ];
    let version = draw.pick(&[
        format!("{version}"),
        format!("{version}"),
        format!("{version}.0"),
        format!("\"{version}\""),
        format!("-{version}"),
        format!("{version}0e-1"),
        format!("{version}.5"),
        "1e999".to_owned(),
        "null".to_owned(),
    ]);
    members.push(format!("\"version\":{version}"));
    let mut sometimes = |percent, member: &str| {
        if draw.chance(percent) {
            members.push(member.to_owned());
        }
    };
    sometimes(80, &format!("\"id\":{}", serde_json::Value::from(format!("id-{key}"))));
    sometimes(5, "\"id\":7");
    sometimes(20, "\"l\":true");
    sometimes(20, "\"l\":false");
    sometimes(5, "\"l\":\"yes\"");
    sometimes(15, "\"fp\":{\"team\":\"a\",\"10\":\"b\",\"n\":1,\"team\":\"\\ud800\"}");
    sometimes(5, "\"fp\":null");
    sometimes(5, "\"\\u0076alue\":null");
    let at = draw.below(members.len() as u64) as usize;
    members.rotate_left(at);
    let separator = draw.pick(&[",", ",", " ,\n "]);
    format!("{{{}}}", members.join(separator))
}
