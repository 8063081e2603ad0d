//! Reads fjall's journals before fjall does.
//!
//! fjall reads a journal up to the first byte that makes no sense, cuts the file there for good,
//! and goes on with what it has. That is right for a batch that a crash cut short. It is wrong for
//! damage further up, which takes whole batches with it; and the number that orders batches is
//! outside of fjall's checksum, so a flipped bit there makes old rows win over new ones. So every
//! batch of ours carries a [`Seal`], and all journals are judged by it before fjall touches them.
//!
//! The format is that of fjall 3: `1 count:u32 seqno:u64`, then items
//! `2 type:u8 compression:u8 keyspace:u64 key:u16 value:u32 stored:u32 KEY VALUE`, then
//! `3 xxh3-of-items:u64 "FJL\x03"`, little-endian; files are preallocated with zeros.

use crate::live::files::Dir;
use std::io::{self, ErrorKind, Read, Write};
use xxhash_rust::xxh3::xxh3_64;

/// Rows of our own, in every keyspace. Shorter than any other key, and not a name in `meta`.
pub(super) const SEQUENCE_KEY: &[u8] = b"\0seq";

const START: u8 = 1;
const ITEM: u8 = 2;
const END: u8 = 3;
const TRAILER: [u8; 4] = *b"FJL\x03";

/// The longest journal that is read, in bytes. fjall begins another after 64 MB, but a batch stays in
/// one: that of a long reorganisation holds the bodies of all its blocks.
const JOURNAL_BYTES_MAX: u64 = 1 << 30;

/// fjall's own threads take a few sequence numbers between two batches, never as many as this.
const SEQNO_SLACK: u64 = 1 << 16;

/// What every batch says about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seal {
    /// Counts batches from 1.
    pub number: u64,
    /// fjall's sequence number for this batch is not below this, that of the one before is.
    pub floor: u64,
    /// The last batch that a power loss could no longer take when this one was written.
    pub synced: u64,
    /// How many batches so far were the first that tables may lack; each left a row of its own.
    pub epoch: u64,
}

impl Seal {
    pub const LEN: usize = 32;

    pub fn encode(&self) -> [u8; Self::LEN] {
        let mut bytes = [0; Self::LEN];
        let fields = [self.number, self.floor, self.synced, self.epoch];
        for (to, field) in bytes.chunks_exact_mut(8).zip(fields) {
            to.copy_from_slice(&field.to_be_bytes());
        }
        bytes
    }

    pub fn decode(bytes: &[u8; Self::LEN]) -> Self {
        let field = |at: usize| u64::from_be_bytes(bytes[at..at + 8].try_into().expect("8 bytes"));
        Self {
            number: field(0),
            floor: field(8),
            synced: field(16),
            epoch: field(24),
        }
    }
}

/// Why the journals cannot be trusted.
#[derive(Debug)]
pub(super) enum JournalError {
    Io(io::Error),
    Damaged(String),
}

impl From<io::Error> for JournalError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// What the journals of a database say.
#[derive(Debug, Default)]
pub(super) struct Journals {
    /// The last batch in them, if they hold any of ours.
    pub last: Option<Seal>,
    /// Where the active journal is to be cut before fjall reads it.
    pub cut: Option<Cut>,
}

/// The end of a journal that cannot be read.
#[derive(Debug)]
pub(super) struct Cut {
    /// The journal's name, in fjall's directory.
    name: String,
    at: usize,
    rest: Vec<u8>,
}

impl Cut {
    /// Cuts the journal in fjall's directory, after what is behind the cut was copied into `dir`: it
    /// is of no use to fjall, but may be to its owner.
    pub fn apply(&self, chain: &Dir, dir: &Dir) -> io::Result<()> {
        let mut copy = (1..)
            .map(|number: u64| dir.create_new(format!("cut-{number}.jnl")))
            .find(|made| !matches!(made, Err(e) if e.kind() == ErrorKind::AlreadyExists))
            .expect("there are more numbers than files")?;
        copy.write_all(&self.rest)?;
        copy.sync_all()?;
        let journal = chain.writable(&self.name)?;
        journal.set_len(self.at as u64)?;
        journal.sync_all()
    }
}

/// Reads all journals in fjall's directory; changes nothing.
pub(super) fn read(chain: &Dir) -> Result<Journals, JournalError> {
    let files = list(chain)?;
    let mut walk = Walk::default();
    let Some((_, active)) = files.last() else {
        return Err(JournalError::Damaged("its journal is missing".to_owned()));
    };
    let mut cut = None;
    for (id, name) in &files {
        let bytes = used_part(chain, name)?;
        let at = walk.file(*id, &bytes)?;
        let rest = &bytes[at..];
        if rest.iter().all(|byte| *byte == 0) {
            continue;
        }
        if name != active || walk.is_synced_behind(rest) {
            let problem = format!("{name} is broken at byte {at}");
            return Err(JournalError::Damaged(problem));
        }
        cut = Some(Cut {
            name: name.clone(),
            at,
            rest: rest.to_vec(),
        });
    }
    Ok(Journals {
        last: walk.seal,
        cut,
    })
}

/// The journals, oldest first. fjall numbers them without gaps and removes the oldest first.
fn list(chain: &Dir) -> Result<Vec<(u64, String)>, JournalError> {
    let mut files: Vec<(u64, String)> = Vec::new();
    for name in chain.names()? {
        let name = name.to_string_lossy().into_owned();
        if let Some(stem) = name.strip_suffix(".jnl") {
            let id = stem.parse::<u64>();
            let id = id.map_err(|_| JournalError::Damaged(format!("{name} is no journal")))?;
            files.push((id, name));
        }
    }
    files.sort();
    let mut pairs = files.windows(2);
    match pairs.find(|pair| pair[0].0.checked_add(1) != Some(pair[1].0)) {
        Some(pair) => Err(JournalError::Damaged(format!(
            "a journal between {} and {} is missing",
            pair[0].1, pair[1].1
        ))),
        None => Ok(files),
    }
}

/// A journal up to its last byte that is not zero, and a few zeros more.
fn used_part(chain: &Dir, name: &str) -> io::Result<Vec<u8>> {
    let mut file = chain.file(name)?;
    if file.metadata()?.len() > JOURNAL_BYTES_MAX {
        let words = format!("{name}: more than {JOURNAL_BYTES_MAX} bytes");
        return Err(io::Error::new(ErrorKind::InvalidData, words));
    }
    let mut chunk = vec![0; 1 << 16];
    let zeros = chunk.clone();
    let (mut bytes, mut at) = (Vec::new(), 0);
    loop {
        let len = file.read(&mut chunk)?;
        if len == 0 {
            return Ok(bytes);
        }
        // As slices, which are compared many bytes at a time.
        if chunk[..len] != zeros[..len] {
            bytes.resize(at, 0);
            bytes.extend_from_slice(&chunk[..len]);
        }
        at += len;
    }
}

/// Follows the batches through all journals.
#[derive(Default)]
struct Walk {
    seal: Option<Seal>,
    seqno: Option<u64>,
}

impl Walk {
    /// Reads the batches of one file, and says where there are no more.
    fn file(&mut self, id: u64, bytes: &[u8]) -> Result<usize, JournalError> {
        let mut at = 0;
        while let Some(batch) = read_batch(&bytes[at..]) {
            self.batch(id, &batch).map_err(|problem| {
                JournalError::Damaged(format!("journal {id}, byte {at}: {problem}"))
            })?;
            at += batch.len;
        }
        // The first journal begins with the batch that made the database.
        if id == 0 && at == 0 {
            let problem = "the first journal has lost its batches".to_owned();
            return Err(JournalError::Damaged(problem));
        }
        Ok(at)
    }

    fn batch(&mut self, journal: u64, batch: &ReadBatch) -> Result<(), String> {
        let before = self.seqno.replace(batch.seqno);
        if before.is_some_and(|before| before >= batch.seqno) {
            return Err("a batch is out of order".to_owned());
        }
        // One of another version of chainlab has no seal that we know.
        let Some(seal) = batch.seal else {
            return Ok(());
        };
        if before.is_some_and(|before| before >= seal.floor) {
            return Err(format!("the batch before {} is out of order", seal.number));
        }
        let expected = match self.seal.replace(seal) {
            Some(before) => before.number + 1,
            None if journal == 0 => 1,
            None => seal.number,
        };
        if seal.number != expected {
            return Err(format!("batch {expected} is missing"));
        }
        Ok(())
    }

    /// Whether what cannot be read was once safe from power loss: then it was not a crash that
    /// broke it. A later batch says so.
    fn is_synced_behind(&self, rest: &[u8]) -> bool {
        let good = self.seal.map_or(0, |seal| seal.number);
        trailers(rest)
            .filter_map(|at| read_batch(&rest[at..])?.seal)
            .any(|seal| seal.synced > good)
    }
}

/// Where something that looks like a batch ends.
fn trailers(bytes: &[u8]) -> impl Iterator<Item = usize> {
    let windows = bytes.windows(TRAILER.len()).enumerate();
    windows.filter_map(|(at, window)| (window == TRAILER).then_some(at + TRAILER.len()))
}

struct ReadBatch {
    seqno: u64,
    seal: Option<Seal>,
    len: usize,
}

/// The batch that `bytes` begin with, if it is whole.
fn read_batch(bytes: &[u8]) -> Option<ReadBatch> {
    let mut rest = bytes;
    let [START] = take(&mut rest)? else {
        return None;
    };
    let count = u32::from_le_bytes(take(&mut rest)?);
    let seqno = u64::from_le_bytes(take(&mut rest)?);
    let items = rest;
    let mut seal = None;
    for _ in 0..count {
        let (key, value) = read_item(&mut rest)?;
        if key == SEQUENCE_KEY {
            seal = value.try_into().ok().map(Seal::decode);
        }
    }
    let items = &items[..items.len() - rest.len()];
    let [END] = take(&mut rest)? else {
        return None;
    };
    let checksum = u64::from_le_bytes(take(&mut rest)?);
    let whole = take(&mut rest)? == TRAILER && checksum == xxh3_64(items);
    let fits = |seal: Seal| (0..SEQNO_SLACK).contains(&seqno.wrapping_sub(seal.floor));
    (whole && seal.is_none_or(fits)).then_some(ReadBatch {
        seqno,
        seal,
        len: bytes.len() - rest.len(),
    })
}

fn read_item<'a>(rest: &mut &'a [u8]) -> Option<(&'a [u8], &'a [u8])> {
    let [ITEM, _type, _compression] = take(rest)? else {
        return None;
    };
    let _keyspace: [u8; 8] = take(rest)?;
    let key_len = usize::from(u16::from_le_bytes(take(rest)?));
    let _value_len: [u8; 4] = take(rest)?;
    let stored_len = usize::try_from(u32::from_le_bytes(take(rest)?)).ok()?;
    let (key, behind) = rest.split_at_checked(key_len)?;
    let (value, behind) = behind.split_at_checked(stored_len)?;
    *rest = behind;
    Some((key, value))
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, behind) = rest.split_first_chunk()?;
    *rest = behind;
    Some(*taken)
}
