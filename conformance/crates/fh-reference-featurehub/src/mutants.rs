//! The mutants: seeded bugs. Each is one `if` at the place where the bug would be. This file lists their names and the implementations in
//! which they were seen.

/// A seeded bug to evaluate with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mutant(Bug);

impl Mutant {
    /// Returns the mutant of this name, such as `mut-pct-not-cumulative`.
    #[must_use]
    pub fn named(name: &str) -> Option<Mutant> {
        MUTANTS.iter().find(|info| info.name == name).map(|info| Mutant(info.bug))
    }

    pub(crate) fn is(self, bug: Bug) -> bool {
        self.0 == bug
    }
}

/// The description of a mutant.
#[derive(Clone, Copy, Debug)]
pub struct MutantInfo {
    /// The mutant's name.
    pub name: &'static str,
    /// A description of the wrong behaviour.
    pub what: &'static str,
    /// The implementations in which it was found; empty if it is made up.
    pub seen_in: &'static str,
    bug: Bug,
}

macro_rules! mutants {
    ($($bug:ident $name:literal $what:literal $seen_in:literal)*) => {
        /// The mutants, as the code checks for them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Bug { $($bug),* }

        /// All mutants.
        pub const MUTANTS: &[MutantInfo] = &[
            $(MutantInfo { name: $name, what: $what, seen_in: $seen_in, bug: Bug::$bug }),*
        ];
    };
}

mutants! {
    // The hash
    HashOtherSeed "mut-hash-other-seed" "hashes with seed -1532782654" "Java SDK"
    HashWithoutFeatureId "mut-pct-hash-without-feature-id" "hashes the percentage key alone" "Go SDK"
    HashIdBeforeKey "mut-hash-id-before-key" "hashes the id in front of the key" ""
    HashWithSeparator "mut-hash-with-separator" "puts a colon between key and id" ""
    HashUtf16 "mut-hash-utf16" "mis-encodes characters above U+FFFF" "Java SDK, Edge"
    HashSigned "mut-hash-signed" "reads the hash as a signed number" ""
    PctNoFloor "mut-pct-no-floor" "compares the share without rounding it down to a bucket" "Go SDK"

    // Percentages
    PctExclusiveBoundary "mut-pct-exclusive-boundary" "a bucket equal to the threshold is out" ""
    PctNotCumulative "mut-pct-not-cumulative" "percentages are not cumulative" "Go SDK"
    PctSecondOnKeySkipped "mut-pct-second-on-key-skipped" "the second and later percentages on a key are never compared" "Python SDK, Ruby SDK"
    PctRulesAdvanceBase "mut-pct-rules-advance-base" "strategies with rules add to the base, too" "JavaScript SDK 1.4 (only those)"
    PctRulesReadBase "mut-pct-rules-read-base" "strategies with rules start at the base" ""
    PctOneBase "mut-pct-one-base-for-all-keys" "one base for all percentage keys" ""
    PctRulesOnlyPoisons "mut-pct-rules-only-poisons-base" "after a strategy without percentage, bare percentages never match" "JavaScript SDK 1.4"
    PctBarePoisons "mut-pct-bare-strategy-poisons-base" "after a strategy with neither percentage nor rules, bare percentages never match" "JavaScript SDK 2.0"
    PctBareMatches "mut-pct-bare-strategy-matches" "a strategy with neither percentage nor rules matches every context" "Go SDK"
    PctZeroAdmitsBucketZero "mut-pct-zero-admits-bucket-zero" "0 % without rules admits bucket 0" "Edge, Java SDK"
    PctZeroBlocksRules "mut-pct-zero-blocks-rules" "0 % with rules never matches" ""
    PctNullNeverMatches "mut-pct-null-never-matches" "an explicit null percentage never matches" "JavaScript SDK"
    PctTextRead "mut-pct-text-read" "a percentage given as text is read" ""
    PctFractionCut "mut-pct-fraction-cut" "a fractional percentage counts without its fraction" ""
    PctWithoutIdHashed "mut-pct-without-id-hashed" "a feature without id is hashed as if its id were empty" ""
    PctKeylessByRules "mut-pct-keyless-by-rules" "without a percentage key the rules alone decide" ""
    PctAfterRules "mut-pct-ignored-with-rules" "a strategy with rules ignores its percentage" ""

    // Percentage keys
    SessionIgnored "mut-pct-session-ignored" "the default key is never the session" "Edge"
    UserkeyFirst "mut-pct-userkey-before-session" "the user key comes before the session" ""
    EmptyKeyIsNone "mut-pct-empty-key-is-no-key" "an empty default key is no key" "JavaScript SDK, Python SDK, Go SDK"
    MultiValuedKeyJoined "mut-pct-multi-valued-key-joined" "all values of session or user key are joined with commas" "JavaScript SDK 2.0"
    PctAttributesIgnored "mut-pct-attributes-ignored" "percentageAttributes are ignored" "Go SDK"
    PctAttributesNeedUser "mut-pct-attributes-need-user" "percentageAttributes need a default key as well" "Go SDK"
    PctFirstValueOnly "mut-pct-first-value-of-attribute-only" "only the first value of each percentage attribute counts" "Python SDK, Ruby SDK, .NET SDK"
    PctNoneOmitted "mut-pct-none-omitted" "a missing percentage attribute leaves no trace in the key" ""
    PctOtherJoin "mut-pct-other-join" "percentage attributes are joined with commas" "JavaScript SDK 2.0"

    // Strategies
    RulesAny "mut-rules-any" "one rule that holds is enough" ""
    LastMatchWins "mut-last-match-wins" "the last strategy that matches wins" ""
    MatchedNullFallsBack "mut-matched-null-falls-back" "a matched null serves the default value" "Go SDK"
    StrategyIdLost "mut-strategy-id-lost" "the id of the matched strategy is not reported" "JavaScript SDK 1.4, Python SDK, Ruby SDK, Go SDK, .NET SDK"
    SplitNotReported "mut-reason-split-lost" "a percentage match is reported as a plain match" ""
    MisspeltMemberIgnored "mut-misspelt-member-ignored" "a misspelt member is ignored, so that its strategy matches more users" "all published SDKs, Edge"
    LockedSkipsStrategies "mut-locked-skips-strategies" "a locked feature is not evaluated" ""
    NoContextIsEmpty "mut-no-context-is-empty" "a missing context is evaluated as an empty one" ""

    // Rules
    FirstSuppliedOnly "mut-first-supplied-value-only" "only the first supplied value is compared" "Python SDK"
    AllSuppliedMustMatch "mut-all-supplied-must-match" "all supplied values must match" ""
    FalsyNoMatch "mut-falsy-no-match" "a match on an empty text, false or 0 is discarded" "JavaScript SDK"
    FieldCaseIgnored "mut-field-name-case-ignored" "attribute names are compared without case" ""
    MissingDateIsNow "mut-missing-date-is-now" "any missing date is the current one" "JavaScript SDK 2.0"
    NowAbsent "mut-now-absent" "now is an ordinary attribute" "Go SDK"
    NowCaseSensitive "mut-now-case-sensitive" "only now in lower case is special" ""
    NowLocal "mut-now-local" "now is in a local zone, 13 hours east" "Java SDK, .NET SDK"
    NowBeatsSupplied "mut-now-beats-supplied" "now is the time even if supplied" ""
    BlankRuleFails "mut-blank-rule-not-satisfied" "EQUALS without values does not accept a missing attribute" "JavaScript SDK 2.0, Go SDK"
    BlankRuleAnyConditional "mut-blank-rule-any-conditional" "any conditional without values accepts a missing attribute" ""
    AbsentValuesEmpty "mut-absent-values-are-empty" "absent values are an empty list" "Edge"
    MissingSatisfiesNotEquals "mut-missing-satisfies-not-equals" "a missing attribute satisfies NOT_EQUALS and EXCLUDES" ""
    UnknownTypePoisonsList "mut-unknown-type-poisons-list" "an unknown type or conditional fails the whole payload" ".NET SDK"
    UnknownTypeThrows "mut-unknown-type-throws" "an unknown type raises" "JavaScript SDK 2.0, Python SDK"
    UnknownConditionalIsEquals "mut-unknown-conditional-is-equals" "an unknown conditional is EQUALS" ""
    NullArraysThrow "mut-null-arrays-throw" "null in place of attributes raises" "JavaScript SDK"
    ValuesNullPoisons "mut-values-null-poisons" "a null among the values raises" "Edge, Java SDK"
    EmptyValuesNotEqualsFalse "mut-values-empty-not-equals-false" "NOT_EQUALS and EXCLUDES do not hold for an empty list of values" "Edge"
    OrderingNeedsAll "mut-ordering-needs-all" "GREATER and LESS must hold for all values" "Go SDK"
    OneBadValueEndsRule "mut-one-bad-value-ends-rule" "a value that cannot be read makes its rule false" "Edge"

    // STRING
    StringNotEqualsAnyDiffers "mut-string-not-equals-any-differs" "NOT_EQUALS holds if one value differs" "Edge, Java SDK"
    StringFirstEightBytes "mut-string-first-eight-bytes" "texts of the same length that begin alike are equal" ""
    StringIncludesIsEquality "mut-string-includes-is-equality" "INCLUDES and EXCLUDES compare whole texts" ""
    StringCaseIgnored "mut-string-case-ignored" "texts are compared without case" ""
    StringTrimmed "mut-string-trimmed" "supplied texts are trimmed" ""
    StringCodePointOrder "mut-string-code-point-order" "texts are ordered by code point" "Python SDK, Ruby SDK, Go SDK"
    StringTypedValuesDropped "mut-string-typed-values-dropped" "values that are no strings are dropped" "Go SDK"
    StringNumberRewritten "mut-string-number-rewritten" "a number among the values loses its trailing zeros" "JavaScript SDK"
    RegexFullMatch "mut-regex-full-match" "a pattern must match the whole text" "Edge, Java SDK"
    BadRegexThrows "mut-bad-regex-throws" "a bad pattern raises" "JavaScript SDK, Python SDK, Ruby SDK, .NET SDK"
    OneBadStrategyEmptiesList "mut-one-bad-strategy-empties-list" "a bad pattern loses all features" "Edge"
    RegexCaseIgnored "mut-regex-case-ignored" "patterns match without case" ""

    // NUMBER
    NumberIncludesSubstring "mut-number-includes-substring" "INCLUDES and EXCLUDES search for the digits as text" "JavaScript SDK, Ruby SDK"
    NumberScaleSensitive "mut-number-scale-sensitive" "10 is not 10.0" "Edge, Java SDK"
    NumberAsF64 "mut-number-as-f64" "numbers are doubles" "JavaScript SDK, Python SDK"
    NumberJunkPrefix "mut-number-junk-prefix" "text after a number is ignored" "JavaScript SDK"
    NumberTextValuesIgnored "mut-number-text-values-ignored" "values given as text are ignored" "Edge"
    NumberJunkNotEquals "mut-number-junk-not-equals" "a text that is not a number satisfies NOT_EQUALS" "JavaScript SDK, Ruby SDK"
    NumberRegexSwapped "mut-number-regex-swapped" "REGEX takes the supplied text for the pattern" "Edge, Java SDK"
    NumberNoExponent "mut-number-no-exponent" "1e3 is no number" "JavaScript SDK (it reads 1)"
    NumberBlanksTrimmed "mut-number-blanks-trimmed" "blanks around a number are ignored" "JavaScript SDK, Python SDK"
    NumberAsText "mut-number-as-text" "numbers are compared as text" ""

    // BOOLEAN
    BooleanCaseIgnored "mut-boolean-case-ignored" "TRUE is true" "Python SDK, Ruby SDK"
    BooleanTextRefused "mut-boolean-text-values-refused" "a rule value given as text never holds" "Go SDK"
    BooleanEmptyIsFalse "mut-boolean-empty-values-false" "without values the rule value is false" "Ruby SDK"
    BooleanAnyValue "mut-boolean-any-value" "all rule values count" ""

    // SEMANTIC_VERSION
    VersionSemverOrg "mut-version-semver-org" "the order of semver.org, build metadata ignored" "Python SDK, Go SDK"
    VersionAsText "mut-version-as-text" "versions are ordered as text" "Ruby SDK"
    VersionVStripped "mut-version-v-stripped" "a leading v is ignored" "Python SDK"
    VersionTwoPartDiffers "mut-version-two-part-differs" "1.0 is not 1.0.0" "JavaScript SDK, Go SDK"
    VersionNotEqualsAnyDiffers "mut-version-not-equals-any-differs" "NOT_EQUALS and EXCLUDES hold if one value differs" "JavaScript SDK"
    VersionPartsOnly "mut-version-pre-releases-equal" "all pre-releases of a version are equal" "JavaScript SDK"

    // DATE and DATETIME
    DateAsText "mut-date-as-text" "dates are compared as text" "Python SDK, Ruby SDK, Go SDK"
    DateIncludesSubstring "mut-date-includes-substring" "INCLUDES and EXCLUDES on dates search for the text" "JavaScript SDK, Python SDK, Ruby SDK, Go SDK"
    DateJunkNotEquals "mut-date-junk-not-equals" "a text that is not a date satisfies NOT_EQUALS" "Python SDK"
    DateJunkAmongJunk "mut-date-junk-differs-from-junk" "a text that is not a date satisfies NOT_EQUALS if no rule value is a date either" ""
    DateOffsetRefused "mut-date-offset-refused" "a date with an offset is no date" ""
    DatetimeAsText "mut-datetime-as-text" "date-times are compared as text" "Python SDK, Go SDK"
    DatetimeOffsetIgnored "mut-datetime-offset-ignored" "date-times are compared by local time, without their offsets" ""
    DatetimeEqualsWantsSameOffset "mut-datetime-equals-wants-same-offset" "equal instants with different offsets differ" "Edge, Java SDK"
    DatetimeWithoutZoneRefused "mut-datetime-without-zone-refused" "a date-time without an offset is refused" "Edge, Java SDK"
    DatetimeFractionIgnored "mut-datetime-fraction-ignored" "fractions of a second are ignored" "JavaScript SDK"
    DatetimeNeverMatches "mut-datetime-never-matches" "the type is expected to be named DATE_TIME" "Ruby SDK"

    // IP_ADDRESS
    IpHostBitsRefused "mut-ip-host-bits-refused" "a network with host bits contains nothing" "Python SDK"
    IpMappedNotNormalised "mut-ip-mapped-not-normalised" "IPv4 mapped into IPv6 is IPv6" "Python SDK, Ruby SDK, .NET SDK"
    IpLeadingZerosOctal "mut-ip-leading-zeros-octal" "leading zeros mean octal" "JavaScript SDK"
    IpMixedFamilyThrows "mut-ip-mixed-family-throws" "comparing IPv4 with IPv6 raises" "JavaScript SDK"
    IpJunkThrows "mut-ip-junk-throws" "a text that is not an address raises" "JavaScript SDK, Python SDK, Ruby SDK, .NET SDK"
    IpJunkNotEquals "mut-ip-junk-not-equals" "a text that is not an address satisfies NOT_EQUALS" ""
    IpExactText "mut-ip-exact-text" "addresses are compared as text" "Go SDK"
    IpShortForms "mut-ip-short-forms" "10.1 is 10.0.0.1" "Edge, JavaScript SDK"
    IpHostNameResolved "mut-ip-host-name-resolved" "localhost is an address" "Edge, Java SDK"
    IpZeroMaskIsEmpty "mut-ip-zero-mask-is-empty" "/0 contains nothing" ""

    // Getters
    GettersCast "mut-getters-cast" "getters convert values of any type" "JavaScript SDK 2.0"
    AbsentLockIsMissing "mut-absent-lock-is-missing" "a feature without l does not exist" "Python SDK, Ruby SDK, Swift SDK"
    NumberTextValueIgnored "mut-number-text-value-ignored" "a number served as text is not read" "Go SDK"
    BooleanTextValueFalse "mut-boolean-text-value-false" "true served as text is false" ""
    JsonReserialised "mut-json-reserialised" "JSON text loses its spacing" ""
    JsonMustParse "mut-json-must-parse" "JSON text that is no JSON is not served" "JavaScript SDK 1.4"
    FalsyIsUnset "mut-falsy-is-unset" "false, 0 and the empty text count as not set" ""
    NumberValueAsF64 "mut-number-value-as-f64" "number values pass through a double" ""
    PropertiesLost "mut-properties-lost" "feature properties are not readable" ""
    LockLost "mut-lock-lost" "every feature counts as unlocked" ""

    // Encoding
    FirstDuplicateKeyWins "mut-first-duplicate-key-wins" "of two members with one name the first counts" ""
    DeepJsonRefused "mut-deep-json-refused" "more than 128 levels refuse the whole document" ""
    BomRefused "mut-bom-refused" "a byte-order mark refuses the whole document" ""
    LoneSurrogateRefused "mut-lone-surrogate-refused" "half a surrogate pair refuses the whole document" ""
    BigVersionAsF64 "mut-big-version-as-f64" "versions are doubles" ""
    KeylessFeaturePoisons "mut-keyless-feature-poisons-list" "a feature without a key refuses the whole document" ""
    UnknownFeatureTypeDropped "mut-unknown-feature-type-dropped" "a feature of an unknown type is left out" ""
}

#[cfg(test)]
mod tests {
    use super::{MUTANTS, Mutant};
    use std::collections::BTreeSet;

    #[test]
    fn names() {
        let names: BTreeSet<_> = MUTANTS.iter().map(|info| info.name).collect();
        assert_eq!(names.len(), MUTANTS.len());
        assert!(names.iter().all(|name| name.starts_with("mut-")));
        assert_eq!(Mutant::named(MUTANTS[3].name), Some(Mutant(MUTANTS[3].bug)));
        assert_eq!(Mutant::named("mut-nothing"), None);
    }
}
