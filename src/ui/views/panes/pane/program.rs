//! What a node is that is a program of others.

use super::parts::{label, none};
use crate::lab::view::NodeView;
use crate::node::snapshot::ProgramInfo;
use crate::ui::text::{self, Row};
use crate::ui::widgets::scene::Scene;
use ratatui::text::Line;

/// Its name for itself, its network, and how quickly it answers.
pub(super) fn program(
    scene: Scene<'_>,
    node: &NodeView,
    seen: &ProgramInfo,
    room: usize,
) -> Line<'static> {
    let theme = scene.theme;
    let Some(agent) = seen.user_agent.as_ref().filter(|_| node.state.is_up()) else {
        return none(scene, "program");
    };
    if let Some(fault) = seen.faults.first() {
        let row = Row::new().part(0, 0, vec![label(scene, "program")]);
        return row.text(1, 0, fault.clone(), theme.bad()).fit(room);
    }
    let mut row = Row::new()
        .part(0, 0, vec![label(scene, "program")])
        .text(
            1,
            0,
            agent.trim_matches(['"', '/']).to_owned(),
            theme.text(),
        )
        .text(2, 2, seen.network.clone(), theme.dim());
    if let Some(time) = seen.round_trip {
        row = row.text(3, 2, text::lapse(time), theme.dim());
    }
    row.fit(room)
}
