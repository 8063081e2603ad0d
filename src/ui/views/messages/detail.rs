//! A message, opened: who said it to whom, when, how large it is, and what it says.

use crate::lab::observe::transcript::Spoken;
use crate::ui::text;
use crate::ui::widgets::message;
use crate::ui::widgets::scene::Scene;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

/// Columns of the fields' names.
const NAMES: usize = 10;

/// Lines that it takes, with the line above it.
pub(super) fn lines_of(said: &Spoken, _room: usize) -> u16 {
    let fields = message::summary_of(said).map_or(0, |summary| summary.fields().len());
    u16::try_from(3 + fields).unwrap_or(u16::MAX)
}

/// Draws it below a line.
pub(super) fn render(frame: &mut Frame<'_>, area: Rect, scene: Scene<'_>, said: &Spoken) {
    let theme = scene.theme;
    let room = usize::from(area.width);
    let mut lines = vec![Line::styled(theme.rule().repeat(room), theme.dim())];
    let ends = format!(
        " {} {} {}   ",
        message::name_of(scene.lab, &said.from),
        theme.arrow(),
        message::name_of(scene.lab, &said.to)
    );
    let size = format!("{} bytes with its frame", said.bytes());
    let head = vec![
        Span::styled(said.command().to_owned(), theme.focus()),
        Span::styled(ends, theme.strong()),
        Span::styled(size, theme.text()),
    ];
    lines.push(Line::from(text::clip(head, room, theme.cut())));
    let mut fields = vec![("time", times(scene, said))];
    fields.extend(message::summary_of(said).map_or_else(Vec::new, |summary| summary.fields()));
    for (name, value) in fields {
        let spans = vec![
            Span::styled(format!("{name:<NAMES$} "), theme.dim()),
            Span::styled(value, theme.text()),
        ];
        lines.push(Line::from(text::clip(spans, room, theme.cut())));
    }
    let hidden = lines.len().saturating_sub(usize::from(area.height));
    if hidden > 0 {
        lines.truncate(usize::from(area.height).saturating_sub(1));
        let more = format!("{} more lines have no room here", hidden + 1);
        lines.push(Line::styled(more, theme.dim()));
    }
    frame.render_widget(Paragraph::new(lines), area);
}

/// What became of it; of what is on its way in virtual time, when it comes in.
fn fate(scene: Scene<'_>, said: &Spoken) -> String {
    match message::on_its_way(scene.lab, said).map(|sent| sent.way) {
        None => message::fate(said),
        Some(None) => "waits for its turn, or in a black hole".to_owned(),
        Some(Some((_, arrives))) => {
            let arrives = message::moment(scene, arrives);
            format!("{}, arrives {arrives}", message::fate(said))
        }
    }
}

fn times(scene: Scene<'_>, said: &Spoken) -> String {
    let at = |at| message::moment(scene, at);
    match (said.sent, said.received) {
        (Some(sent), Some(received)) => format!(
            "sent {}, received {}: {}",
            at(sent),
            at(received),
            message::fate(said)
        ),
        (Some(sent), None) => format!("sent {}, {}", at(sent), fate(scene, said)),
        (None, Some(received)) => format!("received {}", at(received)),
        (None, None) => String::new(),
    }
}
