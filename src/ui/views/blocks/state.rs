//! The view as it is looked at: the tab, and where one is in it.

use super::areas::Areas;
use super::shown::Shown;
use super::tab::Tab;
use super::{draw, ways};
use crate::lab::LabView;
use crate::lab::observe::news::News;
use crate::node::io::Reply;
use crate::node::{NodeIx, Time};
use crate::ui::keymap::{Action, ViewId};
use crate::ui::viewer::{DialogId, Effect, Fetch, Outcome};
use crate::ui::views::view::View;
use crate::ui::widgets::forest::{Forest, Found};
use crate::ui::widgets::list::{Cursor, Item, Target, window};
use crate::ui::widgets::opened::Opened;
use crate::ui::widgets::scene::Scene;
use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use std::time::Duration;

/// What stands before what was opened.
const ROOT: &str = "Blocks";

/// The view, as it is looked at.
#[derive(Default)]
pub struct BlocksView {
    tab: Tab,
    forest: Forest,
    /// Places in the lists of what is on its way.
    blocks: Cursor,
    txs: Cursor,
    /// A block or transaction that was opened.
    opened: Option<Opened>,
}

impl View for BlocksView {
    fn begin(&mut self, scene: Scene<'_>) -> Vec<Effect> {
        self.refresh(scene)
    }

    fn collect(&mut self, scene: Scene<'_>, area: Option<Rect>) -> Vec<Effect> {
        match area {
            Some(_) => self.refresh(scene),
            None => Vec::new(),
        }
    }

    fn act(&mut self, scene: Scene<'_>, action: Action, area: Rect) -> Outcome {
        let lab = scene.lab;
        let step = match action {
            Action::Left | Action::TabLeft => Tab::ALL.len() - 1,
            Action::Right | Action::TabRight => 1,
            _ => 0,
        };
        if step > 0 {
            self.opened = None;
            self.tab = self.tab.step(step);
        } else if let Some(opened) = &mut self.opened {
            let mut outcome = opened.act(lab, action, area);
            if std::mem::take(&mut outcome.is_over) {
                self.opened = None;
            }
            return outcome;
        }
        let mut outcome = Outcome::default();
        match action {
            Action::Back => outcome.is_over = !self.drop_filter(),
            Action::Copy => outcome.copied = self.copies(lab),
            Action::Open => outcome.effects = self.open(scene),
            action => self.step(lab, action, area),
        }
        outcome.effects.extend(self.refresh(scene));
        outcome
    }

    fn click(&mut self, scene: Scene<'_>, at: Position, area: Rect) -> Outcome {
        if self.opened.is_some() {
            return Outcome::default();
        }
        let areas = self.areas(scene.lab, area);
        if areas.tabs.contains(at) {
            self.tab = Tab::hit(areas.tabs, at.x).unwrap_or(self.tab);
        } else if areas.list.contains(at) {
            let line = usize::from(at.y - areas.list.y);
            return self
                .click_line(scene, line, usize::from(areas.list.height))
                .into();
        }
        Outcome::default()
    }

    fn fetched(
        &mut self,
        scene: Scene<'_>,
        fetch: Fetch,
        reply: Result<Reply, String>,
    ) -> Vec<Effect> {
        if let Fetch::Chain { .. } = fetch {
            let focus = scene.viewer.focus;
            return self.forest.fetched(scene.lab, focus, &fetch, reply);
        }
        let opened = self.opened.as_mut();
        let effects = opened.and_then(|opened| opened.fetched(scene.lab, &fetch, &reply));
        effects.unwrap_or_default()
    }

    fn finds(&self) -> Result<DialogId, String> {
        Ok(match (&self.opened, self.cursor()) {
            (Some(opened), _) => DialogId::Filter(opened.filter().to_owned()),
            (None, Some(cursor)) => DialogId::Filter(cursor.filter.clone()),
            (None, None) => DialogId::SeekBlock,
        })
    }

    /// Of the lists; the tree is never filtered.
    fn set_filter(&mut self, filter: &str) {
        if let Some(opened) = &mut self.opened {
            opened.set_filter(filter);
        } else if let Some(cursor) = self.cursor_mut() {
            cursor.set_filter(filter);
        }
    }

    fn seek(&mut self, scene: Scene<'_>, text: &str) -> Result<Vec<Effect>, String> {
        Ok(match self.forest.seek(text)? {
            Found::Unseen(hash) => self.open_of(scene, Target::Block(hash), scene.viewer.focus),
            Found::Row => self.refresh(scene),
        })
    }

    fn restart(&mut self) {
        *self = Self::default();
    }

    fn went_back(&mut self, lab: &LabView) {
        self.forest.went_back(lab);
        self.opened
            .take_if(|opened| lab.node(opened.node()).is_none());
        if let Some(opened) = &mut self.opened {
            opened.went_back();
        }
        let items = self.items(lab);
        if let Some(cursor) = self.cursor_mut() {
            cursor.went_back(&items);
        }
    }

    fn render(&self, frame: &mut Frame<'_>, area: Rect, scene: Scene<'_>) {
        if let Some(opened) = &self.opened {
            return opened.render(frame, area, scene, ROOT);
        }
        let (len, chosen) = self.len_and_chosen(scene.lab);
        let shown = Shown {
            tab: self.tab,
            forest: &self.forest,
            items: self.items(scene.lab),
            len,
            chosen,
            filter: self.cursor().map_or("", |cursor| &cursor.filter),
            areas: self.areas(scene.lab, area),
        };
        draw::render(&shown, frame, area, scene);
    }
}

impl BlocksView {
    /// Brings it up to date, and says what is missing of what is looked at.
    fn refresh(&mut self, scene: Scene<'_>) -> Vec<Effect> {
        let mut effects = self.forest.refresh(scene.lab, scene.viewer.focus);
        if let Some(opened) = &mut self.opened {
            effects.extend(opened.refresh(scene.lab));
        }
        effects
    }

    /// Opens something of a node.
    fn open_of(&mut self, scene: Scene<'_>, target: Target, node: NodeIx) -> Vec<Effect> {
        let mut opened = Opened::new(ViewId::Blocks, node);
        opened.push(target);
        let effects = opened.refresh(scene.lab);
        self.opened = Some(opened);
        effects
    }

    /// The first click chooses a line, the second opens it.
    fn click_line(&mut self, scene: Scene<'_>, line: usize, height: usize) -> Vec<Effect> {
        let (len, chosen) = self.len_and_chosen(scene.lab);
        let at = window(len, chosen, height).start + line;
        if at >= len {
            return Vec::new();
        }
        if at == chosen {
            return self.open(scene);
        }
        match self.tab {
            Tab::Tree => self.forest.choose(at),
            Tab::Blocks | Tab::Txs => {
                let items = self.items(scene.lab);
                let (first, rest) = (Action::First, Action::PageDown);
                if let Some(cursor) = self.cursor_mut() {
                    cursor.step(&items, first, 0);
                    cursor.step(&items, rest, at);
                }
            }
        }
        Vec::new()
    }

    fn areas(&self, lab: &LabView, size: Rect) -> Areas {
        let (len, _) = self.len_and_chosen(lab);
        Areas::new(
            size,
            self.tab,
            News::current(&lab.reorganisations, lab.now).is_some(),
            len,
        )
    }

    /// The place in the list of the tab; the tree has its own.
    fn cursor(&self) -> Option<&Cursor> {
        match self.tab {
            Tab::Tree => None,
            Tab::Blocks => Some(&self.blocks),
            Tab::Txs => Some(&self.txs),
        }
    }

    fn cursor_mut(&mut self) -> Option<&mut Cursor> {
        match self.tab {
            Tab::Tree => None,
            Tab::Blocks => Some(&mut self.blocks),
            Tab::Txs => Some(&mut self.txs),
        }
    }

    fn drop_filter(&mut self) -> bool {
        let filtered = self.cursor_mut().filter(|cursor| !cursor.filter.is_empty());
        filtered.map(|cursor| cursor.set_filter("")).is_some()
    }

    /// The lines of a list of what is on its way.
    fn items(&self, lab: &LabView) -> Vec<Item> {
        let passed = lab.now.since(lab.since).as_secs();
        let now: Time = lab.since + Duration::from_secs(passed);
        let ways = match self.tab {
            Tab::Tree => Vec::new(),
            Tab::Blocks => ways::blocks(lab),
            Tab::Txs => ways::txs(lab),
        };
        let items = ways.iter().map(|way| way.item(lab, now)).collect();
        self.cursor()
            .map_or_else(Vec::new, |cursor| cursor.filtered(items))
    }

    fn len_and_chosen(&self, lab: &LabView) -> (usize, usize) {
        match self.cursor() {
            None => (self.forest.len(), self.forest.chosen()),
            Some(cursor) => {
                let items = self.items(lab);
                (items.len(), cursor.index(&items))
            }
        }
    }

    fn step(&mut self, lab: &LabView, action: Action, size: Rect) {
        let page = self.areas(lab, size).page();
        let items = self.items(lab);
        match self.cursor_mut() {
            None => self.forest.step(action, page),
            Some(cursor) => cursor.step(&items, action, page),
        }
    }

    /// The chosen line of a list.
    fn chosen_item(&self, lab: &LabView) -> Option<Item> {
        let items = self.items(lab);
        let at = self.cursor()?.index(&items);
        items.into_iter().nth(at)
    }

    fn copies(&self, lab: &LabView) -> Option<(String, String)> {
        if self.tab != Tab::Tree {
            return self.chosen_item(lab)?.copies;
        }
        let id = self.forest.chosen_block()?.id;
        let what = format!("the hash of block #{} {}", id.height, lab.chips.of(id));
        Some((what, id.hash.to_string()))
    }

    /// Opens what is chosen, of a node that has it.
    fn open(&mut self, scene: Scene<'_>) -> Vec<Effect> {
        let (lab, focus) = (scene.lab, scene.viewer.focus);
        let (target, node) = match self.tab {
            Tab::Tree => {
                let Some(info) = self.forest.chosen_block() else {
                    return Vec::new();
                };
                let node = self.forest.holder(info.id, focus);
                (Target::Block(info.id.hash), node)
            }
            Tab::Blocks | Tab::Txs => {
                let Some((target, node)) = self.chosen_way(lab, focus) else {
                    return Vec::new();
                };
                (target, node)
            }
        };
        self.open_of(scene, target, node)
    }

    /// What is chosen among things on their way, and who has it: the focused node, if it does.
    fn chosen_way(&self, lab: &LabView, focus: NodeIx) -> Option<(Target, NodeIx)> {
        let target = self.chosen_item(lab)?.opens?;
        let ways = match self.tab {
            Tab::Txs => ways::txs(lab),
            Tab::Tree | Tab::Blocks => ways::blocks(lab),
        };
        let way = ways.iter().find(|way| way.target() == target)?;
        let is_up = |ix: &NodeIx| lab.node(*ix).is_some_and(|node| node.state.is_up());
        let holders = || {
            way.arrivals
                .iter()
                .map(|arrival| arrival.node)
                .filter(is_up)
        };
        let node = holders().find(|ix| *ix == focus).or(holders().next());
        Some((target, node.unwrap_or(way.origin)))
    }
}
