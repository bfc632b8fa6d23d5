//! The format of the snapshot file.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use fh_eval::Timestamp;
use fh_eval::internal::Listed;
use fh_repository::rules::Rules;
use fh_session::{ContextHeader, KeyKind, SplitList};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// The name and version of the file's format.
const FORMAT: &str = "featurehub-snapshot/1";
/// The maximum size of a snapshot file in bytes. Reading a larger file fails.
const MAX_BYTES: u64 = 256 * 1024 * 1024;

#[derive(Serialize)]
struct Written<'a> {
    format: &'static str,
    #[serde(rename = "savedAt")]
    saved_at: Timestamp,
    kind: &'static str,
    keys: &'a str,
    context: String,
    environments: Vec<WrittenEnvironment<'a>>,
}

#[derive(Serialize)]
struct WrittenEnvironment<'a> {
    id: &'a str,
    features: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Stored<'a> {
    format: String,
    #[serde(rename = "savedAt")]
    saved_at: String,
    kind: String,
    keys: String,
    context: String,
    #[serde(borrow)]
    environments: Vec<StoredEnvironment<'a>>,
}

#[derive(Deserialize)]
struct StoredEnvironment<'a> {
    id: String,
    #[serde(borrow)]
    features: Listed<'a>,
}

#[derive(Deserialize)]
struct Envelope {
    format: String,
}

/// The API keys and the evaluation context that the features of a snapshot file belong to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Owner {
    pub(super) kind: KeyKind,
    /// The digest of the list of API keys.
    pub(super) keys: String,
    /// The digest of the context for which the Edge evaluated the features, or `0` for client-evaluated keys and for a context
    /// without attributes.
    pub(super) context: String,
}

impl Owner {
    const fn kind(&self) -> &'static str {
        match self.kind {
            KeyKind::ClientEvaluated => "client-evaluated",
            KeyKind::ServerEvaluated => "server-evaluated",
        }
    }
}

/// The content of a snapshot file that was saved with the client's keys and context.
#[derive(Debug)]
pub(crate) struct Saved {
    pub(crate) at: Timestamp,
    text: String,
    environments: Vec<SavedList>,
}

/// The features of an environment in the text of a snapshot file.
#[derive(Debug)]
struct SavedList {
    environment: Arc<str>,
    list: Range<usize>,
    elements: Vec<Range<usize>>,
    further: usize,
}

impl Saved {
    /// Returns the environments' ids, and their lists of features.
    pub(crate) fn environments(&self) -> impl Iterator<Item = (&Arc<str>, SplitList<'_>)> {
        let part = |place: &Range<usize>| self.text.get(place.clone()).unwrap_or_default();
        self.environments.iter().map(move |saved| {
            let text = if saved.elements.is_empty() { "[]" } else { part(&saved.list) };
            let elements = saved.elements.iter().map(part).collect();
            (&saved.environment, SplitList { text, elements, further: saved.further })
        })
    }
}

/// Returns the text of a snapshot file that holds the features of `rules`.
pub(super) fn write(
    rules: &Rules,
    owner: &Owner,
    saved_at: Timestamp,
) -> serde_json::Result<Vec<u8>> {
    let mut environments: BTreeMap<&str, Vec<&RawValue>> = BTreeMap::new();
    for feature in rules.ruleset().iter() {
        let id = rules.environment_of(feature.key()).map_or("", |id| &**id);
        environments.entry(id).or_default().push(serde_json::from_str(feature.json())?);
    }
    let context = match rules.evaluated_for() {
        None => Ok(String::from("0")),
        Some(evaluated) => ContextHeader::of(&evaluated.context).map(|header| header.context_sha()),
    };
    serde_json::to_vec(&Written {
        format: FORMAT,
        saved_at,
        kind: owner.kind(),
        keys: &owner.keys,
        context: context.unwrap_or_default(),
        environments: environments
            .into_iter()
            .map(|(id, features)| WrittenEnvironment { id, features })
            .collect(),
    })
}

/// Parses the text of a snapshot file. The file must belong to the API keys and the context in `owner`.
///
/// # Errors
/// Returns the reason why the features of the file cannot be used.
pub(super) fn read(text: Vec<u8>, owner: &Owner) -> Result<Saved, String> {
    let text = String::from_utf8(text).map_err(|why| format!("the file cannot be read: {why}"))?;
    let stored: Stored<'_> = serde_json::from_str(&text).map_err(|why| unreadable(&text, &why))?;
    if stored.format != FORMAT {
        return Err(other_format());
    }
    if stored.keys != owner.keys || stored.kind != owner.kind() {
        return Err("the snapshot was saved with other API keys".to_string());
    }
    if stored.context != owner.context {
        return Err("the snapshot was saved for another context".to_string());
    }
    let at = stored
        .saved_at
        .parse()
        .map_err(|_| "the snapshot has no valid time `savedAt`".to_string())?;
    let environments =
        stored.environments.into_iter().map(|each| saved_list(each, &text)).collect();
    Ok(Saved { at, text, environments })
}

/// Returns the places of an environment's features, which stay where they are: a copy of a long list takes as long as a tenth of its parsing.
fn saved_list(environment: StoredEnvironment<'_>, text: &str) -> SavedList {
    let StoredEnvironment { id, features: Listed { elements, further } } = environment;
    let place = |element: &&RawValue| {
        let at = element.get().as_ptr().addr() - text.as_ptr().addr();
        at..at + element.get().len()
    };
    let elements: Vec<Range<usize>> = elements.iter().map(place).collect();
    let begin = elements.first().and_then(|first| text.get(..first.start)?.rfind('['));
    let begin = begin.unwrap_or_default();
    let rest = text.get(begin..).unwrap_or_default();
    let length = match elements.last() {
        // The elements after the last one are not known.
        _ if further > 0 => {
            let mut values = serde_json::Deserializer::from_str(rest).into_iter::<&RawValue>();
            values.next().and_then(Result::ok).map(|list| list.get().len())
        }
        Some(last) => rest
            .get(last.end - begin..)
            .and_then(|rest| rest.find(']'))
            .map(|at| last.end - begin + at + 1),
        None => None,
    };
    let list = begin..begin + length.unwrap_or_default();
    SavedList { environment: id.into(), list, elements, further }
}

/// Returns the reason why a text is no snapshot. A text of another format need not have the members of this one.
fn unreadable(text: &str, why: &serde_json::Error) -> String {
    match serde_json::from_str::<Envelope>(text) {
        Ok(envelope) if envelope.format != FORMAT => other_format(),
        Ok(_) => format!("the file cannot be read: {why}"),
        Err(why) => format!("the file cannot be read: {why}"),
    }
}

fn other_format() -> String {
    format!("the file is not a snapshot of the format {FORMAT}")
}

/// Reads a snapshot file. Returns `None` if the file does not exist, and an error if the file is larger than 256 MiB or cannot be
/// read.
pub(super) fn load(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    // A vector that grows would be copied several times.
    let size = file.metadata().map_or(0, |file| file.len().min(MAX_BYTES));
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default() + 1);
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "the file is larger than 256 MiB"));
    }
    Ok(Some(bytes))
}

#[cfg(test)]
mod tests {
    use fh_eval::{Profile, Ruleset};
    use fh_repository::rules::Environments;

    use super::*;

    fn owner() -> Owner {
        Owner { kind: KeyKind::ClientEvaluated, keys: "ab12".into(), context: "0".into() }
    }

    fn text() -> Vec<u8> {
        let list =
            br#"[{"id":"1","key":"A","version":3,"type":"NUMBER","value":7.50},{"key":"B"}]"#;
        let ruleset = Ruleset::from_json(list, Profile::Client).unwrap();
        let rules = Rules::client_evaluated(ruleset, Environments::One("env".into()));
        write(&rules, &owner(), Timestamp::from_millis(1_000)).unwrap()
    }

    #[test]
    fn what_is_written_can_be_read() {
        let saved = read(text(), &owner()).unwrap();
        assert_eq!(saved.at, Timestamp::from_millis(1_000));
        let [(id, list)] = &saved.environments().collect::<Vec<_>>()[..] else { panic!() };
        assert_eq!(&***id, "env");
        assert_eq!(list.text, format!("[{}]", list.elements.join(",")));
        assert!(list.elements[0].contains(r#""value":7.50"#) && list.elements.len() == 2);
    }

    #[test]
    fn lists_and_their_elements_are_found_in_the_text() {
        let good = String::from_utf8(text()).unwrap();
        let at = good.find(r#""features":["#).unwrap() + r#""features":"#.len();
        let before = &good[..at];
        let object = r#"{"key":"A]","value":"[\\\"]"}"#;
        let ones = "1 , ".repeat(149);
        for (list, elements, further) in [
            ("[]", 0, 0),
            (&*format!("[{object}]"), 1, 0),
            (&*format!("[ {object} , [7] , {object}\n]"), 3, 0),
            (&*format!("[{object}, {ones}{object}, [[]] ]"), 102, 50),
        ] {
            let file = format!("{before}{list}}}]}}");
            let saved = read(file.into_bytes(), &owner()).unwrap();
            let (_, found) = saved.environments().next().unwrap();
            assert_eq!(
                (found.text, found.elements.len(), found.further),
                (list, elements, further)
            );
            assert!(found.elements.iter().all(|element| list.contains(element)), "{found:?}");
            assert!(elements == 0 || found.elements[0] == object, "{found:?}");
        }
    }

    #[test]
    fn an_unusable_file_is_rejected_with_the_reason() {
        let good = String::from_utf8(text()).unwrap();
        for (bad, why) in [
            (good[..good.len() - 9].to_string(), "cannot be read"),
            (String::new(), "cannot be read"),
            ("\0\u{1}".to_string(), "cannot be read"),
            (r#"{"format":"other"}"#.to_string(), "not a snapshot"),
            (good.replace("snapshot/1", "snapshot/2"), "not a snapshot"),
            (good.replace(r#""features":["#, r#""features":7,"other":["#), "cannot be read"),
            (good.replace("ab12", "ab13"), "other API keys"),
            (good.replace("client-evaluated", "server-evaluated"), "other API keys"),
            (good.replace(r#""context":"0""#, r#""context":"1""#), "another context"),
            (good.replace("1970", "soon"), "no valid time"),
        ] {
            let said = read(bad.clone().into_bytes(), &owner()).unwrap_err();
            assert!(said.contains(why), "{said} for {bad}");
        }
    }
}
