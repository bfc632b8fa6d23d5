//! `fh serve` behind Debian's nginx, with the configuration of the page.

use std::fs;
use std::path::Path;
use std::process::Command;

use fh_test::Folder;
use fh_test::wait::wait_until;
use fh_test_servers::server::Port;
use rustix::process::Signal;

use super::{ALL, ONLY};
use crate::following::Following;
use crate::serve::{KEY, open, state, until};
use crate::tool::{command, file};

pub(super) const NAME: &str = "nginx";
/// The address of the Edge on the page.
const EDGE_OF_PAGE: &str = "127.0.0.1:8903";

/// Returns the block of `docs/edge.md` with the configuration of nginx.
fn locations() -> String {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/edge.md");
    let page = fs::read_to_string(page).unwrap();
    let section = page.split_once("\n## Behind a proxy\n").unwrap().1;
    let block = section.split_once("\n```nginx\n").unwrap().1;
    block.split_once("\n```\n").unwrap().0.to_owned()
}

/// Returns the path of nginx, which may be outside the `PATH` of users without root.
fn nginx() -> Option<&'static str> {
    ["nginx", "/usr/sbin/nginx"]
        .into_iter()
        .find(|path| Command::new(path).arg("-v").output().is_ok())
}

/// Starts nginx as one process in the foreground. Its files are in the folder.
fn start_nginx(program: &str, folder: &Folder, at: &Port, edge: &Port) -> Following {
    let locations = locations().replace(EDGE_OF_PAGE, &edge.address().to_string());
    assert!(!locations.contains(EDGE_OF_PAGE) && locations.contains(&edge.address().to_string()));
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let temporary = temporary.map(|name| format!("{name}_temp_path {name};\n")).concat();
    let configuration = format!(
        "daemon off; master_process off; pid nginx.pid; events {{}}
http {{ access_log off; proxy_read_timeout 2s; {temporary} server {{ listen {};\n{locations}\n}} }}\n",
        at.address()
    );
    folder.write("nginx.conf", configuration, 1);
    let mut command = Command::new(program);
    command.arg("-p").arg(folder.path()).args(["-c", "nginx.conf", "-e", "stderr"]);
    Following::with_errors(command)
}

/// Returns the status of a GET through nginx. The rest of the answer is not read.
fn status(url: &str, path: &str) -> u16 {
    let head = until(&mut open(url, path, ""), "\r\n");
    head.split(' ').nth(1).unwrap().parse().unwrap()
}

#[test]
fn nginx_answers_503_while_the_server_is_away() {
    let variable = |name| std::env::var(name).ok();
    if variable(ONLY).is_some_and(|only| only != NAME) {
        return;
    }
    let Some(program) = nginx() else {
        println!("    *** {NAME}: NOT RUN: the Debian package nginx is missing ***");
        assert!(variable(ALL).is_none(), "the Debian package nginx is missing");
        return;
    };
    let folder = Folder::new();
    let [at, edge] = [Port::reserve(0).unwrap(), Port::reserve(0).unwrap()];
    let url = format!("http://{}", at.address());
    let port = edge.address().port().to_string();
    let state = file("behind-nginx.yaml", state("behind"));
    let serve = || {
        let args = ["serve", "--state", &state, "--port", &port, "--trusted-proxies", "127.0.0.1"];
        let mut server = Following::with_errors(command(&args));
        server.line(&["listening on http"]);
        server
    };
    let paths = [format!("/features?apiKey={KEY}"), format!("/features/{KEY}")];
    let statuses = || paths.each_ref().map(|path| status(&url, path));
    let server = serve();
    let _nginx = start_nginx(program, &folder, &at, &edge);
    wait_until("nginx answers", || std::net::TcpStream::connect(at.address()).is_ok());
    assert_eq!(statuses(), [200, 200], "while the server runs");
    let mut stream = open(&url, &paths[1], "");
    until(&mut stream, "event: features");
    // An answer of the Edge passes unchanged.
    assert_eq!(status(&url, "/features?apiKey=nonsense"), 404);
    server.send(Signal::STOP);
    assert_eq!(statuses(), [503, 503], "while the server hangs");
    drop(server);
    assert_eq!(statuses(), [503, 503], "while the server is away");
    let _server = serve();
    assert_eq!(statuses(), [200, 200], "after its return");
}
