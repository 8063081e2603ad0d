//! The view as it is looked at: the tab, and where one is in it.

use super::mempool::Mempool;
use super::rates::Rates;
use super::shown::Shown;
use super::tab::Tab;
use super::{draw, log, peers, wallets};
use crate::lab::{LabView, Request};
use crate::node::NodeIx;
use crate::node::io::Reply;
use crate::ui::keymap::{Action, ViewId};
use crate::ui::viewer::{DialogId, Effect, Fetch, Outcome, Purpose};
use crate::ui::views::view::View;
use crate::ui::widgets::chain::Chain;
use crate::ui::widgets::list::{Cursor, Item};
use crate::ui::widgets::opened::{Opened, page};
use crate::ui::widgets::scene::Scene;
use crate::ui::widgets::subject::Subject;
use ratatui::Frame;
use ratatui::layout::Rect;

/// One node, looked at closely.
pub struct ZoomView {
    node: NodeIx,
    tab: Tab,
    chain: Chain,
    mempool: Mempool,
    /// Places in the lists of the other tabs.
    cursors: [Cursor; Tab::ALL.len()],
    /// What is open over the tab.
    opened: Opened,
    /// Questions of the tabs that wait for their answers.
    asked: Vec<Fetch>,
    was_up: bool,
}

impl Default for ZoomView {
    fn default() -> Self {
        Self::new(NodeIx(0))
    }
}

impl ZoomView {
    fn new(node: NodeIx) -> Self {
        let cursor = |tab| match tab {
            Tab::Log => Cursor::at_the_end(),
            _ => Cursor::default(),
        };
        Self {
            node,
            tab: Tab::default(),
            chain: Chain::default(),
            mempool: Mempool::default(),
            cursors: Tab::ALL.map(cursor),
            opened: Opened::new(ViewId::Zoom, node),
            asked: Vec::new(),
            was_up: false,
        }
    }

    /// Looks at the focused node, on the same tab, and asks for what is out of date.
    fn refresh(&mut self, scene: Scene<'_>) -> Vec<Effect> {
        let node = scene.viewer.focus;
        if node != self.node {
            *self = Self {
                tab: self.tab,
                ..Self::new(node)
            };
        }
        let Some(subject) = Subject::new(scene.lab, node) else {
            return Vec::new();
        };
        let is_up = subject.is_up();
        if is_up && !self.was_up {
            self.asked.clear();
            self.chain.restarted();
            self.mempool = Mempool::default();
        }
        self.was_up = is_up;
        self.chain.observe(subject);
        let mut effects = self.opened.refresh(scene.lab);
        effects.extend(self.wanted(subject));
        effects
    }

    fn filter(&self) -> &str {
        match self.tab {
            _ if !self.opened.is_empty() => self.opened.filter(),
            Tab::Chain => &self.chain.filter,
            tab => &self.cursors[tab.place()].filter,
        }
    }

    fn go_to(&mut self, tab: Tab) {
        self.tab = tab;
        self.opened.clear();
    }

    /// Drops the filter, if there is one.
    fn back(&mut self) -> bool {
        let had_filter = !self.filter().is_empty();
        if had_filter {
            self.set_filter("");
        }
        had_filter
    }

    /// The lines of the tab.
    fn items(&self, subject: Subject<'_>) -> Vec<Item> {
        self.items_of(self.tab, subject)
    }

    /// The lines of a tab; not those of the chain, which may be long.
    fn items_of(&self, tab: Tab, subject: Subject<'_>) -> Vec<Item> {
        let items = match tab {
            Tab::Chain => Vec::new(),
            Tab::Mempool => self.mempool.items(subject),
            Tab::Peers => peers::items(subject),
            Tab::Wallets => wallets::items(subject),
            Tab::Log => log::items(subject),
        };
        self.cursors[tab.place()].filtered(items)
    }

    /// The line that is chosen.
    fn chosen(&self, subject: Subject<'_>) -> Option<Item> {
        if self.tab == Tab::Chain {
            let (heights, place) = self.chain.heights(subject);
            return Some(self.chain.line(subject, heights.nth(place)?));
        }
        let items = self.items(subject);
        let at = self.cursors[self.tab.place()].index(&items);
        items.into_iter().nth(at)
    }

    fn step(&mut self, subject: Subject<'_>, action: Action, page: usize) {
        if self.tab == Tab::Chain {
            return self.chain.step(subject, action, page);
        }
        let items = self.items(subject);
        let bars = match self.tab {
            // Its list and bars share what is below the tabs: a page, the line before it, and the head.
            Tab::Mempool if self.filter().is_empty() => {
                Rates::of(self.mempool.txs(subject), page + 2).height()
            }
            _ => 0,
        };
        let page = page.saturating_sub(bars).max(1);
        self.cursors[self.tab.place()].step(&items, action, page);
    }

    /// What is missing of the tab.
    fn wanted(&mut self, subject: Subject<'_>) -> Vec<Effect> {
        if !subject.is_up() || !self.opened.is_empty() {
            return Vec::new();
        }
        let wanted = match self.tab {
            Tab::Chain => self.chain.wanted(subject),
            Tab::Mempool => self.mempool.wanted(subject).map(|fetch| (fetch, 0)),
            Tab::Peers | Tab::Wallets | Tab::Log => None,
        };
        let is_new = |(fetch, _): &(Fetch, usize)| !self.asked.contains(fetch);
        let Some((fetch, blocks)) = wanted.filter(is_new) else {
            return Vec::new();
        };
        let request = Request::Ask(self.node, fetch.question(blocks));
        self.asked.push(fetch.clone());
        vec![Effect::Ask(request, Purpose::Fetch(ViewId::Zoom, fetch))]
    }

    fn take(&mut self, lab: &LabView, fetch: &Fetch, reply: Result<Reply, String>) -> Vec<Effect> {
        let Some(at) = self.asked.iter().position(|asked| asked == fetch) else {
            return Vec::new();
        };
        self.asked.remove(at);
        let subject = Subject::new(lab, self.node);
        let Some(subject) = subject.filter(|_| fetch.node() == self.node) else {
            return Vec::new();
        };
        let odd = |reply: Reply| format!("no answer to that: {reply:?}");
        match fetch {
            Fetch::Chain { from, .. } => {
                let page = reply.and_then(|reply| match reply {
                    Reply::Chain(page) => Ok(page),
                    other => Err(odd(other)),
                });
                self.chain.fetched(subject, *from, page);
            }
            Fetch::Mempool(_) => self.mempool.fetched(reply.and_then(|reply| match reply {
                Reply::Mempool(txs) => Ok(txs),
                other => Err(odd(other)),
            })),
            Fetch::Block(..) | Fetch::Tx(..) | Fetch::History { .. } => {}
        }
        self.wanted(subject)
    }
}

impl View for ZoomView {
    fn begin(&mut self, scene: Scene<'_>) -> Vec<Effect> {
        *self = Self::new(scene.viewer.focus);
        self.refresh(scene)
    }

    fn collect(&mut self, scene: Scene<'_>, area: Option<Rect>) -> Vec<Effect> {
        match area {
            Some(_) => self.refresh(scene),
            None => Vec::new(),
        }
    }

    fn act(&mut self, scene: Scene<'_>, action: Action, area: Rect) -> Outcome {
        let mut effects = self.refresh(scene);
        let Some(subject) = Subject::new(scene.lab, self.node) else {
            return Outcome {
                is_over: action == Action::Back,
                ..Outcome::default()
            };
        };
        let mut outcome = Outcome::default();
        match action {
            Action::Left | Action::TabLeft => self.go_to(self.tab.step(Tab::ALL.len() - 1)),
            Action::Right | Action::TabRight => self.go_to(self.tab.step(1)),
            action if !self.opened.is_empty() => {
                outcome = self.opened.act(scene.lab, action, area);
                outcome.is_over = false;
            }
            Action::Back => outcome.is_over = !self.back(),
            Action::Copy => outcome.copied = self.chosen(subject).and_then(|item| item.copies),
            Action::Open | Action::Zoom => {
                if let Some(target) = self.chosen(subject).and_then(|item| item.opens) {
                    self.opened.push(target);
                    effects.extend(self.opened.refresh(scene.lab));
                }
            }
            action => self.step(subject, action, page::page_lines(area)),
        }
        if !outcome.is_over {
            effects.extend(self.wanted(subject));
        }
        outcome.effects.splice(0..0, effects);
        outcome
    }

    fn fetched(
        &mut self,
        scene: Scene<'_>,
        fetch: Fetch,
        reply: Result<Reply, String>,
    ) -> Vec<Effect> {
        let effects = self.opened.fetched(scene.lab, &fetch, &reply);
        effects.unwrap_or_else(|| self.take(scene.lab, &fetch, reply))
    }

    fn finds(&self) -> Result<DialogId, String> {
        Ok(DialogId::Filter(self.filter().to_owned()))
    }

    fn set_filter(&mut self, filter: &str) {
        match self.tab {
            _ if !self.opened.is_empty() => self.opened.set_filter(filter),
            Tab::Chain => self.chain.set_filter(filter),
            tab => self.cursors[tab.place()].set_filter(filter),
        }
    }

    fn restart(&mut self) {
        *self = Self::default();
    }

    fn went_back(&mut self, lab: &LabView) {
        self.asked.clear();
        self.mempool = Mempool::default();
        self.opened.went_back();
        let subject = Subject::new(lab, self.node);
        let tip = subject.and_then(|subject| subject.tip());
        self.chain.went_back(tip.map_or(0, |(height, _)| height));
        let Some(subject) = subject else {
            return;
        };
        for tab in Tab::ALL {
            let items = self.items_of(tab, subject);
            self.cursors[tab.place()].went_back(&items);
        }
    }

    fn render(&self, frame: &mut Frame<'_>, area: Rect, scene: Scene<'_>) {
        if !self.opened.is_empty() {
            return self.opened.render(frame, area, scene, self.tab.name());
        }
        let Some(subject) = Subject::new(scene.lab, self.node) else {
            return;
        };
        let items = self.items(subject);
        let shown = Shown {
            subject,
            tab: self.tab,
            filter: self.filter(),
            chain: &self.chain,
            mempool: &self.mempool,
            chosen: self.cursors[self.tab.place()].index(&items),
            items,
        };
        draw::render(&shown, frame, area, scene);
    }
}
