//! Patterns of RE2. The part that is translated for the crate `regex` lacks escapes in classes and octal numbers.

use std::iter::Peekable;
use std::str::Chars;

use regex::Regex;

/// The error for a pattern whose meaning this evaluator does not know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Untranslated(pub String);

/// The reason why a pattern has no translation.
enum Stop {
    /// RE2 refuses the pattern.
    Refused,
    /// RE2 may accept the pattern.
    Unknown,
}

/// Returns true if a pattern is found in a text. A pattern that RE2 refuses is found nowhere.
pub(super) fn finds(pattern: &str, text: &str) -> Result<bool, Untranslated> {
    match translate(pattern) {
        Ok(translated) => Ok(Regex::new(&translated).is_ok_and(|regex| regex.is_match(text))),
        Err(Stop::Refused) => Ok(false),
        Err(Stop::Unknown) => Err(Untranslated(pattern.to_owned())),
    }
}

fn translate(pattern: &str) -> Result<String, Stop> {
    let mut out = String::new();
    let mut chars = pattern.chars().peekable();
    let mut is_repeated = false;
    while let Some(c) = chars.next() {
        let mut is_repetition = matches!(c, '*' | '+' | '?');
        match c {
            '{' => match repetition(chars.clone()) {
                Some(bounds) => {
                    let limits = bounds.split(',').filter(|limit| !limit.is_empty());
                    if limits.into_iter().any(|limit| limit.parse().is_ok_and(|n: u32| n > 1000)) {
                        return Err(Stop::Refused);
                    }
                    out += &format!("{{{bounds}}}");
                    chars.nth(bounds.len());
                    is_repetition = true;
                }
                None => out += "\\{",
            },
            '}' | ']' => out.extend(['\\', c]),
            '\\' => out += &escape(&mut chars)?,
            '[' => out += &class(&mut chars)?,
            '(' if chars.peek() == Some(&'?') => {
                let rest: String = chars.clone().skip(1).collect();
                let end = rest.find([':', ')', '>']).ok_or(Stop::Refused)?;
                let flags = rest.get(..end).unwrap_or_default();
                let is_name = flags.starts_with("P<") || flags.starts_with('<');
                if !is_name && !flags.chars().all(|flag| "imsU-".contains(flag)) || flags == "<" {
                    return Err(Stop::Refused);
                }
                out.push(c);
            }
            _ => out.push(c),
        }
        if is_repetition {
            if is_repeated {
                return Err(Stop::Refused);
            }
            out.extend(chars.next_if_eq(&'?'));
        }
        is_repeated = is_repetition;
    }
    Ok(out)
}

/// Returns the bounds of a repetition, such as `2,3`; `None` if the brace is an ordinary character.
fn repetition(chars: Peekable<Chars<'_>>) -> Option<String> {
    let bounds: String = chars.take_while(|c| *c != '}').collect();
    let (from, to) = bounds.split_once(',').unwrap_or((&bounds, "0"));
    let is_number = |text: &str| text.bytes().all(|digit| digit.is_ascii_digit());
    let is_closed = !from.is_empty() && is_number(from) && is_number(to);
    is_closed.then_some(bounds)
}

fn escape(chars: &mut Peekable<Chars<'_>>) -> Result<String, Stop> {
    Ok(match chars.next().ok_or(Stop::Refused)? {
        'd' => "[0-9]".to_owned(),
        'D' => "[^0-9]".to_owned(),
        'w' => "[0-9A-Za-z_]".to_owned(),
        'W' => "[^0-9A-Za-z_]".to_owned(),
        's' => r"[\t\n\f\r ]".to_owned(),
        'S' => r"[^\t\n\f\r ]".to_owned(),
        'b' => r"(?-u:\b)".to_owned(),
        c @ ('A' | 'z' | 'a' | 'f' | 'n' | 'r' | 't' | 'v') => format!("\\{c}"),
        'x' if chars.next_if_eq(&'{').is_some() => {
            format!("\\x{{{}}}", chars.take_while(|c| *c != '}').collect::<String>())
        }
        'x' => "\\x".to_owned(),
        'Q' => {
            let mut literal: String = chars.collect();
            if let Some((quoted, rest)) = literal.split_once("\\E") {
                if !rest.is_empty() {
                    return Err(Stop::Unknown);
                }
                literal = quoted.to_owned();
            }
            regex::escape(&literal)
        }
        c if c.is_ascii_punctuation() => regex::escape(c.encode_utf8(&mut [0; 4])),
        '1'..='9' if !chars.peek().is_some_and(char::is_ascii_digit) => return Err(Stop::Refused),
        c @ ('p' | 'P') => property(c, chars)?,
        'B' | 'C' | '0'..='9' => return Err(Stop::Unknown),
        _ => return Err(Stop::Refused),
    })
}

/// Returns a property such as `\p{Han}` or `\pL`, whose `p` was read. Only names in which both libraries agree are known: those of categories and of
/// scripts, in their usual case.
fn property(kind: char, chars: &mut Peekable<Chars<'_>>) -> Result<String, Stop> {
    let name: String = match chars.next().ok_or(Stop::Refused)? {
        '{' => chars.take_while(|c| *c != '}').collect(),
        c => c.to_string(),
    };
    let has_usual_case = name.starts_with(|c: char| c.is_ascii_uppercase())
        && name.chars().skip(1).all(|c| c.is_ascii_lowercase());
    let translated = format!("\\{kind}{{{name}}}");
    let is_known = has_usual_case && Regex::new(&translated).is_ok();
    is_known.then_some(translated).ok_or(Stop::Unknown)
}

/// Translates a class, whose opening bracket was read. Only a leading `]`, single characters, ranges and names such as `[:alpha:]` are known.
fn class(chars: &mut Peekable<Chars<'_>>) -> Result<String, Stop> {
    let mut out = "[".to_owned();
    out.extend(chars.next_if_eq(&'^'));
    let mut is_first = true;
    loop {
        match chars.next().ok_or(Stop::Refused)? {
            ']' if !is_first => break,
            '[' if chars.peek() == Some(&':') => {
                let name: String = chars.by_ref().take_while(|c| *c != ']').collect();
                out += &format!("[{name}]");
            }
            '\\' => return Err(Stop::Unknown),
            '-' if chars.peek() == Some(&'-') => return Err(Stop::Unknown),
            c if c.is_alphanumeric() || c == '-' && !is_first && chars.peek() != Some(&']') => {
                out.push(c);
            }
            c => out.extend(['\\', c]),
        }
        is_first = false;
    }
    Ok(out + "]")
}
