//! Comparisons of versions at their boundaries.

use fh_eval::internal::RuleType;

use crate::generators::choices::Choices;
use crate::generators::context::Case;
use crate::generators::feature::Feature;
use crate::generators::json::{List, quoted};
use crate::generators::rollout::Rollout;
use crate::generators::rule::Rule;
use crate::generators::share::FEATURE_IDS;

/// The attribute that the rule reads.
const ATTRIBUTE: &str = "version";

/// The conditionals whose results differ between equal and neighbouring versions.
const CONDITIONALS: &[&str] =
    &["GREATER", "LESS", "GREATER_EQUALS", "LESS_EQUALS", "EQUALS", "NOT_EQUALS"];

/// Numbers of versions. As text, 10 comes before 9.
const NUMBERS: &[u32] = &[1, 2, 9, 10, 99, 100];

impl Case {
    /// Draws a feature with one strategy, whose rule compares versions of three numbers, and a context with a version. The version is that
    /// of the rule in half of the cases, and otherwise the one before it or after it. All evaluators can read such cases, so each
    /// difference in them is a difference of the comparison. Among the cases of [`Case::draw`], comparisons at the boundary are rare.
    ///
    /// ```
    /// use fh_test::generators::{Case, Choices};
    ///
    /// let case = Case::draw_version_comparison(&mut Choices::seeded(1));
    /// assert!(case.feature.to_json().contains("SEMANTIC_VERSION"));
    /// ```
    pub fn draw_version_comparison(choices: &mut Choices<'_>) -> Case {
        let wanted = [(); 3].map(|()| choices.one(NUMBERS));
        let mut supplied = wanted;
        let part = choices.below(supplied.len());
        if let Some(number) = supplied.get_mut(part) {
            *number = match choices.weighted(&[2, 1, 1]) {
                0 => *number,
                1 => *number - 1,
                _ => *number + 1,
            };
        }
        let rule = Rule {
            field: ATTRIBUTE.to_owned(),
            kind: RuleType::Version,
            conditional: choices.one(CONDITIONALS).to_owned(),
            values: List::Of(vec![quoted(&text(wanted))]),
            instead: None,
        };
        Case { feature: feature(rule), context: vec![(ATTRIBUTE.to_owned(), vec![text(supplied)])] }
    }
}

fn text([major, minor, patch]: [u32; 3]) -> String {
    format!("{major}.{minor}.{patch}")
}

/// Returns a STRING feature with this rule.
fn feature(rule: Rule) -> Feature {
    let strategy = Rollout {
        id: Some(quoted("s1")),
        value: Some(quoted("blue")),
        percentage: None,
        percentage_attributes: List::Absent,
        rules: List::Of(vec![rule]),
        instead: None,
    };
    Feature {
        id: FEATURE_IDS.first().map(|id| quoted(id)),
        key: "F".to_owned(),
        kind: Some(quoted("STRING")),
        locked: Some("false".to_owned()),
        version: Some("1".to_owned()),
        value: Some(quoted("grey")),
        strategies: List::Of(vec![strategy]),
    }
}
