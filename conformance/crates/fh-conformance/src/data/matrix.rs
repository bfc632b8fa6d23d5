//! Expansion of matrices: templates whose cases differ by one row of values. Targets see the expanded cases only.

use crate::json::Json;

/// Returns the concrete cases of one matrix, each with its id as the first member.
///
/// # Errors
/// A text that names the row and the missing or unusable column.
pub(super) fn expand(matrix: &Json) -> Result<Vec<Json>, String> {
    let id = matrix.get("id").and_then(Json::text).ok_or("a matrix without id")?;
    let case = matrix.get("case").ok_or_else(|| format!("matrix {id}: no case"))?;
    let rows = matrix.get("rows").map_or(&[][..], Json::elements);
    let mut cases = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        let name = row.get("row").and_then(Json::text).unwrap_or("without name");
        let place = |problem| format!("matrix {id}, row {} ({name}): {problem}", index + 1);
        let mut members = vec![("id".to_owned(), Json::Text(interpolate(id, row).map_err(place)?))];
        match fill(case, row).map_err(place)? {
            Json::Object(rest) => members.extend(rest),
            _ => return Err(place("the case is not an object".to_owned())),
        }
        cases.push(Json::Object(members));
    }
    Ok(cases)
}

fn fill(template: &Json, row: &Json) -> Result<Json, String> {
    Ok(match template {
        Json::Text(text) => match whole_name(text) {
            Some(name) => column(row, name)?.clone(),
            None => Json::Text(interpolate(text, row)?),
        },
        Json::List(elements) => {
            Json::List(elements.iter().map(|each| fill(each, row)).collect::<Result<_, _>>()?)
        }
        Json::Object(members) => match template.get("$if") {
            Some(condition) => {
                let name = condition.text().ok_or("$if names no column")?;
                let holds = column(row, name)?.boolean();
                let holds =
                    holds.ok_or_else(|| format!("column {name} is neither true nor false"))?;
                let branch = if holds { "then" } else { "else" };
                fill(template.get(branch).ok_or_else(|| format!("$if without {branch}"))?, row)?
            }
            None => {
                let members = members.iter();
                let members = members.map(|(name, each)| Ok((name.clone(), fill(each, row)?)));
                Json::Object(members.collect::<Result<_, String>>()?)
            }
        },
        other => other.clone(),
    })
}

/// Returns the name if the text is exactly `$name`.
fn whole_name(text: &str) -> Option<&str> {
    let name = text.strip_prefix('$')?;
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    is_name.then_some(name)
}

fn column<'a>(row: &'a Json, name: &str) -> Result<&'a Json, String> {
    row.get(name).ok_or_else(|| format!("no column {name}"))
}

/// Replaces each `${name}` by the text of the row's value.
fn interpolate(text: &str, row: &Json) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let (name, after) = after.split_once('}').ok_or("${ without }")?;
        out.push_str(before);
        match column(row, name)? {
            Json::Text(text) => out.push_str(text),
            scalar @ (Json::Number(_) | Json::Bool(_)) => out.push_str(&scalar.to_string()),
            _ => return Err(format!("column {name} cannot be inserted into a text")),
        }
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::expand;
    use crate::json::Json;

    fn first(matrix: &str) -> Result<String, String> {
        expand(&Json::parse(matrix).unwrap()).map(|cases| cases[0].to_string())
    }

    #[test]
    fn every_form() {
        let matrix = r#"{"id": "a.${row}.${n}",
            "rows": [{"row": "r", "n": 5.0, "v": [1e3, "$n"], "hit": false}],
            "case": {"title": "n is ${n}, $5, a$n", "values": "$v", "one": ["$n"],
                     "expect": {"$if": "hit", "then": 1, "else": {"value": "$row"}}}}"#;
        // Inserted values are not scanned for names.
        let expected = r#"{ "id": "a.r.5.0", "title": "n is 5.0, $5, a$n", "values": [1e3, "$n"], "one": [5.0], "expect": { "value": "r" } }"#;
        assert_eq!(first(matrix).unwrap(), expected);
    }

    #[test]
    fn errors_of_rows() {
        let with = |case: &str| {
            first(&format!(
                r#"{{"id": "a.${{row}}", "rows": [{{"row": "r", "l": []}}], "case": {case}}}"#
            ))
        };
        assert_eq!(with(r#"{"x": "$y"}"#).unwrap_err(), "matrix a.${row}, row 1 (r): no column y");
        assert!(with(r#"{"x": "${y}"}"#).unwrap_err().contains("no column y"));
        assert!(with(r#"{"x": "${l}"}"#).unwrap_err().contains("cannot be inserted"));
        assert!(
            with(r#"{"x": {"$if": "row", "then": 1, "else": 2}}"#).unwrap_err().contains("neither")
        );
    }
}
