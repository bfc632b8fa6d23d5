//! The table for people, and for programs.

use std::fmt::Write;

use serde_json::{Value, json};

use super::{FAULT, HEALTHY, Row};
use crate::published::{SOURCES, recorded};
use crate::scale::Scale;

/// A table in Markdown with its title, and what is wrong beneath it.
#[must_use]
pub fn as_text(rows: &[Row], scale: Scale) -> String {
    let [node, python] = SOURCES;
    let mut text = String::new();
    // Writing to a text cannot fail.
    let _ = writeln!(
        text,
        "Faults of {:?}, then health for at most {:?}: all delays of client and fault × {scale}{}.\n",
        scale.of(FAULT),
        scale.of(HEALTHY),
        if scale == Scale::REAL { " (nothing is scaled)" } else { "" },
    );
    let _ = writeln!(
        text,
        "| fault | {node}: requests, back after | {python}: requests, back after | \
         fh: requests (at most) | fh: back after | fh: peak memory |\n|---|---|---|---|---|---|"
    );
    for row in rows {
        let [node, python] = recorded(row.which);
        let requests = match row.sent {
            sent if sent > row.requests => format!("{}, of {sent} sent", row.requests),
            _ => row.requests.to_string(),
        };
        let back = match row.back_after {
            Some(seconds) => format!("{seconds:.1} s"),
            None => "never".to_string(),
        };
        let memory = row
            .peak_memory
            .map_or("?".to_string(), |bytes| format!("{:.1} MB", bytes as f64 / 1e6));
        let _ = writeln!(
            text,
            "| {}{} | {node} | {python} | {requests} ({}) | {back} | {memory} |",
            row.fault,
            if row.is_good() { "" } else { " **FAILED**" },
            row.at_most,
        );
    }
    let _ = writeln!(
        text,
        "\nThe figures of {node} and {python} were recorded unscaled, with 45 s of a healthy Edge after each fault. \
         Of the 22 faults, Node recovers from 3 and Python from 16."
    );
    for row in rows {
        for failure in &row.failures {
            let _ = writeln!(text, "FAILED {}: {failure}", row.fault);
        }
    }
    text
}

/// The same as JSON.
#[must_use]
pub fn as_json(rows: &[Row], scale: Scale) -> Value {
    json!({
        "scale": scale.factor(),
        "faultSeconds": scale.of(FAULT).as_secs_f64(),
        "healthySeconds": scale.of(HEALTHY).as_secs_f64(),
        "recorded": SOURCES,
        "rows": rows
            .iter()
            .map(|row| {
                let mut object = json!(row);
                if let Some(members) = object.as_object_mut() {
                    members.insert("recorded".to_string(), json!(recorded(row.which)));
                }
                object
            })
            .collect::<Vec<_>>(),
    })
}
