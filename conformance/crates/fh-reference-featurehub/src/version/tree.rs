//! The same ordering implemented with a nested tree, for a test that compares the two.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::cmp::Ordering;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    Number(u128),
    Word(String),
    List(Vec<Node>),
}

fn innermost(list: &mut Vec<Node>) -> &mut Vec<Node> {
    if matches!(list.last(), Some(Node::List(_))) {
        match list.last_mut() {
            Some(Node::List(inner)) => innermost(inner),
            _ => unreachable!(),
        }
    } else {
        list
    }
}

fn node(token: &str, followed: bool) -> Node {
    if token.starts_with(|c: char| c.is_ascii_digit()) {
        return Node::Number(token.parse().unwrap());
    }
    let word = match (token, followed) {
        ("a", true) => "alpha",
        ("b", true) => "beta",
        ("m", true) => "milestone",
        ("ga" | "final" | "release", _) => "",
        ("cr", _) => "rc",
        (word, _) => word,
    };
    Node::Word(word.to_owned())
}

fn normalise(list: &mut Vec<Node>) {
    for node in list.iter_mut() {
        if let Node::List(inner) = node {
            normalise(inner);
        }
    }
    let mut at = list.len();
    while at > 0 {
        at -= 1;
        let null = match &list[at] {
            Node::Number(n) => *n == 0,
            Node::Word(w) => w.is_empty(),
            Node::List(l) => l.is_empty(),
        };
        if null {
            list.remove(at);
        } else if !matches!(list[at], Node::List(_)) {
            break;
        }
    }
}

pub(super) fn parse(text: &str) -> Vec<Node> {
    let chars: Vec<char> = text.to_lowercase().chars().collect();
    let mut root = Vec::new();
    let mut start = 0;
    let mut digits = false;
    for (i, c) in chars.iter().enumerate() {
        let token: String = chars[start..i].iter().collect();
        if *c == '.' || *c == '-' {
            let item = if token.is_empty() { Node::Number(0) } else { node(&token, false) };
            innermost(&mut root).push(item);
            start = i + 1;
            if *c == '-' {
                innermost(&mut root).push(Node::List(Vec::new()));
            }
        } else if c.is_ascii_digit() {
            if !digits && !token.is_empty() {
                innermost(&mut root).push(node(&token, true));
                innermost(&mut root).push(Node::List(Vec::new()));
                start = i;
            }
            digits = true;
        } else {
            if digits && !token.is_empty() {
                innermost(&mut root).push(node(&token, false));
                innermost(&mut root).push(Node::List(Vec::new()));
                start = i;
            }
            digits = false;
        }
    }
    if start < chars.len() {
        let token: String = chars[start..].iter().collect();
        innermost(&mut root).push(node(&token, false));
    }
    normalise(&mut root);
    root
}

fn rank(word: &str) -> String {
    let known = ["alpha", "beta", "milestone", "rc", "snapshot", "", "sp"];
    known.iter().position(|k| *k == word).map_or(format!("7-{word}"), |p| p.to_string())
}

fn one(left: &Node, right: Option<&Node>) -> Ordering {
    match (left, right) {
        (Node::Number(l), None) => l.cmp(&0),
        (Node::Number(l), Some(Node::Number(r))) => l.cmp(r),
        (Node::Number(_), Some(_)) => Ordering::Greater,
        (Node::Word(l), None) => rank(l).cmp(&rank("")),
        (Node::Word(l), Some(Node::Word(r))) => rank(l).cmp(&rank(r)),
        (Node::Word(_), Some(_)) => Ordering::Less,
        (Node::List(l), None) => {
            l.iter().map(|n| one(n, None)).find(|o| o.is_ne()).unwrap_or(Ordering::Equal)
        }
        (Node::List(_), Some(Node::Number(_))) => Ordering::Less,
        (Node::List(_), Some(Node::Word(_))) => Ordering::Greater,
        (Node::List(l), Some(Node::List(r))) => lists(l, r),
    }
}

pub(super) fn lists(left: &[Node], right: &[Node]) -> Ordering {
    for at in 0..left.len().max(right.len()) {
        let order = match (left.get(at), right.get(at)) {
            (Some(l), r) => one(l, r),
            (None, Some(r)) => one(r, None).reverse(),
            (None, None) => Ordering::Equal,
        };
        if order.is_ne() {
            return order;
        }
    }
    Ordering::Equal
}
