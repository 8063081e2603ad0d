//! Draws the whole screen.

use super::plan::ScreenPlan;
use super::{band, footer, header, notes, timeline};
use crate::lab::LabView;
use crate::ui::app::state::UiState;
use crate::ui::dialogs::window;
use crate::ui::text;
use crate::ui::widgets::scene::Scene;
use ratatui::Frame;

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
    if ScreenPlan::is_too_small(size) {
        if !area.is_empty() {
            frame.render_widget(header::too_small(size), area);
        }
        return;
    }
    let scene = Scene {
        caption: live.caption.as_deref(),
        is_held: ui.held.is_some(),
        ..Scene::new(lab, &ui.viewer)
    };
    if ui.viewer.stage.has_notes {
        notes::render(frame, scene, live, ui);
    } else {
        let plan = ScreenPlan::sized(lab, &ui.viewer, size);
        header::render(frame, plan.header, scene);
        let view = ui.views.get(ui.viewer.in_front());
        view.render(frame, plan.body, scene);
        // What people are to read is shown as it is now, also while the screen is held.
        if let (Some(script), Some(area)) = (&live.script, plan.caption) {
            band::render(frame, area, scene, script);
        }
        if let Some(area) = plan.timeline {
            timeline::render(frame, area, scene);
        }
        footer::message(frame, plan.message, scene, ui, plan.caption.is_none());
        footer::keys(frame, plan.footer, scene, ui);
    }
    if let Some(dialog) = &ui.dialog {
        dialog.render(frame, window::space(size), scene);
    }
}
