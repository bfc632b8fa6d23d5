//! Reads YAML 1.2 with its core schema. saphyr parses the text; [`Builder`] enforces the limits.

use std::sync::Arc;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Tag};

use crate::builder::{Builder, Collection};
use crate::mistakes::advised;
use crate::node::{Limits, Node};
use crate::position::{Position, SyntaxError};
use crate::scalar::{is_plain, scalar, unknown};

/// Converts a position of the YAML parser, which counts columns from 0.
fn position(mark: &Marker) -> Position {
    Position { line: mark.line(), column: mark.col() + 1 }
}

/// Reads a YAML text that holds at most one document. A text without a document gives null.
pub(crate) fn read(text: &str, limits: Limits) -> Result<Arc<Node>, SyntaxError> {
    let mut builder = Builder::new(limits);
    let mut documents = 0;
    let mut parser = Parser::new_from_str(text);
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| SyntaxError {
            position: position(error.marker()),
            what: advised(error.info()),
        })?;
        let position = position(&span.start);
        if matches!(event, Event::DocumentStart(_)) {
            documents += 1;
            if documents > 1 {
                let what =
                    "a second document begins here, but only one document is allowed: remove the line `---`, or this document"
                        .to_owned();
                return Err(SyntaxError { position, what });
            }
        }
        take(&mut builder, event, position)?;
    }
    Ok(builder.finish())
}

/// Passes one event of the parser to the builder of the tree. Fails if the event makes the document invalid.
fn take(builder: &mut Builder, event: Event<'_>, position: Position) -> Result<(), SyntaxError> {
    let wrong = |what: String| SyntaxError { position, what };
    match event {
        Event::Scalar(text, ScalarStyle::Plain, _, tag)
            if text == "<<"
                && builder.expects_name()
                && tag.as_deref().is_none_or(|tag| tag.suffix == "merge") =>
        {
            Err(wrong("merge keys are not supported: repeat the members".to_owned()))
        }
        Event::Scalar(text, style, anchor, tag) if builder.expects_name() => {
            if anchor > 0 {
                // An alias of a name is a value: the scalar of the name.
                let content = scalar(&text, style, tag.as_deref()).map_err(wrong)?;
                builder.anchor(anchor, Arc::new(Node::new(position, content)));
            }
            builder.name(&text, position)
        }
        Event::Scalar(text, style, anchor, tag) => {
            let content = scalar(&text, style, tag.as_deref()).map_err(wrong)?;
            builder.scalar(content, anchor, position)
        }
        Event::SequenceStart(..) | Event::MappingStart(..) | Event::Alias(_)
            if builder.expects_name() =>
        {
            Err(wrong("a name must be a scalar, not a list, a map or an alias".to_owned()))
        }
        Event::SequenceStart(anchor, tag) => {
            check_tag(tag.as_deref(), "seq").map_err(wrong)?;
            builder.open(Collection::List, anchor, position)
        }
        Event::MappingStart(anchor, tag) => {
            check_tag(tag.as_deref(), "map").map_err(wrong)?;
            builder.open(Collection::Map, anchor, position)
        }
        Event::SequenceEnd | Event::MappingEnd => builder.close(position),
        Event::Alias(anchor) => match builder.anchored(anchor) {
            Some(node) => builder.put(node, 0, position),
            None => {
                Err(wrong("this alias refers to a list or map that contains the alias".to_owned()))
            }
        },
        Event::Nothing
        | Event::StreamStart
        | Event::StreamEnd
        | Event::DocumentStart(_)
        | Event::DocumentEnd => Ok(()),
    }
}

/// Checks the tag of a collection. Returns an error for every tag but `!` and the tag of the core schema for this type of collection, which
/// is `usual`.
fn check_tag(tag: Option<&Tag>, usual: &str) -> Result<(), String> {
    let Some(tag) = tag else { return Ok(()) };
    let is_known = is_plain(tag) || (tag.is_yaml_core_schema() && tag.suffix == usual);
    if is_known { Ok(()) } else { Err(unknown(tag)) }
}
