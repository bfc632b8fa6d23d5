//! Splits the sources of the TypeScript packages into tokens.

/// A part of a source. White space, comments, regular expressions and templates are left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Token<'a> {
    /// A name, a word of the language or a number. Names of private members begin with `#`.
    Word(&'a str),
    /// The text between two quotation marks, with its escapes.
    Text(&'a str),
    /// A character of the syntax, or `=>`.
    Mark(&'a str),
    /// A comment with the tag `@internal`.
    Internal,
}

impl Token<'_> {
    /// Returns true if the token is this mark.
    pub(crate) fn is(&self, mark: &str) -> bool {
        *self == Token::Mark(mark)
    }

    /// Returns true if a value may end with the token, so that a slash after it divides.
    fn ends_value(&self) -> bool {
        match self {
            Token::Word(word) => !["return", "typeof", "case", "in", "of"].contains(word),
            Token::Text(_) => true,
            // After `<`, the slash is that of an end tag of JSX.
            Token::Mark(mark) => [")", "]", "}", "<"].contains(mark),
            Token::Internal => false,
        }
    }
}

/// Returns the tokens of a source.
pub(crate) fn tokens(source: &str) -> Vec<Token<'_>> {
    let mut found: Vec<Token> = Vec::new();
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let is_name = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
        let (length, token) = if rest.starts_with("//") {
            (rest.find('\n').unwrap_or(rest.len()), None)
        } else if rest.starts_with("/*") {
            let length = rest.find("*/").map_or(rest.len(), |end| end + 2);
            (length, rest[..length].contains("@internal").then_some(Token::Internal))
        } else if first == '"' || first == '\'' {
            let length = quoted(rest, first);
            (length, Some(Token::Text(&rest[1..length - 1])))
        } else if first == '`' {
            (template(rest), Some(Token::Text("")))
        } else if first == '/' && !found.last().is_some_and(Token::ends_value) {
            (regular_expression(rest), Some(Token::Text("")))
        } else if first == '#' || is_name(first) {
            let after = rest.char_indices().skip(1).find(|(_, c)| !is_name(*c));
            let length = after.map_or(rest.len(), |(at, _)| at);
            (length, Some(Token::Word(&rest[..length])))
        } else {
            let length = if rest.starts_with("=>") { 2 } else { first.len_utf8() };
            let token = (!first.is_whitespace()).then_some(Token::Mark(&rest[..length]));
            (length, token)
        };
        found.extend(token);
        rest = &rest[length..];
    }
    found
}

/// Returns the length of a text in quotation marks, with the marks.
fn quoted(text: &str, mark: char) -> usize {
    let mut is_escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        if c == mark && !is_escaped {
            return at + c.len_utf8();
        }
        is_escaped = c == '\\' && !is_escaped;
    }
    panic!("a text does not end: {text:.40}");
}

/// Returns the length of a template, with the templates within its expressions.
fn template(text: &str) -> usize {
    let mut at = 1;
    loop {
        let rest = &text[at..];
        match rest.chars().next() {
            None => panic!("a template does not end: {text:.40}"),
            Some('`') => return at + 1,
            Some('\\') => at += 1 + rest.chars().nth(1).map_or(0, char::len_utf8),
            Some('$') if rest.starts_with("${") => at += 2 + expression(&rest[2..]),
            Some(c) => at += c.len_utf8(),
        }
    }
}

/// Returns the length of an expression of a template, with its closing brace.
fn expression(text: &str) -> usize {
    let (mut at, mut depth) = (0, 0_u32);
    loop {
        let rest = &text[at..];
        match rest.chars().next() {
            None => panic!("an expression does not end: {text:.40}"),
            Some('}') if depth == 0 => return at + 1,
            Some('`') => at += template(rest),
            Some(mark @ ('"' | '\'')) => at += quoted(rest, mark),
            Some(c) => {
                depth = depth + u32::from(c == '{') - u32::from(c == '}');
                at += c.len_utf8();
            }
        }
    }
}

/// Returns the length of a regular expression, without its flags.
fn regular_expression(text: &str) -> usize {
    let (mut is_escaped, mut is_class) = (false, false);
    for (at, c) in text.char_indices().skip(1) {
        if c == '/' && !is_escaped && !is_class {
            return at + 1;
        }
        is_class = !is_escaped && (c == '[' || is_class && c != ']') || is_escaped && is_class;
        is_escaped = c == '\\' && !is_escaped;
    }
    panic!("a regular expression does not end: {text:.40}");
}

#[test]
fn comments_and_expressions_are_no_tokens() {
    let source =
        "a = /[/\"]\\/`/g / 2; // b\n`x${`}` + \"}\"}y`; /* c */ 'd' /** @internal */ #e => f";
    let words =
        |text: &str| tokens(text).into_iter().filter(|t| matches!(t, Token::Word(_))).count();
    assert_eq!(words(source), 5, "{:?}", tokens(source));
    assert!(tokens(source).contains(&Token::Text("d")));
    assert!(tokens(source).ends_with(&[
        Token::Internal,
        Token::Word("#e"),
        Token::Mark("=>"),
        Token::Word("f")
    ]));
}
