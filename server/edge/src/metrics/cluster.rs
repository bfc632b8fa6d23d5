//! Metrics of the connection to the database of a cluster.

use std::fmt::Write;

use crate::cluster::ClusterStatus;

/// Returns the metrics in the text format of OpenMetrics, without the line at its end.
pub(crate) fn text(status: &ClusterStatus) -> String {
    let mut out = String::new();
    let mut write = |name: &str, kind: &str, help: &str, samples: &[(&str, String)]| {
        // Writing to a string cannot fail.
        let _ = writeln!(
            out,
            "# HELP fh_edge_cluster_{name} {help}.\n# TYPE fh_edge_cluster_{name} {kind}"
        );
        for (suffix, value) in samples {
            let _ = writeln!(out, "fh_edge_cluster_{name}{suffix} {value}");
        }
    };
    let connected = u8::from(status.is_connected).to_string();
    write(
        "connected",
        "gauge",
        "1 while there is a connection to the database",
        &[("", connected)],
    );
    let revision = status.revision.to_string();
    write("revision", "gauge", "The revision of the state that is served", &[("", revision)]);
    let age = status.contact_age.map(|age| ("", age.as_secs_f64().to_string()));
    let help = "Seconds since the last answer of the database";
    write("contact_age_seconds", "gauge", help, age.as_slice());
    let (count, took) = status.commits;
    let commits = [("_count", count.to_string()), ("_sum", took.as_secs_f64().to_string())];
    let help = "Seconds from the decision of a commit to its confirmation";
    write("commit_seconds", "summary", help, &commits);
    let unknown = [("_total", status.unknown_outcomes.to_string())];
    write("unknown_outcomes", "counter", "Commits whose outcome was unknown at first", &unknown);
    out
}
