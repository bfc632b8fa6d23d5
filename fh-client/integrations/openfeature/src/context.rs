//! Conversion of OpenFeature's evaluation context to attributes.

use fh_client::{Attributes, Timestamp};
use open_feature::{
    EvaluationContext, EvaluationContextFieldValue as Field, EvaluationError, EvaluationErrorCode,
};

/// The attribute to which OpenFeature's targeting key is converted, unless the context has a field of this name.
const USER_KEY: &str = "userkey";

/// Converts an evaluation context to attributes. A list of texts becomes several values of one attribute.
///
/// # Errors
/// `INVALID_CONTEXT` if a field is a structure other than a list of texts. The message contains the name of the field.
pub(crate) fn attributes(context: &EvaluationContext) -> Result<Attributes, EvaluationError> {
    let mut builder = Attributes::builder();
    if let Some(key) = &context.targeting_key
        && !context.custom_fields.contains_key(USER_KEY)
    {
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
