//! Property files in the format of Java, as FeatureHub's images contain them.

use std::path::{Path, PathBuf};

/// The largest size of a property file, in bytes. A larger file is an error.
const MOST_BYTES: u64 = 1 << 20;

/// The property files of FeatureHub's images. A later file takes precedence over the files before it.
pub(crate) const USUAL: [&str; 3] = [
    "/etc/common-config/common.properties",
    "/etc/app-config/application.properties",
    "/etc/app-config/secrets.properties",
];

/// A property in a file, with its line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) line: usize,
}

/// A parsed property file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PropertyFile {
    pub(crate) path: PathBuf,
    pub(crate) entries: Vec<Entry>,
}

impl PropertyFile {
    /// Reads and parses a property file. Fails if the file cannot be read, is larger than [`MOST_BYTES`], or is not UTF-8.
    pub(crate) fn read(path: &Path) -> Result<Self, String> {
        let shown = path.display();
        let found =
            fh_files::read(path, MOST_BYTES).map_err(|error| format!("{shown}: {error}"))?;
        let text = String::from_utf8(found.bytes).map_err(|_| format!("{shown} is not UTF-8"))?;
        Ok(Self { path: path.to_path_buf(), entries: entries(&text) })
    }

    /// Returns the last entry with this name, or `None` if the file has no such entry.
    pub(crate) fn get(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().rev().find(|entry| entry.name == name)
    }
}

fn entries(text: &str) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((index, line)) = lines.next() {
        let mut logical = line.trim_start().to_string();
        if logical.is_empty() || logical.starts_with(['#', '!']) {
            continue;
        }
        // A line that ends with an unescaped backslash continues on the next line.
        while logical.chars().rev().take_while(|c| *c == '\\').count() % 2 == 1 {
            logical.pop();
            logical.push_str(lines.next().map_or("", |(_, next)| next.trim_start()));
        }
        let (name, text) = split(&logical);
        entries.push(Entry { name: unescaped(name), text: unescaped(text), line: index + 1 });
    }
    entries
}

/// Splits a line into the name and the text of a property. The name ends at the first `=`, `:` or blank that is not escaped.
fn split(line: &str) -> (&str, &str) {
    let mut escaped = false;
    let end = line.char_indices().find(|(_, c)| {
        let ends = !escaped && matches!(c, '=' | ':' | ' ' | '\t' | '\u{c}');
        escaped = !escaped && *c == '\\';
        ends
    });
    let (name, rest) = line.split_at(end.map_or(line.len(), |(at, _)| at));
    let rest = rest.trim_start();
    (name, rest.strip_prefix(['=', ':']).unwrap_or(rest).trim_start())
}

fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match rest.next() {
            Some('t') => out.push('\t'),
            Some('n') => out.push('\n'),
            Some('r') => out.push('\r'),
            Some('f') => out.push('\u{c}'),
            Some('u') => {
                let digits: String = rest.by_ref().take(4).collect();
                let code = u32::from_str_radix(&digits, 16).ok().filter(|_| digits.len() == 4);
                out.push(code.and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            Some(other) => out.push(other),
            None => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_as_java_writes_them() {
        let text = "# a comment\n! another\n\n  server.port = 8553\nmonitor.port:8701\nname with blanks\n\
            a\\ b\\=c = d \\\n    e\\\\\nunicode=caf\\u00e9\\n\nempty=\nalone\nserver.port=1\n";
        let file = PropertyFile { path: PathBuf::from("x"), entries: entries(text) };
        let said: Vec<(&str, &str, usize)> =
            file.entries.iter().map(|e| (&*e.name, &*e.text, e.line)).collect();
        assert_eq!(
            said,
            [
                ("server.port", "8553", 4),
                ("monitor.port", "8701", 5),
                ("name", "with blanks", 6),
                ("a b=c", "d e\\", 7),
                ("unicode", "café\n", 9),
                ("empty", "", 10),
                ("alone", "", 11),
                ("server.port", "1", 12),
            ]
        );
        assert_eq!(file.get("server.port").unwrap().line, 12);
        assert_eq!(file.get("no"), None);
        assert_eq!(entries("a=b\\"), [Entry { name: "a".into(), text: "b".into(), line: 1 }]);
        assert_eq!(entries("a=\\ud800 \\u12")[0].text, "\u{fffd} \u{fffd}");
    }

    #[test]
    fn files_that_cannot_be_read() {
        let error = PropertyFile::read(Path::new("/no/such/a.properties")).unwrap_err();
        assert!(error.contains("/no/such/a.properties: there is no such file"), "{error}");
    }
}
