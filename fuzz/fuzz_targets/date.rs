//! Dates and date-times: no text makes the parsers panic, and they agree with each other.
#![no_main]

use fh_eval::Timestamp;
use fh_eval::internal::text::date::{Day, Years};
use fh_eval::internal::text::datetime::{DateTime, MissingOffset};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for years in [Years::FourDigits, Years::Signed] {
        let _ = Day::parse(text, years);
        let strict = DateTime::parse(text, MissingOffset::Unparsable, years);
        let lenient = DateTime::parse(text, MissingOffset::MeansUtc, years);
        assert!(strict.is_none() || strict == lenient);
    }
    if let Ok(moment) = text.parse::<Timestamp>() {
        assert_eq!(moment.to_string().parse(), Ok(moment));
    }
});
