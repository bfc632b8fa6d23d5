//! A small file system for the data folder, in a mount namespace that ends with the test.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A tmpfs of 16 MiB. The process that holds its namespace ends with its input, when this is dropped.
pub(super) struct Disk {
    holder: Child,
    folder: String,
}

impl Disk {
    /// Mounts the file system. The error says why this machine cannot.
    pub(super) fn at(folder: &Path) -> Result<Self, String> {
        let script = "mount -t tmpfs -o size=16m tmpfs \"$0\" && echo mounted && exec cat";
        let mut command = Command::new("unshare");
        command.args(["--mount", "sh", "-c", script]).arg(folder);
        let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut holder = piped.spawn().map_err(|why| format!("unshare: {why}"))?;
        let mut line = String::new();
        BufReader::new(holder.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let disk = Self { holder, folder: folder.display().to_string() };
        if line.is_empty() { Err("only root may mount a tmpfs".to_string()) } else { Ok(disk) }
    }

    /// Returns the words before a command that runs on the file system.
    pub(super) fn words(&self) -> Vec<String> {
        vec!["nsenter".into(), format!("--mount=/proc/{}/ns/mnt", self.holder.id())]
    }

    /// Returns the words before a command for which the file system is read-only.
    pub(super) fn read_only_words(&self) -> Vec<String> {
        let script = "mount -o remount,bind,ro \"$0\" && exec \"$@\"";
        let words = ["unshare", "--mount", "sh", "-c", script, &self.folder];
        [self.words(), words.map(String::from).to_vec()].concat()
    }

    /// Fills the file system with a file without a name, whose space is free again once it is closed.
    pub(super) fn fill(&self) -> File {
        let path = format!("/proc/{}/root{}/filler", self.holder.id(), self.folder);
        let mut file = File::create(&path).unwrap();
        fs::remove_file(&path).unwrap();
        for piece in [&[0; 65536][..], &[0]] {
            while file.write(piece).is_ok() {}
        }
        file
    }
}
