//! All ways between two boxes that are worth a look.

use crate::ui::views::network::outline::{Candidate, Outline, Port};
use crate::ui::views::network::path::{Heading, Point};

/// Columns between two lines that begin at one edge.
const ASIDE: i32 = 4;

/// All ways from a box to one that is below or on its right.
pub(super) fn ways(from: Outline, to: Outline) -> Vec<Candidate> {
    let mut found = straight(from, to);
    found.extend(cornered(from, to));
    for by in [0, 1, 2] {
        found.extend(around(from, to, by));
    }
    found
}

/// From edge to edge and from side to side.
fn straight(from: Outline, to: Outline) -> Vec<Candidate> {
    let (a, b) = (from.middle(), to.middle());
    let mut found = Vec::new();
    if to.top > from.bottom + 1 {
        let rows = to.top - from.bottom - 2;
        for (x, end_x) in upright_ends(from, to, rows) {
            let (start, end) = (from.below(x), to.above(end_x));
            found.extend(between(start, end));
            let middle = (start.0.1 + end.0.1) / 2;
            found.push(through(start, &[(x, middle), (end_x, middle)], end));
        }
    }
    if to.left > from.right + 1 || to.right < from.left - 1 {
        let (start, end) = (from.beside(b.0), to.beside(a.0));
        found.extend(between(start, end));
        let middle = (start.0.0 + end.0.0) / 2;
        found.push(through(start, &[(middle, a.1), (middle, b.1)], end));
    }
    found
}

/// From the side of one to the edge of the other.
fn cornered(from: Outline, to: Outline) -> Vec<Candidate> {
    let (a, b) = (from.middle(), to.middle());
    let toward_b = (b.0 - a.0).signum();
    let mut found = Vec::new();
    let reaches = |body: Outline| {
        [
            0,
            body.reach() / 2,
            -body.reach() / 2,
            body.reach(),
            -body.reach(),
        ]
    };
    for by in reaches(to) {
        let (start, end) = (from.beside(b.0), to.above(b.0 + by));
        let corner = (b.0 + by, a.1);
        if end.0.1 >= a.1 && (corner.0 - start.0.0) * toward_b > 0 {
            found.extend(slanted_then(start, corner, end));
        }
    }
    for by in reaches(from) {
        let (start, end) = (from.below(a.0 + by), to.beside(a.0));
        let corner = (a.0 + by, b.1);
        if start.0.1 <= b.1 && (end.0.0 - corner.0) * toward_b > 0 {
            found.extend(slanted_then(start, corner, end));
        }
    }
    found
}

/// Around what stands between them, so far from both.
fn around(from: Outline, to: Outline, by: i32) -> Vec<Candidate> {
    let (a, b) = (from.middle(), to.middle());
    let mut found = Vec::new();
    for side in [
        from.left.min(to.left) - 1 - by,
        from.right.max(to.right) + 1 + by,
    ] {
        let (start, end) = (from.beside(side), to.beside(side));
        found.push(through(start, &[(side, a.1), (side, b.1)], end));
    }
    for x in [0, from.reach() / 2 * (b.0 - a.0).signum()] {
        let end_x = b.0 - x.signum() * to.reach() / 2;
        let low = from.bottom.max(to.bottom) + 1 + by;
        let (start, end) = (from.below(a.0 + x), to.below(end_x));
        found.push(through(start, &[(a.0 + x, low), (end_x, low)], end));
        let high = from.top.min(to.top) - 1 - by;
        let (start, end) = (from.above(a.0 + x), to.above(end_x));
        found.push(through(start, &[(a.0 + x, high), (end_x, high)], end));
    }
    found
}

/// Where on the lower edge of one and the upper edge of another with so many lines between a line
/// may end: as near to each other as a slanted line wants it, straight below each other, or in the
/// middle.
fn upright_ends(from: Outline, to: Outline, rows: i32) -> Vec<(i32, i32)> {
    let (a, b) = (from.middle().0, to.middle().0);
    let far = b - a;
    let near = |rest: i32| {
        let too_far = (far.abs() - rest).max(0);
        let first = (too_far / 2).min(from.reach());
        let second = (too_far - first).min(to.reach());
        let first = (too_far - second).min(from.reach());
        (a + first * far.signum(), b - second * far.signum())
    };
    let mut ends = vec![near(rows), near(0), (a, b)];
    let half = far.signum() * from.reach() / 2;
    ends.push((a + half, b - far.signum() * to.reach() / 2));
    ends.push((a + far.signum() * from.reach(), b));
    ends.push((a, b - far.signum() * to.reach()));
    // As these, a little aside, where another line begins already.
    let aside = near(rows);
    for by in [ASIDE, -ASIDE, 2 * ASIDE, -2 * ASIDE] {
        let (x, end_x) = (aside.0 + by, aside.1 + by);
        if (x - a).abs() <= from.reach() && (end_x - b).abs() <= to.reach() {
            ends.push((x, end_x));
        }
    }
    ends
}

/// From one end to another: straight, or slanted for a part of the way.
fn between(start: Port, end: Port) -> Vec<Candidate> {
    let (p, q) = (start.0, end.0);
    let (dx, dy) = (q.0 - p.0, q.1 - p.1);
    let mut found = vec![through(start, &[], end)];
    let short = dx.abs().min(dy.abs());
    let rest = dx.abs().max(dy.abs()) - short;
    if short == 0 || rest == 0 {
        return found;
    }
    let slant = (dx.signum(), dy.signum());
    let along = match dx.abs() > dy.abs() {
        true => (dx.signum(), 0),
        false => (0, dy.signum()),
    };
    let go = |from: Point, step: Heading, by: i32| (from.0 + step.0 * by, from.1 + step.1 * by);
    found.push(through(start, &[go(p, slant, short)], end));
    found.push(through(start, &[go(p, along, rest)], end));
    let one = go(p, along, rest / 2);
    found.push(through(start, &[one, go(one, slant, short)], end));
    let one = go(p, slant, short / 2);
    found.push(through(start, &[one, go(one, along, rest)], end));
    found
}

/// With one corner, or its corner cut off.
fn slanted_then(start: Port, corner: Point, end: Port) -> Vec<Candidate> {
    let (p, q) = (start.0, end.0);
    let to_corner = (corner.0 - p.0).abs() + (corner.1 - p.1).abs();
    let from_corner = (q.0 - corner.0).abs() + (q.1 - corner.1).abs();
    let off = to_corner.min(from_corner);
    let toward = |to: Point| {
        let step = ((to.0 - corner.0).signum(), (to.1 - corner.1).signum());
        (corner.0 + step.0 * off, corner.1 + step.1 * off)
    };
    let mut found = vec![through(start, &[corner], end)];
    if off > 1 {
        found.push(through(start, &[toward(p), toward(q)], end));
    }
    found
}

fn through(start: Port, bends: &[Point], end: Port) -> Candidate {
    let mut all = vec![start.0];
    all.extend(bends);
    all.push(end.0);
    all.dedup();
    Candidate {
        bends: all,
        leaves: start.1,
        enters: (-end.1.0, -end.1.1),
    }
}
