//! The typed reads, which clients and contexts have alike.

/// Exports the reads of a type whose field with this name is a client or a context.
macro_rules! reads {
    ($type:ident, $field:ident) => {
        #[uniffi::export]
        impl $type {
            fn boolean(&self, key: &str) -> Option<bool> {
                self.$field.boolean(key)
            }

            fn text(&self, key: &str) -> Option<String> {
                self.$field.string(key).map(|text| text.to_string())
            }

            fn number(&self, key: &str) -> Option<f64> {
                self.$field.number(key)
            }

            /// Returns the decimal text of a number, with all digits.
            fn decimal(&self, key: &str) -> Option<String> {
                self.$field.decimal(key).map(|number| number.as_str().to_string())
            }

            fn json(&self, key: &str) -> Option<String> {
                self.$field.raw_json(key).map(|text| text.to_string())
            }

            /// Returns the detail as JSON.
            fn detail(&self, key: &str) -> String {
                fh_binding::operations::detail(&self.$field.detail(key)).to_string()
            }

            /// Returns the explanation as a text for people.
            fn explain(&self, key: &str) -> String {
                self.$field.explain(key).to_string()
            }
        }
    };
}

pub(crate) use reads;
