//! The header with a context.

use fh_eval::{Attributes, Country};
use fh_repository::problem::TooManyAttributes;
use fh_session::ContextHeader;

#[test]
fn the_example_of_the_specification_in_any_order() {
    let base = || {
        Attributes::builder()
            .user_key("DJElif")
            .country(Country::Turkey)
            .attribute("city", "Istanbul")
    };
    let one = base()
        .attribute("musical styles", ["psychedelic", "deep"])
        .session("anjunadeep")
        .device("desktop")
        .platform("android")
        .version("2.3.7")
        .build();
    let other = Attributes::builder()
        .version("2.3.7")
        .platform("android")
        .device("desktop")
        .session("anjunadeep")
        .attribute("musical styles", ["psychedelic", "deep"])
        .attribute("city", "Istanbul")
        .country(Country::Turkey)
        .user_key("DJElif")
        .build();
    let header = ContextHeader::of(&one).unwrap();
    assert_eq!(
        header.text().unwrap(),
        "city=Istanbul,country=turkey,device=desktop,musical%20styles=psychedelic%2Cdeep,\
         platform=android,session=anjunadeep,userkey=DJElif,version=2.3.7"
    );
    assert_eq!(ContextHeader::of(&other).unwrap(), header);
}

#[test]
fn thirty_attributes_and_one_more() {
    let many = |count: usize| {
        (0..count).fold(Attributes::builder(), |b, n| b.attribute(&format!("a{n}"), n)).build()
    };
    assert!(ContextHeader::of(&many(30)).is_ok());
    assert_eq!(ContextHeader::of(&many(31)), Err(TooManyAttributes(31)));
}
