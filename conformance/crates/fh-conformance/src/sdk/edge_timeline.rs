//! The entries that an Edge adds to the timeline of a scenario.

use std::time::Instant;

use fh_test_servers::featurehub::EdgeHandle;

use crate::adapter::{TimelineEntry, TimelineKind};

/// The headers of a request that an Edge's answer depends on.
const SHOWN_HEADERS: &[&str] = &["if-none-match", "last-event-id", "x-featurehub"];

/// Returns one entry for each change of its features, connection, request, response and end that an Edge recorded. `name` distinguishes
/// several Edges.
pub(super) fn entries(name: &str, edge: &EdgeHandle) -> Vec<TimelineEntry> {
    let recording = edge.recording();
    let mut entries = Vec::new();
    let mut note = |at, text: String| {
        entries.push(TimelineEntry { at, kind: TimelineKind::Edge, text: format!("{name}{text}") });
    };
    for (at, change) in edge.changes() {
        note(at, change);
    }
    for (number, connection) in recording.connections.iter().enumerate() {
        note(connection.accepted, format!("connection {number} accepted"));
        if let Some((at, ended)) = connection.ended {
            let (read, written) = (connection.read, connection.written);
            note(
                at,
                format!("connection {number} ended {ended:?} ({read} bytes in, {written} out)"),
            );
        }
    }
    for seen in &recording.requests {
        let request = &seen.request;
        let shown = |name: &&str| Some(format!(" {name} {}", request.header(name)?));
        let headers: String = SHOWN_HEADERS.iter().filter_map(shown).collect();
        note(
            request.at,
            format!(
                "connection {} {} {}{headers}",
                seen.connection, request.method, request.target
            ),
        );
        let status = seen.status.map_or("no status".to_owned(), |status| status.to_string());
        let (connection, written) = (seen.connection, seen.written);
        match seen.finished {
            Some(at) => {
                note(at, format!("connection {connection} finished: {status}, {written} bytes"));
            }
            None => {
                let so_far = format!("{status}, {written} bytes so far");
                note(Instant::now(), format!("connection {connection} not finished: {so_far}"));
            }
        }
    }
    entries
}
