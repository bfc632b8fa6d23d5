//! The build of the packages that are tested.

use super::library::Libraries;
use super::maven::{PACKAGE, folder};
use super::repository::Repository;
use crate::built_from::BuiltFrom;
use crate::output::say;
use crate::shell::root;

/// Builds the native library for this machine without optimization, and the packages with it unless nothing has changed.
pub(crate) fn build() -> Result<(), String> {
    let (repository, libraries) = (tested()?, Libraries::debug()?);
    let built = built_from(&repository, &libraries);
    if built.is_current()? {
        say!("    the packages are built from the present files");
        return Ok(());
    }
    repository.build(&libraries)?;
    built.write()
}

/// Returns the record of the packages, which `mvn clean` deletes. Another command may have put the libraries that ship beside the classes.
fn built_from(repository: &Repository, libraries: &Libraries) -> BuiltFrom {
    let target = root().join(PACKAGE).join("client/target");
    let beside = libraries.names().into_iter().map(|name| target.join("classes").join(name));
    let further = libraries.files().chain(beside).chain([repository.folder.clone()]).collect();
    BuiltFrom { record: target.join("built-from.txt"), package: PACKAGE, further }
}

/// Returns the repository of the packages that are tested.
pub(super) fn tested() -> Result<Repository, String> {
    Ok(Repository::at(folder()?.join("tested")))
}
