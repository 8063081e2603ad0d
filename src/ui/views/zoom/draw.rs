//! Draws zoom: what is known of the node, the tabs, and the list of one of them.

use super::shown::Shown;
use super::tab::Tab;
use super::{body, head};
use crate::ui::text::Row;
use crate::ui::widgets::opened::page;
use crate::ui::widgets::scene::Scene;
use crate::ui::widgets::subject::Subject;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

pub(super) fn render(shown: &Shown<'_>, frame: &mut Frame<'_>, area: Rect, scene: Scene<'_>) {
    let subject = shown.subject;
    let (room, height) = page::room(area);
    let mut lines = head::lines(shown.chain, scene, subject, room, page::head_lines(height));
    lines.push(tabs(shown.tab, scene, subject, room));
    let left = usize::from(height).saturating_sub(lines.len());
    let body = body::body(shown, scene, room, left);
    page::render(frame, area, scene, subject, shown.filter, (lines, body));
}

fn tabs(chosen: Tab, scene: Scene<'_>, subject: Subject<'_>, room: usize) -> Line<'static> {
    let count = |tab: Tab| -> Option<usize> {
        let snapshot = subject.snapshot?;
        match tab {
            Tab::Chain | Tab::Log => None,
            Tab::Mempool => Some(snapshot.mempool.count),
            Tab::Peers => Some(snapshot.peers.len()),
            Tab::Wallets => Some(snapshot.wallets.len()),
        }
    };
    let row = Tab::ALL.into_iter().fold(Row::new(), |row, tab| {
        let name = match count(tab) {
            Some(count) if room >= 70 => format!(" {} {count} ", tab.name()),
            _ => format!(" {} ", tab.name()),
        };
        let style = if tab == chosen {
            scene.theme.chosen()
        } else {
            scene.theme.text()
        };
        row.text(u8::from(tab != chosen), 1, name, style)
    });
    row.fit(room)
}
