//! The bytes of a response's body, and the meaning of each part.

use std::collections::VecDeque;

use crate::random::Random;

/// The meaning of a list of features.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listed {
    /// True if the list holds all features that the Edge has now.
    pub honest: bool,
    pub empty: Empty,
}

/// The environments of a response that have no features.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Empty {
    No,
    /// All lists are empty. Whether a client accepts them depends on the keys (D-60).
    Lists,
    /// There is no list.
    Absent,
    /// Some lists are empty, but not all.
    Some,
}

/// The meaning of the bytes up to a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    Nothing,
    List(Listed),
    Update,
    Malformed,
    Bye,
    Failure,
    Stop,
    Pause(u64),
    Retry(u64),
    TooLarge,
}

#[derive(Debug)]
struct Placed {
    start: usize,
    end: usize,
    mark: Mark,
}

/// A piece of a body, and the parts that it completes.
#[derive(Debug, Default)]
pub struct Chunk {
    pub bytes: Vec<u8>,
    pub marks: Vec<Mark>,
    /// True if it ends a line.
    pub line: bool,
    /// Number of bytes of the part that is unfinished after this piece.
    pub unfinished: usize,
    /// True if the unfinished part began in this piece.
    pub begins: bool,
}

#[derive(Debug)]
pub struct Wire {
    bytes: Vec<u8>,
    marks: VecDeque<Placed>,
    given: usize,
    end_of_line: &'static str,
    last: u8,
}

impl Wire {
    pub fn new(end_of_line: &'static str) -> Self {
        Self { bytes: Vec::new(), marks: VecDeque::new(), given: 0, end_of_line, last: 0 }
    }

    /// Creates a body without marks.
    pub fn body(text: &str) -> Self {
        Self { bytes: text.as_bytes().to_vec(), ..Self::new("\n") }
    }

    /// Returns the number of bytes that were not taken yet.
    pub fn left(&self) -> usize {
        self.bytes.len() - self.given
    }

    pub fn given(&self) -> usize {
        self.given
    }

    pub fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Adds lines, the last of which completes the marked part. The part is complete at the first byte of that line's end.
    fn lines(&mut self, lines: &[&str], mark: Mark) {
        let start = self.bytes.len();
        for line in lines {
            self.bytes.extend_from_slice(line.as_bytes());
            self.bytes.extend_from_slice(self.end_of_line.as_bytes());
        }
        let end = self.bytes.len() + 1 - self.end_of_line.len();
        self.marks.push_back(Placed { start, end, mark });
    }

    /// Adds a comment or a `retry` line.
    pub fn line(&mut self, line: &str, mark: Mark) {
        self.lines(&[line], mark);
    }

    pub fn event(&mut self, name: &str, data: &str, mark: Mark) {
        self.lines(&[&format!("event: {name}"), &format!("data: {data}"), ""], mark);
    }

    /// Adds the first event of a stream, a list, in one of several valid notations.
    pub fn list(&mut self, style: u64, data: &str, mark: Mark) {
        match style {
            0 => self.lines(
                &["event:features", "id: 5e3e//302266bb", &format!("data:{data}"), ""],
                mark,
            ),
            1 => {
                let data = data.replace("},{\"id\"", "},\n{\"id\"");
                let data: Vec<String> =
                    data.split('\n').map(|part| format!("data: {part}")).collect();
                let mut lines = vec!["event: features"];
                lines.extend(data.iter().map(String::as_str));
                lines.push("");
                self.lines(&lines, mark);
            }
            _ => self.event("features", data, mark),
        }
    }

    /// Adds a part that clients must ignore.
    pub fn noise(&mut self, random: &mut Random) {
        match random.below(7) {
            0 => self.line(": still here", Mark::Nothing),
            1 => self.event("ack", "\"\u{2764}\u{fe0f}\"", Mark::Nothing),
            2 => self.event("wibble", "{not JSON", Mark::Nothing),
            3 => self.event("config", r#"{"edge.other":1}"#, Mark::Nothing),
            4 => self.line("retry: 50", Mark::Retry(50)),
            5 => self.line("retry: 7000", Mark::Retry(7_000)),
            _ => self.event("error", "x", Mark::Nothing),
        }
    }

    /// Adds a line that exceeds the limit with its byte number `limit` + 1.
    pub fn oversized(&mut self, limit: usize) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(b"data: ");
        self.bytes.resize(start + limit + 200, b'x');
        self.marks.push_back(Placed { start, end: start + limit + 1, mark: Mark::TooLarge });
    }

    /// Takes this many bytes, or as many as there are.
    pub fn take(&mut self, count: usize) -> Chunk {
        let from = self.given;
        let to = (from + count).min(self.bytes.len());
        self.given = to;
        let bytes = self.bytes[from..to].to_vec();
        let mut line = false;
        for byte in &bytes {
            line |= *byte == b'\r' || (*byte == b'\n' && self.last != b'\r');
            self.last = *byte;
        }
        let mut marks = Vec::new();
        while self.marks.front().is_some_and(|placed| placed.end <= to) {
            marks.extend(self.marks.pop_front().map(|placed| placed.mark));
        }
        let begun = self.marks.front().map_or(to, |placed| placed.start.min(to));
        Chunk { bytes, marks, line, unfinished: to - begun, begins: begun >= from }
    }
}
