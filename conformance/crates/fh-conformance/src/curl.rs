//! A request as a command for curl.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::server::redactor::Redactor;

/// The maximum length of a body in a command, in bytes.
const LONGEST_BODY: usize = 2000;

/// The headers that curl writes itself.
const OWN: &[&str] = &["host", "content-length"];

/// Returns the command that sends a request of these bytes to a server. A key is a variable of the shell. Returns `None` for bytes that curl
/// does not send, such as a chunked body or a malformed head. `length` is the number of bytes, of which only the first may be here.
pub(crate) fn curl(
    bytes: &[u8],
    length: usize,
    authority: Option<&str>,
    redactor: &Redactor,
) -> Option<String> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    let (head, body) = (bytes.get(..end)?, bytes.get(end + 4..)?);
    let mut lines = std::str::from_utf8(head).ok()?.split("\r\n");
    let mut words = lines.next()?.split(' ');
    let (method, target, version) = (words.next()?, words.next()?, words.next()?);
    if words.next().is_some() || version != "HTTP/1.1" || !target.starts_with('/') {
        return None;
    }
    let headers: Vec<(&str, &str)> =
        lines.map(|line| line.split_once(": ")).collect::<Option<_>>()?;
    let value = |name: &str| {
        let mut headers = headers.iter();
        headers.find(|(each, _)| each.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
    };
    if value("transfer-encoding").is_some() {
        return None;
    }
    let authority = authority.or_else(|| value("host"))?;
    let mut names = BTreeSet::new();
    let mut word = |text: &str| quoted(&redactor.text(text), &mut names);
    let mut command = String::from("curl -i -N");
    // Writing to a `String` cannot fail.
    if method != "GET" {
        let _ = write!(command, " -X {method}");
    }
    let _ = write!(command, " {}", word(&format!("http://{authority}{target}")));
    for (name, value) in
        headers.iter().filter(|(name, _)| !OWN.contains(&name.to_ascii_lowercase().as_str()))
    {
        // curl leaves out a header without a value, unless it ends with a semicolon.
        let header = if value.is_empty() { format!("{name};") } else { format!("{name}: {value}") };
        let _ = write!(command, " -H {}", word(&header));
    }
    let mut notes = Vec::new();
    let body_length = length.saturating_sub(end + 4);
    match std::str::from_utf8(body) {
        _ if body_length == 0 => {}
        Ok(text) if body_length <= LONGEST_BODY => {
            let _ = write!(command, " --data-binary {}", word(text));
        }
        _ => {
            command.push_str(" --data-binary @BODY");
            notes.push(format!("BODY is a file with the {body_length} bytes of the body"));
        }
    }
    notes.extend(
        names
            .iter()
            .map(|(variable, name)| format!("{variable} is {name} without its environment")),
    );
    if !notes.is_empty() {
        let _ = write!(command, "   # {}", notes.join("; "));
    }
    Some(command)
}

/// Quotes a text without keys for a shell. The names of keys become variables, which are added to `names` with the names of the keys.
fn quoted(text: &str, names: &mut BTreeSet<(String, String)>) -> String {
    let mut out = String::from("\"");
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let key = rest.strip_prefix("${").and_then(|name| name.split_once('}'));
        if let Some((name, after)) = key.filter(|(name, _)| name.contains('.')) {
            let variable = variable(name);
            let _ = write!(out, "${{{variable}}}");
            names.insert((variable, name.to_owned()));
            rest = after;
            continue;
        }
        if matches!(first, '"' | '\\' | '$' | '`') {
            out.push('\\');
        }
        out.push(first);
        rest = rest.get(first.len_utf8()..).unwrap_or_default();
    }
    out.push('"');
    out
}

/// Returns the variable of a key such as `reader.clientKey`, as in a printed target file.
fn variable(name: &str) -> String {
    let (account, kind) = name.split_once('.').unwrap_or((name, ""));
    let kind = kind.strip_suffix("Key").unwrap_or(kind);
    format!("{account}_{kind}_KEY").to_uppercase().replace('-', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(bytes: &str) -> Option<String> {
        let mut redactor = Redactor::default();
        redactor.add("reader.clientKey", "Secret*One-7");
        curl(bytes.as_bytes(), bytes.len(), None, &redactor)
    }

    #[test]
    fn requests() {
        let get = "GET /features?apiKey=e/Secret*One-7 HTTP/1.1\r\nhost: edge:80\r\nx-a: 1 \"$x\"\r\n\r\n";
        assert_eq!(
            of(get).unwrap(),
            "curl -i -N \"http://edge:80/features?apiKey=e/${READER_CLIENT_KEY}\" -H \"x-a: 1 \\\"\\$x\\\"\"   \
             # READER_CLIENT_KEY is reader.clientKey without its environment"
        );
        let put = "PUT /p HTTP/1.1\r\nhost: e:1\r\ncontent-type: \r\ncontent-length: 2\r\n\r\n{}";
        let expected = r#"curl -i -N -X PUT "http://e:1/p" -H "content-type;" --data-binary "{}""#;
        assert_eq!(of(put).unwrap(), expected);
        let long = format!("PUT /p HTTP/1.1\r\nhost: e:1\r\n\r\n{}", "x".repeat(3000));
        assert!(
            of(&long)
                .unwrap()
                .ends_with("@BODY   # BODY is a file with the 3000 bytes of the body")
        );
    }

    #[test]
    fn what_curl_does_not_send_has_no_command() {
        for bytes in [
            "GET / HTTP/1.1\r\nhost: e\r\n",
            "GET /a b HTTP/1.1\r\nhost: e\r\n\r\n",
            "GET * HTTP/1.1\r\nhost: e\r\n\r\n",
            "GET / HTTP/1.0\r\nhost: e\r\n\r\n",
            "GET / HTTP/1.1\r\n\r\n",
            "PUT / HTTP/1.1\r\nhost: e\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        ] {
            assert_eq!(of(bytes), None, "{bytes}");
        }
    }
}
