//! Machine-readable output.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::value::RawValue;

/// Writes one JSON document, indented.
pub(crate) fn document(out: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, value)?;
    out.write_all(b"\n")
}

/// Writes one JSON document without indentation, and a line feed. Raw JSON within the document is written as it is.
pub(crate) fn line(out: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    out.write_all(b"\n")
}

/// Writes a JSON array. Each row begins on a new line, and is written as soon as the iterator yields it.
pub(crate) fn rows<T: Serialize>(
    out: &mut dyn Write,
    rows: impl IntoIterator<Item = T>,
) -> io::Result<()> {
    out.write_all(b"[")?;
    for (index, row) in rows.into_iter().enumerate() {
        out.write_all(if index == 0 { b"\n" } else { b",\n" })?;
        serde_json::to_writer(&mut *out, &row)?;
    }
    out.write_all(b"\n]\n")
}

/// Returns a JSON token unchanged, for serialization. `None` and a token that is not valid JSON become null.
pub(crate) fn token(token: Option<&str>) -> Option<Box<RawValue>> {
    RawValue::from_string(token?.to_string()).ok()
}
