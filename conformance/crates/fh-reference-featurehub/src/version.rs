//! Version ordering as in Maven. Every text is a version.
//!
//! A version is a list of items, the last of which may be another list, and so on. A nested list is never closed, so nothing can follow it.
//! The chain of lists is stored flat, outermost list first: `items[k + 1]` is the nested list at the end of `items[k]`.

use std::cmp::Ordering;

use crate::text::utf16_order;

/// A number or a word of a version.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Item {
    /// Digits without leading zeros. Zero is the empty text.
    Number(String),
    Qualifier(String),
}

/// A normalised version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Version {
    items: Vec<Vec<Item>>,
}

impl Version {
    pub(crate) fn parse(text: &str) -> Version {
        let mut lists: Vec<Vec<Item>> = vec![Vec::new()];
        let mut token = String::new();
        let mut token_is_digits = false;
        let append = |lists: &mut Vec<Vec<Item>>, item| {
            if let Some(innermost) = lists.last_mut() {
                innermost.push(item);
            }
        };
        for c in text.to_lowercase().chars() {
            let is_digit = c.is_ascii_digit();
            if c == '.' || c == '-' {
                let item = if token.is_empty() {
                    Item::Number(String::new())
                } else {
                    item(&token, token_is_digits, false)
                };
                append(&mut lists, item);
                token.clear();
                if c == '-' {
                    lists.push(Vec::new());
                }
                continue;
            }
            if !token.is_empty() && is_digit != token_is_digits {
                append(&mut lists, item(&token, token_is_digits, is_digit));
                token.clear();
                lists.push(Vec::new());
            }
            token.push(c);
            token_is_digits = is_digit;
        }
        if !token.is_empty() {
            append(&mut lists, item(&token, token_is_digits, false));
        }
        // From the innermost list outwards: remove null items at the end of each list, then the list itself if it is empty.
        let mut nested_nothing = true;
        for at in (0..lists.len()).rev() {
            if let Some(list) = lists.get_mut(at) {
                while list.last().is_some_and(Item::is_null) {
                    list.pop();
                }
                if nested_nothing && list.is_empty() && at > 0 {
                    lists.truncate(at);
                } else {
                    nested_nothing = false;
                }
            }
        }
        Version { items: lists }
    }

    /// Compares two versions; the later version is the greater.
    pub(crate) fn order(&self, other: &Version) -> Ordering {
        let (mut left, mut right) = (self.items.as_slice(), other.items.as_slice());
        loop {
            let (Some((l, l_nested)), Some((r, r_nested))) =
                (left.split_first(), right.split_first())
            else {
                return Ordering::Equal;
            };
            let longest = (l.len() + 1).max(r.len() + 1);
            for at in 0..longest {
                let order = match (part(l, l_nested, at), part(r, r_nested, at)) {
                    // Both are the nested lists at the end: continue with them.
                    (Part::List(_), Part::List(_)) => break,
                    (l, r) => compare(l, r),
                };
                if order.is_ne() {
                    return order;
                }
                if at + 1 == longest {
                    return Ordering::Equal;
                }
            }
            (left, right) = (l_nested, r_nested);
        }
    }
}

/// The element at one index of a list.
#[derive(Clone, Copy)]
enum Part<'a> {
    Item(&'a Item),
    /// A nested list, followed by the lists nested in it.
    List(&'a [Vec<Item>]),
    None,
}

fn part<'a>(list: &'a [Item], nested: &'a [Vec<Item>], at: usize) -> Part<'a> {
    match list.get(at) {
        Some(item) => Part::Item(item),
        None if at == list.len() && !nested.is_empty() => Part::List(nested),
        None => Part::None,
    }
}

fn compare(left: Part<'_>, right: Part<'_>) -> Ordering {
    use Item::{Number, Qualifier};
    match (left, right) {
        (Part::None, Part::None) => Ordering::Equal,
        (Part::None, right) => compare(right, Part::None).reverse(),
        (Part::Item(Number(l)), Part::Item(Number(r))) => {
            l.len().cmp(&r.len()).then_with(|| l.cmp(r))
        }
        (Part::Item(Number(_)), Part::Item(Qualifier(_)) | Part::List(_)) => Ordering::Greater,
        (Part::Item(Number(l)), Part::None) => {
            if l.is_empty() {
                Ordering::Equal
            } else {
                Ordering::Greater
            }
        }
        (Part::Item(Qualifier(_)), Part::Item(Number(_)) | Part::List(_)) => Ordering::Less,
        (Part::Item(Qualifier(l)), Part::Item(Qualifier(r))) => utf16_order(&rank(l), &rank(r)),
        (Part::Item(Qualifier(l)), Part::None) => utf16_order(&rank(l), &rank("")),
        (Part::List(_), Part::Item(Number(_))) => Ordering::Less,
        (Part::List(_), Part::Item(Qualifier(_))) => Ordering::Greater,
        // Not reached: `Version::order` compares two lists itself.
        (Part::List(_), Part::List(_)) => Ordering::Equal,
        // The first item that differs from nothing decides. A nested list counts as one more item.
        (Part::List(lists), Part::None) => lists
            .iter()
            .flatten()
            .map(|item| compare(Part::Item(item), Part::None))
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal),
    }
}

impl Item {
    fn is_null(&self) -> bool {
        match self {
            Item::Number(text) | Item::Qualifier(text) => text.is_empty(),
        }
    }
}

fn item(token: &str, is_digits: bool, digit_follows: bool) -> Item {
    if is_digits {
        return Item::Number(token.trim_start_matches('0').to_owned());
    }
    let long = match token {
        "a" if digit_follows => "alpha",
        "b" if digit_follows => "beta",
        "m" if digit_follows => "milestone",
        other => other,
    };
    Item::Qualifier(
        match long {
            "ga" | "final" | "release" => "",
            "cr" => "rc",
            other => other,
        }
        .to_owned(),
    )
}

fn rank(qualifier: &str) -> String {
    const KNOWN: [&str; 7] = ["alpha", "beta", "milestone", "rc", "snapshot", "", "sp"];
    match KNOWN.iter().position(|known| *known == qualifier) {
        Some(place) => place.to_string(),
        None => format!("7-{qualifier}"),
    }
}

/// Compares by the order of semver.org: three numbers, pre-releases before the release, build metadata ignored. Used by mutants only.
/// Returns `None` if a text is not such a version.
pub(crate) fn semver_org_order(a: &str, b: &str) -> Option<Ordering> {
    fn split(text: &str) -> Option<(Vec<u64>, Vec<&str>)> {
        let text = text.split('+').next()?;
        let (core, pre) =
            text.split_once('-').map_or((text, None), |(core, pre)| (core, Some(pre)));
        let numbers: Vec<u64> = core.split('.').map(|n| n.parse().ok()).collect::<Option<_>>()?;
        (numbers.len() == 3)
            .then(|| (numbers, pre.map(|p| p.split('.').collect()).unwrap_or_default()))
    }
    let ((a_core, a_pre), (b_core, b_pre)) = (split(a)?, split(b)?);
    let one = |l: &&str, r: &&str| match (l.parse::<u64>(), r.parse::<u64>()) {
        (Ok(l), Ok(r)) => l.cmp(&r),
        (Ok(_), Err(_)) => Ordering::Less,
        (Err(_), Ok(_)) => Ordering::Greater,
        (Err(_), Err(_)) => l.cmp(r),
    };
    let pre = match (a_pre.is_empty(), b_pre.is_empty()) {
        (true, false) => Ordering::Greater,
        (false, true) => Ordering::Less,
        _ => {
            let first =
                a_pre.iter().zip(&b_pre).map(|(l, r)| one(l, r)).find(|order| order.is_ne());
            first.unwrap_or_else(|| a_pre.len().cmp(&b_pre.len()))
        }
    };
    Some(a_core.cmp(&b_core).then(pre))
}

#[cfg(test)]
mod tree;

#[cfg(test)]
mod tests {
    use super::{Version, tree};
    use std::cmp::Ordering::{self, Equal, Less};

    fn order(a: &str, b: &str) -> Ordering {
        let (a, b) = (Version::parse(a), Version::parse(b));
        assert_eq!(a.order(&b), b.order(&a).reverse());
        assert_eq!(a.order(&b) == Equal, a == b);
        a.order(&b)
    }

    #[test]
    fn equal_versions() {
        for (a, b) in [
            ("1.2", "1.2.0"),
            ("1", "1.0.0"),
            ("3.4.5-final", "3.4.5"),
            ("3.0.0-cr", "3.0.0-rc"),
            ("3.0.0-b2", "3.0.0-beta2"),
            ("3.0.0-RC1", "3.0.0-rc1"),
            ("03.04.05", "3.4.5"),
            ("", "0"),
            ("1.ga", "1"),
            ("1-0", "1"),
            ("1-0.0-ga", "1"),
            ("1.0-x", "1-x"),
        ] {
            assert_eq!(order(a, b), Equal, "{a} {b}");
        }
    }

    #[test]
    fn ascending_versions() {
        let row = [
            "v3.4.5",
            "3.0.0-alpha.9",
            "3.0.0-alpha.10",
            "3.0.0-beta",
            "3.0.0-milestone",
            "3.0.0-rc",
            "3.0.0-snapshot",
            "3.0.0",
            "3.0.0-sp",
            "3.0.0-weird",
            "3.0.0-1",
            "3.0.0.1",
            "3.4.5",
            "3.4.5+77",
            "3.10.0",
            "12345678901234567890123456789.0",
        ];
        for (at, lower) in row.iter().enumerate() {
            for higher in &row[at + 1..] {
                assert_eq!(order(lower, higher), Less, "{lower} {higher}");
            }
        }
        assert_eq!(order("latest", "1"), Less);
        assert_eq!(order("0", "latest"), Less, "no number is left of 0 to rank above it");
    }

    #[test]
    fn the_flat_chain_is_the_tree() {
        let parts = [
            "0", "1", "10", "a", "b", "m", "ga", "rc", "cr", "x", "sp", "alpha", ".", "-", "+",
            "_", "00", "é",
        ];
        let mut seed: u64 = 20_311;
        let mut random = move |below: usize| {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(seed >> 33).unwrap() % below
        };
        let mut outcomes = [0; 3];
        for _ in 0..60_000 {
            let mut text =
                || (0..random(7)).map(|_| parts[random(parts.len())]).collect::<String>();
            let (a, b) = (text(), text());
            let by_tree = tree::lists(&tree::parse(&a), &tree::parse(&b));
            assert_eq!(Version::parse(&a).order(&Version::parse(&b)), by_tree, "{a:?} {b:?}");
            assert_eq!(
                Version::parse(&a) == Version::parse(&b),
                tree::parse(&a) == tree::parse(&b),
                "{a:?} {b:?}"
            );
            outcomes[(by_tree as i8 + 1) as usize] += 1;
        }
        assert!(outcomes.iter().all(|count| *count > 500), "{outcomes:?}");
    }

    #[test]
    fn a_deep_version_needs_no_stack() {
        let deep = "1a".repeat(200_000);
        assert_eq!(order(&deep, &format!("{deep}x")), Less);
    }
}
