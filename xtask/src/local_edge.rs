//! An Edge for programs of other languages, and its state.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::shell::target_folder;
use crate::workspace;

/// The client-evaluated API key of the state.
pub(crate) const KEY: &str = "c2b7d0a4-58f1-4b3e-9a6d-7e1f40c92b15/hello-client*key";
/// The server-evaluated API key of the state.
pub(crate) const SERVER_KEY: &str = "c2b7d0a4-58f1-4b3e-9a6d-7e1f40c92b15/hello-server-key";

/// An Edge, which is killed when it is dropped.
pub(crate) struct Edge {
    pub(crate) port: u16,
    state: PathBuf,
    child: Option<Child>,
}

impl Edge {
    /// Starts an Edge in whose state Mara has this colour. The state is in a folder with this name below the target folder.
    pub(crate) fn start(name: &str, colour: &str) -> Result<Self, String> {
        let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let port = free.map_err(|why| why.to_string())?.port();
        let target = std::path::absolute(target_folder()).map_err(|why| why.to_string())?;
        let folder = target.join(name).join("edge");
        fs::create_dir_all(&folder).map_err(|why| format!("{}: {why}", folder.display()))?;
        let mut edge = Self { port, state: folder.join("state.yaml"), child: None };
        edge.set(colour)?;
        edge.restart()?;
        Ok(edge)
    }

    /// Gives Mara another colour.
    pub(crate) fn set(&self, colour: &str) -> Result<(), String> {
        write_state(&self.state, colour)
    }

    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    pub(crate) fn restart(&mut self) -> Result<(), String> {
        self.kill();
        let child = Command::new(workspace::binary("fh")?)
            .args(["serve", "--listen", "127.0.0.1", "--port", &self.port.to_string(), "--state"])
            .arg(&self.state)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        self.child = Some(child.map_err(|why| format!("fh serve: {why}"))?);
        Ok(())
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Drop for Edge {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Writes a state in which Mara has this colour.
fn write_state(path: &Path, colour: &str) -> Result<(), String> {
    let text = format!(
        "features:\n  - {{ key: BANNER, type: STRING }}\n  - {{ key: COLOUR, type: STRING }}\nenvironments:\n  - name: dev\n    id: c2b7d0a4-58f1-4b3e-9a6d-7e1f40c92b15\n    values:\n      BANNER: Hello\n      COLOUR:\n        value: red\n        \
         strategies:\n          - {{ id: mara, value: {colour}, attributes: [ {{ fieldName: userkey, type: STRING, conditional: EQUALS, values: [mara] }} ] }}\n\
         accounts:\n  - name: shop\n    clientKey: \"hello-client*key\"\n    serverKey: hello-server-key\n    permissions:\n      dev: [READ]\n"
    );
    // A rename, so that the Edge never reads half a file.
    let new = path.with_extension("new");
    fs::write(&new, text).and_then(|()| fs::rename(&new, path)).map_err(|why| why.to_string())
}
