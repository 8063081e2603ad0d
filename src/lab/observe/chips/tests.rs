use super::*;
use crate::chain::hash::sha256d;

fn block(height: u32, nth: u32) -> BlockId {
    let hash = sha256d(&[height.to_le_bytes(), nth.to_le_bytes()].concat());
    let hash = BlockHash(hash);
    BlockId { height, hash }
}

/// Blocks of one history: branches that grow beside each other, of which one dies now and then and
/// another leaves the best; with the parent of each.
fn history(seed: u32, count: u32) -> Vec<(BlockId, Option<BlockId>)> {
    let mut draws = (0..).map(|nth| sha256d(&[seed, nth].map(u32::to_le_bytes).concat()));
    let mut draw = || draws.next().expect("they never end");
    let mut branches = vec![block(0, seed)];
    let mut blocks = vec![(branches[0], None)];
    for nth in 1..count {
        let luck = draw();
        let at = usize::from(luck[0]) % branches.len();
        let parent = branches[at];
        let child = block(parent.height + 1, seed ^ nth);
        match luck[1] {
            0..40 if branches.len() < 4 => branches.push(child),
            40..70 if branches.len() > 1 => {
                branches.swap_remove(at);
                let next = &mut branches[0];
                *next = block(next.height + 1, seed ^ nth);
                let below = blocks.iter().rfind(|(id, _)| id.height + 1 == next.height);
                let below = below.map(|(id, _)| *id);
                blocks.push((*next, below));
                continue;
            }
            _ => branches[at] = child,
        }
        blocks.push((child, Some(parent)));
    }
    blocks
}

#[test]
fn a_chip_never_has_the_digits_of_the_parent_a_rival_or_a_neighbour() {
    for seed in 0..40 {
        let mut chips = Chips::default();
        let mut given: Vec<(BlockId, Chip)> = Vec::new();
        for (id, _) in history(seed, 2_000) {
            chips.hear(id);
            let chip = chips.of(id);
            assert!((2..=4).contains(&chip.digits().len()));
            let near = given
                .iter()
                .filter(|(other, _)| other.height.abs_diff(id.height) <= ROW);
            for (other, its) in near {
                assert_ne!(its.digits(), chip.digits(), "{id:?} beside {other:?}");
                if other.height == id.height {
                    assert_ne!(its.colour(), chip.colour(), "{id:?} beside {other:?}");
                }
            }
            given.push((id, chip));
        }
        let longer = given.iter().filter(|(_, chip)| chip.digits().len() > 2);
        assert!(longer.count() < given.len() / 4, "most have two digits");
    }
}

#[test]
fn a_chip_is_chosen_once_and_no_later_block_changes_it() {
    let mut chips = Chips::default();
    let mut given: Vec<(BlockId, Chip)> = Vec::new();
    for (id, _) in history(7, 3_000) {
        chips.hear(id);
        given.push((id, chips.of(id)));
        chips.hear(id);
    }
    for (id, chip) in given {
        assert_eq!(chips.of(id), chip);
        assert_eq!(chips.find(&id.hash), Some(id));
    }
}

#[test]
fn parents_and_rivals_are_as_far_apart_as_there_are_colours() {
    let mut chips = Chips::default();
    // A chain alone: a quarter of the circle at least from each to the next.
    for height in 0..500 {
        chips.hear(block(height, 0));
    }
    let colour = |chips: &Chips, height, nth| chips.colour(block(height, nth));
    for height in 1..500 {
        let (parent, child) = (colour(&chips, height - 1, 0), colour(&chips, height, 0));
        assert!(apart(parent, child) >= 3);
    }
    // Two branches, each block heard of as it is found.
    for height in 500..600 {
        chips.hear(block(height, 0));
        chips.hear(block(height, 1));
        let (one, other) = (colour(&chips, height, 0), colour(&chips, height, 1));
        assert!(apart(one, other) >= 3, "{height}: {one} {other}");
        let parent = colour(&chips, height - 1, 1);
        assert!(apart(parent, other) >= 2, "{height}");
    }
    // As many rivals as there are colours never share one.
    let mut taken: Vec<_> = (0..12)
        .map(|nth| {
            let id = block(9, 1_000 + nth);
            let mut alone = Chips::default();
            (0..=nth).for_each(|nth| alone.hear(block(9, 1_000 + nth)));
            alone.colour(id)
        })
        .collect();
    taken.sort_unstable();
    taken.dedup();
    assert_eq!(taken.len(), COLOURS);
}

/// A network in two: after each block that one of the sides finds, and however far it is ahead, the
/// tips that the nodes of the two sides show are told apart by colour.
#[test]
fn the_tips_of_two_sides_never_share_a_colour() {
    for seed in 0..300 {
        let mut chips = Chips::default();
        let from = 5 + seed % 7;
        (0..=from).for_each(|height| chips.hear(block(height, seed)));
        let mut tips = [block(from, seed); 2];
        let draws = sha256d(&seed.to_le_bytes());
        for nth in 0..60 {
            // Some sides find many blocks before the other has its first.
            let draw = draws[nth / 2] >> (4 * (nth % 2));
            let side = usize::from(draw % 16 < draws[31] % 16);
            tips[side] = block(tips[side].height + 1, seed + [1_000, 2_000][side]);
            chips.hear(tips[side]);
            if tips.iter().all(|tip| tip.height > from) {
                let [one, other] = tips.map(|tip| chips.colour(tip));
                assert_ne!(one, other, "seed {seed}: {tips:?}");
            }
        }
    }
}

#[test]
fn a_chain_without_rivals_has_the_same_colours_wherever_the_lab_began_to_listen() {
    let (mut early, mut late) = (Chips::default(), Chips::default());
    for height in 0..300 {
        early.hear(block(height, 0));
    }
    for height in 200..300 {
        late.hear(block(height, 0));
    }
    for height in 0..300 {
        let id = block(height, 0);
        assert_eq!(early.colour(id), late.colour(id));
    }
}

#[test]
fn of_too_many_blocks_the_lowest_are_forgotten_and_no_older_one_comes_in() {
    let mut chips = Chips::default();
    let most = u32::try_from(BLOCKS_MAX).expect("small");
    for height in 1_000..1_000 + most + 10 {
        chips.hear(block(height, 0));
    }
    assert_eq!(chips.chips.len(), BLOCKS_MAX);
    assert_eq!(chips.heights.len(), BLOCKS_MAX);
    assert_eq!(chips.find(&block(1_009, 0).hash), None);
    assert!(chips.find(&block(1_010, 0).hash).is_some());
    assert!(!chips.is_news(block(3, 0)));
    let before = chips.clone();
    chips.hear(block(3, 0));
    assert_eq!(chips, before);
}

#[test]
fn the_digits_are_the_last_ones_of_the_hash_that_people_read() {
    let id = block(5, 0);
    let written = id.hash.to_string();
    assert!(written.ends_with(Chips::default().of(id).digits()));
    let four = Chip::cut(&id.hash, 0, 4, 0);
    assert_eq!(four.digits(), &written[60..]);
    let further = Chip::cut(&id.hash, 3, 4, 0);
    assert_eq!(further.digits(), &written[57..61]);
}
