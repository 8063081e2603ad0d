//! Drawing: a lab and the screen's state in, a picture out. Nothing here changes anything.

pub mod band;
pub mod footer;
pub mod header;
pub mod journeys;
pub mod mempool;
pub mod notes;
pub mod pane;
pub mod plan;
pub mod scene;
pub mod steps;
pub mod table;

use crate::lab::LabView;
use crate::ui::dialog::window;
use crate::ui::keymap::Action;
use crate::ui::state::{UiState, View};
use crate::ui::text;
use crate::ui::theme::Theme;
use plan::{Form, Plan};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Block;
use scene::Scene;

/// Draws the whole screen.
pub fn draw(frame: &mut Frame<'_>, live: &LabView, ui: &UiState) {
    draw_all(frame, live, ui);
    text::without_hidden(frame.buffer_mut());
}

fn draw_all(frame: &mut Frame<'_>, live: &LabView, ui: &UiState) {
    let lab = ui.held.as_deref().unwrap_or(live);
    // The terminal may have been resized since the state heard of its size.
    let area = frame.area();
    let size = (area.width, area.height);
    if Plan::is_too_small(size) {
        if !area.is_empty() {
            frame.render_widget(header::too_small(size), area);
        }
        return;
    }
    let scene = Scene {
        caption: live.caption.as_deref(),
        ..Scene::new(lab, ui)
    };
    if ui.stage.has_notes {
        notes::render(frame, scene, live);
        return dialog(frame, lab, ui);
    }
    let plan = Plan::sized(lab, ui, size);
    header::render(frame, plan.header, scene);
    match (&ui.zoom, ui.view) {
        (Some(zoom), _) => zoom.render(frame, plan.body, lab, ui),
        (None, View::Network) => ui.network.render(frame, plan.body, scene),
        (None, View::Blocks) => ui.blocks.render(frame, plan.body, scene),
        (None, View::Messages) => ui.messages.render(frame, plan.body, scene),
        (None, View::Log) => ui.log.render(frame, plan.body, lab, ui),
        (None, View::Lab) => lab_view(frame, &plan, scene),
    }
    // What people are to read is shown as it is now, also while the screen is held.
    if let (Some(script), Some(area)) = (&live.script, plan.caption) {
        band::render(frame, area, scene, script);
    }
    footer::message(frame, plan.message, scene, plan.caption.is_none());
    footer::keys(frame, plan.footer, scene);
    dialog(frame, lab, ui);
}

fn dialog(frame: &mut Frame<'_>, lab: &LabView, ui: &UiState) {
    if let Some(dialog) = &ui.dialog {
        let size = (frame.area().width, frame.area().height);
        dialog.render(frame, window::space(size), lab, ui);
    }
}

fn lab_view(frame: &mut Frame<'_>, plan: &Plan, scene: Scene<'_>) {
    match plan.form {
        Form::Table(_) => table::render(frame, plan, scene),
        Form::Grid(_) | Form::Stacked => {
            for (ix, area) in &plan.cells {
                pane::render(frame, *area, scene, *ix);
            }
            pages(frame, plan, scene);
        }
    }
    if let Some(area) = plan.journeys {
        journeys::render(frame, area, scene);
    }
    if let Some(area) = plan.blocks {
        scene.ui.blocks.render_last(frame, area, scene);
    }
    if let Some(area) = plan.mempool {
        mempool::render(frame, area, scene);
    }
}

/// Which page of panes it is, in the border of the last one.
fn pages(frame: &mut Frame<'_>, plan: &Plan, scene: Scene<'_>) {
    let (Some(words), Some((_, area))) = (page_words(plan, scene), plan.cells.last()) else {
        return;
    };
    let width = u16::try_from(words.chars().count()).unwrap_or(u16::MAX);
    if width + 4 <= area.width && area.height > 0 {
        let at = Rect {
            x: area.right() - width - 2,
            y: area.bottom() - 1,
            width,
            height: 1,
        };
        frame.render_widget(Span::styled(words, scene.theme.strong()), at);
    }
}

/// Which page it is, and the key that turns it; of one page nothing.
fn page_words(plan: &Plan, scene: Scene<'_>) -> Option<String> {
    let (page, pages) = plan.page;
    let key = match page + 1 < pages {
        true => Action::PageDown,
        false => Action::PageUp,
    };
    let key = scene.ui.keymap.key_of(key);
    (pages > 1).then(|| format!(" page {} of {pages}  {key} ", page + 1))
}

/// Draws a box with a title; what is inside, with a column free on both sides.
pub(in crate::ui) fn boxed(
    frame: &mut Frame<'_>,
    area: Rect,
    theme: Theme,
    title: impl Into<String>,
    right: Option<Line<'static>>,
) -> Rect {
    let block = Block::bordered()
        .border_set(theme.border())
        .border_style(theme.dim())
        .title(Span::styled(title.into(), theme.strong()));
    let block = match right {
        Some(words) => block.title(words.right_aligned()),
        None => block,
    };
    let inner = block.inner(area);
    frame.render_widget(block, area);
    Rect {
        x: inner.x + 1,
        width: inner.width.saturating_sub(2),
        ..inner
    }
}
