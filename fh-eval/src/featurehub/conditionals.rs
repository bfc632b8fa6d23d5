//! The list of FeatureHub's conditionals and of the types of rules. The compiler of rules, reports, the checks of `fh lint` and the
//! generators read it. The test `written_lists` writes it into the console, the schemas, TypeScript and the specification.

/// The relation between a supplied value and a value of the rule that a conditional tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Relation {
    /// Both are equal.
    Equal,
    /// The supplied text starts with the rule's text.
    Starts,
    /// The supplied text ends with the rule's text.
    Ends,
    /// The supplied text contains the rule's text. Values of other types than STRING are equal.
    Contains,
    /// The supplied text matches the rule's regular expression.
    Pattern,
    /// The supplied value is less or greater than the rule's value.
    Order,
}

impl Relation {
    /// Returns true if the supplied text is compared without being parsed, whatever the type of the rule.
    #[must_use]
    pub const fn is_textual(self) -> bool {
        matches!(self, Self::Starts | Self::Ends | Self::Pattern)
    }
}

/// Makes an enumeration of names on the wire of the rows of a table. A row has the variant, its name, its label and further columns.
macro_rules! names {
    (
        $(#[$about:meta])*
        $list:ident, $kind:literal, $columns:ty;
        $($variant:ident = $name:literal, $label:literal, $row:expr;)*
    ) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $list {
            $(#[doc = concat!("The ", $kind, " `", $name, "`.")] $variant,)*
        }

        impl $list {
            /// The whole list.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Returns the entry with this name on the wire, or `None` for an unknown name.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                Some(match name {
                    $($name => Self::$variant,)*
                    _ => return None,
                })
            }

            /// Returns the name on the wire.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// Returns the label of forms.
            #[must_use]
            pub const fn label(self) -> &'static str {
                match self {
                    $(Self::$variant => $label,)*
                }
            }

            #[inline(always)]
            const fn row(self) -> $columns {
                match self {
                    $(Self::$variant => $row,)*
                }
            }
        }
    };
}

/// The further columns of a conditional.
struct Test {
    relation: Relation,
    is_negative: bool,
    words: [&'static str; 2],
    words_in_time: Option<[&'static str; 2]>,
}

impl Test {
    const fn any(relation: Relation, words: [&'static str; 2]) -> Self {
        Self { relation, is_negative: false, words, words_in_time: None }
    }

    const fn none(relation: Relation, words: [&'static str; 2]) -> Self {
        Self { is_negative: true, ..Self::any(relation, words) }
    }

    const fn order(words: [&'static str; 2], in_time: [&'static str; 2]) -> Self {
        Self { words_in_time: Some(in_time), ..Self::any(Relation::Order, words) }
    }
}

// The generators draw by position, so a new row changes their drawn rules.
names! {
    /// The operator by which a rule compares an attribute with the rule's values (FeatureHub's
    /// RolloutStrategyAttributeConditional).
    Conditional, "conditional", Test;
    Equals = "EQUALS", "is", Test::any(Relation::Equal, ["is", "is one of"]);
    NotEquals = "NOT_EQUALS", "is not", Test::none(Relation::Equal, ["is not", "is none of"]);
    StartsWith = "STARTS_WITH", "starts with",
        Test::any(Relation::Starts, ["starts with", "starts with one of"]);
    EndsWith = "ENDS_WITH", "ends with",
        Test::any(Relation::Ends, ["ends with", "ends with one of"]);
    Greater = "GREATER", ">",
        Test::order(["is more than", "is more than one of"], ["is after", "is after one of"]);
    GreaterEquals = "GREATER_EQUALS", "≥",
        Test::order(["is at least", "is at least one of"], ["is not before", "is not before one of"]);
    Less = "LESS", "<",
        Test::order(["is less than", "is less than one of"], ["is before", "is before one of"]);
    LessEquals = "LESS_EQUALS", "≤",
        Test::order(["is at most", "is at most one of"], ["is not after", "is not after one of"]);
    Includes = "INCLUDES", "contains",
        Test::any(Relation::Contains, ["contains", "contains one of"]);
    Excludes = "EXCLUDES", "does not contain",
        Test::none(Relation::Contains, ["does not contain", "contains none of"]);
    Regex = "REGEX", "matches", Test::any(Relation::Pattern, ["matches", "matches one of"]);
}

impl Conditional {
    /// Returns the relation that the conditional tests.
    #[must_use]
    pub const fn relation(self) -> Relation {
        self.row().relation
    }

    /// Returns true if the relation must hold for no value of the rule. Otherwise one value suffices.
    #[must_use]
    pub const fn is_negative(self) -> bool {
        self.row().is_negative
    }

    /// Returns the words of a sentence about a rule with one value and with several values.
    #[must_use]
    pub const fn words(self) -> [&'static str; 2] {
        self.row().words
    }

    /// Returns these words for dates and times, if they differ.
    #[must_use]
    pub const fn words_in_time(self) -> Option<[&'static str; 2]> {
        self.row().words_in_time
    }
}

const ALL_RELATIONS: &[Relation] = &[
    Relation::Equal,
    Relation::Starts,
    Relation::Ends,
    Relation::Contains,
    Relation::Pattern,
    Relation::Order,
];

names! {
    /// The type of a rule's values (FeatureHub's RolloutStrategyFieldType).
    RuleType, "type", &'static [Relation];
    String = "STRING", "text", ALL_RELATIONS;
    Number = "NUMBER", "number", ALL_RELATIONS;
    Boolean = "BOOLEAN", "yes or no", &[Relation::Equal];
    Version = "SEMANTIC_VERSION", "version",
        &[Relation::Equal, Relation::Contains, Relation::Order];
    Date = "DATE", "date", ALL_RELATIONS;
    DateTime = "DATETIME", "date and time", ALL_RELATIONS;
    Address = "IP_ADDRESS", "IP address", &[Relation::Equal, Relation::Contains];
}

impl RuleType {
    /// Returns false if no rule of this type and of a conditional with this relation holds.
    #[must_use]
    pub fn can_test(self, relation: Relation) -> bool {
        self.row().contains(&relation)
    }

    /// Returns true if the first value of a rule is the only one that counts.
    #[must_use]
    pub const fn has_one_value(self) -> bool {
        matches!(self, Self::Boolean)
    }
}
