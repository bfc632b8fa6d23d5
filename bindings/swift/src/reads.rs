//! The typed reads, which clients and contexts have alike.
//!
//! UniFFI passes optional values slowly, so a value that is missing has a form of its own: a truth is -1, a number is not a number, and a
//! text is empty. A text that exists ends with a full stop, which Swift removes.

/// Returns a text with the mark of its end; an empty one for no text.
pub(crate) fn marked(text: Option<&str>) -> String {
    text.map_or_else(String::new, |text| [text, "."].concat())
}

/// Exports the reads of a type whose field with this name is a client or a context.
macro_rules! reads {
    ($type:ident, $field:ident) => {
        #[uniffi::export]
        impl $type {
            /// Returns 1 for true, 0 for false, and -1 for no value.
            fn boolean(&self, key: &str) -> i8 {
                $crate::panics::guarded(-1, || self.$field.boolean(key).map_or(-1, i8::from))
            }

            fn text(&self, key: &str) -> String {
                let read = || $crate::reads::marked(self.$field.string(key).as_deref());
                $crate::panics::guarded(String::new(), read)
            }

            /// Returns NaN for no value.
            fn number(&self, key: &str) -> f64 {
                $crate::panics::guarded(f64::NAN, || self.$field.number(key).unwrap_or(f64::NAN))
            }

            /// Returns the decimal text of a number, with all digits.
            fn decimal(&self, key: &str) -> String {
                $crate::panics::guarded(String::new(), || {
                    let number = self.$field.decimal(key);
                    $crate::reads::marked(number.as_ref().map(fh_client::Number::as_str))
                })
            }

            fn json(&self, key: &str) -> String {
                let read = || $crate::reads::marked(self.$field.raw_json(key).as_deref());
                $crate::panics::guarded(String::new(), read)
            }

            /// Returns the packed detail.
            fn detail(&self, key: &str) -> Vec<u8> {
                let read = || fh_binding::packed::detail(&self.$field.detail(key));
                $crate::panics::guarded(Vec::new(), read)
            }

            /// Returns the packed detail of a value of this type.
            fn detail_as(
                &self,
                key: &str,
                kind: &str,
            ) -> Result<Vec<u8>, $crate::failure::NativeError> {
                $crate::panics::attempted(|| {
                    let kind = fh_binding::operations::kind_named(kind)?;
                    Ok(fh_binding::packed::detail(&self.$field.detail_as(key, kind)))
                })
            }

            /// Returns the packed detail, and reports no use.
            fn peek(&self, key: &str) -> Vec<u8> {
                let read = || fh_binding::packed::detail(&self.$field.peek(key));
                $crate::panics::guarded(Vec::new(), read)
            }

            /// Returns the packed details of all features of one state, and reports no use.
            fn values(&self) -> $crate::bytes::NativeBytes {
                let read = || fh_binding::packed::values(&self.$field.snapshot());
                $crate::bytes::NativeBytes::new($crate::panics::guarded(Vec::new(), read))
            }

            /// Returns the explanation as a text for people.
            fn explain(&self, key: &str) -> String {
                let read = || self.$field.explain(key).to_string();
                $crate::panics::guarded(String::new(), read)
            }
        }
    };
}

pub(crate) use reads;
