use crate::{End, ours, theirs};

/// Returns the part of a stream that both sides read alike, and how the other client's stream ends after it. According to
/// [`crate::DEVIATIONS`] that client stops at a line that is not UTF-8, and at the empty line after an event without content.
#[must_use]
pub fn agreed_part(stream: &[u8]) -> (&[u8], End) {
    let mut event = TheirEvent::default();
    let mut has_id = false;
    for (begin, line) in lines(stream) {
        let (agreed, _) = stream.split_at_checked(begin).unwrap_or_default();
        let Ok(line) = str::from_utf8(line) else { return (agreed, End::InvalidLine) };
        if line.is_empty() {
            if event.begun && !event.says_something() && !has_id {
                return (agreed, End::InvalidEvent);
            }
            event = TheirEvent::default();
            continue;
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "" | "comment" => continue,
            "data" => event.has_data = true,
            "event" => event.has_name = !value.is_empty(),
            "id" if !value.contains('\0') => has_id = true,
            "retry" if value.parse::<u64>().is_ok() => event.has_retry = true,
            _ => {}
        }
        event.begun = true;
    }
    (stream, End::Body)
}

/// The parts that an event has, by which the other client decides whether it has content.
#[derive(Default)]
struct TheirEvent {
    begun: bool,
    has_name: bool,
    has_data: bool,
    has_retry: bool,
}

impl TheirEvent {
    fn says_something(&self) -> bool {
        self.has_name || self.has_data || self.has_retry
    }
}

/// Returns the complete lines, each with its position.
fn lines(stream: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut rest = stream.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(stream);
    std::iter::from_fn(move || {
        let begin = stream.len() - rest.len();
        let length = rest.iter().position(|byte| matches!(byte, b'\r' | b'\n'))?;
        let (line, end) = rest.split_at_checked(length)?;
        rest = end.strip_prefix(b"\r\n").or_else(|| end.get(1..))?;
        Some((begin, line))
    })
}

/// Reads a stream in these chunks with both decoders and compares the events.
///
/// # Errors
///
/// A text that shows the difference, if they differ by more than the known deviations.
pub fn compare(chunks: &[&[u8]]) -> Result<(), String> {
    let stream = chunks.concat();
    let (agreed, expected_end) = agreed_part(&stream);
    let expected = ours([agreed]).map_err(|error| error.to_string())?;
    let ours = ours(chunks.iter().copied()).map_err(|error| error.to_string())?;
    let (theirs, end) = theirs(chunks.iter().copied())?;
    let (begin, later) = ours.split_at_checked(expected.len()).unwrap_or((&ours, &[]));
    let same = begin.len() == theirs.len()
        && begin.iter().zip(&theirs).all(|(ours, theirs)| {
            (&ours.name, &ours.data, &ours.id) == (&theirs.name, &theirs.data, &theirs.id)
                && (theirs.retry.is_none() || theirs.retry == ours.retry)
        });
    if same && begin == expected && end == expected_end && (later.is_empty() || end != End::Body) {
        return Ok(());
    }
    let chunks: Vec<_> = chunks.iter().map(|chunk| chunk.escape_ascii().to_string()).collect();
    Err(format!(
        "{chunks:?}\nours:   {ours:?}\ntheirs: {theirs:?}, {end:?}, expected {expected_end:?} after {} events",
        expected.len()
    ))
}
