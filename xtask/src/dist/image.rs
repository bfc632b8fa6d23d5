//! `cargo xtask dist image`: the container image for both processors as an OCI layout, written without a container engine.
//!
//! The layout follows the image specification of OCI: blobs by their digests, a manifest for each processor, and an index of both.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::output_folder::{OutputFolder, copy, staging};
use super::programs::{FH, PLATFORMS, Platform, compile};
use super::{archive, programs, sbom};
use crate::commit_time;
use crate::containerfile::Containerfile;
use crate::output::say;
use crate::python::environment::Environment;
use crate::shell::Run;

/// The tag of the image for both processors.
pub(crate) const TAG: &str = env!("CARGO_PKG_VERSION");
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
/// The name of an image in the index of its layout.
const NAME: &str = "org.opencontainers.image.ref.name";

/// A program of Python that prints the terms of the certificates.
const TERMS_OF_CERTIFICATES: &str = "
import importlib.metadata
print('=' * 80 + '\\nthe certificates of certifi\\n' + '-' * 80)
print(importlib.metadata.distribution('certifi').read_text('licenses/LICENSE'))
";

/// Installs the linker, and the certificates of public authorities, whose package is pinned: those of this machine may have private ones.
pub(crate) fn prepare() -> Result<(), String> {
    programs::prepare()?;
    certificates()?.prepare("the image contains the certificates of public authorities")
}

fn certificates() -> Result<Environment, String> {
    Environment::below("dist-work/certificates", "server/packaging/requirements.txt")
}

/// Returns the name that OCI has for the processor of a platform.
pub(crate) fn architecture(platform: &Platform) -> &'static str {
    if platform.triple.starts_with("aarch64") { "arm64" } else { "amd64" }
}

/// A layout in a folder.
struct Layout {
    folder: PathBuf,
}

/// Writes the layout for all processors.
pub(super) fn build(folder: &OutputFolder) -> Result<(), String> {
    build_for(folder, &PLATFORMS.each_ref())
}

/// Writes the layout for the named targets of the toolchain.
pub(super) fn build_named(targets: &[String]) -> Result<(), String> {
    prepare()?;
    let folder = OutputFolder::open()?;
    build_for(&folder, &programs::named(targets)?)?;
    folder.write_sums()
}

fn build_for(folder: &OutputFolder, platforms: &[&Platform]) -> Result<(), String> {
    let layout = Layout { folder: folder.empty("image")? };
    let containerfile = Containerfile::read()?;
    let mut images = Vec::new();
    for platform in platforms {
        images.push(layout.image(platform, &containerfile)?);
        let bill = format!("fh-edge-image-{}{}", architecture(platform), sbom::END);
        sbom::of_crate(FH.folder, platform.triple, &[], &folder.path.join(bill))?;
    }
    let both = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": images });
    let mut both = layout.add_json(INDEX, &both)?;
    set(&mut both, "annotations", json!({ NAME: TAG }));
    let mut named = vec![both];
    for (mut image, platform) in images.into_iter().zip(platforms) {
        let tag = format!("{TAG}-{}", architecture(platform));
        set(&mut image, "annotations", json!({ NAME: tag }));
        named.push(image);
    }
    let index = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": named });
    layout.write("index.json", &index)?;
    layout.write("oci-layout", &json!({ "imageLayoutVersion": "1.0.0" }))?;
    say!(
        "\npodman pull oci:{0}:{TAG}                              # the image for the processor of the machine\n\
         skopeo copy --all oci:{0}:{TAG} docker://REGISTRY/fh-edge:{TAG}   # both, into a registry",
        layout.folder.display()
    );
    Ok(())
}

impl Layout {
    /// Adds the image for a platform, and returns its descriptor.
    fn image(&self, platform: &Platform, containerfile: &Containerfile) -> Result<Value, String> {
        let tar = layer(platform, containerfile)?;
        let unpacked = digest(&tar)?;
        Run::new("gzip -9 --no-name --force").args(&[tar.display().to_string()]).go()?;
        let layer = self.add(LAYER, &tar.with_extension("tar.gz"))?;
        let created = commit_time::rfc3339()?;
        let config = json!({
            "created": created,
            "architecture": architecture(platform),
            "os": "linux",
            "config": containerfile.config(),
            "rootfs": { "type": "layers", "diff_ids": [unpacked] },
            "history": [{ "created": created, "created_by": "cargo xtask dist image" }],
        });
        let config = self.add_json(CONFIG, &config)?;
        let manifest = json!({
            "schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [layer],
        });
        let mut image = self.add_json(MANIFEST, &manifest)?;
        let platform = json!({ "architecture": architecture(platform), "os": "linux" });
        set(&mut image, "platform", platform);
        Ok(image)
    }

    fn add_json(&self, kind: &str, document: &Value) -> Result<Value, String> {
        self.write("blob", document)?;
        self.add(kind, &self.folder.join("blob"))
    }

    /// Moves a file to the blobs, and returns its descriptor.
    fn add(&self, kind: &str, file: &Path) -> Result<Value, String> {
        let failed = |why: std::io::Error| format!("{}: {why}", file.display());
        let (digest, size) = (digest(file)?, fs::metadata(file).map_err(failed)?.len());
        let blob = self.folder.join("blobs").join(digest.replace(':', "/"));
        copy(file, &blob)?;
        fs::remove_file(file).map_err(failed)?;
        Ok(json!({ "mediaType": kind, "digest": digest, "size": size }))
    }

    fn write(&self, name: &str, document: &Value) -> Result<(), String> {
        fs::write(self.folder.join(name), document.to_string())
            .map_err(|why| format!("{name}: {why}"))
    }
}

/// Writes the only layer of the image: the tree that the Containerfile describes.
fn layer(platform: &Platform, containerfile: &Containerfile) -> Result<PathBuf, String> {
    let name = format!("image-{}", platform.name);
    let (tree, data) = (staging(&name)?, staging(&format!("{name}-data"))?);
    copy(&compile(&FH, platform)?, &tree.join("fh"))?;
    let bundle = certificates()?.run("-m certifi").output()?;
    copy(Path::new(bundle.trim()), &tree.join("etc/ssl/certs/ca-certificates.crt"))?;
    let terms = tree.join("licenses/THIRD-PARTY-LICENSES.txt");
    let of_certificates = certificates()?.run("-c").args(&[TERMS_OF_CERTIFICATES.to_string()]);
    let text = programs::licences(&FH, platform)? + &of_certificates.output()?;
    terms.parent().map_or(Ok(()), fs::create_dir_all).map_err(|why| why.to_string())?;
    fs::write(&terms, text).map_err(|why| format!("{}: {why}", terms.display()))?;
    fs::create_dir_all(data.join("data")).map_err(|why| why.to_string())?;
    let tar = tree.with_extension("tar");
    archive::write_layer(&tree, &tar, "--create", "0:0")?;
    archive::write_layer(&data, &tar, "--append", &containerfile.user)?;
    Ok(tar)
}

/// Adds a member to a descriptor.
fn set(descriptor: &mut Value, name: &str, value: Value) {
    if let Some(members) = descriptor.as_object_mut() {
        members.insert(name.to_string(), value);
    }
}

fn digest(file: &Path) -> Result<String, String> {
    let printed = Run::new("sha256sum").args(&[file.display().to_string()]).output()?;
    Ok(format!("sha256:{}", printed.split(' ').next().unwrap_or_default()))
}
