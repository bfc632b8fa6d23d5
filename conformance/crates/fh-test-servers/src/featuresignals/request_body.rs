//! The bodies of evaluations, decoded as Go decodes them into structs: names in any case, unknown names refused, and duplicate objects merged.

use fh_test::json::Json;

use crate::featuresignals::json_reader;

/// A body that the server refuses with `invalid request body`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct InvalidBody;

/// The body of an evaluation of one flag or of several.
#[derive(Debug, Default)]
pub(crate) struct EvaluationBody {
    pub(crate) flag_key: String,
    pub(crate) flag_keys: Vec<String>,
    pub(crate) context_key: String,
    attributes: Vec<(String, Json)>,
}

impl EvaluationBody {
    /// Reads the body of `/v1/evaluate`.
    pub(crate) fn single(body: &[u8]) -> Result<Self, InvalidBody> {
        Self::read(body, "flag_key")
    }

    /// Reads the body of `/v1/evaluate/bulk`.
    pub(crate) fn bulk(body: &[u8]) -> Result<Self, InvalidBody> {
        Self::read(body, "flag_keys")
    }

    /// Returns the context in the form of the evaluator.
    pub(crate) fn context(&self) -> Json {
        context(&self.context_key, self.attributes.clone())
    }

    fn read(body: &[u8], keys: &str) -> Result<Self, InvalidBody> {
        let mut decoded = Self::default();
        let value = json_reader::first_value(body).ok_or(InvalidBody)?;
        for (name, value) in members(&value)? {
            match folded(name).as_str() {
                "context" => decoded.set_context(value)?,
                "flag_key" if keys == "flag_key" => set_text(&mut decoded.flag_key, value)?,
                "flag_keys" if keys == "flag_keys" => decoded.set_flag_keys(value)?,
                _ => return Err(InvalidBody),
            }
        }
        Ok(decoded)
    }

    fn set_context(&mut self, value: &Json) -> Result<(), InvalidBody> {
        for (name, value) in members(value)? {
            match folded(name).as_str() {
                "key" => set_text(&mut self.context_key, value)?,
                "attributes" if value.is_null() => self.attributes.clear(),
                "attributes" => self.attributes.extend_from_slice(members(value)?),
                _ => return Err(InvalidBody),
            }
        }
        Ok(())
    }

    fn set_flag_keys(&mut self, value: &Json) -> Result<(), InvalidBody> {
        if !matches!(value, Json::List(_) | Json::Null) {
            return Err(InvalidBody);
        }
        let key = |value: &Json| {
            let mut key = String::new();
            set_text(&mut key, value).map(|()| key)
        };
        self.flag_keys = value.elements().iter().map(key).collect::<Result<_, _>>()?;
        Ok(())
    }
}

/// Returns a context in the form of the evaluator.
pub(crate) fn context(key: &str, attributes: Vec<(String, Json)>) -> Json {
    Json::object([("key", key.into()), ("attributes", Json::Object(attributes))])
}

/// Returns the members of an object. Null has none, because it leaves a struct of Go as it is.
fn members(value: &Json) -> Result<&[(String, Json)], InvalidBody> {
    match value {
        Json::Object(members) => Ok(members),
        Json::Null => Ok(&[]),
        _ => Err(InvalidBody),
    }
}

fn set_text(to: &mut String, value: &Json) -> Result<(), InvalidBody> {
    match value {
        Json::Text(text) => text.clone_into(to),
        Json::Null => {}
        _ => return Err(InvalidBody),
    }
    Ok(())
}

/// Folds the case of a name as Go does. Only two characters beyond ASCII are equal to letters of ASCII.
fn folded(name: &str) -> String {
    let fold = |c: char| match c {
        '\u{17f}' => 's',
        '\u{212a}' => 'k',
        c => c.to_ascii_lowercase(),
    };
    name.chars().map(fold).collect()
}
