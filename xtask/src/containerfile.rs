//! The settings of the container image, from the lines of the Containerfile.

use std::fs;

use serde_json::{Map, Value, json};

use crate::shell::root;

/// The settings of the image.
pub(crate) struct Containerfile {
    pub(crate) variables: Vec<(String, String)>,
    /// The numbers of the user and the group.
    pub(crate) user: String,
    lines: Vec<String>,
}

impl Containerfile {
    pub(crate) fn read() -> Result<Self, String> {
        let text =
            fs::read_to_string(root().join("Containerfile")).map_err(|why| why.to_string())?;
        let lines: Vec<String> = text.lines().map(str::to_string).collect();
        let mut containerfile = Self { variables: Vec::new(), user: String::new(), lines };
        containerfile.user = containerfile.last("USER");
        let variables = containerfile.all("ENV").filter_map(|line| line.split_once('='));
        containerfile.variables =
            variables.map(|(name, value)| (name.to_string(), value.to_string())).collect();
        if containerfile.variables.is_empty() || !is_plain_user(&containerfile.user) {
            return Err("the Containerfile has no variables, or runs as root".to_string());
        }
        Ok(containerfile)
    }

    /// Returns the member `config` of the image's configuration.
    pub(crate) fn config(&self) -> Value {
        let set = |names: Vec<String>| -> Map<String, Value> {
            names.into_iter().map(|name| (name, json!({}))).collect()
        };
        let words = |line: &str| -> Value { serde_json::from_str(line).unwrap_or_default() };
        json!({
            "User": self.user,
            "ExposedPorts": set(self.all("EXPOSE").map(|port| format!("{port}/tcp")).collect()),
            "Env": self.all("ENV").collect::<Vec<_>>(),
            "Entrypoint": words(&self.last("ENTRYPOINT")),
            "Cmd": words(&self.last("CMD")),
            "Volumes": set(self.all("VOLUME").map(str::to_string).collect()),
            "StopSignal": self.last("STOPSIGNAL"),
        })
    }

    /// Returns what stands behind a word at the beginning of lines.
    fn all(&self, word: &str) -> impl Iterator<Item = &str> {
        self.lines.iter().filter_map(move |line| line.strip_prefix(word)?.strip_prefix(' '))
    }

    fn last(&self, word: &str) -> String {
        self.all(word).last().unwrap_or_default().to_string()
    }
}

fn is_plain_user(user: &str) -> bool {
    user.starts_with(|c: char| ('1'..='9').contains(&c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_image_has_the_settings_of_the_containerfile() {
        let config = Containerfile::read().unwrap().config();
        assert_eq!(config["Entrypoint"], json!(["/fh"]));
        assert_eq!(config["Cmd"], json!(["serve"]));
        assert_eq!(config["User"], "65532:65532");
        assert_eq!(config["StopSignal"], "SIGTERM");
        assert!(
            config["ExposedPorts"]["8903/tcp"].is_object()
                && config["Volumes"]["/data"].is_object()
        );
        assert!(config["Env"].as_array().unwrap().contains(&json!("FH_EDGE_DATA=/data")));
    }
}
