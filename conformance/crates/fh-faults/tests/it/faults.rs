//! The table of 22 faults.

use fh_fake_edge::Fault;
use serde_json::Value;

use crate::command::{run, succeed};

#[test]
fn a_client_comes_back_from_all_of_them() {
    let table: Value = serde_json::from_str(&succeed(&["--json"])).unwrap();
    assert_eq!(table["scale"], 0.1);
    let rows = table["rows"].as_array().unwrap();
    assert_eq!(rows.len(), Fault::ALL.len());
    for (row, fault) in rows.iter().zip(Fault::ALL) {
        assert_eq!(row["fault"], fault.name());
        assert!(row["back_after"].is_f64() && row["failures"] == Value::Array(Vec::new()), "{row}");
    }
}

#[test]
fn one_fault_by_its_name() {
    let printed = succeed(&["--scale", "0.02", "--only", "bye LOOP"]);
    let rows: Vec<&str> = printed.lines().filter(|line| line.starts_with("| ")).collect();
    assert!(printed.contains("× 0.02") && printed.contains("recorded"), "{printed}");
    assert!(rows.len() == 2 && rows[1].starts_with("| `bye` loop after data | 11, 0.6 s |"));
    let page = include_str!("../../../../../docs/faults.md").split_whitespace();
    let page = page.collect::<Vec<_>>().join(" ");
    assert!(page.ends_with(printed.lines().last().unwrap()), "the page ends like the table");
    let unknown = run(&["--only", "an earthquake"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(String::from_utf8(unknown.stderr).unwrap().contains("TCP reset"));
}
