//! Drawing: a lab and the screen's state in, a picture out. Nothing here changes anything.

pub mod band;
pub mod footer;
pub mod header;
pub mod journeys;
pub mod notes;
pub mod pane;
pub mod plan;
pub mod scene;
pub mod steps;
pub mod table;

use crate::lab::LabView;
use crate::ui::dialog::window;
use crate::ui::state::{UiState, View};
use crate::ui::text;
use plan::{Form, Plan};
use ratatui::Frame;
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
        Form::Table => table::render(frame, plan, scene),
        Form::Grid(_) | Form::Stacked => {
            for (at, (ix, area)) in plan.cells.iter().enumerate() {
                pane::render(frame, *area, scene, *ix, at + 1);
            }
        }
    }
    if let Some(area) = plan.journeys {
        journeys::render(frame, area, scene);
    }
}
