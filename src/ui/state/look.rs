//! Keys that change nothing but what is seen.

use super::{Effect, Seat, UiState, View};
use crate::lab::LabView;
use crate::node::NodeIx;
use crate::node::io::words::Tone;
use crate::ui::dialog::Dialog;
use crate::ui::keymap::Action;
use crate::ui::moved::Moved;
use crate::ui::text;
use crate::ui::view::band;
use crate::ui::view::plan::Plan;
use crate::ui::zoom::Zoom;
use ratatui::layout::Position;

impl UiState {
    /// Looks elsewhere.
    pub(super) fn look(&mut self, lab: &LabView, action: Action) -> Vec<Effect> {
        match action {
            Action::Help => self.dialog = Some(Dialog::help()),
            Action::Palette => self.dialog = Some(Dialog::palette()),
            Action::Quit => return self.quit(lab),
            Action::Hold => return self.hold(lab),
            Action::Script => self.list_steps(lab),
            Action::Clock => self.is_wall_clock = !self.is_wall_clock,
            Action::NextView => return self.go_to(lab, self.view.step(1)),
            Action::PreviousView => return self.go_to(lab, self.view.step(View::ALL.len() - 1)),
            Action::FocusNext => return self.focus_step(lab, 1),
            Action::FocusPrevious => return self.focus_step(lab, -1),
            Action::Pane(number) => return self.focus_number(lab, usize::from(number)),
            action => return self.move_within(lab, action),
        }
        Vec::new()
    }

    fn go_to(&mut self, lab: &LabView, view: View) -> Vec<Effect> {
        (self.view, self.zoom) = (view, None);
        match view {
            View::Blocks => self.blocks.refresh(lab, self.focus),
            View::Lab => {
                self.blocks.arrange();
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    /// Leaves, or asks first if something would be lost, or a story would end in its midst.
    fn quit(&mut self, lab: &LabView) -> Vec<Effect> {
        let ends_story = self.stage.seat == Seat::Own && Self::is_telling(lab);
        if ends_story || lab.is_temporary && !lab.made_by_hand.is_empty() {
            self.dialog = Some(Dialog::quit(lab));
            return Vec::new();
        }
        vec![Effect::Leave]
    }

    /// Focuses a node; what is zoomed is that one then.
    pub fn focus_on(&mut self, lab: &LabView, ix: NodeIx) -> Vec<Effect> {
        self.focus = ix;
        match &mut self.zoom {
            Some(zoom) => zoom.turn_to(lab, ix),
            None => Vec::new(),
        }
    }

    fn focus_step(&mut self, lab: &LabView, by: isize) -> Vec<Effect> {
        let count = lab.nodes.len().max(1);
        let at = self.focus.0.checked_add_signed(by).unwrap_or(count - 1);
        self.focus_on(lab, NodeIx(at % count))
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
        // The band for captions is no part of any page.
        let (width, height) = self.size;
        let band = band::rows(lab, self, self.size);
        let size = (width, height.saturating_sub(band));
        if let Some(zoom) = &mut self.zoom {
            let moved = zoom.act(lab, self.focus, action, size);
            return self.after(lab, moved, |ui| ui.zoom = None);
        }
        let body = Plan::new(lab, self).body;
        let moved = match self.view {
            View::Lab => return self.move_among_panes(lab, action),
            _ if action == Action::Zoom => return self.zoom_in(lab),
            View::Network if action == Action::Open => return self.zoom_in(lab),
            View::Network => self.network.act(lab, self.focus, action, body),
            View::Blocks => self.blocks.act(lab, self.focus, action, body),
            View::Messages => self.messages.act(lab, action, body),
            View::Log => return self.move_in_log(lab, action),
        };
        self.after(lab, moved, |ui| ui.view = View::Lab)
    }

    /// Does what came of a click in a view.
    pub(super) fn clicked(&mut self, lab: &LabView, at: Position) -> Vec<Effect> {
        let body = Plan::new(lab, self).body;
        let moved = match self.view {
            View::Network => self.network.click(lab, self.focus, at, body),
            View::Blocks => self.blocks.click(lab, at, body),
            View::Messages => self.messages.click(lab, at, body),
            View::Lab | View::Log => return Vec::new(),
        };
        self.after(lab, moved, |ui| ui.view = View::Lab)
    }

    fn move_among_panes(&mut self, lab: &LabView, action: Action) -> Vec<Effect> {
        match action {
            Action::Zoom | Action::Open => return self.zoom_in(lab),
            Action::Find => self.dialog = Some(Dialog::find_node()),
            Action::Copy => return self.copy_address(lab),
            action => {
                if let Some(ix) = Plan::new(lab, self).step(self.focus, action) {
                    return self.focus_on(lab, ix);
                }
            }
        }
        Vec::new()
    }

    fn move_in_log(&mut self, lab: &LabView, action: Action) -> Vec<Effect> {
        match action {
            Action::Zoom => return self.zoom_in(lab),
            Action::Find => self.dialog = Some(Dialog::filter(self.log.filter())),
            Action::Back if !self.log.back() => self.view = View::Lab,
            action => self.log.act(action),
        }
        Vec::new()
    }

    fn after(&mut self, lab: &LabView, moved: Moved, leave: fn(&mut Self)) -> Vec<Effect> {
        let mut effects = moved.effects;
        if moved.is_over {
            leave(self);
        }
        if let Some(ix) = moved.focus {
            effects.extend(self.focus_on(lab, ix));
        }
        if let Some((tone, words)) = moved.said {
            self.tell(lab.now, tone, words);
        }
        if moved.dialog.is_some() {
            self.dialog = moved.dialog;
        }
        if let Some((what, text)) = moved.copied {
            effects.extend(self.copy(lab, &what, text));
        }
        if let Some(filter) = moved.filter {
            self.dialog = Some(Dialog::filter(&filter));
        }
        effects
    }

    /// Shows the focused node alone.
    pub fn zoom_in(&mut self, lab: &LabView) -> Vec<Effect> {
        let mut zoom = Zoom::new(self.focus);
        let effects = zoom.turn_to(lab, self.focus);
        self.zoom = Some(zoom);
        effects
    }

    /// Among panes: the address of the focused node's richest wallet, else where it listens.
    fn copy_address(&mut self, lab: &LabView) -> Vec<Effect> {
        let Some(node) = lab.node(self.focus) else {
            return Vec::new();
        };
        let wallets = node.snapshot.iter().flat_map(|snapshot| &snapshot.wallets);
        let richest = wallets.max_by_key(|wallet| wallet.spendable);
        let (what, text) = match (richest, node.addr) {
            (Some(wallet), _) => (format!("{}'s address", wallet.name), wallet.address.clone()),
            (None, Some(addr)) => (format!("{} listens at", node.name), addr.to_string()),
            (None, None) => return Vec::new(),
        };
        self.copy(lab, &what, text)
    }

    /// Copies a text, and shows it whole.
    pub fn copy(&mut self, lab: &LabView, what: &str, text: String) -> Vec<Effect> {
        self.tell(lab.now, Tone::Good, format!("copied {what}: {text}"));
        vec![Effect::Copy(text)]
    }
}
