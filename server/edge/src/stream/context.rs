//! The evaluation context of a request for a stream.

use std::sync::Arc;

use fh_eval::Attributes;

use crate::wire::context::RequestContext;

/// The evaluation context of a request for a stream; `None` if the context has no attributes.
#[derive(Clone)]
pub(super) enum StreamContext {
    None,
    Some(Arc<Given>),
}

pub(super) struct Given {
    text: Box<str>,
    attributes: Attributes,
    tag: Box<str>,
}

impl StreamContext {
    pub(super) fn read(text: &str) -> Self {
        let read = RequestContext::read([text]);
        match read.tag() {
            tag if tag == "0" => Self::None,
            tag => Self::Some(Arc::new(Given {
                text: text.into(),
                attributes: read.attributes(),
                tag: tag.into(),
            })),
        }
    }

    pub(super) fn tag(&self) -> &str {
        match self {
            Self::None => "0",
            Self::Some(given) => &given.tag,
        }
    }

    pub(super) fn text(&self) -> &str {
        match self {
            Self::None => "",
            Self::Some(given) => &given.text,
        }
    }

    pub(super) fn attributes(&self) -> Option<&Attributes> {
        match self {
            Self::None => None,
            Self::Some(given) => Some(&given.attributes),
        }
    }
}
