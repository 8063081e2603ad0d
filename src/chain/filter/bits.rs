//! Streams of bits, the highest of each byte first.

/// Bits that can be read at once, wherever in a byte they begin.
const WINDOW: u32 = 57;

/// Bits on their way to bytes.
pub(super) struct BitWriter {
    bytes: Vec<u8>,
    /// The last bits, fewer than eight, which no byte has yet.
    rest: u64,
    rest_len: u32,
}

impl BitWriter {
    /// Goes on behind whole bytes.
    pub(super) const fn behind(bytes: Vec<u8>) -> Self {
        Self {
            bytes,
            rest: 0,
            rest_len: 0,
        }
    }

    /// The lowest `len` bits of `value`, [`WINDOW`] at most; all others must be zeros.
    pub(super) fn write(&mut self, value: u64, len: u32) {
        debug_assert!(len <= WINDOW && value < 1 << len, "{value} in {len} bits");
        self.rest = self.rest << len | value;
        self.rest_len += len;
        while self.rest_len >= 8 {
            self.rest_len -= 8;
            let [.., byte] = (self.rest >> self.rest_len).to_be_bytes();
            self.bytes.push(byte);
        }
        self.rest &= (1 << self.rest_len) - 1;
    }

    /// So many ones, and a zero.
    pub(super) fn write_ones(&mut self, ones: u64) {
        (0..ones).for_each(|_| self.write(1, 1));
        self.write(0, 1);
    }

    /// The bytes, the last one filled up with zeros.
    pub(super) fn finish(mut self) -> Vec<u8> {
        if self.rest_len > 0 {
            self.write(0, 8 - self.rest_len);
        }
        self.bytes
    }
}

/// Bits out of bytes. What stands behind their end reads as zeros, and [`BitReader::is_over`] says so.
pub(super) struct BitReader<'a> {
    bytes: &'a [u8],
    /// Bits that were read.
    at: u64,
}

impl<'a> BitReader<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// Whether more was read than there is.
    pub(super) const fn is_over(&self) -> bool {
        self.at > self.bytes.len() as u64 * 8
    }

    /// The next `len` bits, from 1 to [`WINDOW`], as a number.
    pub(super) fn read(&mut self, len: u32) -> u64 {
        let value = self.window() >> (u64::BITS - len);
        self.at += u64::from(len);
        value
    }

    /// How many ones there are before the next zero, which is read as well. It ends at the latest with the
    /// bytes, as zeros are read behind them.
    pub(super) fn read_ones(&mut self) -> u64 {
        let mut ones = 0;
        loop {
            let run = self.window().leading_ones().min(WINDOW);
            ones += u64::from(run);
            self.at += u64::from(run);
            if run < WINDOW {
                self.at += 1;
                return ones;
            }
        }
    }

    /// What is left: the bits of the byte that was begun, as a number, and how many bytes are behind it.
    pub(super) fn rest(&mut self) -> (u64, usize) {
        let begun = u32::try_from(self.at % 8).expect("below eight");
        let padding = match begun {
            0 => 0,
            _ => self.read(8 - begun),
        };
        (padding, self.tail().len())
    }

    /// The bytes from the one on in which the next bit is.
    fn tail(&self) -> &'a [u8] {
        let from = usize::try_from(self.at / 8).unwrap_or(usize::MAX);
        self.bytes.get(from..).unwrap_or_default()
    }

    /// The next bits, [`WINDOW`] of them at least, from the highest on.
    fn window(&self) -> u64 {
        let tail = self.tail();
        let len = tail.len().min(8);
        let mut next = [0; 8];
        next[..len].copy_from_slice(&tail[..len]);
        u64::from_be_bytes(next) << (self.at % 8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table of BIP 158, where two bits are the remainder.
    const TABLE: [&str; 10] = [
        "0 00", "0 01", "0 10", "0 11", "10 00", "10 01", "10 10", "10 11", "110 00", "110 01",
    ];

    #[test]
    fn numbers_are_coded_as_in_the_table_of_the_bip() {
        let mut writer = BitWriter::behind(vec![0xab]);
        for n in 0..10 {
            writer.write_ones(n >> 2);
            writer.write(n & 3, 2);
        }
        let digits: String = TABLE.concat().split(' ').collect();
        let bytes = writer.finish();
        let (first, coded) = bytes.split_first().unwrap();
        let written: String = coded.iter().map(|byte| format!("{byte:08b}")).collect();
        assert_eq!(*first, 0xab);
        assert_eq!(written, format!("{digits:0<40}"));
        let mut reader = BitReader::new(coded);
        for n in 0..10 {
            assert_eq!(reader.read_ones() << 2 | reader.read(2), n);
        }
        assert_eq!((reader.rest(), reader.is_over()), ((0, 0), false));
    }

    #[test]
    fn runs_of_any_length_are_read_wherever_they_begin() {
        for before in 1..16 {
            for ones in (0..20).chain(54..70).chain([1_000]) {
                let mut writer = BitWriter::behind(Vec::new());
                writer.write(0, before);
                writer.write_ones(ones);
                writer.write(0x5_5555, 19);
                let bytes = writer.finish();
                let mut reader = BitReader::new(&bytes);
                let read = (reader.read(before), reader.read_ones(), reader.read(19));
                assert_eq!(read, (0, ones, 0x5_5555), "behind {before} bits");
                assert!(!reader.is_over());
            }
        }
    }

    #[test]
    fn what_is_read_behind_the_end_is_known_to_be_over() {
        let mut reader = BitReader::new(&[0xff, 0xff]);
        assert_eq!((reader.read(16), reader.is_over()), (0xffff, false));
        assert_eq!((reader.read(1), reader.is_over()), (0, true));
        let mut reader = BitReader::new(&[0xff; 20]);
        assert_eq!((reader.read_ones(), reader.is_over()), (160, true));
        assert!(BitReader::new(&[]).window() == 0);
    }
}
