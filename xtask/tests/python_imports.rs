//! Reads the imports of Python sources.

/// One imported module, or the names that are imported from one.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Import {
    /// The number of dots in front of the module.
    pub(crate) dots: usize,
    /// The parts of the module's name. Empty after dots alone.
    pub(crate) module: Vec<String>,
    /// The names after `from … import`. Empty for `import …`.
    pub(crate) names: Vec<String>,
}

fn is_part_of_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Returns the length of a text in quotation marks, with the marks.
fn quoted(text: &str) -> usize {
    let mark = &text[..1];
    let triple = mark.repeat(3);
    let end = if text.starts_with(&triple) { triple.as_str() } else { mark };
    let mut at = end.len();
    while let Some(c) = text[at..].chars().next() {
        if text[at..].starts_with(end) {
            return at + end.len();
        }
        at += c.len_utf8();
        if c == '\\' {
            at += text[at..].chars().next().map_or(0, char::len_utf8);
        }
    }
    at
}

/// Returns the words and the other characters of a source without comments. Texts are empty. The end of a statement is `\n`; a line
/// that ends within brackets or with a backslash goes on.
fn tokens(source: &str) -> Vec<&str> {
    let (mut found, mut rest, mut depth) = (Vec::new(), source, 0_usize);
    while let Some(first) = rest.chars().next() {
        let mut length = first.len_utf8();
        match first {
            '#' => length = rest.find('\n').unwrap_or(rest.len()),
            '"' | '\'' => {
                length = quoted(rest);
                found.push("");
            }
            '\\' => length = rest.find('\n').map_or(rest.len(), |end| end + 1),
            '\n' if depth > 0 => {}
            '\n' => found.push("\n"),
            c if c.is_whitespace() => {}
            c if is_part_of_name(c) => {
                length = rest.find(|c| !is_part_of_name(c)).unwrap_or(rest.len());
                found.push(&rest[..length]);
            }
            c => {
                match c {
                    '(' | '[' | '{' => depth += 1,
                    ')' | ']' | '}' => depth = depth.saturating_sub(1),
                    _ => {}
                }
                found.push(&rest[..length]);
            }
        }
        rest = &rest[length..];
    }
    found
}

/// Returns all imports of a source, also those inside of functions and conditions.
pub(crate) fn imports(source: &str) -> Vec<Import> {
    let tokens = tokens(source);
    // A statement stands alone on a line, or follows a semicolon or the colon of a compound statement.
    let statements = tokens.split(|token| ["\n", ";", ":"].contains(token));
    let mut found = Vec::new();
    for statement in statements {
        match statement {
            ["import", modules @ ..] => {
                for module in modules.split(|token| *token == ",") {
                    let module = module.split(|token| *token == "as").next().unwrap_or_default();
                    found.push(Import { dots: 0, module: words(module), names: Vec::new() });
                }
            }
            ["from", rest @ ..] => {
                let dots = rest.iter().take_while(|token| **token == ".").count();
                let end = rest.iter().position(|token| *token == "import").unwrap_or(rest.len());
                let (module, names) = rest.split_at(end);
                let names = names.iter().skip(1).filter(|token| !["(", ")"].contains(token));
                let names: Vec<&str> = names.copied().collect();
                let names = names.split(|token| *token == ",").filter_map(|name| name.first());
                let names = names.map(ToString::to_string).collect();
                found.push(Import { dots, module: words(&module[dots..]), names });
            }
            _ => {}
        }
    }
    found
}

fn words(tokens: &[&str]) -> Vec<String> {
    tokens.iter().filter(|token| **token != ".").map(ToString::to_string).collect()
}

#[test]
fn imports_are_read() {
    let read = |source: &str| -> Vec<String> {
        let show = |import: Import| {
            let module = ".".repeat(import.dots) + &import.module.join(".");
            format!("{module} {}", import.names.join(",")).trim_end().to_string()
        };
        imports(source).into_iter().map(show).collect()
    };
    let none: [&str; 0] = [];
    assert_eq!(read("import a, b.c as d\nfrom e.f import g as h, i"), ["a", "b.c", "e.f g,i"]);
    assert_eq!(
        read("from . import (\n    a,  # b\n    c as d,\n)\nfrom ..e import *"),
        [". a,c", "..e *"]
    );
    assert_eq!(
        read("def f():\n    from ...g import \\\n        h\n    x = 1; import i"),
        ["...g h", "i"]
    );
    assert_eq!(read("if TYPE_CHECKING: import a\nfrom .b import c"), ["a", ".b c"]);
    for other in [
        "\"\"\"Text.\n\n>>> import a\nimport b\n\"\"\"",
        "x = 'a\\'\\nimport b'\n# import c\nyield from d",
        "raise a(\n) from b",
        "x = {a: b, 'c': \"\"\"\nimport d\"\"\"}",
    ] {
        assert_eq!(read(other), none, "{other}");
    }
}
