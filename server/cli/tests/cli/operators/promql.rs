//! The names of metrics and labels in an expression of PromQL.

use std::collections::BTreeSet;

/// The words before a list of labels in parentheses.
const GROUPINGS: [&str; 6] = ["by", "without", "on", "ignoring", "group_left", "group_right"];
/// The other words that name no metric.
const OPERATORS: [&str; 5] = ["and", "or", "unless", "bool", "offset"];

/// The names in an expression.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Names {
    /// The metrics, each with the labels of its selector.
    pub(super) metrics: Vec<(String, BTreeSet<String>)>,
    /// The labels by which series are grouped.
    pub(super) groupings: BTreeSet<String>,
}

impl Names {
    pub(super) fn of(expression: &str) -> Self {
        // Neither strings nor ranges contain names.
        let text: String = expression.split('"').step_by(2).collect();
        let text: String = text.split(['[', ']']).step_by(2).collect();
        let mut names = Self::default();
        let mut rest = text.as_str();
        // The sign that ends a list of labels, in which the words are.
        let mut end = None;
        while let Some(first) = rest.chars().next() {
            let is_name = |c: char| c.is_ascii_alphanumeric() || "_:.".contains(c);
            let length = rest.find(|c| !is_name(c)).unwrap_or(rest.len()).max(first.len_utf8());
            let (word, after) = rest.split_at(length);
            let next = after.trim_start();
            let is_function = ["(", "by ", "without "].iter().any(|sign| next.starts_with(sign));
            rest = after;
            if end == Some(first) {
                end = None;
            } else if !first.is_ascii_alphabetic() {
                continue;
            } else if end == Some('}') {
                names.metrics.last_mut().unwrap().1.insert(word.to_string());
            } else if end.is_some() {
                names.groupings.insert(word.to_string());
            } else if GROUPINGS.contains(&word) {
                end = Some(')');
            } else if !OPERATORS.contains(&word) && !is_function {
                names.metrics.push((word.to_string(), BTreeSet::new()));
                end = next.starts_with('{').then_some('}');
            }
        }
        names
    }
}

#[test]
fn names_are_those_of_metrics_selectors_and_groupings() {
    let set = |words: &[&str]| words.iter().map(ToString::to_string).collect::<BTreeSet<_>>();
    let names = Names::of(
        r#"histogram_quantile(0.99, sum by (job, le) (rate(a_bucket{job=~"(x|y)", z="{1}"}[5m]))) > 12 * 1e3
            and on (job) b or absent(c) == 0"#,
    );
    assert_eq!(
        names.metrics,
        [("a_bucket", &["job", "z"][..]), ("b", &[]), ("c", &[])]
            .map(|(name, labels)| (name.to_string(), set(labels)))
    );
    assert_eq!(names.groupings, set(&["job", "le"]));
}
