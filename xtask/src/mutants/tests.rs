//! Checks of the project's mutants and of its sources. The same checks are tried on small samples.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::collections::HashSet;

use super::*;

/// Words that a production source does not hold, besides the names of mutants.
const WORDS: [&str; 4] = ["mutant", "mutants", "Mutant", "FH_MUTANT"];

/// Returns the words that a production source does not hold.
fn forbidden(mutants: &Mutants) -> HashSet<&str> {
    WORDS.into_iter().chain(mutants.all().map(|mutant| mutant.name.as_str())).collect()
}

/// Returns a line for each place of a source that names a mutant or the switch.
fn named(file: &str, source: &str, forbidden: &HashSet<&str>) -> Vec<String> {
    let lines = source.lines().enumerate().flat_map(|(number, line)| {
        let words = line.split(|c: char| !c.is_alphanumeric() && c != '_');
        words.map(move |word| (number + 1, word))
    });
    lines
        .filter(|(_, word)| forbidden.contains(word))
        .map(|(number, word)| {
            format!(
                "{file}:{number}: `{word}` in a production source, which holds no mutants. Take it out, and write the mutant as an \
                 edit into a table `mutants/*.toml` of the crate (CONTRIBUTING.md, section \"Mutants\")"
            )
        })
        .collect()
}

/// Returns true for a source of a crate that ships.
fn is_production(file: &str) -> bool {
    let is_tool = ["benches/", "conformance/", "xtask/"];
    file.ends_with(".rs")
        && file.contains("src/")
        && !is_tool.iter().any(|folder| file.starts_with(folder))
}

#[test]
fn every_mutant_applies_to_the_sources() {
    let mutants = mutants().unwrap();
    assert!(mutants.all().count() >= 83, "mutants are missing: {}", mutants.all().count());
    let sources = mutated(&mutants, &read).unwrap_or_else(|why| panic!("\n{why}\n"));
    for (file, source) in &sources {
        syn::parse_file(source).map_err(|why| format!("{file} with its mutants: {why}")).unwrap();
    }
    for mutant in mutants.all() {
        changed(&mutants, &mutant.name, &read).unwrap_or_else(|why| panic!("\n{why}\n"));
    }
}

#[test]
fn production_sources_name_no_mutant() {
    let mutants = mutants().unwrap();
    let forbidden = forbidden(&mutants);
    let files = tracked_files().unwrap();
    let sources: Vec<&String> = files.iter().filter(|file| is_production(file)).collect();
    assert!(sources.len() > 300, "{}", sources.len());
    let found: Vec<String> =
        sources.iter().flat_map(|file| named(file, &read(file).unwrap(), &forbidden)).collect();
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

const SOURCE: &str = "\
impl Delays {
    fn next(&mut self, most: u32) -> u32 {
        // The first delay is short.
        let delay = self.initial
            << self.count;
        match self.count {
            0 => delay,
            _ => delay.min(most),
        }
    }

    fn other(&self) -> u32 {
        self.initial << self.count
    }
}
";

/// Mutants of `SOURCE`, each with one edit in `Delays::next`: the name, the piece, and the code in its place.
fn sample(edits: &[(&str, &str, &str)]) -> Mutants {
    let rows = edits.iter().map(|(name, find, with)| {
        format!(
            "[[mutants]]\nname = '{name}'\nbreaks = 'Something.'\n[[mutants.edits]]\nfile = 'src/a.rs'\n\
             in = 'Delays::next'\nfind = '''{find}'''\nwith = '''{with}'''\n"
        )
    });
    let mut mutants = Mutants::default();
    mutants.add("x/mutants/a.toml", &rows.collect::<String>()).unwrap();
    mutants
}

fn read_sample(file: &str) -> Result<String, String> {
    match file {
        "x/src/a.rs" => Ok(SOURCE.to_string()),
        "x/src/lib.rs" => Ok("mod a;\n".to_string()),
        _ => Err(format!("{file}: no such file")),
    }
}

/// Returns the sample's source with the switches of these mutants, the names of the switches shortened.
fn rewritten(edits: &[(&str, &str, &str)]) -> Result<String, String> {
    let sources = mutated(&sample(edits), &read_sample)?;
    assert_eq!(sources["x/src/lib.rs"], "mod a;\n\npub mod mutants;\n");
    let source = &sources["x/src/a.rs"];
    syn::parse_file(source).map_err(|why| format!("{why}: {source}"))?;
    Ok(source.replace("crate::mutants::is_on(crate::mutants::Mutant::", "mutant("))
}

#[test]
fn an_edit_is_written_behind_the_switch_of_its_mutant() {
    for (edits, from, to) in [
        // An expression; the piece has other white space than the source.
        (
            &[("A", "let delay = «self.initial<<self.count»;", "0")][..],
            "self.initial\n            << self.count;",
            "(if mutant(A) { 0 } else { self.initial\n            << self.count });",
        ),
        // A statement, and its replacement by nothing.
        (
            &[("A", "«let delay = self.initial << self.count;»", "")],
            "let delay = self.initial\n            << self.count;",
            "if mutant(A) {  } else { let delay = self.initial\n            << self.count; }",
        ),
        // Inserted statements.
        (&[("A", "«» match", "return 1;")], "match", " if mutant(A) { return 1; } match"),
        (&[("A", "self.count;«»", "a(); // b")], "count;", "count; if mutant(A) { a(); // b\n} "),
        // Inserted arms.
        (&[("A", "«» 0 => ", "1 => 2,")], "0 => d", " 1 if mutant(A) => 2, 0 => d"),
        (
            &[("A", "«» _ => ", "a @ 1.. if a == b || { c } => d()")],
            "_ => d",
            " a @ 1.. if mutant(A) && (a == b || { c }) => d(), _ => d",
        ),
        // Two mutants of one piece of code, and one within the code of another.
        (
            &[("A", "0 => «delay»", "1"), ("B", "0 => «delay»", "2")],
            "0 => delay",
            "0 => (if mutant(A) { 1 } else if mutant(B) { 2 } else { delay })",
        ),
        (
            &[("A", "delay.min(«most»)", "1"), ("B", "_ => «delay.min(most)»", "2")],
            "delay.min(most)",
            "(if mutant(B) { 2 } else { delay.min((if mutant(A) { 1 } else { most })) })",
        ),
    ] {
        assert_eq!(SOURCE.matches(from).count(), 1, "{from}");
        assert_eq!(rewritten(edits).unwrap(), SOURCE.replace(from, to));
    }
}

#[test]
fn code_that_was_changed_under_a_mutant_is_reported() {
    for (find, expected) in [
        (
            "let delay = «self.initial» * self.count;",
            "x/mutants/a.toml:7: mutant NoWait: this piece does not occur in `Delays::next` of x/src/a.rs. Line 5 begins like it, \
             but has `<` instead of `*`:\n    let delay = «self.initial» * self.count;\nIf the code was changed, change `file`, `in`, \
             `find` and `with` so that the mutant breaks the same rule again. Then run `cargo xtask simulate NoWait`.",
        ),
        (
            "«nothing»",
            "mutant NoWait: this piece does not occur in `Delays::next` of x/src/a.rs:\n",
        ),
        (
            "«self.count»",
            "mutant NoWait: this piece occurs 2 times in `Delays::next` of x/src/a.rs (lines 5, 6)",
        ),
    ] {
        let why = rewritten(&[("NoWait", find, "1")]).unwrap_err();
        assert!(why.contains(expected), "{why}");
    }
    let change = |from: &str, to: &str| {
        let mut mutants = sample(&[("NoWait", "«most»)", "1")]);
        let edit = &mut mutants.0.get_mut("x").unwrap().mutants[0].edits[0];
        edit.item = edit.item.as_ref().map(|item| item.replace(from, to));
        edit.file = edit.file.replace(from, to);
        mutated(&mutants, &read_sample).unwrap_err()
    };
    assert!(
        change("next", "last").contains("mutant NoWait: there is no `Delays::last` of x/src/a.rs")
    );
    assert!(change("a.rs", "b.rs").contains("mutant NoWait: x/src/b.rs: no such file"));
    let overlap = [("A", "«self.initial << self».count", "1"), ("B", "<< «self.count»", "2")];
    let why = rewritten(&overlap).unwrap_err();
    assert!(why.contains("mutant B replaces a part of the code that mutant A"), "{why}");
}

#[test]
fn a_production_source_with_a_mutant_is_reported() {
    let mutants = sample(&[("NoWait", "«most»)", "1")]);
    let forbidden = forbidden(&mutants);
    for (source, count) in [
        ("fn a() {\n    if crate::mutants::is_on(Mutant::NoWait) {}\n}", 3),
        ("#[cfg(mutants)]\nmod a;", 1),
        ("// The code of NoWait.", 1),
        ("fn no_wait() {} struct NoWaiting;", 0),
    ] {
        let found = named("x/src/a.rs", source, &forbidden);
        assert_eq!(found.len(), count, "{found:?}");
    }
    let found = named("x/src/a.rs", "\nNoWait", &forbidden);
    assert!(found[0].starts_with(
        "x/src/a.rs:2: `NoWait` in a production source, which holds no mutants. Take it out"
    ));
    assert!(is_production("server/edge/src/a/b.rs") && is_production("fh-client/session/src/a.rs"));
    assert!(!is_production("xtask/src/a.rs") && !is_production("fh-client/session/tests/a.rs"));
}

#[test]
fn an_edit_that_changes_nothing_is_reported() {
    for (find, with) in [("0 => «delay»", " delay // the same"), ("«»0", " ")] {
        let why = rewritten(&[("NoWait", find, with)]).unwrap_err();
        assert!(why.contains("mutant NoWait: the edit changes nothing"), "{why}");
    }
}

#[test]
fn a_mutant_with_a_test_is_applied_alone_whatever_its_language() {
    let source = "if (a) b(`'`);\nif (a)\n  b(`'`, \"//\"); // 'c\nd()\n";
    let applied = |find: &str, with: &str| {
        let mut mutants = Mutants::default();
        let table = format!(
            "[[mutants]]\nname = 'A'\nbreaks = 'Something.'\ntest = 't'\n[[mutants.edits]]\nfile = 'a.ts'\n\
             find = {find:?}\nwith = {with:?}\n"
        );
        mutants.add("x/mutants/a.toml", &table).unwrap();
        let read = |_: &str| Ok(source.to_string());
        assert!(mutated(&mutants, &read).unwrap().is_empty(), "a switch");
        changed(&mutants, "A", &read).map(|files| files["x/a.ts"].1.clone())
    };
    for (find, with, from, to) in [
        ("if(a) «b(`'`, \"//\");»", "", "b(`'`, \"//\");", "{}"),
        ("«\"//\"»)", "1", "\"//\"", "1"),
        ("'c «» d()", "e()", "\nd()", "\n\ne()\nd()"),
    ] {
        assert_eq!(applied(find, with), Ok(source.replacen(from, to, 1)), "{find}");
    }
    for (find, why) in
        [("if (a) «b»", "occurs 2 times in x/a.ts"), ("«e»", "does not occur in x/a.ts")]
    {
        assert!(applied(find, "f").unwrap_err().contains(why), "{find}");
    }
}

#[test]
fn all_edits_of_a_mutant_are_shown_in_one_text() {
    let mutants = sample(&[
        ("A", "0 => «delay»", "return 1; 2"),
        ("B", "«» match", "return 1;"),
        ("C", "self.count; «»", "a();"),
    ]);
    let show = |mutants: &Mutants, name| {
        let mut files = changed(mutants, name, &read_sample)?;
        assert_eq!(files.len(), 1);
        let (file, texts) = files.pop_first().unwrap();
        assert_eq!((file.as_str(), texts.0.as_str()), ("x/src/a.rs", SOURCE));
        Ok::<String, String>(texts.1)
    };
    let text = |from: &str, to: &str| SOURCE.replacen(from, to, 1);
    assert_eq!(show(&mutants, "A").unwrap(), text("0 => delay", "0 => { return 1; 2 }"));
    assert_eq!(show(&mutants, "B").unwrap(), text("match", " return 1; match"));
    assert_eq!(show(&mutants, "C").unwrap(), text("count;", "count; a(); "));
    let mut both = mutants;
    let rows = &mut both.0.get_mut("x").unwrap().mutants;
    let mut edits: Vec<Edit> = rows.drain(1..).flat_map(|mutant| mutant.edits).collect();
    rows[0].edits.append(&mut edits);
    assert_eq!(
        show(&both, "A").unwrap(),
        text("match", " return 1; match").replacen("count;", "count; a(); ", 1).replacen(
            "0 => delay",
            "0 => { return 1; 2 }",
            1
        )
    );
    let why = show(&both, "D").unwrap_err();
    assert!(why.contains("there is no mutant D"), "{why}");
}
