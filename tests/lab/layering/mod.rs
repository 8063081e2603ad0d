//! The floors of the house: a floor uses only floors below it, a room of a floor only rooms below
//! it, and files that use each other in a circle are two at most. Every path in src/ is followed
//! to the file that defines what it names; what points up, or across between rooms that stand side
//! by side, fails here.

mod allowances;
mod circles;
mod house;
mod page;
mod resolver;
mod sizes;
mod source;
mod tables;

use self::circles::circles;
use self::house::{Arrow, House};
use self::source::Module;
use self::tables::{CIRCLES, FLOORS, ROOMS};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// The roots of the two crates: above everything.
const TOP: [&str; 2] = ["lib", "main"];

/// The house as it stands, read once for all that look at it.
static HOUSE: LazyLock<(House, Vec<Arrow>)> = LazyLock::new(|| {
    let house = House::on_disk();
    let arrows = house.arrows();
    (house, arrows)
});

/// What is wrong with a floor or room of the first name using one of the second.
fn objection(levels: &[&[&str]], from: &str, to: &str) -> Option<String> {
    if TOP.contains(&from) || from == to {
        return None;
    }
    let level = |name: &str| levels.iter().position(|level| level.contains(&name));
    let (Some(below), Some(above)) = (level(from), level(to)) else {
        return Some(format!("{from} or {to} stands on no floor"));
    };
    match above.cmp(&below) {
        std::cmp::Ordering::Less => None,
        std::cmp::Ordering::Equal => Some(format!("{from} and {to} stand side by side")),
        std::cmp::Ordering::Greater => Some(format!("{to} is above {from}")),
    }
}

/// The floor and the room of a file. What a floor's own `mod.rs` defines is the room `mod`.
fn place(module: &[String]) -> (&str, &str) {
    let name = |at: usize| module.get(at).map(String::as_str);
    (name(0).unwrap_or("lib"), name(1).unwrap_or("mod"))
}

fn told(arrow: &Arrow) -> String {
    format!("{} uses {}", arrow.from.join("::"), arrow.by)
}

#[test]
fn no_arrow_points_up() {
    let (house, arrows) = &*HOUSE;
    assert!(
        house.files.len() > 20 && arrows.len() > 50,
        "{} files, {} arrows",
        house.files.len(),
        arrows.len()
    );
    let mut objections = Vec::new();
    for arrow in arrows {
        let ((from, _), (to, _)) = (place(&arrow.from), place(&arrow.to));
        if let Some(objection) = objection(&FLOORS, from, to) {
            objections.push(format!("{}: {objection}", told(arrow)));
        }
    }
    assert_eq!(objections, Vec::<String>::new());
}

#[test]
fn no_room_uses_one_above_it() {
    let (_, arrows) = &*HOUSE;
    let mut objections = Vec::new();
    for arrow in arrows.iter().filter(|arrow| !arrow.test) {
        let ((floor, from), (of, to)) = (place(&arrow.from), place(&arrow.to));
        let Some((_, rooms)) = ROOMS.iter().find(|(name, _)| floor == of && *name == floor) else {
            continue;
        };
        if let Some(objection) = objection(rooms, from, to) {
            objections.push(format!("{}: {objection}", told(arrow)));
        }
    }
    assert_eq!(objections, Vec::<String>::new());
}

#[test]
fn every_room_stands_somewhere_and_no_other() {
    let (house, _) = &*HOUSE;
    let mut real: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for file in house.files.iter().filter(|file| !house.is_test(file)) {
        let room = file.get(1).map(String::as_str);
        real.entry(place(file).0).or_default().extend(room);
    }
    let floors: BTreeSet<&str> = FLOORS.iter().copied().flatten().copied().collect();
    let tops = real.keys().copied().filter(|floor| !TOP.contains(floor));
    assert_eq!(tops.collect::<BTreeSet<_>>(), floors);
    for (floor, rooms) in ROOMS {
        let named = rooms.iter().copied().flatten().copied();
        let named: BTreeSet<&str> = named.filter(|room| *room != "mod").collect();
        assert_eq!(real[floor], named, "the rooms of {floor} and its table");
    }
}

#[test]
fn no_circle_of_files_is_larger_than_two() {
    let (_, arrows) = &*HOUSE;
    let code = arrows.iter().filter(|arrow| !arrow.test);
    let found = circles(code.filter(|arrow| !TOP.contains(&place(&arrow.from).0)));
    let named = |circle: &BTreeSet<&Module>| circle.iter().map(|file| file.join("::")).collect();
    let large = found.iter().filter(|circle| circle.len() > 2);
    let found: Vec<BTreeSet<String>> = large.map(named).collect();
    let mut known: Vec<BTreeSet<String>> = Vec::new();
    for (files, reason) in CIRCLES {
        assert!(!reason.is_empty(), "why is {files:?} a circle?");
        known.push(files.iter().map(|file| (*file).to_owned()).collect());
    }
    let new: Vec<_> = found
        .iter()
        .filter(|circle| !known.contains(circle))
        .collect();
    let gone: Vec<_> = known
        .iter()
        .filter(|circle| !found.contains(circle))
        .collect();
    assert!(
        new.is_empty() && gone.is_empty(),
        "circles that are not in CIRCLES:\n{new:?}\nof CIRCLES there no more, or changed:\n{gone:?}"
    );
}

#[test]
fn the_floors_object_to_arrows_that_point_up_or_across() {
    let objection = |from, to| objection(&FLOORS, from, to);
    assert_eq!(objection("node", "chain"), None);
    assert_eq!(objection("lab", "chain"), None);
    assert_eq!(objection("main", "ui"), None);
    assert_eq!(
        objection("chain", "node"),
        Some("node is above chain".to_owned())
    );
    assert_eq!(
        objection("node", "link"),
        Some("link is above node".to_owned())
    );
    let across = Some("live and sim stand side by side".to_owned());
    assert_eq!(objection("live", "sim"), across);
    assert!(objection("chain", "surprise").is_some());
}
