//! The view: what keys do among panes, and where everything is drawn.

use super::plan::{Form, Plan};
use super::{compare, last, mempool, pane, propagation, table};
use crate::lab::LabView;
use crate::node::Time;
use crate::ui::keymap::Action;
use crate::ui::viewer::{Effect, Outcome};
use crate::ui::views::view::View;
use crate::ui::widgets::forest::Forest;
use crate::ui::widgets::scene::{Scene, next_fading};
use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::Span;

/// Panes, or a table.
#[derive(Default)]
pub struct PanesView {
    /// For the last blocks.
    forest: Forest,
}

impl View for PanesView {
    fn collect(&mut self, scene: Scene<'_>, area: Option<Rect>) -> Vec<Effect> {
        if area.is_some() {
            self.forest.observe(scene.lab);
        }
        Vec::new()
    }

    fn act(&mut self, scene: Scene<'_>, action: Action, area: Rect) -> Outcome {
        let compared = scene.lab.compared.as_ref();
        if let Some(outcome) = compared.and_then(|compared| compare::act(compared, action)) {
            return outcome;
        }
        let mut outcome = Outcome::default();
        match action {
            Action::Zoom | Action::Open => outcome.zooms = true,
            Action::Copy => outcome.copied = address(scene),
            action => {
                let plan = Plan::new(scene.lab, scene.viewer, area);
                outcome.focus = plan.step(scene.viewer.focus, action);
            }
        }
        outcome
    }

    fn click(&mut self, scene: Scene<'_>, at: Position, area: Rect) -> Outcome {
        let hit = Plan::new(scene.lab, scene.viewer, area).hit(at);
        Outcome {
            zooms: hit == Some(scene.viewer.focus),
            focus: hit,
            ..Outcome::default()
        }
    }

    fn next_frame(&self, lab: &LabView) -> Option<Time> {
        next_fading(lab)
    }

    fn restart(&mut self) {
        *self = Self::default();
    }

    fn went_back(&mut self, _: &LabView) {
        self.restart();
    }

    fn render(&self, frame: &mut Frame<'_>, area: Rect, scene: Scene<'_>) {
        if let Some(compared) = &scene.lab.compared {
            return compare::render(frame, area, scene, compared);
        }
        let plan = Plan::new(scene.lab, scene.viewer, area);
        match plan.form {
            Form::Table(_) => table::render(frame, &plan, scene),
            Form::Grid(_) | Form::Stacked => {
                for (ix, area) in &plan.cells {
                    pane::render(frame, *area, scene, *ix);
                }
                pages(frame, &plan, scene);
            }
        }
        if let Some(area) = plan.propagation {
            propagation::render(frame, area, scene);
        }
        if let Some(area) = plan.blocks {
            last::render(&self.forest, frame, area, scene);
        }
        if let Some(area) = plan.mempool {
            mempool::render(frame, area, scene);
        }
    }
}

/// The address of the focused node's richest wallet, else where it listens: what it is, and the text.
fn address(scene: Scene<'_>) -> Option<(String, String)> {
    let node = scene.lab.node(scene.viewer.focus)?;
    let wallets = node.snapshot.iter().flat_map(|snapshot| &snapshot.wallets);
    let richest = wallets.max_by_key(|wallet| wallet.spendable);
    match (richest, node.addr) {
        (Some(wallet), _) => Some((format!("{}'s address", wallet.name), wallet.address.clone())),
        (None, Some(addr)) => Some((format!("{} listens at", node.name), addr.to_string())),
        (None, None) => None,
    }
}

/// Which page of panes it is, in the border of the last one.
fn pages(frame: &mut Frame<'_>, plan: &Plan, scene: Scene<'_>) {
    let (Some(words), Some((_, area))) = (plan.page_words(scene.viewer), plan.cells.last()) else {
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
