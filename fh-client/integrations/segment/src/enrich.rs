//! A function that adds the features of a context to a message that the program itself sends to Segment.

use fh_client::{Context, Value};
use serde_json::{Map, Value as Json};

/// Adds the value of every feature for this context to the member `context` of a message, and adds the environment's id as
/// `featurehub_env`. If the features belong to several environments, the id is that of the last feature with a known environment; without
/// such a feature, no id is added. The document of a JSON feature is added as text. A feature without a value is added as null. Other
/// members of `context` are kept, but members with the key of a feature are replaced, and so is `featurehub_env` if an id is added. A
/// `context` that is not a JSON object is replaced by an object. A message that is not a JSON object is not changed. Observers are not
/// notified of these reads.
///
/// ```
/// # use fh_client::testing::MemoryEdge;
/// # let edge = MemoryEdge::new();
/// # edge.set("NEW_CHECKOUT", true);
/// # let client = edge.client().start()?;
/// # client.wait_ready(std::time::Duration::from_secs(5))?;
/// let mut message = serde_json::json!({"type": "track", "event": "paid", "context": {"ip": "203.0.113.9"}});
/// fh_segment::enrich(&mut message, &client.context().user_key("mara").build());
/// assert_eq!(message["context"]["NEW_CHECKOUT"], true);
/// assert_eq!(message["context"]["ip"], "203.0.113.9");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn enrich(message: &mut Json, features: &Context) {
    let Json::Object(members) = message else { return };
    let context = members.entry("context").or_insert_with(|| Json::Object(Map::new()));
    if !context.is_object() {
        *context = Json::Object(Map::new());
    }
    let Json::Object(context) = context else { return };
    for feature in features.values() {
        if let Some(environment) = &feature.environment {
            context.insert("featurehub_env".to_string(), Json::from(&**environment));
        }
        let value = match feature.value {
            None => Json::Null,
            Some(Value::Bool(value)) => value.into(),
            Some(Value::Number(number)) => serde_json::from_str(number.as_str())
                .unwrap_or_else(|_| Json::from(number.as_str())),
            Some(text) => Json::from(text.to_string()),
        };
        context.insert(feature.key.to_string(), value);
    }
}
