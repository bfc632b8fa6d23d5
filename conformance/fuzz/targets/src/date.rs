//! Dates and date-times: no text makes the parsers panic, and they agree with each other.

use fh_eval::Timestamp;
use fh_eval::internal::text::date::{Day, Years};
use fh_eval::internal::text::datetime::{DateTime, MissingOffset};

pub fn run(text: &str) {
    for years in [Years::FourDigits, Years::Signed] {
        let _ = Day::parse(text, years);
        let strict = DateTime::parse(text, MissingOffset::Unparsable, years);
        let lenient = DateTime::parse(text, MissingOffset::MeansUtc, years);
        assert!(strict.is_none() || strict == lenient);
    }
    if let Ok(moment) = text.parse::<Timestamp>() {
        assert_eq!(moment.to_string().parse(), Ok(moment));
    }
}
