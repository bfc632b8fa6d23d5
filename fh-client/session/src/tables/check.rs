//! Compares a table with its committed file.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests read and write the files of tables"
)]

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::Path;

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde_json::Value;

/// Compares a table with its committed file. With the variable `FH_TABLES=write`, writes the file instead.
pub(super) fn check(name: &str, rows: &[Value]) {
    let rows: Vec<String> = rows.iter().map(ToString::to_string).collect();
    let text = format!("[\n{}\n]\n", rows.join(",\n"));
    // Crates in folders of different depth include this file.
    let above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let mut folders = above.map(|folder| folder.join("bindings/web/equality/data/tables"));
    let folder = folders.find(|folder| folder.is_dir()).unwrap();
    let path = folder.join(format!("{name}.json.gz"));
    if std::env::var_os("FH_TABLES").is_some_and(|value| value == "write") {
        let mut file = GzEncoder::new(Vec::new(), Compression::best());
        file.write_all(text.as_bytes()).unwrap();
        fs::write(&path, file.finish().unwrap()).unwrap();
        return;
    }
    let mut committed = String::new();
    let file = fs::read(&path).unwrap_or_default();
    let _ = GzDecoder::new(file.as_slice()).read_to_string(&mut committed);
    let mut lines = committed.lines().zip(text.lines()).enumerate();
    let difference = lines.find(|(_, (committed, now))| committed != now);
    let shown = match difference {
        Some((at, (committed, now))) => {
            format!("line {}\n  committed: {committed}\n  now:       {now}", at + 1)
        }
        None => "the number of rows".to_string(),
    };
    assert!(
        committed == text,
        "{} differs: {shown}\nrun `cargo xtask web tables` if the change is intended",
        path.display()
    );
}
