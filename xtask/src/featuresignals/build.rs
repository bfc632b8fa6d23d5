//! The build of the server, with or without the method that its event stream needs.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::shell::Run;
use crate::subjects::path;

/// The file with the request log, in the server's module.
const REQUEST_LOG: &str = "internal/api/middleware/logging.go";
/// The wrapper of the request log, through which all answers go.
const WRAPPER: &str = "type responseWriter struct {";
/// The signature of the method that the wrapper lacks. The event stream answers 500 if it cannot flush.
const SIGNATURE: &str = "func (rw *responseWriter) Flush() {";
const BODY: &str = "
	if flusher, ok := rw.ResponseWriter.(http.Flusher); ok {
		flusher.Flush()
	}
}
";

/// The event stream of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StreamSupport {
    /// The wrapper of the request log hides the method `Flush`, so that the server answers 500.
    AsShipped,
    /// The wrapper has the method `Flush`, so that the stream works.
    WithFlush,
}

/// Builds the server into a folder, and returns the path of the program. Go reads the module, and writes only to its own caches.
pub(super) fn server(
    source: &Path,
    folder: &Path,
    stream: StreamSupport,
) -> Result<PathBuf, String> {
    let program = folder.join("server");
    let mut arguments = vec!["-o".to_string(), path(&program)];
    if stream == StreamSupport::WithFlush {
        arguments.extend(["-overlay".to_string(), path(&overlay(source, folder)?)]);
    }
    arguments.push("./cmd/server".to_string());
    // Git refuses to tell the commit of a checkout of another user.
    let build = "go build -mod=readonly -buildvcs=false";
    Run::new(build).args(&arguments).in_folder(source).go()?;
    Ok(program)
}

/// Writes the file of the request log with the method into a folder, and a list with which Go reads it in place of the file of the
/// checkout. Returns the path of the list.
fn overlay(source: &Path, folder: &Path) -> Result<PathBuf, String> {
    let original = source.join(REQUEST_LOG);
    let failed = |path: &Path, why: std::io::Error| format!("{}: {why}", path.display());
    let text = fs::read_to_string(&original).map_err(|why| failed(&original, why))?;
    let text = with_flush(&text).map_err(|why| format!("{}: {why}", original.display()))?;
    let (patched, list) = (folder.join("logging.go"), folder.join("overlay.json"));
    fs::write(&patched, text).map_err(|why| failed(&patched, why))?;
    let replaced = json!({ "Replace": { path(&original): path(&patched) } });
    fs::write(&list, replaced.to_string()).map_err(|why| failed(&list, why))?;
    Ok(list)
}

/// Adds the method to the source of the request log.
fn with_flush(source: &str) -> Result<String, String> {
    if source.contains(SIGNATURE) {
        return Err("the wrapper has the method `Flush` already: omit --with-flush".to_string());
    }
    if !source.contains(WRAPPER) {
        return Err("the wrapper of the request log is not in this file".to_string());
    }
    Ok(format!("{source}\n{SIGNATURE}{BODY}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_method_is_added_once() {
        let source = "package middleware\n\ntype responseWriter struct {\n}\n";
        let changed = with_flush(source).unwrap();
        assert!(changed.starts_with(source));
        assert!(changed.ends_with("flusher.Flush()\n\t}\n}\n"));
        assert!(with_flush(&changed).unwrap_err().contains("already"));
        assert!(with_flush("package middleware\n").is_err());
    }
}
