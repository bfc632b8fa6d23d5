//! The command `report`: pages that show recordings.

use std::path::{Path, PathBuf};

use clap::Args;

use super::adapter_check::capabilities;
use super::{Ended, FAILED, Problem, recordings, write_file};
use crate::data::{Data, Suite};
use crate::pages::{Subjects, conformance, faults};
use crate::sdk::scenarios;

/// Write pages that show recordings of SDKs, or check that the pages are those of the recordings.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The recordings, as `sdk --record` writes them.
    #[arg(required = true, value_name = "RECORDED")]
    recorded: Vec<PathBuf>,
    /// The page of all SDKs in Markdown.
    #[arg(long, value_name = "FILE", required_unless_present_any = ["html", "faults"])]
    markdown: Option<PathBuf>,
    /// The same page as one file of HTML.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// The page of the faults in Markdown.
    #[arg(long, value_name = "FILE")]
    faults: Option<PathBuf>,
    /// Write nothing. Fail if a page differs.
    #[arg(long)]
    check: bool,
}

pub(super) fn report(data: &Data, arguments: &Arguments) -> Ended {
    let read = arguments.recorded.iter().map(|path| recordings::read(path));
    let recorded: Vec<_> = read.collect::<Result<_, _>>()?;
    let scenarios = scenarios::ids().count();
    if let Some(other) = recorded.iter().find(|recording| recording.scenarios != scenarios) {
        let (title, count) = (other.title(), other.scenarios);
        return Err(Problem::Failed(format!(
            "{title} was recorded with {count} scenarios, and the suite has {scenarios}; record it again"
        )));
    }
    let (suite, capabilities) = (Suite::load(data)?, capabilities(data)?);
    let subjects = Subjects::new(recorded, &suite, &capabilities);
    let all = conformance(&subjects);
    let pages = [
        (&arguments.markdown, all.to_markdown()),
        (&arguments.html, all.to_html()),
        (&arguments.faults, faults(&subjects).to_markdown()),
    ];
    let mut differ = false;
    for (path, page) in pages {
        let Some(path) = path else { continue };
        if !arguments.check {
            write_file(path, &page)?;
        } else if read_page(path)? != page {
            eprintln!("{} differs from the recordings", path.display());
            differ = true;
        }
    }
    if differ {
        eprintln!("run the same command without --check");
        return Ok(FAILED);
    }
    Ok(0)
}

fn read_page(path: &Path) -> Result<String, Problem> {
    std::fs::read_to_string(path)
        .map_err(|error| Problem::Outside(format!("{}: {error}", path.display())))
}
