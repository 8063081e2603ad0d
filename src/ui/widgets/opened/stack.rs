//! What is opened upon what, of one node, and what was asked of it for that.

use super::level::{Content, Level};
use super::{body, detail, page};
use crate::lab::{LabView, Request};
use crate::node::NodeIx;
use crate::node::io::Reply;
use crate::ui::keymap::{Action, ViewId};
use crate::ui::viewer::{Effect, Fetch, Outcome, Purpose};
use crate::ui::widgets::list::{Item, Target};
use crate::ui::widgets::scene::Scene;
use crate::ui::widgets::subject::Subject;
use ratatui::Frame;
use ratatui::layout::Rect;

/// Things opened one upon the other; with more, the first are forgotten.
const LEVELS_MAX: usize = 64;

/// What was opened over a view, the last on top.
pub(in crate::ui) struct Opened {
    /// The view to which answers come.
    view: ViewId,
    node: NodeIx,
    levels: Vec<Level>,
    /// Questions that wait for their answers.
    asked: Vec<Fetch>,
    was_up: bool,
}

impl Opened {
    /// Nothing yet, of this node.
    pub fn new(view: ViewId, node: NodeIx) -> Self {
        Self {
            view,
            node,
            levels: Vec::new(),
            asked: Vec::new(),
            was_up: false,
        }
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.levels.is_empty()
    }

    /// Closes all.
    pub fn clear(&mut self) {
        self.levels.clear();
    }

    /// Opens something.
    pub fn push(&mut self, target: Target) {
        self.push_level(Level::new(target));
    }

    fn push_level(&mut self, level: Level) {
        if self.levels.len() == LEVELS_MAX {
            self.levels.remove(0);
        }
        self.levels.push(level);
    }

    /// The lab changed: asks for what is out of date.
    pub fn refresh(&mut self, lab: &LabView) -> Vec<Effect> {
        let Some(subject) = Subject::new(lab, self.node) else {
            return Vec::new();
        };
        let is_up = subject.is_up();
        if is_up && !self.was_up {
            self.asked.clear();
            self.levels.iter_mut().for_each(Level::restarted);
        }
        self.was_up = is_up;
        self.wanted(subject)
    }

    /// The node that was asked.
    pub fn node(&self) -> NodeIx {
        self.node
    }

    /// Time went back: all of it is asked for anew.
    pub fn went_back(&mut self) {
        self.asked.clear();
        self.levels.iter_mut().for_each(Level::went_back);
    }

    /// Takes a key, in an area of this size. What is over is no level: the view may go on.
    pub fn act(&mut self, lab: &LabView, action: Action, area: Rect) -> Outcome {
        let mut outcome = Outcome::from(self.refresh(lab));
        let Some(subject) = Subject::new(lab, self.node) else {
            outcome.is_over = action == Action::Back;
            return outcome;
        };
        match action {
            Action::Back => self.back(),
            Action::Copy => outcome.copied = self.chosen(subject).and_then(|item| item.copies),
            Action::Open | Action::Zoom => self.open(subject),
            action => {
                let items = self.items(subject);
                if let Some(level) = self.levels.last_mut() {
                    level.cursor.step(&items, action, page::page_lines(area));
                }
            }
        }
        outcome.effects.extend(self.wanted(subject));
        outcome.is_over = self.levels.is_empty();
        outcome
    }

    /// Takes an answer; `None`: it is to nothing that was asked here.
    pub fn fetched(
        &mut self,
        lab: &LabView,
        fetch: &Fetch,
        reply: &Result<Reply, String>,
    ) -> Option<Vec<Effect>> {
        let at = self.asked.iter().position(|asked| asked == fetch)?;
        self.asked.remove(at);
        let subject = Subject::new(lab, self.node);
        let Some(subject) = subject.filter(|_| fetch.node() == self.node) else {
            return Some(Vec::new());
        };
        for level in &mut self.levels {
            level.fetched(subject, fetch, reply.clone());
        }
        Some(self.wanted(subject))
    }

    /// What the last is filtered by.
    pub fn filter(&self) -> &str {
        self.levels.last().map_or("", |level| &level.cursor.filter)
    }

    /// Shows of the last only what has this in it.
    pub fn set_filter(&mut self, filter: &str) {
        if let Some(level) = self.levels.last_mut() {
            level.cursor.set_filter(filter);
        }
    }

    /// Draws the last, with the way to it from what `root` says.
    pub fn render(&self, frame: &mut Frame<'_>, area: Rect, scene: Scene<'_>, root: &str) {
        let subject = Subject::new(scene.lab, self.node);
        let (Some(subject), Some(level)) = (subject, self.levels.last()) else {
            return;
        };
        let (room, height) = page::room(area);
        let trail = page::trail(&self.levels, root, scene, room);
        let height = usize::from(height).saturating_sub(1);
        let body = body::body(level, scene, subject, room, height);
        page::render(
            frame,
            area,
            scene,
            subject,
            self.filter(),
            (vec![trail], body),
        );
    }

    /// Up one level: a filter is dropped, what was opened is closed.
    fn back(&mut self) {
        if self.filter().is_empty() {
            self.levels.pop();
        } else {
            self.set_filter("");
        }
    }

    fn items(&self, subject: Subject<'_>) -> Vec<Item> {
        let Some(level) = self.levels.last() else {
            return Vec::new();
        };
        let sections = detail::sections(subject, &level.content);
        let items = sections.into_iter().flat_map(|section| section.items);
        level.cursor.filtered(items.collect())
    }

    /// The line that is chosen.
    fn chosen(&self, subject: Subject<'_>) -> Option<Item> {
        let items = self.items(subject);
        let at = self.levels.last()?.cursor.index(&items);
        items.into_iter().nth(at)
    }

    /// Opens what is chosen; what could not be had is asked for again.
    fn open(&mut self, subject: Subject<'_>) {
        let target = self.chosen(subject).and_then(|item| item.opens);
        let Some(target) = target else {
            if let Some(level) = self.levels.last_mut() {
                level.retry();
            }
            return;
        };
        let level = match (self.levels.last().map(|level| &level.content), &target) {
            (Some(Content::Block(block)), Target::Tx(txid)) => {
                let tx = block.txs.iter().find(|tx| tx.txid == *txid);
                tx.map(|tx| Level::of_block(subject, block, tx))
            }
            _ => None,
        };
        self.push_level(level.unwrap_or_else(|| Level::new(target)));
    }

    /// What is missing of what is shown.
    fn wanted(&mut self, subject: Subject<'_>) -> Vec<Effect> {
        let Some(level) = self.levels.last_mut().filter(|_| subject.is_up()) else {
            return Vec::new();
        };
        let Some(fetch) = level.wanted(subject) else {
            return Vec::new();
        };
        if self.asked.contains(&fetch) {
            level.postpone();
            return Vec::new();
        }
        let request = Request::Ask(self.node, fetch.question(0));
        self.asked.push(fetch.clone());
        vec![Effect::Ask(request, Purpose::Fetch(self.view, fetch))]
    }
}
