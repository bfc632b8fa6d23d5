//! The reader of messages and payloads: it reads the envelope and the lists in one pass, and leaves flags and segments unread.

use std::borrow::Cow;

use serde::de::MapAccess;
use serde_json::value::RawValue;

use crate::json::{
    Listed, MemberValue, Object, ObjectOr, Shape, is_too_dense, not_json, read_object,
};

/// A message of FeatBit, or another object with lists. Of equal names, the last one counts.
#[derive(Debug, Default)]
pub struct Envelope<'a> {
    /// The member `messageType`.
    pub message_type: Option<&'a RawValue>,
    /// The member `data`.
    pub data: Shape<Lists<'a>>,
    /// The members of the object itself, for payloads without an envelope.
    pub own: Lists<'a>,
}

/// The lists of a payload, and the members that say how to apply them.
#[derive(Debug, Default)]
pub struct Lists<'a> {
    /// The member `eventType`.
    pub event_type: Option<&'a RawValue>,
    /// The member `userKeyId`, which only payloads for clients have.
    pub user_key_id: Option<&'a RawValue>,
    /// The member `featureFlags`.
    pub flags: Shape<Listed<'a>>,
    /// The member `segments`.
    pub segments: Shape<Listed<'a>>,
}

/// The reason why a text is no envelope.
#[derive(Debug)]
pub enum NoEnvelope {
    /// The text is not JSON, with the parser's message.
    InvalidJson(String),
    /// The JSON is no object.
    NoObject,
    /// The text has so many small parts that reading it would take too much memory.
    TooDense,
}

impl<'a> Envelope<'a> {
    /// Reads the text of a message or a payload.
    ///
    /// # Errors
    /// Fails with [`NoEnvelope`] if the text is no JSON object, or has too many small parts.
    pub fn read(json: &'a str) -> Result<Self, NoEnvelope> {
        if is_too_dense(json) {
            return Err(NoEnvelope::TooDense);
        }
        match read_object(json) {
            Shape::Is(envelope) => Ok(envelope),
            _ => Err(match serde_json::from_str::<&RawValue>(json) {
                Err(why) => NoEnvelope::InvalidJson(not_json(json, &why)),
                Ok(_) => NoEnvelope::NoObject,
            }),
        }
    }
}

impl<'de> Object<'de> for Envelope<'de> {
    fn member<A: MapAccess<'de>>(
        &mut self,
        name: Cow<'de, str>,
        value: MemberValue<'_, A>,
    ) -> Result<(), A::Error> {
        match &*name {
            "messageType" => self.message_type = Some(value.read()?),
            "data" => self.data = value.read::<ObjectOr<_>>()?.0,
            _ => self.own.member(name, value)?,
        }
        Ok(())
    }
}

impl<'de> Object<'de> for Lists<'de> {
    fn member<A: MapAccess<'de>>(
        &mut self,
        name: Cow<'de, str>,
        value: MemberValue<'_, A>,
    ) -> Result<(), A::Error> {
        match &*name {
            "eventType" => self.event_type = Some(value.read()?),
            "userKeyId" => self.user_key_id = Some(value.read()?),
            "featureFlags" => self.flags = value.read()?,
            "segments" => self.segments = value.read()?,
            _ => value.skip()?,
        }
        Ok(())
    }
}
