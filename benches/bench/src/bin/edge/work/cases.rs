//! The environments whose rules are expensive, each in one way, and the requests with contexts that make them so.

use serde_json::{Value, json};

const ENVIRONMENT: &str = "71ed3c04-122b-4312-9ea8-06b2b8d6ceac";
const SERVER_KEY: &str = "work-server-key";

/// The attributes of a context with their values.
type Attributes = Vec<(String, Vec<String>)>;

/// An environment, and contexts that make it expensive.
pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) profile: &'static str,
    /// The strategies of a feature, by its number.
    pub(super) strategies: Box<dyn Fn(usize) -> Value + Send + Sync>,
    pub(super) features: usize,
    /// Returns a context of about this many bytes. The second argument makes contexts different.
    pub(super) context: fn(usize, usize) -> Attributes,
}

fn rule(field: &str, kind: &str, conditional: &str, values: Value) -> Value {
    json!({"fieldName": field, "type": kind, "conditional": conditional, "values": values})
}

/// Puts each rule into a strategy of its own, so that no rule keeps another from being evaluated.
fn each(rules: impl IntoIterator<Item = Value>) -> Value {
    let rules = rules.into_iter().enumerate();
    rules.map(|(number, rule)| json!({"id": format!("s{number}"), "value": true, "attributes": [rule]})).collect()
}

fn one(text: String) -> Vec<(String, Vec<String>)> {
    vec![("a".to_string(), vec![text])]
}

/// Returns an attribute with as many of these values as fit into the bytes, at most 1,000.
fn several(bytes: usize, text: impl Fn(usize) -> String) -> Vec<(String, Vec<String>)> {
    let (mut values, mut left) = (Vec::new(), bytes);
    while values.len() < 1000 {
        let value = text(values.len());
        // A comma takes three bytes in a header.
        let Some(rest) = left.checked_sub(value.len() + 3) else { break };
        left = rest;
        values.push(value);
    }
    vec![("a".to_string(), values)]
}

pub(super) fn cases() -> Vec<Case> {
    // Each pattern has a different character class, so that compiled patterns cannot be shared.
    let patterns = |feature: usize| {
        (0..3).map(move |n| {
            let other = char::from_u32(0x100 + (3 * feature + n) as u32).unwrap_or('x');
            rule("a", "STRING", "REGEX", json!([format!("[ab]*a[ab]{{12}}[^ab0-9{other}]")]))
        })
    };
    let addresses = |list: usize| -> Value {
        (0..1000).map(|n| json!(format!("10.{list}.{}.{}", n / 250, n % 250))).collect()
    };
    vec![
        Case {
            name: "patterns",
            profile: "client",
            strategies: Box::new(move |feature| each(patterns(feature))),
            features: 100,
            context: |bytes, salt| {
                let mut state = salt as u32;
                let mut next = || {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    if state & 0x8000_0000 == 0 { 'a' } else { 'b' }
                };
                one((0..bytes).map(|_| next()).collect())
            },
        },
        Case {
            name: "small patterns",
            profile: "client",
            strategies: Box::new(move |_| {
                each(
                    (0..3).map(|n| {
                        rule("a", "STRING", "REGEX", json!([format!("(ab+|[c-x]y{n}?z)+!")]))
                    }),
                )
            }),
            features: 1000,
            context: |bytes, salt| one(format!("{salt}{}", "abbdzcyz".repeat(bytes / 8))),
        },
        Case {
            name: "addresses",
            profile: "client",
            strategies: Box::new(move |_| {
                each((0..20).map(|n| rule("a", "IP_ADDRESS", "INCLUDES", addresses(n))))
            }),
            features: 1,
            context: |bytes, salt| {
                several(bytes, |n| format!("9.{}.{}.{}", salt % 250, n / 250, n % 250))
            },
        },
        Case {
            name: "versions",
            profile: "client",
            strategies: Box::new(move |_| {
                each((0..20).map(|n| {
                    rule(
                        "a",
                        "SEMANTIC_VERSION",
                        "EQUALS",
                        json!([format!("1.{n}"), "1.1.1.1.1.1.1.2", "1.1-x"]),
                    )
                }))
            }),
            features: 1000,
            context: |bytes, salt| one(format!("{salt}{}", ".1".repeat(bytes / 2))),
        },
        Case {
            name: "numbers",
            profile: "edge",
            strategies: Box::new(move |_| {
                each((0..20).map(|n| rule("a", "NUMBER", "INCLUDES", json!([n, 1.1, 1e300]))))
            }),
            features: 1000,
            context: |bytes, salt| one(format!("{salt}{}", "1".repeat(bytes))),
        },
        Case {
            name: "dates",
            profile: "client",
            strategies: Box::new(move |_| {
                each((0..20).map(|n| {
                    rule(
                        "a",
                        "DATETIME",
                        "INCLUDES",
                        json!([format!("2024-02-{:02}T12:00:00Z", n + 1)]),
                    )
                }))
            }),
            features: 1000,
            context: |bytes, salt| {
                several(bytes, |n| format!("2024-01-0{}T12:00:00.{:03}Z", n % 9 + 1, salt % 1000))
            },
        },
        Case {
            name: "texts",
            profile: "client",
            strategies: Box::new(move |_| {
                each((0..20).map(|n| {
                    rule("a", "STRING", "INCLUDES", json!([format!("{0}b{n}{0}", "a".repeat(12))]))
                }))
            }),
            features: 1000,
            context: |bytes, salt| one(format!("{salt}{}", "a".repeat(bytes))),
        },
        Case {
            name: "now",
            profile: "client",
            strategies: Box::new(move |_| {
                each(
                    (0..20).map(|n| rule("now", "DATETIME", "REGEX", json!([format!("^2.*{n}x")]))),
                )
            }),
            features: 1000,
            context: |bytes, salt| one(format!("{salt}{}", "a".repeat(bytes))),
        },
        Case {
            name: "percentages",
            profile: "edge",
            strategies: Box::new(|_| {
                let share = |n| json!({"id": format!("s{n}"), "value": true, "percentage": 1, "percentageAttributes": [format!("a{n}")]});
                (0..30).map(share).collect()
            }),
            features: 1000,
            context: |bytes, salt| {
                let text = format!("{salt}{}", "🐢".repeat(bytes / 12 / 30));
                (0..30).map(|n| (format!("a{n}"), vec![text.clone()])).collect()
            },
        },
        Case {
            name: "lookups",
            profile: "client",
            strategies: Box::new(move |_| {
                each(
                    (0..20).map(|n| {
                        rule(&format!("attribute{n:02}"), "STRING", "EQUALS", json!(["x"]))
                    }),
                )
            }),
            features: 1000,
            context: |bytes, salt| {
                let mut all = several(bytes.saturating_sub(400).min(3600), |_| "y".to_string());
                all.extend(
                    (0..20).map(|n| (format!("attribute{:02}", n + 20), vec![format!("{salt}")])),
                );
                all
            },
        },
        Case {
            name: "supplied patterns",
            profile: "edge",
            strategies: Box::new(move |_| {
                each((0..20).map(|n| rule("a", "NUMBER", "REGEX", json!([n]))))
            }),
            features: 5,
            context: |bytes, salt| {
                several(bytes, |n| {
                    format!("[^{}ab]{{90}}{n}", char::from(b'c' + (salt % 20) as u8))
                })
            },
        },
        Case {
            name: "ordinary",
            profile: "client",
            strategies: Box::new(|_| {
                each((0..20).map(|n| match n % 5 {
                    0 => rule(
                        "a",
                        "STRING",
                        "EQUALS",
                        json!((0..10).map(|m| format!("user-{m}")).collect::<Vec<_>>()),
                    ),
                    1 => rule("version", "SEMANTIC_VERSION", "GREATER", json!(["9.1.2"])),
                    2 => rule("a", "STRING", "ENDS_WITH", json!(["@example.com"])),
                    3 => rule("country", "STRING", "EQUALS", json!(["nz", "au"])),
                    _ => rule(
                        "email",
                        "STRING",
                        "REGEX",
                        json!([format!("^[a-z.]+@team{n}[.]example[.]com$")]),
                    ),
                }))
            }),
            features: 1000,
            context: |bytes, salt| {
                let mut all =
                    several(bytes.saturating_sub(120).min(4096), |n| format!("segment-{n}"));
                all.push(("version".to_string(), vec!["3.2.1".to_string()]));
                all.push(("country".to_string(), vec!["ch".to_string()]));
                all.push(("email".to_string(), vec![format!("mara.{salt}@harbour.example")]));
                all
            },
        },
    ]
}

impl Case {
    pub(super) fn state(&self) -> String {
        let id = |n: usize| format!("00000000-0000-4000-8000-{n:012}");
        let features: Value = (0..self.features)
            .map(|n| json!({"id": id(n), "key": format!("F{n}"), "type": "BOOLEAN"}))
            .collect();
        let values: serde_json::Map<String, Value> = (0..self.features)
            .map(|n| {
                (
                    format!("F{n}"),
                    json!({"value": false, "valueId": id(n), "strategies": (self.strategies)(n)}),
                )
            })
            .collect();
        let state = json!({
            "features": features,
            "environments": [{"id": ENVIRONMENT, "name": "work", "profile": self.profile, "values": values}],
            "accounts": [{"name": "work", "serverKey": [SERVER_KEY], "permissions": {ENVIRONMENT: ["READ"]}}]
        });
        state.to_string()
    }

    pub(super) fn poll(&self, bytes: usize, salt: usize) -> String {
        let encode = |text: &str| {
            text.bytes().fold(String::new(), |mut all, byte| {
                match byte {
                    b'a'..=b'z'
                    | b'A'..=b'Z'
                    | b'0'..=b'9'
                    | b'.'
                    | b'-'
                    | b':'
                    | b'@'
                    | b'['
                    | b']'
                    | b'{'
                    | b'}'
                    | b'^' => all.push(char::from(byte)),
                    _ => all.push_str(&format!("%{byte:02X}")),
                }
                all
            })
        };
        let context = (self.context)(bytes, salt).into_iter();
        let context = context.map(|(name, values)| {
            let values: Vec<String> = values.iter().map(|value| encode(value)).collect();
            format!("{name}={}", values.join("%2C"))
        });
        let context: Vec<String> = context.collect();
        format!(
            "GET /features?apiKey={ENVIRONMENT}/{SERVER_KEY} HTTP/1.1\r\nhost: work\r\nconnection: close\r\nx-featurehub: {}\r\n\r\n",
            context.join(",")
        )
    }

    pub(super) fn ofrep(&self, bytes: usize, salt: usize) -> String {
        let context: serde_json::Map<String, Value> = (self.context)(bytes, salt)
            .into_iter()
            .map(|(name, values)| (name, json!(values)))
            .collect();
        let body = json!({"context": context}).to_string();
        format!(
            "POST /ofrep/v1/evaluate/flags HTTP/1.1\r\nhost: work\r\nconnection: close\r\nx-api-key: {ENVIRONMENT}/{SERVER_KEY}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
    }
}
