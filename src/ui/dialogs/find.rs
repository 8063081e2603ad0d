//! To a node, by a part of its name or by its number.

use super::dialog::{Dialog, Verdict};
use super::input::{TextInput, Typed};
use super::list::List;
use super::window::{self, WindowLine};
use crate::lab::{LabView, NodeView};
use crate::node::NodeIx;
use crate::ui::keymap::KeyPress;
use crate::ui::viewer::{Outcome, Viewer};
use crate::ui::widgets::scene::Scene;
use crossterm::event::KeyCode;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Span;

/// Columns that it likes to have.
const WIDTH: u16 = 48;

/// Names in sight at once.
const NAMES: usize = 10;

/// What stands before the text.
const LABEL: &str = "node: ";

/// What is typed, and which of the nodes with it is chosen.
#[derive(Default)]
pub struct FindNode {
    input: TextInput,
    list: List,
}

impl FindNode {
    /// The node of that number, and nodes with the text in their names: first those that begin with it.
    fn found<'a>(&self, lab: &'a LabView) -> Vec<(NodeIx, &'a NodeView)> {
        let wanted = self.input.text().trim().to_lowercase();
        let place = |node: &NodeView| node.name.to_lowercase().find(&wanted);
        let is_number = |ix: NodeIx| wanted.parse() == Ok(ix.0 + 1);
        let nodes = lab.nodes.iter().enumerate();
        let nodes = nodes.map(|(ix, node)| (NodeIx(ix), node));
        let mut found: Vec<_> = nodes
            .filter(|(ix, node)| is_number(*ix) || place(node).is_some())
            .collect();
        found.sort_by_key(|(ix, node)| (!is_number(*ix), place(node) != Some(0)));
        found
    }
}

impl Dialog for FindNode {
    fn key(&mut self, lab: &LabView, _viewer: &mut Viewer, key: KeyPress) -> Verdict {
        let found = self.found(lab);
        match key.code {
            KeyCode::Esc => return Verdict::close(),
            KeyCode::Enter => {
                return match found.get(self.list.chosen(found.len())) {
                    Some((ix, _)) => Verdict::Close(Outcome {
                        focus: Some(*ix),
                        ..Outcome::default()
                    }),
                    None => Verdict::stay(),
                };
            }
            _ => {}
        }
        if !self.list.key(key, found.len()) && self.input.key(key) == Typed::Changed {
            self.list.reset();
        }
        Verdict::stay()
    }

    fn paste(&mut self, text: &str) -> Result<(), String> {
        let pasted = self.input.paste(text);
        self.list.reset();
        pasted
    }

    fn render(&self, frame: &mut Frame<'_>, area: Rect, scene: Scene<'_>) {
        let lab = scene.lab;
        let theme = scene.theme;
        let room = window::inner_width(area, WIDTH);
        let (shown, cursor) = self.input.view(theme, room - LABEL.len());
        let mut line = WindowLine::new(vec![Span::styled(LABEL, theme.focus()), shown]);
        line.cursor = Some(LABEL.len() + cursor);
        let mut lines = vec![line];
        let found = self.found(lab);
        if found.is_empty() {
            let words = format!(
                "no node has {:?} in its name, or as its number",
                self.input.text().trim()
            );
            lines.extend(window::paragraph(&words, room, 0, 0, theme.bad()));
        }
        let rows = window::inner_height(area).saturating_sub(1).min(NAMES);
        let chosen = self.list.chosen(found.len());
        for at in self.list.window(found.len(), rows) {
            let (ix, node) = found[at];
            let (pointer, style) = if at == chosen {
                (theme.pointer(), theme.focus())
            } else {
                (" ", theme.text())
            };
            let state = if node.state.is_up() {
                String::new()
            } else {
                format!("  {}", node.state)
            };
            lines.push(WindowLine::new(vec![
                Span::styled(format!("{pointer} {:>3} {}", ix.0 + 1, node.name), style),
                Span::styled(state, theme.dim()),
            ]));
        }
        let keys = [("Enter", "goes there"), ("Esc", "stays")];
        lines.push(window::keys(theme, room, &keys));
        window::render(frame, area, theme, "go to a node", WIDTH, lines);
    }
}
