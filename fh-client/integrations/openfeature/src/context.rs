//! Conversion of OpenFeature's evaluation context to a context of the client.

use fh_client::{Client, Context, Timestamp};
use open_feature::{
    EvaluationContext, EvaluationContextFieldValue as Field, EvaluationError, EvaluationErrorCode,
};

/// Converts an evaluation context. The targeting key becomes the user key of the client's system, unless the context has a field with the name
/// of this attribute. A list of texts becomes several values of one attribute, one JSON text for FeatBit, or a text such as `[a b]` for
/// FeatureSignals.
///
/// # Errors
/// `INVALID_CONTEXT` if a field is a structure other than a list of texts. The message contains the name of the field.
pub(crate) fn converted(
    client: &Client,
    context: &EvaluationContext,
) -> Result<Context, EvaluationError> {
    let mut builder = client.context();
    if let Some(key) = &context.targeting_key {
        // A field with the name of the attribute replaces it below.
        builder = builder.user_key(key);
    }
    for (name, field) in &context.custom_fields {
        builder = match field {
            Field::Bool(value) => builder.attribute(name, *value),
            Field::Int(value) => builder.attribute(name, *value),
            Field::Float(value) => builder.attribute(name, *value),
            Field::String(value) => builder.attribute(name, value),
            Field::DateTime(moment) => {
                let millis = moment.unix_timestamp_nanos() / 1_000_000;
                let millis = i64::try_from(millis).unwrap_or(i64::MAX);
                builder.attribute(name, Timestamp::from_millis(millis).to_string())
            }
            Field::Struct(value) => match value.downcast_ref::<Vec<String>>() {
                Some(values) => builder.attribute(name, values),
                None => {
                    let message = format!(
                        "the field {name} is a structure; only lists of texts are supported"
                    );
                    let invalid = EvaluationError::builder()
                        .code(EvaluationErrorCode::InvalidContext)
                        .message(message);
                    return Err(invalid.build());
                }
            },
        };
    }
    Ok(builder.build())
}
