//! What shows of a node that is a program of others.

use super::head::figure;
use crate::node::snapshot::ProgramInfo;
use crate::ui::text::{self, Row};
use crate::ui::widgets::scene::Scene;
use ratatui::text::Line;

/// What it is, how it answers, and what cannot be seen.
pub(super) fn lines(scene: Scene<'_>, seen: &ProgramInfo, room: usize) -> Vec<Line<'static>> {
    let theme = scene.theme;
    let mut is = Row::new().part(0, 0, figure(scene, "network", &seen.network));
    if let Some(agent) = &seen.user_agent {
        is = is.part(1, 3, figure(scene, "program", agent));
    }
    if let Some(time) = seen.round_trip {
        is = is.part(2, 3, figure(scene, "ping", text::lapse(time)));
    }
    if let Some(protocol) = seen.protocol {
        is = is.part(4, 3, figure(scene, "protocol", protocol));
    }
    if let Some(services) = &seen.services {
        is = is.part(5, 3, figure(scene, "services", services));
    }
    let mut lines = vec![is.fit(room)];
    if let Some(away) = &seen.away {
        lines.insert(0, Line::styled(away.clone(), theme.bad()));
    }
    lines.push(sees(scene, seen, room));
    let faults = seen
        .faults
        .iter()
        .map(|words| Line::styled(words.clone(), theme.bad()));
    lines.extend(faults);
    let faults = [&seen.rpc_fault, &seen.mempool_note].into_iter().flatten();
    lines.extend(faults.map(|words| Line::styled(words.clone(), theme.warn())));
    lines
}

fn sees(scene: Scene<'_>, seen: &ProgramInfo, room: usize) -> Line<'static> {
    let rpc = seen.rpc.as_deref().unwrap_or("not asked");
    let mut row = Row::new().part(0, 0, figure(scene, "rpc", rpc)).part(
        1,
        3,
        figure(scene, "stale branches", seen.stale_branches),
    );
    if let Some(least) = seen.fee_filter {
        row = row.part(2, 3, figure(scene, "fee filter", format!("{least} a kvB")));
    }
    row.part(3, 3, figure(scene, "fees known", seen.fees_known))
        .fit(room)
}
