//! The name of a new wallet.

use super::dialog::{Dialog, Verdict};
use super::form::{Beside, Field, Fields, Pressed};
use super::window::{self, WindowLine};
use crate::lab::{LabView, Request};
use crate::node::NodeIx;
use crate::node::io::Command;
use crate::node::wallets::check_name;
use crate::ui::keymap::KeyPress;
use crate::ui::viewer::{Effect, Purpose, Viewer};
use crate::ui::widgets::scene::Scene;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Span;

/// Columns that it likes to have.
const WIDTH: u16 = 56;

const NAME: usize = 0;

/// A form of one field.
pub struct WalletForm {
    node: NodeIx,
    form: Fields,
    waits: bool,
}

impl WalletForm {
    pub fn new(node: NodeIx) -> Self {
        Self {
            node,
            form: Fields::new(vec![Field::new("Name", "")], NAME),
            waits: false,
        }
    }
}

impl Dialog for WalletForm {
    fn key(&mut self, lab: &LabView, _viewer: &mut Viewer, key: KeyPress) -> Verdict {
        match self.form.key(key, &[]) {
            Pressed::Leave => return Verdict::close(),
            Pressed::Submit if !self.waits => {}
            _ => return Verdict::stay(),
        }
        let name = self.form.text(NAME).to_owned();
        if let Err(why) = check_new_wallet(lab, &name) {
            self.form.blame(NAME, why);
            return Verdict::stay();
        }
        self.waits = true;
        let request = Request::Node(self.node, Command::CreateWallet { name });
        Verdict::Stay(vec![Effect::Ask(request, Purpose::Wallet)])
    }

    fn paste(&mut self, text: &str) -> Result<(), String> {
        self.form.paste(text);
        Ok(())
    }

    fn awaits(&self, purpose: &Purpose) -> bool {
        self.waits && *purpose == Purpose::Wallet
    }

    fn refused(&mut self, why: &str) {
        self.waits = false;
        self.form.blame(NAME, why);
    }

    fn render(&self, frame: &mut Frame<'_>, area: Rect, scene: Scene<'_>) {
        let lab = scene.lab;
        let theme = scene.theme;
        let room = window::inner_width(area, WIDTH);
        let mut lines = self.form.lines(&Beside {
            theme,
            room,
            offers: &[],
            notes: &[],
        });
        lines.push(match self.waits {
            true => WindowLine::new(vec![Span::styled(
                format!("making it{}", window::dots(theme)),
                theme.warn(),
            )]),
            false => WindowLine::blank(),
        });
        lines.push(window::keys(
            theme,
            room,
            &[("Enter", "makes it"), ("Esc", "leaves")],
        ));
        let node = lab.node(self.node).map_or("", |node| &*node.name);
        let title = format!("new wallet on {node}");
        window::render(frame, area, theme, &title, WIDTH, lines);
    }
}

/// Whether a new wallet can have this name. The lab knows better, but asking it takes longer.
pub fn check_new_wallet(lab: &LabView, name: &str) -> Result<(), String> {
    if name.is_empty() {
        return Err("a wallet needs a name".to_owned());
    }
    check_name(name).map_err(|why| why.to_string())?;
    match lab.wallets().find(|(_, wallet)| wallet.name == name) {
        Some((ix, _)) => {
            let node = lab.node(ix).map_or("", |node| &*node.name);
            Err(format!("there is a wallet {name} already, on {node}"))
        }
        None => Ok(()),
    }
}
