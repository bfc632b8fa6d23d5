//! Two-letter codes of countries, mostly of ISO 3166-1. Rules sometimes contain a code where FeatureHub expects a name.

/// Two-letter codes, each followed by FeatureHub's name of the country.
const CODES: &str = "\
    AF afghanistan AL albania DZ algeria AD andorra AO angola AG antigua_and_barbuda \
    AR argentina AM armenia AU australia AT austria AZ azerbaijan BS the_bahamas BH bahrain \
    BD bangladesh BB barbados BY belarus BE belgium BZ belize BJ benin BT bhutan BO bolivia \
    BA bosnia_and_herzegovina BW botswana BR brazil BN brunei BG bulgaria BF burkina_faso \
    BI burundi CV cabo_verde KH cambodia CM cameroon CA canada CF central_african_republic \
    TD chad CL chile CN china CO colombia KM comoros CD congo_democratic_republic_of_the \
    CG congo_republic_of_the CR costa_rica CI cote_divoire HR croatia CU cuba CY cyprus \
    CZ czech_republic DK denmark DJ djibouti DM dominica DO dominican_republic TL east_timor \
    EC ecuador EG egypt SV el_salvador GQ equatorial_guinea ER eritrea EE estonia SZ eswatini \
    ET ethiopia FJ fiji FI finland FR france GA gabon GM the_gambia GE georgia DE germany \
    GH ghana GR greece GD grenada GT guatemala GN guinea GW guinea_bissau GY guyana HT haiti \
    HN honduras HU hungary IS iceland IN india ID indonesia IR iran IQ iraq IE ireland \
    IL israel IT italy JM jamaica JP japan JO jordan KZ kazakhstan KE kenya KI kiribati \
    KP korea_north KR korea_south XK kosovo KW kuwait KG kyrgyzstan LA laos LV latvia \
    LB lebanon LS lesotho LR liberia LY libya LI liechtenstein LT lithuania LU luxembourg \
    MG madagascar MW malawi MY malaysia MV maldives ML mali MT malta MH marshall_islands \
    MR mauritania MU mauritius MX mexico FM micronesia_federated_states_of MD moldova MC monaco \
    MN mongolia ME montenegro MA morocco MZ mozambique MM myanmar NA namibia NR nauru NP nepal \
    NL netherlands NZ new_zealand NI nicaragua NE niger NG nigeria MK north_macedonia NO norway \
    OM oman PK pakistan PW palau PA panama PG papua_new_guinea PY paraguay PE peru \
    PH philippines PL poland PT portugal QA qatar RO romania RU russia RW rwanda \
    KN saint_kitts_and_nevis LC saint_lucia VC saint_vincent_and_the_grenadines WS samoa \
    SM san_marino ST sao_tome_and_principe SA saudi_arabia SN senegal RS serbia SC seychelles \
    SL sierra_leone SG singapore SK slovakia SI slovenia SB solomon_islands SO somalia \
    ZA south_africa ES spain LK sri_lanka SD sudan SS sudan_south SR suriname SE sweden \
    CH switzerland SY syria TW taiwan TJ tajikistan TZ tanzania TH thailand TG togo TO tonga \
    TT trinidad_and_tobago TN tunisia TR turkey TM turkmenistan TV tuvalu UG uganda UA ukraine \
    AE united_arab_emirates GB united_kingdom US united_states UY uruguay UZ uzbekistan \
    VU vanuatu VA vatican_city VE venezuela VN vietnam YE yemen ZM zambia ZW zimbabwe";

/// Returns FeatureHub's name of the country with this code, or `None` for an unknown code. Case and white space around the code
/// are ignored. `UK` counts as `GB`.
pub fn named(code: &str) -> Option<&'static str> {
    let alias = match code.trim() {
        uk if uk.eq_ignore_ascii_case("UK") => "GB",
        code => code,
    };
    let mut words = CODES.split(' ');
    while let (Some(known), Some(name)) = (words.next(), words.next()) {
        if known.eq_ignore_ascii_case(alias) {
            return Some(name);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use fh_eval::Country;

    #[test]
    fn every_country_has_a_code() {
        let names: Vec<&str> = CODES.split(' ').skip(1).step_by(2).collect();
        for country in Country::ALL {
            assert!(names.contains(&country.as_str()), "{country}");
        }
        assert_eq!(names.len(), Country::ALL.len());
        assert_eq!(named("nz"), Some("new_zealand"));
        assert_eq!(named("UK"), Some("united_kingdom"));
        assert_eq!(named("new_zealand"), None);
    }
}
