//! The typed reads, which clients and contexts have alike.
//!
//! UniFFI passes optional values slowly, so a value that is missing has a form of its own: a truth is -1, a number is not a number, and a
//! text is empty. A text that exists ends with a full stop, which Swift removes.

/// Returns a text with the mark of its end; an empty one for no text.
pub(crate) fn marked(text: Option<&str>) -> String {
    text.map_or_else(String::new, |text| [text, "."].concat())
}

/// Exports the reads of a type, in which `$source` finds a client or a context.
macro_rules! reads {
    ($type:ident, |$this:ident| $source:expr) => {
        #[uniffi::export]
        impl $type {
            /// Returns 1 for true, 0 for false, and -1 for no value.
            fn boolean(&$this, key: &str) -> i8 {
                $crate::panics::guarded(-1, || $source.boolean(key).map_or(-1, i8::from))
            }

            fn text(&$this, key: &str) -> String {
                let read = || $crate::reads::marked($source.string(key).as_deref());
                $crate::panics::guarded(String::new(), read)
            }

            /// Returns NaN for no value.
            fn number(&$this, key: &str) -> f64 {
                $crate::panics::guarded(f64::NAN, || $source.number(key).unwrap_or(f64::NAN))
            }

            /// Returns the decimal text of a number, with all digits.
            fn decimal(&$this, key: &str) -> String {
                $crate::panics::guarded(String::new(), || {
                    let number = $source.decimal(key);
                    $crate::reads::marked(number.as_ref().map(fh_client::Number::as_str))
                })
            }

            fn json(&$this, key: &str) -> String {
                let read = || $crate::reads::marked($source.raw_json(key).as_deref());
                $crate::panics::guarded(String::new(), read)
            }

            /// Returns the packed detail.
            fn detail(&$this, key: &str) -> Vec<u8> {
                let read = || fh_binding::packed::detail(&$source.detail(key));
                $crate::panics::guarded(Vec::new(), read)
            }

            /// Returns the packed detail of a value of this type.
            fn detail_as(
                &$this,
                key: &str,
                kind: &str,
            ) -> Result<Vec<u8>, $crate::failure::NativeError> {
                $crate::panics::attempted(|| {
                    let kind = fh_binding::operations::kind_named(kind)?;
                    Ok(fh_binding::packed::detail(&$source.detail_as(key, kind)))
                })
            }

            /// Returns the packed detail, and reports no use.
            fn peek(&$this, key: &str) -> Vec<u8> {
                let read = || fh_binding::packed::detail(&$source.peek(key));
                $crate::panics::guarded(Vec::new(), read)
            }

            /// Returns the packed details of all features of one state, and reports no use.
            fn values(&$this) -> $crate::bytes::NativeBytes {
                let read = || fh_binding::packed::values(&$source.snapshot());
                $crate::bytes::NativeBytes::new($crate::panics::guarded(Vec::new(), read))
            }

            /// Returns the explanation as a text for people.
            fn explain(&$this, key: &str) -> String {
                let read = || $source.explain(key).to_string();
                $crate::panics::guarded(String::new(), read)
            }
        }
    };
}

pub(crate) use reads;
