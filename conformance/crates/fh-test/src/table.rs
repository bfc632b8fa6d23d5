//! Tables of texts, which test programs print.

/// Returns a table with aligned columns. The first row is the heading.
#[must_use]
pub fn lines(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max()
    };
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or_default()).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_string()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Returns seconds as a cell of a table.
#[must_use]
pub fn seconds(seconds: Option<f64>) -> String {
    seconds.map_or_else(|| "no".to_string(), |seconds| format!("{seconds:.2} s"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned() {
        let row = |cells: [&str; 2]| cells.map(str::to_string).to_vec();
        assert_eq!(lines(&[row(["", "Rust"]), row(["ready", "é"])]), "       Rust\nready  é");
        assert_eq!((seconds(None), seconds(Some(1.0))), ("no".to_string(), "1.00 s".to_string()));
    }
}
