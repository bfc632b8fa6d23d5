//! Debian's nginx with the file of `server/packaging`.

use std::fs;
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;

use fh_test::Folder;
use fh_test::wait::wait_until;
use fh_test_servers::server::Port;

use crate::following::Following;

/// Returns the path of nginx, which may be outside the `PATH` of users without root.
pub(crate) fn program() -> Option<&'static str> {
    ["nginx", "/usr/sbin/nginx"]
        .into_iter()
        .find(|path| Command::new(path).arg("-v").output().is_ok())
}

/// Starts nginx as one process in the foreground, in front of this Edge. Its files are in the folder. `settings` stand beside the `server` of
/// the file. Each of `changes` replaces a text that occurs once in the file.
pub(crate) fn start(
    program: &str,
    folder: &Folder,
    [at, edge]: [&Port; 2],
    settings: &str,
    changes: &[(&str, &str)],
) -> Following {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../packaging/nginx.conf");
    let mut site = fs::read_to_string(file).unwrap();
    let edge = format!("server {};", edge.address());
    let own = [
        ("server 127.0.0.1:8903;", edge.as_str()),
        ("    listen [::]:443 ssl http2;\n", ""),
        ("/var/log/nginx/fh-edge.log", "access.log"),
        ("/var/log/nginx/fh-edge-error.log", "error.log"),
    ];
    for (text, other) in own.iter().chain(changes) {
        assert_eq!(site.matches(text).count(), 1, "{text} in\n{site}");
        site = site.replace(text, other);
    }
    folder.write("site.conf", site, 1);
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let temporary = temporary.map(|name| format!("{name}_temp_path {name};\n")).concat();
    let configuration = format!(
        "daemon off; master_process off; pid nginx.pid; events {{}}\nhttp {{ {temporary} {settings} include site.conf; }}\n"
    );
    folder.write("nginx.conf", configuration, 1);
    let mut command = Command::new(program);
    command.arg("-p").arg(folder.path()).args(["-c", "nginx.conf", "-e", "stderr"]);
    let running = Following::with_errors(command);
    wait_until("nginx answers", || TcpStream::connect(at.address()).is_ok());
    running
}
