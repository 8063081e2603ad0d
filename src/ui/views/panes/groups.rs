//! The groups of a partition in the table: a letter each, and a line between two.

use crate::node::NodeIx;
use crate::ui::widgets::scene::Scene;
use ratatui::text::Line;

/// The letter of its group, in a partition.
pub(super) fn letter(scene: Scene<'_>, ix: NodeIx) -> char {
    let groups = scene.lab.partition.as_ref();
    let at = groups.and_then(|groups| groups.iter().position(|group| group.contains(&ix)));
    at.map_or(' ', |at| ('A'..='Z').nth(at).unwrap_or('+'))
}

/// The line between a group and those before it, with the links that are cut.
pub(super) fn rule(scene: Scene<'_>, group: usize, room: usize) -> Line<'static> {
    /// Columns for the number of links that are not named.
    const MORE: usize = 6;
    let theme = scene.theme;
    let sign = theme.rule();
    let links = cut_links(scene, group);
    let mut words = format!(" {sign} cut ");
    // The rule's own sign and a space at either end.
    let room_left = room.saturating_sub(words.chars().count() + 5);
    let mut named = String::new();
    for (nth, link) in links.iter().enumerate() {
        let comma = if nth == 0 { "" } else { ", " };
        let reserve = if nth + 1 < links.len() { MORE } else { 0 };
        let taken = named.chars().count() + comma.len() + link.chars().count();
        if taken + reserve > room_left {
            named += &format!(" +{}", links.len() - nth);
            break;
        }
        named += comma;
        named += link;
    }
    if !named.is_empty() {
        words += &format!("{sign} {} ", named.trim_start());
    }
    let rest = room.saturating_sub(words.chars().count() + 1);
    Line::styled(words + &sign.repeat(rest), theme.warn())
}

/// Links between a group and those before it, by the names of their ends.
fn cut_links(scene: Scene<'_>, group: usize) -> Vec<String> {
    let groups = scene.lab.partition.as_ref();
    let place = |ix: NodeIx| groups?.iter().position(|group| group.contains(&ix));
    let links = scene.lab.links.iter();
    let cut = links.filter(|link| {
        let ends = [link.ends.0, link.ends.1].map(place);
        ends[0] != ends[1] && ends.iter().flatten().max() == Some(&group)
    });
    let names = cut.map(|link| {
        let (one, other) = link.ends;
        format!("{}-{}", scene.name(one), scene.name(other))
    });
    names.collect()
}
