//! A list in the middle of a view, or what is said in its place.

use super::detail::{self, Section};
use super::history;
use super::level::{Content, Level};
use crate::ui::text;
use crate::ui::widgets::list::{self, Item};
use crate::ui::widgets::scene::Scene;
use crate::ui::widgets::subject::Subject;
use crate::ui::widgets::table;
use ratatui::text::{Line, Span};

/// A list as it is drawn.
#[derive(Default)]
pub(in crate::ui) struct Body {
    pub lines: Vec<Line<'static>>,
    /// Where the chosen line is, in words, for the border.
    pub place: String,
}

impl Body {
    /// A table, with its head.
    pub fn table(head: Line<'static>, rows: Vec<Line<'static>>, place: String) -> Self {
        let mut lines = vec![head];
        lines.extend(rows);
        Self { lines, place }
    }

    /// Words in place of a list.
    pub fn words(scene: Scene<'_>, room: usize, words: &str, is_bad: bool) -> Self {
        let style = if is_bad {
            scene.theme.bad()
        } else {
            scene.theme.dim()
        };
        let mut lines = vec![Line::raw("")];
        lines.extend(
            text::wrap(words, room)
                .into_iter()
                .map(|line| Line::styled(line, style)),
        );
        Self {
            lines,
            place: String::new(),
        }
    }
}

/// Something that was opened: its sections one below the other, the chosen line among them in sight.
pub(super) fn body(
    level: &Level,
    scene: Scene<'_>,
    subject: Subject<'_>,
    room: usize,
    height: usize,
) -> Body {
    match &level.content {
        Content::Waiting if subject.is_up() => {
            return Body::words(scene, room, "on its way", false);
        }
        Content::Waiting => {
            let words = format!("{} is down and cannot be asked", subject.node.name);
            return Body::words(scene, room, &words, false);
        }
        Content::Failed(why) => return Body::words(scene, room, why, true),
        Content::Block(_) | Content::Tx(_) | Content::History(_) => {}
    }
    let sections: Vec<Section> = detail::sections(subject, &level.content)
        .into_iter()
        .map(|section| Section {
            items: level.cursor.filtered(section.items),
            ..section
        })
        .collect();
    let all = sections
        .iter()
        .flat_map(|section| section.items.iter().cloned());
    let all: Vec<Item> = all.collect();
    if all.is_empty() {
        return Body::words(scene, room, "nothing here", false);
    }
    let chosen = level.cursor.index(&all);
    let place = format!("{} of {}", chosen + 1, all.len());
    if let Content::History(_) = level.content {
        let seen = list::window(all.len(), chosen, height.saturating_sub(1));
        let at = chosen - seen.start;
        let (head, rows) = table::table(scene, &history::HISTORY, &all[seen], Some(at), room);
        return Body::table(head, rows, place);
    }
    let (lines, at) = laid_out(scene, &sections, chosen, room);
    let seen = list::window(lines.len(), at, height);
    Body {
        lines: lines[seen].to_vec(),
        place,
    }
}

/// All lines, and the place of the chosen one among them.
fn laid_out(
    scene: Scene<'_>,
    sections: &[Section],
    chosen: usize,
    room: usize,
) -> (Vec<Line<'static>>, usize) {
    let (mut lines, mut at, mut first) = (Vec::new(), 0, 0);
    for section in sections.iter().filter(|section| !section.items.is_empty()) {
        let within = chosen
            .checked_sub(first)
            .filter(|nth| *nth < section.items.len());
        if !section.title.is_empty() {
            let sign = scene.theme.rule();
            let title = format!("{} {} ", sign.repeat(2), section.title);
            let rest = room.saturating_sub(text::width(&[Span::raw(title.as_str())]));
            lines.push(Line::styled(title + &sign.repeat(rest), scene.theme.dim()));
        }
        let rows = if section.columns.is_empty() {
            let items = section.items.iter().enumerate();
            let line = |(nth, item)| table::field(scene, item, within == Some(nth), room);
            items.map(line).collect()
        } else {
            let (head, rows) = table::table(scene, section.columns, &section.items, within, room);
            lines.push(head);
            rows
        };
        if let Some(nth) = within {
            at = lines.len() + nth;
        }
        lines.extend(rows);
        first += section.items.len();
    }
    (lines, at)
}
