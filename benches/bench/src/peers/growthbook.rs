use std::collections::HashMap;

use growthbook_rust::growthbook::GrowthBook as Core;
use growthbook_rust::model_public::{GrowthBookAttribute, GrowthBookAttributeValue as Value};
use harness::Engine;
use harness::workload::{User, Workload, render};

/// GrowthBook's evaluator without its client, which would clone the whole of it at every call.
pub struct GrowthBook(Core);

impl Engine for GrowthBook {
    type Context = Option<Vec<GrowthBookAttribute>>;
    harness::by_key!();
    const NAME: &'static str = "growthbook";

    fn render(workload: &Workload) -> Option<String> {
        render::growthbook::render(workload)
    }

    fn load(payload: String) -> Result<Self, String> {
        let features = serde_json::from_str(&payload).map_err(|error| error.to_string())?;
        Ok(Self(Core {
            forced_variations: None,
            features,
            attributes: None,
            sticky_bucket_service: None,
            saved_groups: HashMap::new(),
        }))
    }

    fn context(&self, user: &User) -> Self::Context {
        let attribute = |key: &str, value: &str| {
            GrowthBookAttribute::new(key.to_owned(), Value::String(value.to_owned()))
        };
        Some(vec![
            attribute("id", &user.userkey),
            attribute("country", user.country),
            attribute("version", &user.version),
            attribute("email", &user.email),
            attribute("plan", user.plan),
        ])
    }

    #[inline]
    fn is_on(&self, flag: &String, context: &Self::Context) -> bool {
        self.0.check(flag, context).on
    }
}
