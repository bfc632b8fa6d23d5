//! Retired names of `docs/project/names.md`.

use std::collections::HashMap;
use std::fs;

use syn::visit::{self, Visit};

use crate::sources::{files, name, root};

/// A row of the table of retired names.
struct Retired {
    name: String,
    replacement: String,
    /// Folders and files; empty means everywhere.
    places: Vec<String>,
}

impl Retired {
    /// Reads a row: the name, its replacements, and the places.
    fn read(row: &str) -> Self {
        let cells: Vec<&str> = row.trim().trim_matches('|').split('|').map(str::trim).collect();
        let cells = <[&str; 3]>::try_from(cells);
        let [name, replacement, places] =
            cells.map_err(|_| format!("docs/project/names.md: {row}")).unwrap();
        let places = match places {
            "everywhere" => Vec::new(),
            places => places.split(", ").map(|place| place.trim_matches('`').to_string()).collect(),
        };
        for place in &places {
            assert!(
                root().join(place).exists(),
                "docs/project/names.md: {place} does not exist: {row}"
            );
        }
        let (name, replacement) = (name.trim_matches('`').to_string(), replacement.to_string());
        Self { name, replacement, places }
    }

    fn covers(&self, file: &str) -> bool {
        let is_below = |place: &String| {
            file.strip_prefix(place.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.places.is_empty() || self.places.iter().any(is_below)
    }
}

fn table() -> Vec<Retired> {
    let page = fs::read_to_string(root().join("docs/project/names.md")).unwrap();
    let (_, table) = page.split_once("\n## Retired names\n").unwrap();
    table.lines().filter(|line| line.starts_with("| `")).map(Retired::read).collect()
}

/// The names of the modules, types, functions, fields and variants of a file, each with its kind.
#[derive(Default)]
struct Names(Vec<(&'static str, String)>);

impl Names {
    fn of(source: &str) -> syn::Result<Self> {
        let mut names = Self::default();
        names.visit_file(&syn::parse_file(source)?);
        Ok(names)
    }

    fn note(&mut self, kind: &'static str, name: &syn::Ident) {
        self.0.push((kind, name.to_string()));
    }
}

/// Writes the visits of items, each with the kind of its name.
macro_rules! visits {
    ($($visit:ident $item:ident $kind:literal)*) => {$(
        fn $visit(&mut self, item: &'ast syn::$item) {
            self.note($kind, &item.ident);
            visit::$visit(self, item);
        }
    )*}
}

impl<'ast> Visit<'ast> for Names {
    visits! {
        visit_item_mod ItemMod "module"
        visit_item_struct ItemStruct "type"
        visit_item_enum ItemEnum "type"
        visit_item_trait ItemTrait "type"
        visit_item_type ItemType "type"
        visit_signature Signature "function"
        visit_variant Variant "variant"
    }

    fn visit_field(&mut self, field: &'ast syn::Field) {
        if let Some(name) = &field.ident {
            self.note("field", name);
        }
        visit::visit_field(self, field);
    }
}

/// Returns a line for each retired name in a file.
fn findings(file: &str, source: &str, retired: &HashMap<&str, Vec<&Retired>>) -> Vec<String> {
    let names = Names::of(source).map_err(|error| format!("{file}: {error}")).unwrap();
    let found = names.0.iter().filter_map(|(kind, name)| {
        let row = retired.get(name.as_str())?.iter().find(|row| row.covers(file))?;
        Some(format!("{file}: the {kind} {name} bears a retired name, use {}", row.replacement))
    });
    found.collect()
}

fn by_name(table: &[Retired]) -> HashMap<&str, Vec<&Retired>> {
    let mut rows: HashMap<&str, Vec<&Retired>> = HashMap::new();
    for row in table {
        rows.entry(&row.name).or_default().push(row);
    }
    rows
}

#[test]
fn retired_names_stay_retired() {
    let table = table();
    assert!(table.len() > 100, "docs/project/names.md lost its table: {} rows", table.len());
    let retired = by_name(&table);
    let mut all = Vec::new();
    for path in files(&root(), "rs") {
        let source = fs::read_to_string(&path).unwrap();
        all.extend(findings(&name(&path), &source, &retired));
    }
    assert!(all.is_empty(), "docs/project/names.md retires these names:\n{}", all.join("\n"));
}

#[test]
fn a_retired_name_is_found_as_what_it_names() {
    let table = [Retired::read("| `slot` | `cell` | `server/edge`, `fh-client/src` |")];
    let retired = by_name(&table);
    let source = "mod slot {} struct A { slot: u8 } enum slot { slot } fn slot() { let slot = 1; }";
    let kinds = ["module", "field", "type", "variant", "function"];
    let line =
        |kind| format!("server/edge/src/a.rs: the {kind} slot bears a retired name, use `cell`");
    assert_eq!(findings("server/edge/src/a.rs", source, &retired), kinds.map(line));
    assert_eq!(findings("fh-client/src/a.rs", source, &retired).len(), 5);
    assert!(findings("server/edgeways/src/a.rs", source, &retired).is_empty());
    assert!(findings("fh-client/tests/a.rs", source, &retired).is_empty());
}
