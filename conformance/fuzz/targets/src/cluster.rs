//! Any texts as the rows of a cluster's database: they are refused, or the state that they give is read again without a difference.

use fh_edge::internal::read_rows;

/// Changes nothing.
const NONE: &str = "[]";

pub fn run(input: &str) {
    // A line feed separates the rows, because JSON needs none.
    let (state, changes) = input.split_once('\n').unwrap_or((input, NONE));
    if let Ok(after) = read_rows(state, changes) {
        assert_eq!(read_rows(&after, NONE).as_deref(), Ok(&*after));
    }
}
