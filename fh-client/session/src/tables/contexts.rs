//! Headers and digests of contexts.

use fh_eval::Attributes;
use serde_json::json;

use super::check;
use crate::context_header::{ContextHeader, values_with_commas};
use crate::feature_set::names_another;

#[test]
fn context_headers() {
    let many = |count: usize| {
        (0..count)
            .fold(Attributes::builder(), |builder, at| builder.attribute(&format!("a{at}"), at))
            .build()
    };
    let contexts = [
        Attributes::default(),
        Attributes::builder().user_key("fred").build(),
        Attributes::builder().user_key("").build(),
        Attributes::builder().user_key("a,b").build(),
        Attributes::builder().attribute("userkey", ["a", "b"]).build(),
        Attributes::builder().attribute("B", "1").attribute("a", "2").attribute("_", "3").build(),
        Attributes::builder()
            .attribute("ä", "ö,ü")
            .attribute("\u{ff5e}", "x")
            .attribute("\u{1f600}", "y")
            .build(),
        Attributes::builder().attribute("a=b", "c=d").attribute("a b", " ").build(),
        Attributes::builder().attribute("", "x").build(),
        Attributes::builder().attribute("a", ["x,y", "", "z"]).attribute("a!", "x").build(),
        Attributes::builder()
            .attribute("city", "Istanbul")
            .attribute("musical styles", ["psychedelic", "deep"])
            .build(),
        Attributes::builder().attribute("%", "%25+").attribute("~", "-_.~").build(),
        many(29),
        many(30),
        many(31),
    ];
    let rows = contexts.iter().map(|attributes| match ContextHeader::of(attributes) {
        Ok(header) => json!({
            "context": super::context(attributes), "header": header.text(), "sha": header.context_sha(),
            "withCommas": values_with_commas(attributes),
        }),
        Err(why) => json!({"context": super::context(attributes), "tooMany": why.0, "message": why.to_string()}),
    });
    check("context-headers", &rows.collect::<Vec<_>>());
}

#[test]
fn environments() {
    let ids = [
        "71ed3c04-122b-4312-9ea8-06b2b8d6ceac",
        "71ed3c04-122b-4312-9ea8-06b2b8d6cead",
        "71ED3C04-122B-4312-9EA8-06B2B8D6CEAC",
        "1-1-1-1-1",
        "00000001-0001-0001-0001-000000000001",
        "production",
        "",
        "71ed3c04-122b-4312-9ea8-06b2b8d6cea-d",
        "71ed3c04-122b-4312-9ea8-0006b2b8d6cead",
        "71ed3c04-122b-4312-9ea8-+6b2b8d6cead",
        "----",
        "1-1-1-1-",
        "71ed3c04-122b-4312-9ea8",
        "g1ed3c04-122b-4312-9ea8-06b2b8d6ceac",
        " 1-1-1-1-1",
    ];
    let rows = ids.iter().flat_map(|environment| {
        ids.iter().map(move |said| {
            json!({"environment": environment, "said": said, "isAnother": names_another(environment, said)})
        })
    });
    check("environments", &rows.collect::<Vec<_>>());
}
