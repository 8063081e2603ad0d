//! The views. Each is a [`View`] with a folder of its own, and [`Views`] has them all.

pub mod blocks;
pub mod log;
pub mod messages;
pub mod network;
pub mod panes;
mod view;
pub mod zoom;

pub use view::View;

use super::keymap::ViewId;

/// All views.
pub struct Views([Box<dyn View>; ViewId::ALL.len()]);

impl Default for Views {
    fn default() -> Self {
        Self(ViewId::ALL.map(made))
    }
}

/// A view as it is in the beginning.
fn made(id: ViewId) -> Box<dyn View> {
    match id {
        ViewId::Lab => Box::<panes::PanesView>::default(),
        ViewId::Zoom => Box::<zoom::ZoomView>::default(),
        ViewId::Network => Box::<network::NetworkView>::default(),
        ViewId::Blocks => Box::<blocks::BlocksView>::default(),
        ViewId::Messages => Box::<messages::MessagesView>::default(),
        ViewId::Log => Box::<log::LogView>::default(),
    }
}

impl Views {
    /// A view.
    pub fn get(&self, id: ViewId) -> &dyn View {
        &*self.0[id.place()]
    }

    /// A view, to do something with.
    pub fn get_mut(&mut self, id: ViewId) -> &mut dyn View {
        &mut *self.0[id.place()]
    }

    /// Each view with its name.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (ViewId, &mut dyn View)> {
        let views = self.0.iter_mut();
        ViewId::ALL
            .into_iter()
            .zip(views.map(|view| &mut **view as &mut dyn View))
    }
}
