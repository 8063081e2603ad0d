//! All dialogs, by what they ask.

use super::dialog::Dialog;
use super::{
    add, filter, find, help, link, palette, partition, quit, restart, script, seek, send,
    timelines, wallet,
};
use crate::lab::LabView;
use crate::ui::viewer::{DialogId, Viewer};

/// Opens a dialog, for the lab as it is; `None`: there is nothing that it could be about.
pub fn open(dialog: DialogId, lab: &LabView, viewer: &Viewer) -> Option<Box<dyn Dialog>> {
    let node = viewer.focus;
    Some(match dialog {
        DialogId::Help => Box::<help::Help>::default(),
        DialogId::Palette => Box::<palette::Palette>::default(),
        DialogId::Wallet => Box::new(wallet::WalletForm::new(node)),
        DialogId::Send => Box::new(send::SendForm::new(lab, viewer)),
        DialogId::Add => Box::new(add::AddForm::new(lab, node)),
        DialogId::Quit => Box::new(quit::Quit::new(lab)),
        DialogId::FindNode => Box::<find::FindNode>::default(),
        DialogId::SeekBlock => Box::<seek::Seek>::default(),
        DialogId::Filter(now) => Box::new(filter::FilterLine::new(&now)),
        DialogId::Link => Box::new(link::LinkForm::new(lab, viewer.chosen_link(lab)?)),
        DialogId::Partition => Box::new(partition::PartitionForm::new(lab)),
        DialogId::Restart => Box::new(restart::Restart),
        DialogId::Script => Box::<script::Steps>::default(),
        DialogId::Timelines => Box::new(timelines::Timelines::new(lab)),
    })
}
