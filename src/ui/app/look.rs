//! Keys that change nothing but what is seen.

use super::frame::ScreenPlan;
use super::state::UiState;
use crate::lab::LabView;
use crate::node::NodeIx;
use crate::node::io::words::Tone;
use crate::ui::keymap::{Action, ViewId};
use crate::ui::text;
use crate::ui::viewer::{DialogId, Effect, Seat};
use crate::ui::widgets::scene::Scene;
use ratatui::layout::Position;

impl UiState {
    /// Looks elsewhere.
    pub(super) fn look(&mut self, lab: &LabView, action: Action) -> Vec<Effect> {
        match action {
            Action::Help => self.open(lab, DialogId::Help),
            Action::Palette => self.open(lab, DialogId::Palette),
            Action::Quit => return self.quit(lab),
            Action::Hold => return self.hold(lab),
            Action::Script => self.list_steps(lab),
            Action::Timelines => self.open(lab, DialogId::Timelines),
            Action::Clock => self.viewer.is_wall_clock = !self.viewer.is_wall_clock,
            Action::NextView => return self.go_to(lab, self.viewer.view.step(1)),
            Action::PreviousView => {
                return self.go_to(lab, self.viewer.view.step(ViewId::TABS.len() - 1));
            }
            Action::FocusNext => return self.focus_step(lab, 1),
            Action::FocusPrevious => return self.focus_step(lab, -1),
            Action::Pane(number) => return self.focus_number(lab, usize::from(number)),
            Action::Find => self.find(lab),
            action => return self.move_within(lab, action),
        }
        Vec::new()
    }

    fn go_to(&mut self, lab: &LabView, view: ViewId) -> Vec<Effect> {
        (self.viewer.view, self.viewer.is_zoomed) = (view, false);
        self.views
            .get_mut(view)
            .begin(Scene::new(lab, &self.viewer))
    }

    /// From the node alone to the view under it, from any other view to the panes.
    pub(super) fn back(&mut self, lab: &LabView) -> Vec<Effect> {
        match self.viewer.is_zoomed {
            true => self.go_to(lab, self.viewer.view),
            false => self.go_to(lab, ViewId::Lab),
        }
    }

    /// Leaves, or asks first if something would be lost, or a story would end in its midst.
    fn quit(&mut self, lab: &LabView) -> Vec<Effect> {
        let ends_story = self.viewer.stage.seat == Seat::Own && Self::is_playing(lab);
        if ends_story || lab.is_temporary && !lab.made_by_hand.is_empty() {
            self.open(lab, DialogId::Quit);
            return Vec::new();
        }
        vec![Effect::Leave]
    }

    /// Opens what looks for something in the view in front.
    fn find(&mut self, lab: &LabView) {
        match self.views.get(self.viewer.in_front()).finds() {
            Ok(dialog) => self.open(lab, dialog),
            Err(why) => self.tell(lab.now, Tone::Warn, why),
        }
    }

    /// Focuses a node; what is zoomed is that one then.
    pub fn focus_on(&mut self, lab: &LabView, ix: NodeIx) -> Vec<Effect> {
        self.viewer.focus = ix;
        if !self.viewer.is_zoomed {
            return Vec::new();
        }
        let body = ScreenPlan::new(lab, &self.viewer).body;
        let scene = Scene::new(lab, &self.viewer);
        self.views.get_mut(ViewId::Zoom).collect(scene, Some(body))
    }

    fn focus_step(&mut self, lab: &LabView, by: isize) -> Vec<Effect> {
        let count = lab.nodes.len().max(1);
        let at = self.viewer.focus.0.checked_add_signed(by);
        self.focus_on(lab, NodeIx(at.unwrap_or(count - 1) % count))
    }

    /// Nodes have one number each, the same in all views and on all pages.
    fn focus_number(&mut self, lab: &LabView, number: usize) -> Vec<Effect> {
        match number.checked_sub(1).filter(|at| *at < lab.nodes.len()) {
            Some(at) => self.focus_on(lab, NodeIx(at)),
            None => {
                let nodes = text::counted(lab.nodes.len(), "node");
                let words = format!("there is no node {number}: the lab has {nodes}");
                self.tell(lab.now, Tone::Warn, words);
                Vec::new()
            }
        }
    }

    fn move_within(&mut self, lab: &LabView, action: Action) -> Vec<Effect> {
        if action == Action::Zoom && !self.viewer.is_zoomed {
            return self.zoom_in(lab);
        }
        let body = ScreenPlan::new(lab, &self.viewer).body;
        let view = self.views.get_mut(self.viewer.in_front());
        let outcome = view.act(Scene::new(lab, &self.viewer), action, body);
        self.after(lab, outcome)
    }

    /// Does what came of a click in a view.
    pub(super) fn clicked(&mut self, lab: &LabView, at: Position) -> Vec<Effect> {
        let body = ScreenPlan::new(lab, &self.viewer).body;
        let view = self.views.get_mut(self.viewer.in_front());
        let outcome = view.click(Scene::new(lab, &self.viewer), at, body);
        self.after(lab, outcome)
    }

    /// Copies a text, and shows it whole.
    pub fn copy(&mut self, lab: &LabView, what: &str, text: String) -> Vec<Effect> {
        self.tell(lab.now, Tone::Good, format!("copied {what}: {text}"));
        vec![Effect::Copy(text)]
    }
}
