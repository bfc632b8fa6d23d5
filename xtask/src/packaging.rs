//! Checks of the image and of the suite. What other tools unpack of the image runs without root in a tree that holds nothing else and is mounted read-only
//! (decisions D-112). systemd verifies the unit file.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use crate::containerfile::Containerfile;
use crate::dist::programs::PLATFORMS;
use crate::dist::{image, programs};
use crate::folders::empty_folder;
use crate::install;
use crate::output::say;
use crate::shell::{Run, root, target_folder};

/// The limit for each step of a server.
const PATIENCE: Duration = Duration::from_secs(30);
/// A script that enters a tree with chroot as another user, and runs a program there. The tree is read-only except for its `data` folder.
const ENTER: &str = r#"
tree=$1 user=$2 groups=$3
shift 3
mount --make-rprivate /
mount --bind "$tree" "$tree"
mount --bind "$tree/data" "$tree/data"
mount -o remount,bind,ro "$tree"
exec chroot --userspec="$user" --groups="$groups" "$tree" "$@"
"#;
/// The command of the server in its tree.
const SERVE: &str = "/fh serve --port 0 --log-format text";
/// The commands of the conformance suite in its tree: cases of evaluations in its own process, and scenarios with itself as the adapter.
const SUITE: [&str; 2] = [
    "/fh-conformance vectors run --target engine --group eval.percentage",
    "/fh-conformance sdk --only C-POLL-001 --only C-STREAM-001 --adapter",
];

/// Installs what builds the image, what reads it, and systemd.
pub(crate) fn prepare() -> Result<(), String> {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        return Err("this is no Linux on x86-64".to_string());
    }
    image::prepare()?;
    for (probe, package, reason) in [
        ("skopeo --version", "skopeo", "it reads the image"),
        ("umoci --version", "umoci", "it unpacks the image"),
        ("qemu-aarch64-static --version", "qemu-user-static", "it runs the programs for ARM"),
        ("systemd-analyze --version", "systemd", "it checks the unit file"),
    ] {
        install::package(probe, package, reason)?;
    }
    if !Run::new("unshare --mount true").succeeds() {
        return Err("mounting needs root".to_string());
    }
    Ok(())
}

/// Tries what other tools unpack of the image's layout.
pub(crate) fn run(layout: &Path) -> Result<(), String> {
    let folder = empty_folder(&target_folder().join("packaging"))?;
    let folder = folder.canonicalize().map_err(|why| why.to_string())?;
    for platform in &PLATFORMS {
        let architecture = image::architecture(platform);
        let tree = unpack(layout, architecture, &folder)?;
        match architecture {
            "amd64" => {
                in_tree(&tree)?;
                unit(&folder, &tree.join("fh"))?;
            }
            _ => for_arm(&tree)?,
        }
        let suite = programs::compile(&programs::SUITE, platform)?;
        match architecture {
            "amd64" => conformance_suite(&folder.join("suite"), &suite)?,
            _ => Run::new("qemu-aarch64-static")
                .args(&[suite.display().to_string(), "--version".to_string()])
                .go()?,
        }
    }
    Ok(())
}

/// Reads the layout with skopeo, unpacks the image for a processor with umoci, and returns the tree.
fn unpack(layout: &Path, architecture: &str, folder: &Path) -> Result<PathBuf, String> {
    let image = format!("{}:{}", layout.display(), image::TAG);
    let inspect = format!("skopeo --override-arch {architecture} inspect --no-tags --format");
    let format = "{{.Os}}/{{.Architecture}}".to_string();
    let read = Run::new(&inspect).args(&[format, format!("oci:{image}")]).output()?;
    if read.trim() != format!("linux/{architecture}") {
        return Err(format!("skopeo finds an image for {read} in place of {architecture}"));
    }
    let bundle = folder.join(architecture);
    let arguments = [format!("{image}-{architecture}"), bundle.display().to_string()];
    Run::new("umoci unpack --image").args(&arguments).go()?;
    Ok(bundle.join("rootfs"))
}

/// Starts the server for ARM under the emulator with the file of `fh init`, and checks its health.
fn for_arm(tree: &Path) -> Result<(), String> {
    let fh = tree.join("fh").display().to_string();
    let emulated = |arguments: &[&str]| {
        Run::new("qemu-aarch64-static").args(&words(&[&[fh.as_str()], arguments].concat())).go()
    };
    let state = tree.join("state.yaml").display().to_string();
    emulated(&["init", &state])?;
    let mut command = Command::new("qemu-aarch64-static");
    command.args([&fh, "serve", "--port", "0", "--log-format", "text", "--state", &state]);
    command.env("FH_EDGE_DATA", tree.join("data"));
    let serving = Serving::of(command, "root")?;
    emulated(&["probe", &serving.url])?;
    serving.end()
}

/// Runs the conformance suite in an empty tree, because `docs/guide/conform.md` promises one program without dependencies.
fn conformance_suite(tree: &Path, binary: &Path) -> Result<(), String> {
    let failed = |why: std::io::Error| format!("{}: {why}", tree.display());
    fs::create_dir_all(tree.join("data")).map_err(failed)?;
    let program = tree.join("fh-conformance");
    fs::copy(binary, &program).map_err(failed)?;
    needs_no_library(&program)?;
    let user = Image::read()?.user;
    let data = format!("{}/data", tree.display());
    Run::new("chown").args(&[user.clone(), data]).go()?;
    for (line, adapter) in SUITE.iter().zip([None, Some("/fh-conformance adapter rust")]) {
        let mut words = words(&["--mount", "sh", "-ec", ENTER, "sh"]);
        words.extend([tree.display().to_string(), user.clone(), String::new()]);
        words.extend(line.split(' ').map(str::to_string));
        words.extend(adapter.map(str::to_string));
        say!("    $ unshare, chroot {} {line}", tree.display());
        // The tree has no /tmp.
        Run::new("unshare").args(&words).env("TMPDIR", "/data").go()?;
    }
    Ok(())
}

/// Fails if a program is linked to libraries.
fn needs_no_library(program: &Path) -> Result<(), String> {
    let linked = Run::new("ldd").args(&[program.display().to_string()]).output();
    match linked.unwrap_or_default() {
        linked if linked.contains("=>") => Err(format!("the binary needs libraries: {linked}")),
        _ => Ok(()),
    }
}

/// The variables of the image, and the user that runs it.
struct Image {
    variables: Vec<(String, String)>,
    user: String,
    /// The further groups of the user, separated by commas.
    groups: String,
}

impl Image {
    fn read() -> Result<Self, String> {
        let Containerfile { variables, user, .. } = Containerfile::read()?;
        Ok(Self { variables, user, groups: String::new() })
    }
}

/// Runs the image's tree: the server serves, keeps a change over a restart, and ends. The file of `fh init` is mounted once as by the
/// `podman run` line, and once as by the manifest.
fn in_tree(tree: &Path) -> Result<(), String> {
    let image = Image::read()?;
    let mounted = tree.join("etc/fh-edge");
    fs::create_dir_all(&mounted).map_err(|why| format!("{}: {why}", mounted.display()))?;
    needs_no_library(&tree.join("fh"))?;
    let fh = tree.join("fh").display().to_string();
    let state = tree.join("etc/fh-edge/state.yaml").display().to_string();
    let made = Run::new(&fh).args(&words(&["init", &state, "--json"])).output()?;
    let (reader, tests) = (member(&made, "clientKey")?, member(&made, "testsKey")?);
    let value = |url: &str| Run::new(&fh).args(&words(&["get", url, &reader, "BANNER"])).output();

    mount_as_podman_does(&state)?;
    let mut serving = Serving::start(tree, &image)?;
    serving.has_nothing_else()?;
    // Like the health check of the image, which finds the port in the variables.
    Run::new(&fh).args(&words(&["probe", &serving.url])).go()?;
    if !value(&serving.url)?.contains("Hello") {
        return Err("the server does not serve what stands in its file".to_string());
    }
    Run::new(&fh).args(&words(&["set", &serving.url, &tests, "BANNER", "kept"])).go()?;
    serving.end()?;
    let image = mount_as_kubernetes_does(&state, image)?;
    let serving = Serving::start(tree, &image)?;
    let kept = value(&serving.url)?;
    if !kept.contains("kept") {
        return Err(format!("a change was not kept over a restart: {kept}"));
    }
    serving.end()?;
    say!("    served, changed and restarted as user {} in a tree with one binary", image.user);
    Ok(())
}

/// Returns the text of a file of the folder `packaging`.
fn packaged(name: &str) -> Result<String, String> {
    let path = root().join("server/packaging").join(name);
    fs::read_to_string(&path).map_err(|why| format!("{}: {why}", path.display()))
}

/// Gives the file to the user that sees it as its own in the container of the `podman run` line. Without the line's option, the file
/// stays the one of the user that runs podman, here root.
fn mount_as_podman_does(state: &str) -> Result<(), String> {
    let page = root().join("docs/guide/edge.md");
    let text = fs::read_to_string(&page).map_err(|why| format!("{}: {why}", page.display()))?;
    let line = text.lines().find(|line| line.starts_with("podman run ")).unwrap_or_default();
    if !line.contains(":/etc/fh-edge:ro") {
        return Err(format!("docs/guide/edge.md has no `podman run` line with a state: {line}"));
    }
    let Some(mapped) = line.split("--userns=keep-id:uid=").nth(1) else { return Ok(()) };
    let mapped = mapped.split(' ').next().unwrap_or_default().replace(",gid=", ":");
    Run::new("chown").args(&[mapped, state.to_string()]).go()
}

/// Gives the file the owner and the mode that Kubernetes gives to the files of the manifest's Secret. Returns the image with the manifest's
/// user.
fn mount_as_kubernetes_does(state: &str, image: Image) -> Result<Image, String> {
    let text = packaged("kubernetes/base/deployment.yaml")?;
    let member = |name: &str| {
        let line = text.lines().find_map(|line| line.trim().strip_prefix(name)?.strip_prefix(": "));
        line.map(str::to_string)
            .ok_or(format!("server/packaging/kubernetes/base/deployment.yaml has no {name}"))
    };
    Run::new("chown").args(&[format!("0:{}", member("fsGroup")?), state.to_string()]).go()?;
    Run::new("chmod").args(&[member("defaultMode")?, state.to_string()]).go()?;
    let user = format!("{}:{}", member("runAsUser")?, member("runAsGroup")?);
    Ok(Image { user, groups: member("fsGroup")?, ..image })
}

fn words(list: &[&str]) -> Vec<String> {
    list.iter().map(ToString::to_string).collect()
}

/// Returns a text member of a flat JSON object.
fn member(json: &str, name: &str) -> Result<String, String> {
    let text =
        json.split(&format!("\"{name}\": \"")).nth(1).and_then(|rest| rest.split('"').next());
    text.map(str::to_string).ok_or_else(|| format!("no {name} in {json}"))
}

/// A running server in a tree.
struct Serving {
    child: Child,
    lines: Receiver<String>,
    url: String,
    user: String,
}

impl Serving {
    fn start(tree: &Path, image: &Image) -> Result<Self, String> {
        say!("    $ unshare, chroot {} {SERVE}", tree.display());
        let mut command = Command::new("unshare");
        command
            .args(["--mount", "sh", "-ec", ENTER, "sh"])
            .arg(tree)
            .args([&image.user, &image.groups])
            .args(SERVE.split(' '));
        command.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        command.envs(image.variables.iter().cloned());
        Self::of(command, &image.user)
    }

    /// Starts a server that prints its address, as a user.
    fn of(mut command: Command, user: &str) -> Result<Self, String> {
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
        let mut child = child.map_err(|why| format!("the server does not start: {why}"))?;
        let lines = child.stdout.take().map(lines).ok_or("no output")?;
        let mut serving = Self { child, lines, url: String::new(), user: user.to_string() };
        let line = serving.lines.recv_timeout(PATIENCE);
        let line = line.map_err(|_| {
            format!("the server did not print its address; its end: {:?}", serving.child.try_wait())
        })?;
        serving.url = line.trim_start_matches("listening on ").to_string();
        Ok(serving)
    }

    /// Checks that the server does not run as root, and that its root folder is mounted read-only.
    fn has_nothing_else(&mut self) -> Result<(), String> {
        let of = |name: &str| {
            let path = format!("/proc/{}/{name}", self.child.id());
            fs::read_to_string(&path).map_err(|why| format!("{path}: {why}"))
        };
        let user = self.user.split(':').next().unwrap_or_default();
        let status = of("status")?;
        let ids = status.lines().find(|line| line.starts_with("Uid:")).unwrap_or_default();
        if ids.split_whitespace().skip(1).any(|id| id != user) {
            return Err(format!("the server runs as another user: {ids}"));
        }
        let mounts = of("mountinfo")?;
        let mut of_root = mounts.lines().filter(|line| line.split(' ').nth(4) == Some("/"));
        match of_root.next_back().and_then(|line| line.split(' ').nth(5)) {
            Some(options) if options.split(',').any(|option| option == "ro") => Ok(()),
            _ => Err(format!("the root can be written to: {mounts}")),
        }
    }

    /// Sends SIGTERM to the server, and waits until it has ended.
    fn end(mut self) -> Result<(), String> {
        Run::new(&format!("kill -TERM {}", self.child.id())).go()?;
        // The channel closes when the server ends.
        while self.lines.recv_timeout(PATIENCE).is_ok() {}
        match self.child.wait() {
            Ok(status) if status.success() => Ok(()),
            other => Err(format!("the server did not stop gracefully: {other:?}")),
        }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // An error means that the server has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn lines(out: ChildStdout) -> Receiver<String> {
    let (tell, told) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(out).lines().map_while(Result::ok) {
            if tell.send(line).is_err() {
                return;
            }
        }
    });
    told
}

/// Verifies the unit file with systemd, using the binary that was built.
fn unit(folder: &Path, binary: &Path) -> Result<(), String> {
    let unit = root().join("server/packaging/fh-edge.service");
    let text = fs::read_to_string(&unit).map_err(|why| format!("{}: {why}", unit.display()))?;
    let binary: PathBuf = binary.canonicalize().map_err(|why| why.to_string())?;
    let tried = folder.join("fh-edge.service");
    let text = text.replace("/usr/bin/fh ", &format!("{} ", binary.display()));
    fs::write(&tried, text).map_err(|why| format!("{}: {why}", tried.display()))?;
    let tried = [tried.display().to_string()];
    Run::new("systemd-analyze verify --man=no").args(&tried).go()?;
    // systemd rates the exposure of a unit from 0 (none) to 100.
    let security = "systemd-analyze security --no-pager --offline=true --threshold=20";
    if Run::new(security).args(&tried).succeeds() {
        return Ok(());
    }
    Err(format!("`{security}` finds more exposure than that"))
}
