//! Where everything goes on a screen of a given size.
//!
//! ```text
//! header              one line
//! body                the view in front
//! caption             a band, in a lab with a script
//! timeline            one line, in a lab in virtual time, where no figure gives way for it
//! message line
//! footer
//! ```
//!
//! It follows from the size of the screen, the script and the kind of lab, never from what happens in the lab: nothing
//! moves while it is looked at. Drawing and the mouse both ask here, so that a click hits what is seen.

use super::{band, timeline};
use crate::lab::LabView;
use crate::ui::viewer::Viewer;
use ratatui::layout::Rect;

/// The smallest screen that anything useful fits on.
pub const SMALLEST: (u16, u16) = (60, 15);

/// Where everything goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScreenPlan {
    /// The first line.
    pub header: Rect,
    /// What is in the middle.
    pub body: Rect,
    /// The band of captions, of a lab with a script.
    pub caption: Option<Rect>,
    /// The line of time, of a lab in virtual time.
    pub timeline: Option<Rect>,
    /// The line above the footer.
    pub message: Rect,
    /// The last line.
    pub footer: Rect,
}

impl ScreenPlan {
    /// For the lab as it is, on the screen as it was last heard of.
    pub fn new(lab: &LabView, viewer: &Viewer) -> Self {
        Self::sized(lab, viewer, viewer.size)
    }

    /// For a screen of this size.
    pub fn sized(lab: &LabView, viewer: &Viewer, (width, height): (u16, u16)) -> Self {
        let line = |y: u16| Rect::new(0, y.min(height), width, u16::from(y < height));
        let mut body = Rect::new(0, 1, width, height.saturating_sub(3));
        let band = band::rows(lab, viewer, (width, height)).min(body.height);
        body.height -= band;
        let has_time = timeline::has_room(lab, viewer, height, body);
        body.height -= u16::from(has_time);
        Self {
            header: line(0),
            body,
            caption: (band > 0).then(|| Rect::new(0, body.bottom(), width, band)),
            timeline: has_time.then(|| line(height.saturating_sub(3))),
            message: line(height.saturating_sub(2)),
            footer: line(height.saturating_sub(1)),
        }
    }

    /// Whether the screen is too small for anything.
    pub fn is_too_small(size: (u16, u16)) -> bool {
        size.0 < SMALLEST.0 || size.1 < SMALLEST.1
    }
}
