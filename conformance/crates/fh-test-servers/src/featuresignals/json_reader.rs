//! A reader of JSON that accepts what Go's decoder accepts: invalid UTF-8 and lone surrogates become U+FFFD, and bytes after the first value are
//! ignored.

use fh_test::json::Json;

/// The server reads at most this many bytes up to the end of the first value.
const LONGEST_VALUE: usize = 1024 * 1024;
/// Number of nested lists and objects.
const DEEPEST: usize = 10_000;

/// Reads the first value of a body. None if Go's decoder refuses it.
pub(crate) fn first_value(body: &[u8]) -> Option<Json> {
    let mut reader = Reader { rest: body.get(..LONGEST_VALUE).unwrap_or(body) };
    reader.value(0)
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn value(&mut self, depth: usize) -> Option<Json> {
        self.skip_spaces();
        match self.rest.first()? {
            b'{' => self.object(depth + 1),
            b'[' => self.list(depth + 1),
            b'"' => self.string().map(Json::Text),
            b't' => self.word("true", Json::Bool(true)),
            b'f' => self.word("false", Json::Bool(false)),
            b'n' => self.word("null", Json::Null),
            _ => self.number(),
        }
    }

    fn skip_spaces(&mut self) {
        let is_space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
        let count = self.rest.iter().take_while(|byte| is_space(byte)).count();
        self.advance(count);
    }

    fn advance(&mut self, count: usize) -> &'a [u8] {
        let (taken, rest) = self.rest.split_at_checked(count).unwrap_or((self.rest, &[]));
        self.rest = rest;
        taken
    }

    /// Skips spaces and takes the next byte.
    fn token(&mut self) -> Option<u8> {
        self.skip_spaces();
        self.advance(1).first().copied()
    }

    fn word(&mut self, word: &str, value: Json) -> Option<Json> {
        (self.advance(word.len()) == word.as_bytes()).then_some(value)
    }

    fn list(&mut self, depth: usize) -> Option<Json> {
        self.open(depth)?;
        let mut elements = Vec::new();
        if self.closes(b']') {
            return Some(Json::List(elements));
        }
        loop {
            elements.push(self.value(depth)?);
            match self.token()? {
                b',' => {}
                b']' => return Some(Json::List(elements)),
                _ => return None,
            }
        }
    }

    fn object(&mut self, depth: usize) -> Option<Json> {
        self.open(depth)?;
        let mut members = Vec::new();
        if self.closes(b'}') {
            return Some(Json::Object(members));
        }
        loop {
            self.skip_spaces();
            let name = self.string()?;
            if self.token()? != b':' {
                return None;
            }
            members.push((name, self.value(depth)?));
            match self.token()? {
                b',' => {}
                b'}' => return Some(Json::Object(members)),
                _ => return None,
            }
        }
    }

    fn open(&mut self, depth: usize) -> Option<()> {
        self.advance(1);
        (depth <= DEEPEST).then_some(())
    }

    fn closes(&mut self, end: u8) -> bool {
        self.skip_spaces();
        let is_end = self.rest.first() == Some(&end);
        if is_end {
            self.advance(1);
        }
        is_end
    }

    fn number(&mut self) -> Option<Json> {
        let start = self.rest;
        self.advance(usize::from(start.first() == Some(&b'-')));
        match self.digits() {
            0 => return None,
            1 => {}
            _ if start.strip_prefix(b"-").unwrap_or(start).first() == Some(&b'0') => return None,
            _ => {}
        }
        if self.rest.first() == Some(&b'.') {
            self.advance(1);
            (self.digits() > 0).then_some(())?;
        }
        if matches!(self.rest.first(), Some(b'e' | b'E')) {
            self.advance(1);
            self.advance(usize::from(matches!(self.rest.first(), Some(b'+' | b'-'))));
            (self.digits() > 0).then_some(())?;
        }
        let text = std::str::from_utf8(start.get(..start.len() - self.rest.len())?).ok()?;
        text.parse::<f64>().ok().filter(|number| number.is_finite())?;
        Some(Json::Number(text.to_owned()))
    }

    fn digits(&mut self) -> usize {
        let count = self.rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.advance(count).len()
    }

    fn string(&mut self) -> Option<String> {
        if self.advance(1) != b"\"" {
            return None;
        }
        let mut text = String::new();
        loop {
            let is_plain = |byte: &u8| !matches!(byte, b'"' | b'\\' | 0..0x20);
            let count = self.rest.iter().take_while(|byte| is_plain(byte)).count();
            push_lossy(&mut text, self.advance(count));
            match self.advance(1).first()? {
                b'"' => return Some(text),
                b'\\' => text.push(self.escape()?),
                _ => return None,
            }
        }
    }

    fn escape(&mut self) -> Option<char> {
        Some(match self.advance(1).first()? {
            escaped @ (b'"' | b'\\' | b'/') => char::from(*escaped),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let unit = self.unit()?;
                let low = self.rest.strip_prefix(b"\\u").and_then(|rest| Reader { rest }.unit());
                let pair = char::decode_utf16([Some(unit), low].into_iter().flatten()).next()?;
                if (0xd800..0xdc00).contains(&unit) && pair.is_ok() {
                    self.advance(6);
                }
                pair.unwrap_or(char::REPLACEMENT_CHARACTER)
            }
            _ => return None,
        })
    }

    /// Takes four hexadecimal digits.
    fn unit(&mut self) -> Option<u16> {
        let digits = self.advance(4);
        let is_hex = digits.len() == 4 && digits.iter().all(u8::is_ascii_hexdigit);
        let digits = std::str::from_utf8(digits).ok().filter(|_| is_hex)?;
        u16::from_str_radix(digits, 16).ok()
    }
}

/// Appends bytes. Each byte that belongs to no character becomes U+FFFD, as in Go.
fn push_lossy(text: &mut String, bytes: &[u8]) {
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &[u8]) -> Option<String> {
        first_value(body).map(|json| json.to_string())
    }

    #[test]
    fn texts_become_valid() {
        assert_eq!(read(br#""\ud800\u0041""#).as_deref(), Some("\"\u{fffd}A\""));
        assert_eq!(read(br#""\ud83d\ude00""#).as_deref(), Some("\"\u{1f600}\""));
        assert_eq!(read(b"\"\xe2\x82\xff\"").as_deref(), Some("\"\u{fffd}\u{fffd}\u{fffd}\""));
        assert_eq!(read(b"\"\x01\""), None);
    }

    #[test]
    fn only_the_first_value_is_read() {
        assert_eq!(read(b" {} x").as_deref(), Some("{}"));
        for invalid in
            ["", " ", "[1,]", "{\"a\":1,}", "018", "+1", "1e400", "NaN", "'a'", "1.", "nul"]
        {
            assert_eq!(read(invalid.as_bytes()), None, "{invalid}");
        }
    }
}
