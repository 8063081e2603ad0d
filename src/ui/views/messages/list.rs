//! Messages as a list, a line each.

use crate::lab::observe::transcript::Spoken;
use crate::node::message::Item as About;
use crate::ui::widgets::list::{Cell, Item, Look, chip, dim, name, plain, strong};
use crate::ui::widgets::message;
use crate::ui::widgets::scene::Scene;
use crate::ui::widgets::table::{self, Column, number, words as column};
use ratatui::text::Line;

const COLUMNS: [Column; 8] = [
    column("time", 3),
    column("from", 0),
    column("to", 0),
    column("command", 0),
    column("about", 1),
    column("", 2),
    number("bytes", 5),
    number("took", 4),
];

/// The head and the lines.
pub(super) fn table(
    scene: Scene<'_>,
    seen: &[&Spoken],
    chosen: Option<u64>,
    room: usize,
) -> (Line<'static>, Vec<Line<'static>>) {
    let items: Vec<_> = seen.iter().map(|said| item(scene, said)).collect();
    let chosen = seen.iter().position(|said| Some(said.number) == chosen);
    let (head, lines) = table::table(scene, &COLUMNS, &items, chosen, room);
    let lines = seen
        .iter()
        .zip(lines)
        .enumerate()
        .map(|(at, (said, line))| {
            let is_lit = message::is_lit(scene, said) && Some(at) != chosen;
            if is_lit {
                table::lit(scene, line)
            } else {
                line
            }
        });
    (head, lines.collect())
}

fn item(scene: Scene<'_>, said: &Spoken) -> Item {
    let block = match said.item() {
        Some(About::Block(hash)) => scene.lab.chips.find(&hash),
        _ => None,
    };
    let about = match block {
        Some(id) => format!("#{}", id.height),
        None => {
            let spans = message::about(scene, said, scene.theme.text());
            spans.iter().map(|span| span.content.as_ref()).collect()
        }
    };
    let fate = message::fate(said);
    let look = match (said.is_lost, said.received) {
        (true, _) => Look::Bad,
        (false, None) => Look::Warn,
        (false, Some(_)) => Look::Strong,
    };
    Item::new(vec![
        dim(message::moment(scene, said.at())),
        name(message::name_of(scene.lab, &said.from)),
        name(message::name_of(scene.lab, &said.to)),
        strong(said.command()),
        plain(about),
        block.map_or_else(|| plain(""), |id| chip(scene.lab, id)),
        plain(said.bytes()),
        Cell::Words(fate, look),
    ])
}
