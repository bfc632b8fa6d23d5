//! Evaluation contexts given on the command line.

use clap::Args;
use fh_eval::Attributes;

#[derive(Clone, Args)]
pub(crate) struct ContextArgs {
    /// An attribute of the evaluation context. Repeat the option for further attributes, or with the same name for further
    /// values. Within a value, write `\,` for a comma and `\\` for a backslash. A text without a value, such as `plan=`, adds
    /// an empty text. With a server-evaluated key, the Edge splits values also at commas that are written as `\,`
    #[arg(short, long, value_name = "NAME=VALUE[,VALUE]", value_parser = read)]
    context: Vec<Attribute>,
}

/// The name and the values of one `--context` option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Attribute {
    pub(crate) name: String,
    pub(crate) values: Vec<String>,
}

impl ContextArgs {
    /// Returns the context of all `--context` options.
    pub(crate) fn attributes(&self) -> Attributes {
        attributes(&self.context)
    }
}

/// Builds a context. Attributes with the same name become one attribute with all their values.
pub(crate) fn attributes(given: &[Attribute]) -> Attributes {
    given
        .iter()
        .fold(Attributes::builder(), |builder, attribute| {
            builder.attribute(&attribute.name, &attribute.values)
        })
        .build()
}

/// Parses `name=value,value`.
pub(crate) fn read(text: &str) -> Result<Attribute, String> {
    if text.starts_with('{') {
        return Err(
            "write one option for each attribute, such as -c userkey=fred -c country=new_zealand"
                .to_string(),
        );
    }
    let Some((name, list)) = text.split_once('=') else {
        return Err(match text.split_once(':') {
            Some((name, value)) if !name.is_empty() && !value.is_empty() => {
                format!("write {name}={value}")
            }
            _ => format!("write {text}=VALUE"),
        });
    };
    if name.is_empty() {
        return Err("write NAME=VALUE, such as userkey=fred".to_string());
    }
    let mut values = Vec::new();
    let mut value = String::new();
    let mut chars = list.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            ',' => values.push(std::mem::take(&mut value)),
            // A backslash before any other character is literal.
            '\\' => value.push(chars.next_if(|next| matches!(next, ',' | '\\')).unwrap_or(c)),
            c => value.push(c),
        }
    }
    values.push(value);
    Ok(Attribute { name: name.to_string(), values })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_and_escapes() {
        let values = |text| read(text).unwrap().values;
        assert_eq!(values("k=v"), ["v"]);
        assert_eq!(values("k=a,b"), ["a", "b"]);
        assert_eq!(values(r"k=a\,b,c\\,\d\"), ["a,b", "c\\", "\\d\\"]);
        assert_eq!(values("k="), [""]);
        assert_eq!(values("k=a,"), ["a", ""]);
        assert_eq!(values("k=a=b"), ["a=b"]);
        assert!(read("k").is_err() && read("=v").is_err());
    }

    #[test]
    fn the_same_name_appends() {
        let given = ["k=a", "j=x", "k=b,c"].map(|text| read(text).unwrap());
        let attributes = attributes(&given);
        assert_eq!(attributes.get("k").unwrap().collect::<Vec<_>>(), ["a", "b", "c"]);
    }
}
