//! Rulesets and contexts of FeatureSignals.

use fh_eval::featuresignals::{Compiler, Context, Document, ParseError};
use fh_eval::{Attributes, Evaluation, Value};

use crate::failure::Failure;
use crate::payload::read_bytes;
use crate::ruleset::SubjectArgs;
use crate::system::{System, UserArgs};
use crate::systems::flags::Flags;

/// Reads the context that the options describe. Without a context, flags are evaluated for an empty key.
pub(crate) fn context(user: &UserArgs, subject: &SubjectArgs) -> Result<Context, Failure> {
    match &user.user {
        Some(path) => context_of_file(path),
        None => match subject.attributes() {
            None => Ok(Context::builder("").build()),
            Some(attributes) => context_of_options(&attributes, "--no-context"),
        },
    }
}

fn context_of_file(path: &str) -> Result<Context, Failure> {
    let (name, bytes) = read_bytes(path)?;
    let wrong = |why: &dyn std::fmt::Display| Failure::Input(format!("{name}: {why}"));
    let json = std::str::from_utf8(&bytes).map_err(|error| wrong(&error))?;
    Context::from_json(json).map_err(|error| wrong(&error))
}

/// Returns the attributes of the context that a server evaluates, from a file or from `--context` options. Without a context there are none.
pub(crate) fn context_of_server(
    file: Option<&str>,
    given: &Attributes,
) -> Result<Attributes, Failure> {
    let context = match file {
        Some(path) => context_of_file(path)?,
        None if given.iter().next().is_none() => return Ok(Attributes::default()),
        None => context_of_options(given, "leave out all -c")?,
    };
    let attributes = context.attributes().clone();
    if attributes.get("key").and_then(|mut values| values.next()) == Some("") {
        return Err(Failure::Input(
            "the key of the context is empty, which FeatureSignals' server refuses: give a key, or leave the context out".to_string(),
        ));
    }
    Ok(attributes)
}

/// Returns the context of `--context` options. Several values are a list. `without` names the way to give no context.
fn context_of_options(attributes: &Attributes, without: &str) -> Result<Context, Failure> {
    let key = attributes.get("key").and_then(|mut values| values.next()).ok_or_else(|| {
        Failure::Input(format!(
            "flags of FeatureSignals have values for a key: give -c key=KEY, or --user FILE, or {without}"
        ))
    })?;
    let mut builder = Context::builder(key);
    for (name, values) in attributes.iter() {
        let values: Vec<&str> = values.collect();
        builder = match values.as_slice() {
            [only] => builder.attribute(name, *only),
            several => builder.attribute(name, several.to_vec()),
        };
    }
    Ok(builder.build())
}

/// Parses a ruleset. The error for a payload of another system names the option.
pub(crate) fn parse<'b>(name: &str, bytes: &'b [u8]) -> Result<Document<'b>, Failure> {
    Document::parse(bytes).map_err(|error| {
        let other = matches!(error, ParseError::NoFlags | ParseError::InvalidJson(_))
            .then(|| System::Featuresignals.of_another(name, bytes))
            .flatten();
        other.unwrap_or_else(|| Failure::Input(format!("{name}: {error}")))
    })
}

/// Reads the flags in a file, or in stdin if the path is `-`.
pub(crate) fn read(path: &str) -> Result<Flags, Failure> {
    let (name, bytes) = read_bytes(path)?;
    let ruleset = Compiler::new().compile(&parse(&name, &bytes)?);
    Ok(Flags { name, ruleset, archived: Vec::new() })
}

/// Returns the value of an evaluation as JSON; `None` for null.
pub(crate) fn json_of(evaluation: &Evaluation<'_>) -> Option<String> {
    evaluation.value().map(|value| match value {
        Value::Text(text) => serde_json::to_string(text).unwrap_or_default(),
        value => value.to_string(),
    })
}
