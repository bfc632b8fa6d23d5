//! `install.sh` in a folder with archives of a small program, and what it says about a place that lacks something.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};

use fh_test::Folder;

use crate::sources::root;

const PROGRAM: &str = "#!/bin/sh\necho 'fh 0.1.0'\n";
/// The programs that the script needs. A machine without one of the others must get a sentence that names it.
const NEEDED: [&str; 14] = [
    "cp",
    "dirname",
    "echo",
    "gzip",
    "mkdir",
    "mktemp",
    "rm",
    "sed",
    "sh",
    "sha256sum",
    "tar",
    "uname",
    "chmod",
    "cat",
];

/// Runs a line of the shell in a folder, and returns its output and whether it succeeded.
fn shell(folder: &Path, line: &str) -> (bool, String) {
    let path = format!("{}:{}", folder.join("fake").display(), folder.join("programs").display());
    let ended = Command::new("/bin/sh")
        .args(["-c", &format!("exec 2>&1\n{line}")])
        .current_dir(folder)
        .env_clear()
        .env("PATH", path)
        .env("HOME", folder.join("home"))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    (ended.status.success(), String::from_utf8(ended.stdout).unwrap())
}

/// Fills a folder with archives for all platforms, their checksums and the script.
fn place(folder: &Path) {
    fs::create_dir_all(folder.join("fake")).unwrap();
    fs::create_dir_all(folder.join("programs")).unwrap();
    for name in NEEDED {
        let found = ["/usr/bin", "/bin"].map(|folder| Path::new(folder).join(name));
        let found = found.into_iter().find(|path| path.exists()).unwrap();
        symlink(found, folder.join("programs").join(name)).unwrap();
    }
    fs::create_dir_all(folder.join("place")).unwrap();
    fs::copy(root().join("server/packaging/install.sh"), folder.join("place/install.sh")).unwrap();
    for machine in ["x86_64", "aarch64"] {
        let name = format!("fh-linux-{machine}");
        fs::create_dir_all(folder.join(&name).join("bin")).unwrap();
        fs::write(folder.join(&name).join("bin/fh"), PROGRAM).unwrap();
        let pack = format!("chmod +x {name}/bin/fh && tar -czf place/{name}.tar.gz {name}");
        assert!(shell(folder, &pack).0);
    }
    assert!(shell(folder, "cd place && sha256sum *.tar.gz > SHA256SUMS").0);
}

/// A preparation, the arguments of the script, its success, and a part of its output.
const ROWS: [(&str, &str, bool, &str); 16] = [
    ("", "", true, "installed"),
    ("mkdir -p home/.local/bin && echo old > home/.local/bin/fh", "", true, "fh 0.1.0"),
    ("", "", true, "export PATH=\"$HOME_OF_TEST/.local/bin:$PATH\""),
    ("", "--prefix ./other fh", true, "$HERE/other/bin/fh"),
    ("", "--from place/", true, "installed"),
    (
        "echo x >> place/fh-linux-x86_64.tar.gz; echo x >> place/fh-linux-aarch64.tar.gz",
        "",
        false,
        "SHA256SUMS names",
    ),
    ("rm place/SHA256SUMS", "", false, "there is no file SHA256SUMS in place"),
    ("echo > place/SHA256SUMS", "", false, "does not name fh-linux-"),
    ("", "fh-conformance", false, "there is no file fh-conformance-linux-"),
    (
        "echo > file",
        "--prefix file",
        false,
        "file/bin cannot be written to: name another folder with --prefix",
    ),
    ("", "--from", false, "--from takes a value"),
    ("", "--to x", false, "unknown argument --to"),
    ("", "fh fh-conformance", false, "run the script again for fh-conformance"),
    ("", "--from http://127.0.0.1:9", false, "curl or wget"),
    (
        "printf '#!/bin/sh\\necho Darwin\\n' > fake/uname; chmod +x fake/uname",
        "",
        false,
        "there is no fh for Darwin yet",
    ),
    (
        "printf '#!/bin/sh\\n[ $1 = -s ] && echo Linux || echo riscv64\\n' > fake/uname; chmod +x fake/uname",
        "",
        false,
        "the processor riscv64",
    ),
];

#[test]
fn the_script_installs_or_says_what_to_do() {
    for (before, arguments, succeeds, said) in ROWS {
        let folder = Folder::new();
        let folder = folder.path();
        place(folder);
        let (prepared, printed) = shell(folder, before);
        assert!(prepared || before.is_empty(), "{before}: {printed}");
        let (ended, printed) = shell(folder, &format!("sh place/install.sh {arguments}"));
        let home = folder.join("home").display().to_string();
        let here = folder.display().to_string();
        let said = said.replace("$HOME_OF_TEST", &home).replace("$HERE", &here);
        assert_eq!(
            (ended, printed.contains(&said)),
            (succeeds, true),
            "{before}; {arguments}: {printed}"
        );
        let prefix = if arguments.contains("other") { "other" } else { "home/.local" };
        let installed = fs::read_to_string(folder.join(prefix).join("bin/fh"));
        assert_eq!(installed.is_ok_and(|text| text == PROGRAM), succeeds, "{before}; {arguments}");
    }
}
