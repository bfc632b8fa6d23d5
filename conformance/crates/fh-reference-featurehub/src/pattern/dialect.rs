//! Translation of the syntax of Java and JavaScript to that of `regex-lite`. It is simple and slow: it reads the pattern once, with a stack
//! of its groups, and writes a new one.

use super::sets::LOOK_AROUNDS;

/// A pattern for `regex-lite`.
pub(super) struct Translated {
    pub(super) pattern: String,
    /// True if Java's `\Z` ends the pattern. It is written as `\z`.
    pub(super) ends_before_line_break: bool,
    /// True if the pattern has look-arounds, or a `\Z` in the middle, which `regex-lite` lacks. Each `\Z` is left.
    pub(super) tests_positions: bool,
}

const BLANK: &str = r"\t\x20\xA0\x{1680}\x{180E}\x{2000}-\x{200A}\x{202F}\x{205F}\x{3000}";
const VERTICAL: &str = r"\n\x0B\f\r\x{85}\x{2028}\x{2029}";

/// The inside of a class that matches no character.
const NOTHING: &str = r"^\x{0}-\x{10FFFF}";

/// Translates a pattern of Java (`whole`) or JavaScript. Returns `None` if the pattern is refused.
pub(super) fn translate(pattern: &str, whole: bool) -> Option<Translated> {
    let ignores_case = pattern.contains("(?i");
    let pattern = without_quotes(pattern);
    let chars: Vec<char> = pattern.chars().collect();
    let mut out = String::new();
    let (mut ends, mut tests_positions) = (Vec::new(), false);
    // For each open group: true if it contains something that must not be repeated.
    let mut groups = vec![false];
    let mut classes = 0;
    // Start of the outermost class in the output, and true if it contains another class. `regex-lite` does not support nested classes.
    let (mut class_start, mut is_nested) = (0, false);
    let mut at = 0;
    if has_stacked_repetition(&chars, whole) {
        return None;
    }
    while let Some(c) = chars.get(at).copied() {
        at += 1;
        match c {
            '\\' => {
                let escaped = chars.get(at).copied();
                at += 1;
                is_nested |= escaped.is_some_and(|c| "pPhHvV".contains(c));
                match escaped {
                    Some('d') if classes > 0 => out.push_str("0-9"),
                    Some('w') if classes > 0 => out.push_str("0-9A-Za-z_"),
                    Some('s') if classes > 0 => out.push_str(r"\t-\r\x20"),
                    Some(negated @ ('D' | 'W' | 'S')) if classes > 0 => {
                        is_nested = true;
                        out.push_str(match negated {
                            'D' => "[^0-9]",
                            'W' => "[^0-9A-Za-z_]",
                            _ => r"[^\t-\r\x20]",
                        });
                    }
                    None => out.push('\\'),
                    Some('p' | 'P') => {
                        let end = property_end(&chars, at)?;
                        let name: String = chars.get(at..end)?.iter().collect();
                        let ranges = property(&name, escaped == Some('P'), ignores_case)?;
                        out.push_str(&match classes {
                            0 => class_of(&ranges),
                            _ => format!("[{ranges}]"),
                        });
                        at = end;
                    }
                    Some('h') => out.push_str(&format!("[{BLANK}]")),
                    Some('H') => out.push_str(&format!("[^{BLANK}]")),
                    Some('v') if whole => out.push_str(&format!("[{VERTICAL}]")),
                    Some('V') if whole => out.push_str(&format!("[^{VERTICAL}]")),
                    Some('R' | 'Z') if classes > 0 => return None,
                    Some('R') => {
                        if is_repeated(&chars, at) {
                            return None;
                        }
                        *groups.last_mut()? = true;
                        out.push_str(&format!(r"(?:\r\n|[{VERTICAL}])"));
                    }
                    Some('Z') => {
                        tests_positions |= !is_last(&chars, at);
                        ends.push(out.len());
                        out.push_str(r"\Z");
                    }
                    Some('<') => out.push_str(r"\x3C"),
                    Some('>') => out.push_str(r"\x3E"),
                    Some(other) => out.extend(['\\', other]),
                }
                let is_class =
                    matches!(escaped, Some('d' | 'D' | 'w' | 'W' | 's' | 'S' | 'h' | 'H'));
                if is_class && classes > 0 && chars.get(at) == Some(&'-') {
                    at += 1;
                    out.push_str(r"\-");
                }
            }
            '[' if classes > 0 && !whole => out.push_str(r"\["),
            '[' => {
                let negated = chars.get(at) == Some(&'^');
                at += usize::from(negated);
                if !whole && chars.get(at) == Some(&']') {
                    at += 1;
                    out.push_str(if negated { r"(?s:.)" } else { r"[^\s\S]" });
                    continue;
                }
                if classes == 0 {
                    (class_start, is_nested) = (out.len(), false);
                } else {
                    is_nested = true;
                }
                classes += 1;
                out.push_str(if negated { "[^" } else { "[" });
                if let Some(first @ (']' | ':')) = chars.get(at) {
                    at += 1;
                    out.push_str(&format!(r"\x{{{:x}}}", u32::from(*first)));
                }
            }
            ']' if classes > 0 => {
                classes -= 1;
                out.push(']');
                if classes == 0 && is_nested {
                    let class = out.get(class_start..)?;
                    // `regex-lite` refuses these operators. They would be lost in the flattened class, so they are refused here.
                    if ["&&", "~~", "--"].iter().any(|operation| class.contains(operation)) {
                        return None;
                    }
                    let flat = ranges(class)?;
                    out.truncate(class_start);
                    out.push_str(&class_of(&flat));
                }
            }
            '(' if classes == 0 => {
                let rest: String = chars.iter().skip(at - 1).take(4).collect();
                tests_positions |= LOOK_AROUNDS.iter().any(|(look, ..)| rest.starts_with(look));
                groups.push(false);
                out.push('(');
            }
            ')' if classes == 0 => {
                // A surplus closing bracket is in a comment, or `regex-lite` refuses it.
                let holds = if groups.len() > 1 { groups.pop()? } else { false };
                if holds && is_repeated(&chars, at) {
                    return None;
                }
                *groups.last_mut()? |= holds;
                out.push(')');
            }
            other => out.push(other),
        }
    }
    if !tests_positions {
        ends.iter().for_each(|at| out.replace_range(at..&(at + 2), r"\z"));
    }
    Some(Translated { pattern: out, ends_before_line_break: !ends.is_empty(), tests_positions })
}

/// Returns true if a repetition directly follows another one. JavaScript refuses it; in Java it is possessive, an error, or has no effect.
fn has_stacked_repetition(chars: &[char], whole: bool) -> bool {
    let text: String = chars.iter().collect();
    let has_comments = text.match_indices("(?").any(|(at, _)| {
        let flags = text.get(at + 2..).unwrap_or_default().split(|c: char| !c.is_alphabetic());
        flags.take(1).any(|flags| flags.contains('x'))
    });
    // Returns the index after the next `end`, or the length if there is none.
    let behind = |at: usize, end: char| {
        let rest = chars.get(at..).unwrap_or_default();
        rest.iter().position(|c| *c == end).map_or(chars.len(), |found| at + found + 1)
    };
    let mut is_repeated = false;
    let mut classes = 0;
    let mut at = 0;
    while let Some(c) = chars.get(at).copied() {
        at += 1;
        match c {
            '\\' => {
                let names = chars.get(at).is_some_and(|c| "xuUpPb".contains(*c));
                at += 1;
                if names && chars.get(at) == Some(&'{') {
                    at = behind(at, '}');
                }
                is_repeated = false;
            }
            '[' if classes == 0 || whole => {
                at += usize::from(chars.get(at) == Some(&'^'));
                let is_first = chars.get(at) == Some(&']');
                at += usize::from(is_first);
                // In JavaScript `[]` is an empty class.
                classes += usize::from(whole || !is_first);
                is_repeated = false;
            }
            ']' if classes > 0 => {
                classes -= 1;
                is_repeated = false;
            }
            _ if classes > 0 => {}
            '#' if has_comments => at = behind(at, '\n'),
            c if has_comments && c.is_whitespace() => {}
            '(' => {
                at += usize::from(chars.get(at) == Some(&'?'));
                is_repeated = false;
            }
            '*' | '+' | '?' | '{' => {
                if is_repeated {
                    return true;
                }
                is_repeated = true;
                if c == '{' {
                    at = behind(at, '}');
                }
                at += usize::from(chars.get(at) == Some(&'?'));
            }
            _ => is_repeated = false,
        }
    }
    false
}

/// Returns a class without case folding. The ranges already contain both cases where case is ignored.
fn class_of(ranges: &str) -> String {
    match ranges {
        "" => r"[^\s\S]".to_owned(),
        ranges => format!("(?-i:[{ranges}])"),
    }
}

/// Replaces `\Q…\E` by its content, in which all characters but ASCII letters are escaped.
fn without_quotes(pattern: &str) -> String {
    let mut out = String::new();
    let mut rest = pattern;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        out.push_str(before);
        if let Some(quoted) = escape.strip_prefix(r"\Q") {
            let (quoted, behind) = quoted.split_once(r"\E").unwrap_or((quoted, ""));
            for c in quoted.chars() {
                if c.is_ascii_alphabetic() {
                    out.push(c);
                } else {
                    out.push_str(&format!("\\x{{{:x}}}", u32::from(c)));
                }
            }
            rest = behind;
        } else {
            let length = escape.chars().take(2).map(char::len_utf8).sum();
            let (pair, behind) = escape.split_at(length);
            out.push_str(pair);
            rest = behind;
        }
    }
    out.push_str(rest);
    out
}

fn is_repeated(chars: &[char], at: usize) -> bool {
    matches!(chars.get(at), Some('*' | '+' | '?' | '{'))
}

/// Returns true if nothing that can match follows: only ends of groups and other alternatives.
fn is_last(chars: &[char], mut at: usize) -> bool {
    loop {
        match chars.get(at) {
            None => return true,
            Some(')') if is_repeated(chars, at + 1) => return false,
            Some(')') => at += 1,
            Some('|') => {
                // Skip the other alternatives, up to the end of their group.
                let mut depth = 0_i32;
                at += 1;
                while let Some(c) = chars.get(at) {
                    depth += match c {
                        '(' => 1,
                        ')' => -1,
                        _ => 0,
                    };
                    if depth < 0 {
                        break;
                    }
                    at += 1;
                }
            }
            Some(_) => return false,
        }
    }
}

fn property_end(chars: &[char], at: usize) -> Option<usize> {
    match chars.get(at)? {
        '{' => Some(at + chars.get(at..)?.iter().position(|c| *c == '}')? + 1),
        _ => Some(at + 1),
    }
}

/// Returns the characters of a Unicode property as the inside of a class.
fn property(name: &str, negated: bool, ignores_case: bool) -> Option<String> {
    let name = name.strip_prefix('{').and_then(|name| name.strip_suffix('}')).unwrap_or(name);
    let inside = inside(name, ignores_case)?;
    if !negated {
        return Some(inside);
    }
    let class = ranges(&format!("[^{inside}]"))?;
    // An empty class cannot be written as ranges. Only `\P{all}` is one.
    Some(if class.is_empty() { NOTHING.to_owned() } else { class })
}

fn inside(name: &str, ignores_case: bool) -> Option<String> {
    let (name, kinds) = match name.split_once('=') {
        Some((key, value)) if ["gc", "general_category"].contains(&&*key.to_lowercase()) => {
            (value, "g")
        }
        Some((key, value)) if ["sc", "script"].contains(&&*key.to_lowercase()) => (value, "s"),
        Some(_) => return None,
        None => match name.strip_prefix("Is") {
            Some(name) => (name, "bgs"),
            None => (name, "g"),
        },
    };
    kinds.chars().find_map(|kind| match kind {
        'b' => binary(name),
        's' => script(name),
        _ => category(name, ignores_case),
    })
}

fn binary(name: &str) -> Option<String> {
    ranges(match &*name.to_uppercase() {
        "LETTER" => r"\p{gc=L}",
        "DIGIT" => r"\p{gc=Nd}",
        "PUNCTUATION" => r"\p{gc=P}",
        "CONTROL" => r"\p{gc=Cc}",
        "TITLECASE" => r"\p{gc=Lt}",
        "ASSIGNED" => r"\P{gc=Cn}",
        _ => return None,
    })
}

fn category(name: &str, ignores_case: bool) -> Option<String> {
    const CATEGORIES: &str = " L M N P S Z C Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Pc Pd Ps Pe Pi Pf Po \
        Sm Sc Sk So Zs Zl Zp Cc Cf Co Cn ";
    Some(match name {
        "Lu" | "Ll" | "Lt" if ignores_case => category("LC", false)?,
        "Lower" | "Upper" if ignores_case => "A-Za-z".to_owned(),
        "LC" => ranges(r"[\p{gc=Lu}\p{gc=Ll}\p{gc=Lt}]")?,
        "LD" => ranges(r"[\p{gc=L}\p{gc=Nd}]")?,
        "L1" => r"\x{0}-\x{FF}".to_owned(),
        "all" => r"\x{0}-\x{10FFFF}".to_owned(),
        "Cs" => NOTHING.to_owned(),
        "ASCII" => r"\x{0}-\x{7F}".to_owned(),
        "Alnum" => "A-Za-z0-9".to_owned(),
        "Alpha" => "A-Za-z".to_owned(),
        "Blank" => r"\x20\t".to_owned(),
        "Cntrl" => r"\x{0}-\x{1F}\x{7F}".to_owned(),
        "Digit" => "0-9".to_owned(),
        "Graph" => r"\x{21}-\x{7E}".to_owned(),
        "Lower" => "a-z".to_owned(),
        "Print" => r"\x{20}-\x{7E}".to_owned(),
        "Punct" => r"\x{21}-\x{2F}\x{3A}-\x{40}\x{5B}-\x{60}\x{7B}-\x{7E}".to_owned(),
        "Space" => r"\x20\t\n\x0B\f\r".to_owned(),
        "Upper" => "A-Z".to_owned(),
        "XDigit" => "0-9A-Fa-f".to_owned(),
        name if CATEGORIES.contains(&format!(" {name} ")) => ranges(&format!(r"\p{{gc={name}}}"))?,
        _ => return None,
    })
}

/// Returns the characters of a script. Only the scripts that cases use are known; the engine knows more.
fn script(name: &str) -> Option<String> {
    ranges(match &*name.to_uppercase() {
        "GREEK" | "GREK" => r"\p{sc=Greek}",
        "LATIN" | "LATN" => r"\p{sc=Latin}",
        "CYRILLIC" | "CYRL" => r"\p{sc=Cyrillic}",
        "HAN" | "HANI" => r"\p{sc=Han}",
        "COMMON" | "ZYYY" => r"\p{sc=Common}",
        _ => return None,
    })
}

/// Returns the character ranges of a class.
fn ranges(class: &str) -> Option<String> {
    use regex_syntax::hir::{Class, HirKind};
    match regex_syntax::parse(class).ok()?.into_kind() {
        HirKind::Class(class) if class.is_empty() => Some(String::new()),
        HirKind::Class(Class::Unicode(class)) => Some(
            class
                .ranges()
                .iter()
                .map(|r| {
                    format!(r"\x{{{:x}}}-\x{{{:x}}}", u32::from(r.start()), u32::from(r.end()))
                })
                .collect(),
        ),
        HirKind::Literal(literal) => {
            let text = std::str::from_utf8(&literal.0).ok()?;
            Some(text.chars().map(|c| format!(r"\x{{{:x}}}", u32::from(c))).collect())
        }
        _ => None,
    }
}
