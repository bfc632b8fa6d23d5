//! Payloads and users of FeatBit.

use fh_eval::featbit::{Compiler, Document, ParseError, Profile, User};
use fh_eval::{Attributes, FeatureRef};
use serde::Deserialize;

use crate::failure::Failure;
use crate::flag_lint::featbit::archived;
use crate::payload::read_bytes;
use crate::ruleset::SubjectArgs;
use crate::system::{System, UserArgs};
use crate::systems::flags::Flags;

/// Reads the user that the options describe.
pub(crate) fn user(user: &UserArgs, subject: &SubjectArgs) -> Result<User, Failure> {
    match &user.user {
        Some(path) => user_of_file(path),
        None => user_of_context(subject.attributes().as_ref()),
    }
}

/// Reads a user as clients send it.
pub(crate) fn user_of_file(path: &str) -> Result<User, Failure> {
    let (name, bytes) = read_bytes(path)?;
    let wrong = |why: &dyn std::fmt::Display| Failure::Input(format!("{name}: {why}"));
    let json = std::str::from_utf8(&bytes).map_err(|error| wrong(&error))?;
    User::from_json(json).map_err(|error| wrong(&error))
}

/// Returns the user of `--context` options. Several values are a list.
pub(crate) fn user_of_context(attributes: Option<&Attributes>) -> Result<User, Failure> {
    let first = |name: &str| attributes.and_then(|own| own.get(name)?.next());
    let key = first("keyId").ok_or_else(|| {
        Failure::Input(
            "flags of FeatBit have values for a user: give -c keyId=KEY, or --user FILE"
                .to_string(),
        )
    })?;
    let mut builder = User::builder(key);
    if let Some(name) = first("name") {
        builder = builder.name(name);
    }
    for (name, values) in attributes.into_iter().flat_map(Attributes::iter) {
        let values: Vec<&str> = values.collect();
        builder = match values.as_slice() {
            [only] => builder.property(name, *only),
            several => builder.property(name, several),
        };
    }
    Ok(builder.build())
}

/// Returns the name of the variation of a flag with this id, or the id if the variation has no name.
pub(crate) fn variation_name(flag: FeatureRef<'_>, id: &str) -> String {
    #[derive(Deserialize)]
    struct Flag {
        variations: Vec<Variation>,
    }
    #[derive(Deserialize)]
    struct Variation {
        id: String,
        name: String,
    }
    let flag: Option<Flag> = serde_json::from_str(flag.json()).ok();
    let name = flag.and_then(|flag| flag.variations.into_iter().find(|each| each.id == id));
    name.map(|variation| variation.name)
        .filter(|name| !name.trim().is_empty())
        .unwrap_or_else(|| id.to_string())
}

/// Parses a payload. The error for a payload of another system names the option.
pub(crate) fn parse<'b>(name: &str, bytes: &'b [u8]) -> Result<Document<'b>, Failure> {
    Document::parse(bytes).map_err(|error| {
        let other = matches!(error, ParseError::NoFlags | ParseError::InvalidJson(_))
            .then(|| System::Featbit.of_another(name, bytes))
            .flatten();
        other.unwrap_or_else(|| Failure::Input(format!("{name}: {error}")))
    })
}

/// Reads the flags in a file, or in stdin if the path is `-`.
pub(crate) fn read(path: &str, profile: Profile) -> Result<Flags, Failure> {
    let (name, bytes) = read_bytes(path)?;
    let document = parse(&name, &bytes)?;
    let ruleset = Compiler::new(profile).compile(&document);
    Ok(Flags { archived: archived(&document), name, ruleset })
}
