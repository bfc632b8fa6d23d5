//! Pages as one file of HTML, without scripts and without anything that a browser would load.

use std::fmt::Write as _;

use super::markdown::anchor_name;
use super::plain_text::plain_text;
use super::{Block, Inline, Page, Section, Table};

const STYLE: &str = include_str!("style.css");

impl Page {
    /// Returns the page as HTML.
    #[must_use]
    pub fn to_html(&self) -> String {
        let title = escaped(&self.title);
        let mut out = format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" \
             content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n<meta \
             http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n<title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n\
             <h1>{title}</h1>\n"
        );
        write_blocks(&self.introduction, &mut out);
        // Writing to a `String` cannot fail.
        out.push_str("<nav>\n<ul>\n");
        for Section { title, .. } in &self.sections {
            let _ = writeln!(
                out,
                "<li><a href=\"#{}\">{}</a></li>",
                anchor_name(title),
                escaped(title)
            );
        }
        out.push_str("</ul>\n</nav>\n");
        for Section { title, blocks } in &self.sections {
            let _ = writeln!(
                out,
                "<section>\n<h2 id=\"{}\">{}</h2>",
                anchor_name(title),
                escaped(title)
            );
            write_blocks(blocks, &mut out);
            out.push_str("</section>\n");
        }
        let _ = writeln!(
            out,
            "<footer>This page is rendered by <code>{}</code>.</footer>",
            escaped(&self.command)
        );
        out.push_str("</main>\n</body>\n</html>\n");
        out
    }
}

fn write_blocks(blocks: &[Block], out: &mut String) {
    for block in blocks {
        match block {
            Block::Paragraph(line) => {
                let _ = writeln!(out, "<p>{}</p>", inline(line));
            }
            Block::List(items) => {
                out.push_str("<ul>\n");
                for item in items {
                    let id = item.anchor.as_ref();
                    let id = id.map(|name| format!(" id=\"{}\"", anchor_name(name)));
                    let _ =
                        writeln!(out, "<li{}>{}</li>", id.unwrap_or_default(), inline(&item.line));
                }
                out.push_str("</ul>\n");
            }
            Block::Table(table) => write_table(table, out),
            Block::Commands(commands) => {
                let lines: Vec<String> = commands.iter().map(|command| escaped(command)).collect();
                let _ = writeln!(out, "<pre><code>{}</code></pre>", lines.join("\n"));
            }
            Block::Folded { title, blocks } => {
                let _ = writeln!(out, "<details>\n<summary>{}</summary>", escaped(title));
                write_blocks(blocks, out);
                out.push_str("</details>\n");
            }
        }
    }
}

/// Writes a table. The first cell of each row is its head.
fn write_table(table: &Table, out: &mut String) {
    out.push_str("<div class=\"table\" tabindex=\"0\"><table>\n<thead><tr>");
    for head in &table.head {
        let _ = write!(out, "<th scope=\"col\">{}</th>", escaped(head));
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for cells in &table.rows {
        out.push_str("<tr>");
        for (index, cell) in cells.iter().enumerate() {
            let cell = inline(cell);
            let _ = match index {
                0 => write!(out, "<th scope=\"row\">{cell}</th>"),
                _ => write!(out, "<td>{cell}</td>"),
            };
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody>\n</table></div>\n");
}

fn inline(line: &[Inline]) -> String {
    let each = line.iter().map(|piece| match piece {
        Inline::Text(text) => escaped(text),
        Inline::Code(text) => format!("<code>{}</code>", escaped(text)),
        Inline::Link { text, to } => {
            format!("<a href=\"{}\">{}</a>", escaped(to), escaped(text))
        }
        Inline::Mark(mark) => format!(
            "<span class=\"{}\"><span aria-hidden=\"true\">{}</span> <span class=\"word\">{}</span></span>",
            mark.word().replace(' ', "-"),
            mark.sign(),
            mark.word()
        ),
    });
    each.collect()
}

/// Escapes text for HTML, also inside attributes.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in plain_text(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_loaded() {
        let html = Page::default().to_html();
        for part in ["<script", "<link", "<img", "src=", "url(", "@import", "http://", "https://"] {
            assert!(!html.contains(part), "{part}");
        }
    }
}
