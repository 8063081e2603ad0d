//! Damaged files are refused, or fail when they are read, or cost the last blocks: what is served
//! had been committed, and nothing that may be of use is destroyed.

use crate::common::damage::*;
use rayon::prelude::*;
use std::fs;
use std::path::{Path, PathBuf};

fn only_journal(base: &Base) -> (PathBuf, Vec<u8>) {
    let journals = journals(&base.chain());
    assert_eq!(journals.len(), 1);
    let bytes = fs::read(base.chain().join(&journals[0])).expect("readable");
    (Path::new("chain").join(&journals[0]), bytes)
}

fn flip(at: usize, bits: u8) -> impl Fn(&mut Vec<u8>) + Sync {
    move |bytes| bytes[at] ^= bits
}

#[test]
fn an_undamaged_copy_is_sound_at_the_last_tip() {
    let base = Base::with_tables_and_a_journal();
    let copy = base.copy();
    assert_eq!(base.judge(copy.path(), "copy"), Outcome::SoundAt(base.last));
    // The test is about both kinds of files.
    assert!(
        files(&base.chain())
            .iter()
            .filter(|file| file.parent().is_some_and(|dir| dir.ends_with("tables")))
            .count()
            >= 6
    );
    assert!(batch_ends(&only_journal(&base).1).len() > 80);
}

#[test]
fn a_flipped_byte_in_the_journal_is_refused_untouched_or_costs_only_the_end_which_is_kept() {
    let base = Base::with_tables_and_a_journal();
    let (file, journal) = only_journal(&base);
    let ends = batch_ends(&journal);
    let last = ends[ends.len() - 2]..journal.len();
    let mut places: Vec<usize> = (0..journal.len()).step_by(997).collect();
    let heads = ends.iter().flat_map(|end| [end + 1, end + 5, end + 12]);
    places.extend(heads.filter(|at| *at < journal.len()).step_by(2));
    places.extend(
        (0..120)
            .chain(last.clone().step_by(3))
            .chain(journal.len() - 13..journal.len()),
    );
    places.into_par_iter().for_each_init(
        || Bench::new(&base),
        |bench, at| {
            let bits = if at % 2 == 0 { 0xff } else { 1 << (at % 8) };
            let what = format!("byte {at} ^ {bits:#x}");
            let found = bench.damage(&file, &Damage::Edit(&flip(at, bits)), &what);
            if found.outcome == Outcome::Refused {
                assert!(found.after == found.before, "{what}: was touched");
            } else {
                // The last batch only says that all before it is safe.
                assert!(last.contains(&at), "{what}: {:?}", found.outcome);
                assert_eq!(found.outcome, Outcome::SoundAt(base.last), "{what}");
                // A higher sequence number changes nothing if no batch follows.
                let (used, was) = (&found.after[&file], &found.before[&file]);
                let cut = found
                    .after
                    .get(Path::new("cut-1.jnl"))
                    .map_or(&[][..], |cut| cut);
                assert_eq!([used, cut].concat(), *was, "{what}: not kept");
            }
        },
    );
}

#[test]
fn a_journal_that_ends_early_is_read_up_to_its_last_whole_batch() {
    let base = Base::with_tables_and_a_journal();
    let (file, journal) = only_journal(&base);
    let ends = batch_ends(&journal);
    let mut lengths: Vec<usize> = (0..journal.len()).step_by(1_493).collect();
    lengths.extend(ends.iter().step_by(5));
    let last = ends[ends.len() - 3];
    lengths.extend((last..journal.len()).step_by(41));
    let tips: Vec<usize> = lengths
        .into_par_iter()
        .map_init(
            || Bench::new(&base),
            |bench, len| {
                let what = format!("{len} bytes");
                let cut = |bytes: &mut Vec<u8>| bytes.truncate(len);
                match bench.damage(&file, &Damage::Edit(&cut), &what).outcome {
                    Outcome::SoundAt(tip) => tip,
                    other => panic!("{what}: {other:?}"),
                }
            },
        )
        .collect();
    // Neither all nor nothing was lost.
    assert!(tips.iter().any(|tip| *tip < base.last / 2 + 20));
    assert!(tips.iter().any(|tip| *tip > base.last - 2));
}

/// Splits the only journal of a base into two at a batch in its middle, as fjall does when one
/// is full and its tables are not written yet.
fn with_a_sealed_journal() -> (Base, PathBuf, PathBuf) {
    let base = Base::with_tables_and_a_journal();
    let (file, journal) = only_journal(&base);
    let ends = batch_ends(&journal);
    let (sealed, active) = journal.split_at(ends[ends.len() / 2]);
    let next = Path::new("chain/2.jnl").to_owned();
    assert_eq!(file, Path::new("chain/1.jnl"));
    fs::write(base.dir().join(&file), sealed).expect("there is room");
    fs::write(base.dir().join(&next), active).expect("there is room");
    (base, file, next)
}

#[test]
fn a_sealed_journal_that_lost_anything_is_refused_untouched() {
    let (base, sealed, active) = with_a_sealed_journal();
    let copy = base.copy();
    assert_eq!(base.judge(copy.path(), "copy"), Outcome::SoundAt(base.last));
    let journal = fs::read(base.dir().join(&sealed)).expect("readable");
    let ends = batch_ends(&journal);
    let mut bench = Bench::new(&base);
    let mut refused = |file: &Path, damage: Damage<'_>, what: String| {
        let found = bench.damage(file, &damage, &what);
        assert_eq!(found.outcome, Outcome::Refused, "{what}");
        assert!(found.after == found.before, "{what}: was touched");
    };
    for at in (0..journal.len()).step_by(613).chain(0..13) {
        refused(&sealed, Damage::Edit(&flip(at, 0x10)), format!("byte {at}"));
    }
    for len in (0..journal.len())
        .step_by(1_607)
        .chain(ends[..ends.len() - 1].iter().step_by(7).copied())
    {
        let cut = |bytes: &mut Vec<u8>| bytes.truncate(len);
        refused(&sealed, Damage::Edit(&cut), format!("{len} bytes"));
    }
    let whole_batch = |bytes: &mut Vec<u8>| drop(bytes.drain(ends[3]..ends[4]));
    refused(
        &sealed,
        Damage::Edit(&whole_batch),
        "a batch taken out".to_owned(),
    );
    // What follows is not what came before.
    let first = |bytes: &mut Vec<u8>| drop(bytes.drain(..batch_ends(bytes)[0]));
    refused(
        &active,
        Damage::Edit(&first),
        "the first batch taken out".to_owned(),
    );
}

#[test]
fn a_missing_journal_is_refused_if_anything_shows_that_it_was_there() {
    let (base, sealed, active) = with_a_sealed_journal();
    let copy = base.copy();
    fs::remove_file(copy.path().join(&sealed)).expect("there");
    assert_eq!(base.judge(copy.path(), "the older one"), Outcome::Refused);
    // Nothing tells a chain without its latest blocks from one that never got them.
    let copy = base.copy();
    fs::remove_file(copy.path().join(&active)).expect("there");
    let outcome = base.judge(copy.path(), "the newer one");
    assert!(
        matches!(outcome, Outcome::SoundAt(tip) if tip < base.last),
        "{outcome:?}"
    );
    let copy = base.copy();
    for file in [&sealed, &active] {
        fs::remove_file(copy.path().join(file)).expect("there");
    }
    assert_eq!(base.judge(copy.path(), "both"), Outcome::Refused);
}

#[test]
fn a_damaged_manifest_is_refused_before_the_database_deletes_tables_over_it() {
    let base = Base::with_tables_and_a_journal();
    let mut manifests = files(&base.dir());
    manifests.retain(|file| {
        let dir = file.parent().and_then(Path::file_name);
        dir.is_some_and(|dir| dir.len() == 1) || file.ends_with("version")
    });
    assert_eq!(manifests.len(), 6 * 2 + 1);
    manifests.par_iter().for_each_init(
        || Bench::new(&base),
        |bench, file| {
            let len = fs::metadata(base.dir().join(file)).expect("there").len();
            let len = usize::try_from(len).expect("small");
            let mut refused = |damage: Damage<'_>, what: String| {
                let found = bench.damage(file, &damage, &what);
                assert_eq!(found.outcome, Outcome::Refused, "{what}");
                assert!(found.after == found.before, "{what}: was touched");
            };
            let name = file.display();
            // The last byte of `current` names a kind of checksum, of which there is one.
            let used = if file.ends_with("current") {
                len - 1
            } else {
                len
            };
            for at in (0..used).step_by(if used > 30 { 11 } else { 1 }) {
                refused(Damage::Edit(&flip(at, 0x01)), format!("{name}, byte {at}"));
            }
            for len in [0, 1, len / 2, len - 1] {
                let cut = |bytes: &mut Vec<u8>| bytes.truncate(len);
                refused(Damage::Edit(&cut), format!("{name}, {len} bytes"));
            }
            refused(Damage::Delete, format!("{name}, deleted"));
        },
    );
}

#[test]
fn a_damaged_table_is_refused_or_fails_where_it_is_read_but_never_serves_anything_wrong() {
    let base = Base::with_tables_and_a_journal();
    let mut tables = files(&base.dir());
    tables.retain(|file| file.parent().is_some_and(|dir| dir.ends_with("tables")));
    // The long notes are read by nobody.
    tables.retain(|file| fs::metadata(base.dir().join(file)).expect("there").len() < 10_000_000);
    assert_eq!(tables.len(), 5);
    tables.par_iter().for_each_init(
        || Bench::new(&base),
        |bench, file| {
            let len = fs::metadata(base.dir().join(file)).expect("there").len();
            let len = usize::try_from(len).expect("small");
            let mut never_wrong = |damage: Damage<'_>, what: String| {
                let found = bench.damage(file, &damage, &what);
                let fine = [
                    Outcome::Refused,
                    Outcome::Fault,
                    Outcome::SoundAt(base.last),
                ];
                assert!(fine.contains(&found.outcome), "{what}: {:?}", found.outcome);
                found.outcome
            };
            let name = file.display();
            let mut wrong = 0;
            for at in (0..len).step_by(len / 40) {
                let outcome =
                    never_wrong(Damage::Edit(&flip(at, 0x04)), format!("{name}, byte {at}"));
                wrong += usize::from(outcome != Outcome::SoundAt(base.last));
            }
            assert!(wrong > 20, "{name}: only {wrong} of 40 noticed");
            for len in [0, 1, len / 3, len - 1] {
                let cut = |bytes: &mut Vec<u8>| bytes.truncate(len);
                let outcome = never_wrong(Damage::Edit(&cut), format!("{name}, {len} bytes"));
                assert_ne!(outcome, Outcome::SoundAt(base.last), "{name}, {len} bytes");
            }
            for page in (0..len).step_by(len / 3) {
                let zero = |bytes: &mut Vec<u8>| {
                    let end = (page + 4_096).min(len);
                    bytes[page..end].fill(0);
                };
                never_wrong(Damage::Edit(&zero), format!("{name}, page at {page}"));
            }
            let outcome = never_wrong(Damage::Delete, format!("{name}, deleted"));
            assert_eq!(outcome, Outcome::Refused, "{name}, deleted");
        },
    );
}

#[test]
fn a_lost_lock_file_is_made_again_and_one_of_the_database_is_missed() {
    let base = Base::with_tables_and_a_journal();
    let copy = base.copy();
    fs::remove_file(copy.path().join("lock")).expect("there");
    assert_eq!(base.judge(copy.path(), "ours"), Outcome::SoundAt(base.last));
    fs::remove_file(copy.path().join("chain/lock")).expect("there");
    assert_eq!(base.judge(copy.path(), "fjall's"), Outcome::Refused);
}
