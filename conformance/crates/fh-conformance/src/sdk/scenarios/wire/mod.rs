//! P: what a client sends and accepts on the wire.

mod content_type;
mod etag;
mod event_stream;
mod first_request;
mod gzip;
mod headers;
mod line_ends;
mod live_stream;
mod query;
mod redirect;
mod secrets;
mod server_context;
mod updates;
mod url;

use crate::sdk::Group;

/// The scenarios of the wire.
pub(super) const GROUP: Group = Group {
    name: "P",
    title: "wire protocol of the client",
    scenarios: &[
        url::POLL,
        url::STREAM,
        url::KEY_ENCODING,
        url::SEVERAL_KEYS,
        url::THREE_PART_KEY,
        headers::ACCEPT,
        headers::IDENTIFICATION,
        headers::OF_THE_PROGRAM,
        server_context::ENCODING,
        server_context::SORTED,
        headers::CLIENT_KEY,
        query::CONTEXT_SHA,
        query::CONTEXT,
        etag::REPLAY,
        etag::CONTEXT_CHANGE,
        etag::UNCHANGED_WITHOUT_ETAG,
        etag::LAST_EVENT_ID,
        event_stream::FRAGMENTED,
        line_ends::LINE_ENDS,
        event_stream::SEVERAL_DATA_LINES,
        live_stream::COMMENTS,
        live_stream::RETRY_FIELD,
        line_ends::BYTE_ORDER_MARK,
        event_stream::UNKNOWN_EVENT,
        event_stream::ACK,
        live_stream::WITHOUT_LENGTH,
        gzip::GZIP,
        redirect::REDIRECT,
        content_type::CONTENT_TYPE,
        updates::REQUEST,
        updates::STATUSES,
        secrets::SECRETS,
    ],
    not_executed: &[],
};
