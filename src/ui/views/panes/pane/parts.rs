//! What the rows of a pane have in common.

use crate::lab::view::NodeView;
use crate::node::snapshot::NodeSnapshot;
use crate::ui::widgets::scene::Scene;
use ratatui::text::{Line, Span};

/// Columns of the names of figures.
pub(super) const LABEL: usize = 9;

/// Stands for a figure that there is not.
pub(in crate::ui::views::panes) const NONE: &str = "-";

/// The node as it runs: of one that does not, or is out of sight, figures would only be what was.
pub(super) fn running(node: &NodeView) -> Option<&NodeSnapshot> {
    let seen = node.snapshot.as_deref().filter(|seen| seen.is_seen());
    seen.filter(|_| node.state.is_up())
}

/// The name of a figure.
pub(super) fn label(scene: Scene<'_>, name: &str) -> Span<'static> {
    Span::styled(format!("{name:<LABEL$}"), scene.theme.dim())
}

/// A figure that there is not.
pub(super) fn none(scene: Scene<'_>, name: &str) -> Line<'static> {
    Line::from(vec![
        label(scene, name),
        Span::styled(NONE, scene.theme.dim()),
    ])
}
