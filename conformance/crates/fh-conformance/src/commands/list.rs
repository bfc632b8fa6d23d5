//! The commands `vectors list` and `vectors show`.

use clap::Args;

use super::{Ended, Problem, is_drawn, print, suite};
use crate::data::Data;
use crate::generated::GROUP;

/// List the ids and titles of cases.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// List only cases of this group.
    #[arg(long)]
    group: Option<String>,
    /// List only the groups and their sizes.
    #[arg(long, conflicts_with = "group")]
    groups: bool,
}

/// Show a concrete case as JSON.
#[derive(Debug, Args)]
pub(crate) struct Show {
    /// The id of the case, such as `pct.boundary`.
    id: String,
}

pub(super) fn list(data: &Data, arguments: &Arguments) -> Ended {
    let is_drawn = arguments.group.as_deref().is_none_or(|group| group == GROUP);
    let suite = suite(data, is_drawn)?;
    if arguments.groups {
        let groups = suite.groups().into_iter();
        print(&groups.map(|(group, cases)| format!("{cases:>6} {group}\n")).collect::<String>());
        return Ok(0);
    }
    let cases = suite.cases.iter();
    let cases =
        cases.filter(|case| arguments.group.as_ref().is_none_or(|group| *group == case.group));
    let text: String = cases.map(|case| format!("{:<44} {}\n", case.id, case.title)).collect();
    if text.is_empty() {
        return Err(Problem::Usage("there is no such group; --groups lists them".to_owned()));
    }
    print(&text);
    Ok(0)
}

pub(super) fn show(data: &Data, arguments: &Show) -> Ended {
    let suite = suite(data, is_drawn(&arguments.id))?;
    let case = suite.get(&arguments.id).ok_or_else(|| no_such_case(&arguments.id))?;
    print(&format!("{}\n", case.to_json().pretty()));
    Ok(0)
}

pub(super) fn no_such_case(id: &str) -> Problem {
    Problem::Usage(format!("there is no case {id}; `vectors list` lists them"))
}
