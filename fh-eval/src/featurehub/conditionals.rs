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

/// Makes the enumeration of conditionals, and its functions, of the rows of a table.
macro_rules! conditionals {
    ($($variant:ident = $name:literal, $relation:ident, $sign:ident, $label:literal, $words:expr, $in_time:expr;)*) => {
        /// The operator by which a rule compares an attribute with the rule's values (FeatureHub's
        /// RolloutStrategyAttributeConditional).
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Conditional {
            $(#[doc = concat!("The conditional `", $name, "`.")] $variant,)*
        }

        impl Conditional {
            /// All conditionals.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Returns the conditional with this name on the wire, or `None` for an unknown name.
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

            /// Returns the relation that the conditional tests.
            #[must_use]
            pub const fn relation(self) -> Relation {
                match self {
                    $(Self::$variant => Relation::$relation,)*
                }
            }

            /// Returns true if the relation must hold for no value of the rule. Otherwise one value suffices.
            #[must_use]
            pub const fn is_negative(self) -> bool {
                match self {
                    $(Self::$variant => conditionals!(@$sign),)*
                }
            }

            /// Returns the label of forms.
            #[must_use]
            pub const fn label(self) -> &'static str {
                match self {
                    $(Self::$variant => $label,)*
                }
            }

            /// Returns the words of a sentence about a rule with one value and with several values.
            #[must_use]
            pub const fn words(self) -> [&'static str; 2] {
                match self {
                    $(Self::$variant => $words,)*
                }
            }

            /// Returns these words for dates and times, if they differ.
            #[must_use]
            pub const fn words_in_time(self) -> Option<[&'static str; 2]> {
                match self {
                    $(Self::$variant => $in_time,)*
                }
            }
        }
    };
    (@positive) => { false };
    (@negative) => { true };
}

// The generators draw by position, so a new row changes their drawn rules.
conditionals! {
    Equals = "EQUALS", Equal, positive, "is", ["is", "is one of"], None;
    NotEquals = "NOT_EQUALS", Equal, negative, "is not", ["is not", "is none of"], None;
    StartsWith = "STARTS_WITH", Starts, positive, "starts with", ["starts with", "starts with one of"], None;
    EndsWith = "ENDS_WITH", Ends, positive, "ends with", ["ends with", "ends with one of"], None;
    Greater = "GREATER", Order, positive, ">", ["is more than", "is more than one of"],
        Some(["is after", "is after one of"]);
    GreaterEquals = "GREATER_EQUALS", Order, positive, "≥", ["is at least", "is at least one of"],
        Some(["is not before", "is not before one of"]);
    Less = "LESS", Order, positive, "<", ["is less than", "is less than one of"],
        Some(["is before", "is before one of"]);
    LessEquals = "LESS_EQUALS", Order, positive, "≤", ["is at most", "is at most one of"],
        Some(["is not after", "is not after one of"]);
    Includes = "INCLUDES", Contains, positive, "contains", ["contains", "contains one of"], None;
    Excludes = "EXCLUDES", Contains, negative, "does not contain", ["does not contain", "contains none of"], None;
    Regex = "REGEX", Pattern, positive, "matches", ["matches", "matches one of"], None;
}

/// Makes the enumeration of the types of rules, and its functions, of the rows of a table.
macro_rules! rule_types {
    ($($variant:ident = $name:literal, $label:literal, [$($relation:ident)*];)*) => {
        /// The type of a rule's values (FeatureHub's RolloutStrategyFieldType).
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum RuleType {
            $(#[doc = concat!("The type `", $name, "`.")] $variant,)*
        }

        impl RuleType {
            /// All types.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Returns the type with this name on the wire, or `None` for an unknown name.
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

            /// Returns false if no rule of this type and of a conditional with this relation holds.
            #[must_use]
            pub const fn can_test(self, relation: Relation) -> bool {
                match self {
                    $(Self::$variant => matches!(relation, $(Relation::$relation)|*),)*
                }
            }
        }
    };
}

rule_types! {
    String = "STRING", "text", [Equal Starts Ends Contains Pattern Order];
    Number = "NUMBER", "number", [Equal Starts Ends Contains Pattern Order];
    Boolean = "BOOLEAN", "yes or no", [Equal];
    Version = "SEMANTIC_VERSION", "version", [Equal Contains Order];
    Date = "DATE", "date", [Equal Starts Ends Contains Pattern Order];
    DateTime = "DATETIME", "date and time", [Equal Starts Ends Contains Pattern Order];
    Address = "IP_ADDRESS", "IP address", [Equal Contains];
}

impl RuleType {
    /// Returns true if the first value of a rule is the only one that counts.
    #[must_use]
    pub const fn has_one_value(self) -> bool {
        matches!(self, Self::Boolean)
    }
}
