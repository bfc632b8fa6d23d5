//! The tables of mutants: `mutants/*.toml` of a crate.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;

use super::tokens::line;

/// All mutants of the project, by the folder of their crate.
#[derive(Debug, Default)]
pub(crate) struct Mutants(pub(super) BTreeMap<String, CrateMutants>);

/// The mutants of one crate.
#[derive(Debug, Default)]
pub(super) struct CrateMutants {
    pub(super) mutants: Vec<Mutant>,
    pub(super) helpers: Vec<Helper>,
}

/// A deliberate bug.
#[derive(Debug)]
pub(super) struct Mutant {
    pub(super) name: String,
    /// The effect, as one sentence.
    pub(super) breaks: String,
    pub(super) edits: Vec<Edit>,
    /// The test that must find the mutant, in a copy with this mutant alone. A mutant without one is switched on in a build with all mutants.
    pub(super) test: Option<String>,
    /// A text in the output of the test that fails.
    pub(super) found: Option<String>,
    /// The scenarios for servers that must find the mutant.
    pub(super) scenarios: Vec<String>,
}

/// A change of one piece of code.
#[derive(Debug)]
pub(super) struct Edit {
    /// The table and the line of the piece, such as `fh-client/session/mutants/polls.toml:12`.
    pub(super) at: String,
    pub(super) file: String,
    /// The function or `impl` block: `Type::function`, `function` or `impl Type`. `None` for the whole file.
    pub(super) item: Option<String>,
    pub(super) piece: Piece,
    /// The code in place of the marked part.
    pub(super) with: String,
}

/// A piece of code whose part between the marks is replaced. If the marked part is empty, code is inserted there.
#[derive(Debug)]
pub(super) struct Piece {
    pub(super) before: String,
    pub(super) marked: String,
    pub(super) after: String,
}

/// Code at the end of a file that several mutants use.
#[derive(Debug)]
pub(super) struct Helper {
    pub(super) at: String,
    pub(super) file: String,
    pub(super) code: String,
}

/// A table as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    #[serde(default)]
    mutants: Vec<MutantRow>,
    #[serde(default)]
    helpers: Vec<HelperRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MutantRow {
    name: Spanned<String>,
    breaks: String,
    test: Option<String>,
    found: Option<String>,
    #[serde(default)]
    scenarios: Vec<String>,
    edits: Vec<EditRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EditRow {
    file: String,
    #[serde(rename = "in")]
    item: Option<String>,
    find: Spanned<String>,
    with: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HelperRow {
    file: Spanned<String>,
    code: String,
}

impl Piece {
    /// Reads `before«marked»after`.
    fn read(text: &str) -> Result<Self, String> {
        let wrong = || "`find` needs one « and, after it, one »".to_string();
        let (before, rest) = text.split_once('«').ok_or_else(wrong)?;
        let (marked, after) = rest.split_once('»').ok_or_else(wrong)?;
        if [before, marked, after].iter().any(|part| part.contains(['«', '»'])) {
            return Err(wrong());
        }
        let [before, marked, after] = [before, marked, after].map(str::to_string);
        Ok(Self { before, marked, after })
    }
}

impl CrateMutants {
    /// Returns true if the crate gets switches.
    pub(super) fn is_switched(&self) -> bool {
        self.mutants.iter().any(|mutant| mutant.test.is_none())
    }
}

impl Mutant {
    /// Returns the name of the mutant's table, without its ending.
    pub(super) fn table(&self) -> &str {
        let path = self.edits.first().map_or("", |edit| &edit.at);
        let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
        name.split_once('.').map_or(name, |(stem, _)| stem)
    }
}

impl Mutants {
    /// Adds the mutants of one table. `path` is the table's path from the root, such as `fh-client/session/mutants/polls.toml`.
    pub(super) fn add(&mut self, path: &str, text: &str) -> Result<(), String> {
        let folder = path.rsplit_once("/mutants/").map(|(folder, _)| folder);
        let folder =
            folder.ok_or_else(|| format!("{path} is in no folder `mutants` of a crate"))?;
        let at = |span: Range<usize>| format!("{path}:{}", line(text, span.start));
        let table: Table = toml::from_str(text).map_err(|why| format!("{path}: {why}"))?;
        let mut rows = Vec::new();
        for mut row in table.mutants {
            let place = at(row.name.span());
            let name = std::mem::take(row.name.get_mut());
            let wrong = |why: &str| Err(format!("{place}: mutant {name}: {why}"));
            let is_type = name.starts_with(|c: char| c.is_ascii_uppercase())
                && name.chars().all(|c| c.is_ascii_alphanumeric());
            if !is_type {
                return wrong("a name is in CamelCase, such as `NoBackoff`");
            }
            if self.all().any(|other| other.name == name)
                || rows.iter().any(|other: &Mutant| other.name == name)
            {
                return wrong("another mutant has the same name");
            }
            if row.breaks.contains('\n') || !row.breaks.ends_with('.') {
                return wrong("`breaks` is one sentence on one line");
            }
            if row.edits.is_empty() {
                return wrong("there is no edit");
            }
            if row.test.is_none() && row.edits.iter().any(|edit| edit.item.is_none()) {
                return wrong("an edit without `in` belongs to a mutant with a `test`");
            }
            let mut edits = Vec::new();
            for edit in std::mem::take(&mut row.edits) {
                let at = at(edit.find.span());
                let piece = Piece::read(edit.find.get_ref())
                    .map_err(|why| format!("{at}: mutant {name}: {why}"))?;
                let file = format!("{folder}/{}", edit.file);
                edits.push(Edit { at, file, item: edit.item, piece, with: edit.with });
            }
            let MutantRow { breaks, test, found, scenarios, .. } = row;
            rows.push(Mutant { name, breaks, edits, test, found, scenarios });
        }
        let of_crate = self.0.entry(folder.to_string()).or_default();
        of_crate.mutants.extend(rows);
        of_crate.helpers.extend(table.helpers.into_iter().map(|helper| Helper {
            at: at(helper.file.span()),
            file: format!("{folder}/{}", helper.file.into_inner()),
            code: helper.code,
        }));
        Ok(())
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Mutant> {
        self.0.values().flat_map(|of_crate| &of_crate.mutants)
    }

    /// Returns the mutants that one build holds together, each behind its switch.
    pub(super) fn switched(&self) -> impl Iterator<Item = &Mutant> {
        self.all().filter(|mutant| mutant.test.is_none())
    }

    /// Returns the mutants of the crate in a folder.
    pub(super) fn of(&self, folder: &str) -> impl Iterator<Item = &Mutant> {
        self.0.get(folder).into_iter().flat_map(|of_crate| &of_crate.mutants)
    }

    pub(super) fn named(&self, name: &str) -> Option<&Mutant> {
        self.all().find(|mutant| mutant.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROW: &str = "[[mutants]]\nname = 'NoWait'\nbreaks = 'It does not wait.'\n\
        [[mutants.edits]]\nfile = 'src/a.rs'\nin = 'A::b'\nfind = 'wait(«1»)'\nwith = ''\n";

    #[test]
    fn a_table_is_read_with_the_places_of_its_pieces() {
        let mut mutants = Mutants::default();
        mutants.add("fh-x/mutants/a.toml", ROW).unwrap();
        let mutant = mutants.named("NoWait").unwrap();
        let edit = &mutant.edits[0];
        assert_eq!(
            (edit.at.as_str(), edit.file.as_str()),
            ("fh-x/mutants/a.toml:7", "fh-x/src/a.rs")
        );
        let Piece { before, marked, after } = &edit.piece;
        assert_eq!([before, marked, after], ["wait(", "1", ")"]);
    }

    #[test]
    fn mistakes_in_a_table_are_reported_with_their_place() {
        let change = |from: &str, to: &str| {
            assert!(ROW.contains(from), "{from}");
            let table = ROW.replace(from, to);
            Mutants::default().add("fh-x/mutants/a.toml", &table).unwrap_err()
        };
        for (from, to, expected) in [
            ("«1»", "1", "a.toml:7: mutant NoWait: `find` needs one « and, after it, one »"),
            ("«1»", "«1»«»", "a.toml:7: mutant NoWait: `find` needs one"),
            ("NoWait", "no_wait", "a.toml:2: mutant no_wait: a name is in CamelCase"),
            ("wait.", "wait", "a.toml:2: mutant NoWait: `breaks` is one sentence"),
            ("in =", "on =", "a.toml: TOML parse error at line 6"),
            ("in = 'A::b'\n", "", "a.toml:2: mutant NoWait: an edit without `in` belongs to"),
        ] {
            let why = change(from, to);
            assert!(why.contains(expected), "{why}");
        }
        let why = Mutants::default().add("fh-x/mutants/a.toml", &ROW.repeat(2)).unwrap_err();
        assert!(
            why.contains("a.toml:10: mutant NoWait: another mutant has the same name"),
            "{why}"
        );
    }
}
