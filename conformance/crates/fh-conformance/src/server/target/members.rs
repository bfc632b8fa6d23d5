//! Reads the members of maps. No error repeats a value, because values may be keys.

use std::sync::Arc;

use fh_files::{Content, Member, Node, closest};

use super::TargetError;

/// A map of a target file, with the path that leads to it.
pub(super) struct Members<'n> {
    path: String,
    members: &'n [Member],
}

impl<'n> Members<'n> {
    /// Returns the members of a map that may have these names only.
    pub(super) fn of(path: &str, node: &'n Node, names: &[&str]) -> Result<Self, TargetError> {
        let Content::Map(members) = &node.content else {
            return Err(TargetError::at(node.position, format!("{} must be a map", shown(path))));
        };
        for member in members {
            let name = &*member.name;
            if !names.contains(&name) {
                let known = match closest(name, names.iter().copied()) {
                    Some(known) => format!("; expected {known}"),
                    None => format!("; expected one of {}", names.join(", ")),
                };
                let what = format!("{} has no member {name}{known}", shown(path));
                return Err(TargetError::at(member.position, what));
            }
        }
        Ok(Self { path: path.to_owned(), members })
    }

    /// Returns a member; `None` if it is missing or null.
    pub(super) fn get(&self, name: &str) -> Option<&'n Arc<Node>> {
        let member = self.members.iter().find(|member| &*member.name == name)?;
        (!matches!(member.node.content, Content::Null)).then_some(&member.node)
    }

    /// Returns the path of a member.
    pub(super) fn path(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    /// Returns a text that may be missing, with each `${NAME}` replaced.
    pub(super) fn text(
        &self,
        name: &str,
        lookup: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Option<String>, TargetError> {
        let Some(node) = self.get(name) else { return Ok(None) };
        let path = self.path(name);
        let Content::Text(text) = &node.content else {
            return Err(TargetError::at(node.position, format!("{path} must be a text")));
        };
        let whole = filled(text, lookup)
            .map_err(|what| TargetError::at(node.position, format!("{path}: {what}")))?;
        Ok(Some(whole))
    }
}

fn shown(path: &str) -> &str {
    if path.is_empty() { "the file" } else { path }
}

/// Replaces each `${NAME}` by the text that `lookup` returns, as state files do. `$$` becomes a dollar sign.
fn filled(text: &str, lookup: &dyn Fn(&str) -> Option<String>) -> Result<String, String> {
    let mut whole = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        whole.push_str(before);
        rest = if let Some(after) = after.strip_prefix('$') {
            whole.push('$');
            after
        } else if let Some(after) = after.strip_prefix('{') {
            let (name, after) = after.split_once('}').ok_or("${ has no } after it")?;
            let value = lookup(name)
                .ok_or_else(|| format!("the environment variable {name} is not set"))?;
            whole.push_str(&value);
            after
        } else {
            whole.push('$');
            after
        };
    }
    whole.push_str(rest);
    Ok(whole)
}
