//! Into which groups the network is to fall apart: a node a line, its name below the letter of its group.
//!
//! ```text
//!     A               B
//!     1 central
//!   ▶ 2 wallet
//!                     3 miner
//! ```

use super::dialog::{Dialog, Verdict};
use super::list::List;
use super::window::{self, WindowLine};
use crate::lab::layout::regions::proposed_groups;
use crate::lab::{LabView, Request};
use crate::node::NodeIx;
use crate::ui::keymap::KeyPress;
use crate::ui::text::{self, short_name};
use crate::ui::theme::Theme;
use crate::ui::viewer::{Effect, Purpose, Viewer};
use crate::ui::widgets::scene::Scene;
use crossterm::event::KeyCode;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Span;

/// Columns that it likes to have.
const WIDTH: u16 = 60;

/// The letters of groups.
const LETTERS: [&str; 3] = ["A", "B", "C"];

/// Columns of the pointer.
const POINTER: usize = 2;

/// Who goes with whom.
pub struct PartitionForm {
    /// The group of each node.
    groups: Vec<usize>,
    list: List,
    /// What is wrong with them.
    error: Option<&'static str>,
}

impl PartitionForm {
    /// Two groups of the network: along its regions, or else halves with neighbours together.
    pub fn new(lab: &LabView) -> Self {
        let links = lab.links.iter().map(|link| (link.ends.0.0, link.ends.1.0));
        let count = lab.nodes.len();
        let names = lab.nodes.iter().map(|node| &*node.name);
        let networks = lab.networks.iter().map(|network| network.nodes.clone());
        let networks: Vec<_> = networks.collect();
        let groups = proposed_groups(names, &links.collect(), &networks).unwrap_or_default();
        let in_second = |node: usize| {
            let second = groups.get(1);
            second.is_some_and(|second| second.contains(&NodeIx(node)))
        };
        Self {
            groups: (0..count)
                .map(|node| usize::from(in_second(node)))
                .collect(),
            list: List::default(),
            error: None,
        }
    }

    fn put(&mut self, node: usize, group: usize) {
        self.groups[node] = group;
        self.error = None;
    }

    /// Columns: two, or three if a node is in the third.
    fn in_use(&self) -> usize {
        let most = self.groups.iter().max().copied().unwrap_or_default();
        most.max(1) + 1
    }

    fn submit(&mut self, lab: &LabView) -> Verdict {
        let members = |group: usize| {
            let nodes = lab.nodes.iter().zip(&self.groups);
            let members = nodes.filter(|(_, of)| **of == group);
            members.map(|(node, _)| node.name.to_string()).collect()
        };
        let groups: Vec<Vec<String>> = (0..LETTERS.len()).map(members).collect();
        let groups: Vec<_> = groups
            .into_iter()
            .filter(|group| !group.is_empty())
            .collect();
        if groups.len() < 2 {
            self.error = Some("all nodes are in one group: Space moves the marked one");
            return Verdict::stay();
        }
        let ask = Effect::Ask(Request::Partition(groups), Purpose::Tell);
        Verdict::closing(vec![ask])
    }
}

impl PartitionForm {
    /// The groups, in columns of this width, with how many nodes each has.
    fn head(&self, theme: Theme, each: usize) -> WindowLine {
        let letters = LETTERS.iter().enumerate().take(self.in_use());
        let head = letters.map(|(group, letter)| {
            let members = self.groups.iter().filter(|of| **of == group).count();
            let words = format!("{letter}  {}", text::counted(members, "node"));
            Span::styled(format!("{words:<each$}"), theme.strong())
        });
        let mut spans = vec![Span::raw(" ".repeat(POINTER))];
        spans.extend(head);
        WindowLine::new(spans)
    }
}

impl Dialog for PartitionForm {
    fn key(&mut self, lab: &LabView, _viewer: &mut Viewer, key: KeyPress) -> Verdict {
        // A node may have come since.
        self.groups.resize(lab.nodes.len(), 0);
        let count = self.groups.len();
        let marked = self.list.chosen(count);
        match key.code {
            KeyCode::Esc => return Verdict::close(),
            KeyCode::Enter => return self.submit(lab),
            KeyCode::Char(' ') => self.put(marked, (self.groups[marked] + 1) % self.in_use()),
            KeyCode::Char(digit @ '1'..='3') => {
                let group = digit
                    .to_digit(10)
                    .and_then(|digit| usize::try_from(digit).ok());
                self.put(marked, group.unwrap_or(1) - 1);
            }
            KeyCode::Char('j') => drop(self.list.key(KeyPress::plain(KeyCode::Down), count)),
            KeyCode::Char('k') => drop(self.list.key(KeyPress::plain(KeyCode::Up), count)),
            _ => drop(self.list.key(key, count)),
        }
        Verdict::stay()
    }

    fn render(&self, frame: &mut Frame<'_>, area: Rect, scene: Scene<'_>) {
        let lab = scene.lab;
        let theme = scene.theme;
        let room = window::inner_width(area, WIDTH);
        let each = room.saturating_sub(POINTER) / self.in_use();
        let mut lines = vec![self.head(theme, each)];
        // The head, what is wrong, and the line about what is going to be.
        let rows = window::inner_height(area).saturating_sub(3);
        let count = self.groups.len();
        let marked = self.list.chosen(count);
        for node in self.list.window(count, rows) {
            let Some(view) = lab.nodes.get(node) else {
                continue;
            };
            let (pointer, style) = match node == marked {
                true => (theme.pointer(), theme.focus()),
                false => (" ", theme.text()),
            };
            let name = format!("{} {}", node + 1, view.name);
            let name = short_name(&name, each.saturating_sub(1), theme.cut());
            let left = " ".repeat(each * self.groups[node]);
            lines.push(WindowLine::new(vec![
                Span::styled(format!("{pointer:<POINTER$}"), theme.focus()),
                Span::styled(left + &name, style),
            ]));
        }
        let (words, style) = match self.error {
            Some(words) => (words, theme.bad()),
            None => ("nothing will pass from one group to another", theme.dim()),
        };
        lines.extend(window::paragraph(words, room, 0, 1, style));
        let keys = [
            ("Enter", "partitions"),
            ("Space", "moves it"),
            ("Esc", "leaves"),
            ("1-3", "to a group"),
        ];
        lines.push(window::keys(theme, room, &keys));
        window::render(frame, area, theme, "partition the network", WIDTH, lines);
    }
}
