//! Draws the view: the border, the tabs, the news, and the tree or a list with what is chosen.

use super::shown::Shown;
use super::spread;
use super::tab::Tab;
use crate::lab::observe::news::News;
use crate::ui::text::{Row, short_name};
use crate::ui::widgets::forest::{self, BlockRow, Detail};
use crate::ui::widgets::lines;
use crate::ui::widgets::list::window;
use crate::ui::widgets::reorganisation;
use crate::ui::widgets::scene::Scene;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Paragraph};

pub(super) fn render(shown: &Shown<'_>, frame: &mut Frame<'_>, area: Rect, scene: Scene<'_>) {
    let areas = shown.areas;
    let place = match shown.len {
        0 => String::new(),
        len => format!("{} of {len}", shown.chosen + 1),
    };
    border(shown, frame, area, scene, &place);
    frame.render_widget(tabs(shown.tab, scene, areas.tabs.width), areas.tabs);
    match shown.tab {
        Tab::Tree => {
            tell_news(shown, frame, areas.news, scene);
            tree(shown, frame, scene);
        }
        Tab::Blocks | Tab::Txs => spread::render(shown, frame, scene),
    }
}

fn border(shown: &Shown<'_>, frame: &mut Frame<'_>, area: Rect, scene: Scene<'_>, place: &str) {
    let theme = scene.theme;
    let mut block = Block::bordered()
        .border_set(theme.border())
        .border_style(theme.dim())
        .title(Span::styled(" blocks ", theme.strong()))
        .title(scene.focus_title());
    let room = usize::from(area.width).saturating_sub(4);
    let filter = shown.filter;
    if !filter.is_empty() {
        let filter = short_name(filter, room / 2, theme.cut());
        block = block.title_bottom(Line::styled(format!(" filter: {filter} "), theme.warn()));
    } else if shown.tab == Tab::Tree && shown.forest.tree.has_lost() {
        let sign = forest::mark(theme, true);
        let legend = format!(" {sign} lost: no node has it on its chain ");
        block = block.title_bottom(Line::styled(legend, theme.dim()));
    }
    if !place.is_empty() {
        let place = Line::styled(format!(" {place} "), theme.dim()).right_aligned();
        block = block.title_bottom(place);
    }
    frame.render_widget(block, area);
}

fn tabs(chosen: Tab, scene: Scene<'_>, room: u16) -> Line<'static> {
    let row = Tab::ALL.into_iter().fold(Row::new(), |row, tab| {
        let style = if tab == chosen {
            scene.theme.chosen()
        } else {
            scene.theme.text()
        };
        row.text(u8::from(tab != chosen), 1, tab.title(), style)
    });
    row.fit(usize::from(room))
}

fn tell_news(shown: &Shown<'_>, frame: &mut Frame<'_>, area: Rect, scene: Scene<'_>) {
    let lab = scene.lab;
    let news = News::current(&lab.reorganisations, lab.now);
    let Some(news) = news.filter(|_| !area.is_empty()) else {
        return;
    };
    let winner = shown.forest.tree.block(&news.last.new.hash);
    let miner = winner.and_then(|block| forest::miner(lab, &block.info));
    let moment = scene.moment(news.last.at);
    let parts = reorganisation::parts(&news, lab, &moment, miner.as_deref());
    let (room, height) = (usize::from(area.width), usize::from(area.height));
    let lines = reorganisation::laid_out(parts, room, height);
    let style = scene.theme.warn();
    let lines = lines
        .into_iter()
        .map(|line| Line::from(scene.pieces(line, style)));
    frame.render_widget(Paragraph::new(lines.collect::<Vec<_>>()), area);
}

fn tree(shown: &Shown<'_>, frame: &mut Frame<'_>, scene: Scene<'_>) {
    let (theme, areas) = (scene.theme, shown.areas);
    if shown.len == 0 {
        let line = Line::styled("no block was seen yet", theme.dim());
        frame.render_widget(line, areas.list);
        return;
    }
    let seen = window(shown.len, shown.chosen, usize::from(areas.list.height));
    let first = seen.start;
    let rows: Vec<BlockRow> = seen.filter_map(|at| shown.forest.place(at)).collect();
    let room = usize::from(areas.list.width);
    let at = shown.chosen.checked_sub(first);
    let (head, lines) = forest::tree_lines(shown.forest, scene, &rows, Detail::Whole(at), room);
    frame.render_widget(head, areas.head);
    lines::put(frame.buffer_mut(), areas.list, lines);
}
