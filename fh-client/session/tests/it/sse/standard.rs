//! A decoder that follows the standard step by step: it decodes the whole stream, cuts it into lines and processes each line. It is slow
//! and has no limits, so that it can be compared with the standard's text.

use std::sync::Arc;

use fh_session::internal::sse::Event;

#[derive(Default)]
struct Buffers {
    data: String,
    event_type: String,
    last_event_id: Option<Arc<str>>,
}

pub(super) fn events(stream: &[u8]) -> Vec<Event> {
    let text = String::from_utf8_lossy(stream);
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(&text);
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    // Text after the last line end is not a line.
    let lines = text.rsplit_once('\n').map_or("", |(lines, _)| lines);
    let mut buffers = Buffers::default();
    let mut events = Vec::new();
    if !text.contains('\n') {
        return events;
    }
    for line in lines.split('\n') {
        if line.is_empty() {
            events.extend(dispatch(&mut buffers));
        } else if let Some((field, value)) = line.split_once(':') {
            if !field.is_empty() {
                process(&mut buffers, field, value.strip_prefix(' ').unwrap_or(value));
            }
        } else {
            process(&mut buffers, line, "");
        }
    }
    events
}

fn process(buffers: &mut Buffers, field: &str, value: &str) {
    match field {
        "event" => buffers.event_type = value.to_string(),
        "data" => {
            buffers.data.push_str(value);
            buffers.data.push('\n');
        }
        "id" if !value.contains('\0') => buffers.last_event_id = Some(value.into()),
        _ => {}
    }
}

fn dispatch(buffers: &mut Buffers) -> Option<Event> {
    let event_type = std::mem::take(&mut buffers.event_type);
    let mut data = std::mem::take(&mut buffers.data);
    if data.is_empty() {
        return None;
    }
    data.pop();
    let name = if event_type.is_empty() { "message".to_string() } else { event_type };
    Some(Event { name, data, id: buffers.last_event_id.clone() })
}
