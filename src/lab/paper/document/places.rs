//! Where sections stand in a file's text, for those who leave some of them out.

use super::{FileError, Source};
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Where each of the sections `[[key]]` stands in a text that is TOML: from the comment right above its
/// heading to the end of the line of its last value, with the empty lines after that. Comments that stand
/// alone belong to none of them, and the one that the text opens with is the whole file's.
///
/// # Errors
/// [`FileError`]: the text is no TOML, or what is under `key` is no such sections.
pub fn places(file: &str, text: &str, key: &str) -> Result<Vec<Range<usize>>, FileError> {
    let source = Source { file, text };
    let table = DeTable::parse(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        source.error(at, error.message().to_owned())
    })?;
    let Some(rows) = table.get_ref().get(key) else {
        return Ok(Vec::new());
    };
    let DeValue::Array(sections) = rows.get_ref() else {
        return Err(no_sections(source, rows, key));
    };
    let mut spans = Vec::new();
    spans_in(table.get_ref(), &mut spans);
    spans.sort_unstable();
    sections
        .iter()
        .map(|section| match text[section.span()].starts_with("[[") {
            true => Ok(place(text, section, &spans)),
            false => Err(no_sections(source, rows, key)),
        })
        .collect()
}

fn no_sections(source: Source<'_>, rows: &Spanned<DeValue<'_>>, key: &str) -> FileError {
    let problem = format!("{key}: sections are wanted here, each under [[{key}]]");
    source.error(rows.span().start, problem)
}

/// Where each value begins and ends, headings among them.
fn spans_in(table: &DeTable<'_>, spans: &mut Vec<(usize, usize)>) {
    table.values().for_each(|value| spans_of(value, spans));
}

/// As deep as the text could be read: its parser has a limit.
fn spans_of(value: &Spanned<DeValue<'_>>, spans: &mut Vec<(usize, usize)>) {
    spans.push((value.span().start, value.span().end));
    match value.get_ref() {
        DeValue::Table(table) => spans_in(table, spans),
        DeValue::Array(rows) => rows.iter().for_each(|row| spans_of(row, spans)),
        _ => {}
    }
}

fn place(text: &str, section: &Spanned<DeValue<'_>>, spans: &[(usize, usize)]) -> Range<usize> {
    let heading = section.span().start;
    let before = spans.partition_point(|(begins, _)| *begins < heading);
    // A list of sections spans its first heading, as the first section does.
    let before = spans[..before].iter().map(|(_, end)| *end).max();
    let mut own = Vec::new();
    spans_of(section, &mut own);
    let last = own.iter().map(|(_, end)| *end).max().unwrap_or(heading);
    let floor = before.map_or(0, |end| next_line(text, end));
    above(text, heading, floor)..below(text, next_line(text, last))
}

/// Where the comment begins that stands right above a heading, and not above `floor`: what is there may be
/// the end of a text of many lines.
fn above(text: &str, heading: usize, floor: usize) -> usize {
    let heading = line_before(text, heading);
    let mut begins = heading;
    while begins > floor {
        let line = line_before(text, begins - 1);
        if line < floor || !text[line..begins].trim_start().starts_with('#') {
            break;
        }
        begins = line;
    }
    match begins {
        0 => heading,
        begins => begins,
    }
}

/// Where the line begins that this is in.
fn line_before(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |newline| newline + 1)
}

/// Where the next line begins.
fn next_line(text: &str, at: usize) -> usize {
    let newline = text[at..].find('\n');
    newline.map_or(text.len(), |newline| at + newline + 1)
}

/// Where the first line begins, from here on, that is not empty.
fn below(text: &str, mut at: usize) -> usize {
    while at < text.len() {
        let next = next_line(text, at);
        if !text[at..next].trim().is_empty() {
            break;
        }
        at = next;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"# about

[view]
hint = """
# no comment
[[step]]
# nor this"""
# one
  # of two lines
[[step]] # here
note = '''
[[step]]
'''

# stands alone

[[step]]
mine = 1
[step.sub]
b = [1,
 2] # end


# of the next section
[time]
speed = 1
[[step]]
"#;

    #[test]
    fn a_section_stands_with_its_comment_and_its_parts_and_no_other_line() {
        let found = places("f", TEXT, "step").expect("TOML");
        let found: Vec<_> = found.into_iter().map(|place| &TEXT[place]).collect();
        assert_eq!(
            found,
            [
                "# one\n  # of two lines\n[[step]] # here\nnote = '''\n[[step]]\n'''\n\n",
                "[[step]]\nmine = 1\n[step.sub]\nb = [1,\n 2] # end\n\n\n",
                "[[step]]\n",
            ]
        );
    }

    #[test]
    fn a_files_own_comment_stays_and_other_forms_are_refused_by_name() {
        let text = "# about\n[[step]]\na = 1";
        let all = 8..text.len();
        assert_eq!(places("f", text, "step"), Ok(vec![all]));
        assert_eq!(places("f", "a = 1\n", "step"), Ok(Vec::new()));
        for text in ["step = [{ a = 1 }]", "step = 1", "[step]"] {
            let error = places("f", text, "step").expect_err(text).to_string();
            let said = "step: sections are wanted here, each under [[step]]";
            assert!(
                error.starts_with("f:1:") && error.ends_with(said),
                "{error}"
            );
        }
    }
}
