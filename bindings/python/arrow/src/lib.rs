//! Evaluates features for the rows of tables in [Arrow's C data interface](https://arrow.apache.org/docs/format/CDataInterface.html).
//!
//! A [`Table`] joins columns: arrays and streams of other programs, lists of texts, and single values for all rows. The name of a
//! column is that of an attribute. [`evaluate`] evaluates features for each row, and returns an array for each feature.
//!
//! The `arrow` crates are not used: they depend on `chrono`, which this project bans. The module `interface` holds all unsafe code.
//!
//! ```
//! use std::num::NonZeroUsize;
//! use std::ops::ControlFlow;
//! use std::sync::Arc;
//! use fh_arrow::{ArrowArray, ArrowSchema, Options, OutputArray, Strategies, Table, evaluate};
//! use fh_eval::{Profile, Ruleset, Timestamp};
//! let payload = br#"[{"id": "7a0b", "key": "GREETING", "type": "BOOLEAN", "value": false, "strategies": [
//!     {"id": "kiwi", "value": true, "attributes": [
//!         {"fieldName": "country", "type": "STRING", "conditional": "EQUALS", "values": ["new_zealand"]}]}]}]"#;
//! let ruleset = Ruleset::from_json(payload, Profile::Client)?;
//! let countries = Arc::new(OutputArray::texts(["new_zealand", "france"]));
//! let mut table = Table::new();
//! table.add_column_array("country", &ArrowSchema::of(&countries, ""), ArrowArray::of(&countries))?;
//! let options = Options {
//!     now: Timestamp::from_millis(0),
//!     strategies: Strategies::Reported,
//!     threads: NonZeroUsize::MIN,
//! };
//! let answers = evaluate(&ruleset, &["GREETING".into()], table, &options, || ControlFlow::Continue(()))?;
//! assert_eq!(answers.features[0].values.bits(), Some([0b01].as_slice()));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod answers;
mod cells;
mod column_type;
mod decimal;
mod error;
mod evaluate;
mod interface;
mod output;
mod table;

pub use error::{Error, Fault};
pub use evaluate::{Answers, Count, FeatureAnswers, Options, Strategies, evaluate};
pub use interface::{ArrowArray, ArrowArrayStream, ArrowSchema};
pub use output::{Indices, OutputArray, bit};
pub use table::{Chunks, Table};
