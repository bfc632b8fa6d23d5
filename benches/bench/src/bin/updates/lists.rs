//! A payload of FeatureHub whose rules hold many lists of texts, drawn from a seed.

/// The name of the row of this payload.
pub const NAME: &str = "FeatureHub, lists of 1.9 million texts";
/// The number of features. Their payload has about 62 MB, with 1.9 million texts in lists.
const FEATURES: u64 = 32_802;
/// The number of different texts in lists.
const TEXTS: u64 = 20_000;

/// A generator of numbers that are the same in each run.
struct Drawn(u64);

impl Drawn {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// Returns the payload. Of the four lists of a feature, three have at most 16 texts, and one has 17 to 45.
pub fn payload() -> String {
    let mut drawn = Drawn(61);
    let features = (0..FEATURES).map(|number| {
        let strategies = ["country", "team", "plan", "userkey"].map(|field| {
            let count = if field == "userkey" { 17 + drawn.below(29) } else { 2 + drawn.below(15) };
            let texts = (0..count).map(|_| format!(r#""{field}-{}""#, drawn.below(TEXTS)));
            let texts: Vec<String> = texts.collect();
            format!(
                r#"{{"id":"{number:08x}-{field}","name":"those of {field}","percentage":{},"percentageAttributes":[],"value":true,"attributes":[{{"id":"{number:08x}","conditional":"EQUALS","fieldName":"{field}","values":[{}],"type":"STRING"}}]}}"#,
                1 + drawn.below(1_000_000),
                texts.join(",")
            )
        });
        format!(
            r#"{{"id":"{number:08x}-0000-4000-8000-000000000000","key":"FLAG_{number}","l":false,"version":{number},"type":"BOOLEAN","value":false,"strategies":[{}]}}"#,
            strategies.join(",")
        )
    });
    let features: Vec<String> = features.collect();
    format!(r#"[{{"id":"e","features":[{}]}}]"#, features.join(","))
}
