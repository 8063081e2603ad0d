//! Opcodes: their numbers, their names, and how scripts are cut into them.

pub const DUP: u8 = 0x76;
pub const EQUAL: u8 = 0x87;
pub const EQUALVERIFY: u8 = 0x88;
pub const HASH160: u8 = 0xa9;
pub const CHECKSIG: u8 = 0xac;
pub const RETURN: u8 = 0x6a;

/// The longest push whose length is the opcode itself; the three behind it say how long the length is.
const DIRECT_MAX: u8 = 75;
const PUSHDATA1: u8 = 76;
const PUSHDATA2: u8 = 77;
const PUSHDATA4: u8 = 78;

/// The opcode of the number 1; up to 16 they follow.
const ONE: u8 = 0x51;

/// The first opcode of [`NAMES`].
const FIRST_NAMED: u8 = 0x61;

/// Bitcoin Core's names from 0x61 on. The last is Tapscript's alone, BIP 342; elsewhere it means nothing.
#[rustfmt::skip]
const NAMES: [&str; 90] = [
    "NOP", "VER", "IF", "NOTIF", "VERIF", "VERNOTIF", "ELSE", "ENDIF", "VERIFY", "RETURN", "TOALTSTACK",
    "FROMALTSTACK", "2DROP", "2DUP", "3DUP", "2OVER", "2ROT", "2SWAP", "IFDUP", "DEPTH", "DROP", "DUP",
    "NIP", "OVER", "PICK", "ROLL", "ROT", "SWAP", "TUCK", "CAT", "SUBSTR", "LEFT", "RIGHT", "SIZE",
    "INVERT", "AND", "OR", "XOR", "EQUAL", "EQUALVERIFY", "RESERVED1", "RESERVED2", "1ADD", "1SUB",
    "2MUL", "2DIV", "NEGATE", "ABS", "NOT", "0NOTEQUAL", "ADD", "SUB", "MUL", "DIV", "MOD", "LSHIFT",
    "RSHIFT", "BOOLAND", "BOOLOR", "NUMEQUAL", "NUMEQUALVERIFY", "NUMNOTEQUAL", "LESSTHAN",
    "GREATERTHAN", "LESSTHANOREQUAL", "GREATERTHANOREQUAL", "MIN", "MAX", "WITHIN", "RIPEMD160", "SHA1",
    "SHA256", "HASH160", "HASH256", "CODESEPARATOR", "CHECKSIG", "CHECKSIGVERIFY", "CHECKMULTISIG",
    "CHECKMULTISIGVERIFY", "NOP1", "CHECKLOCKTIMEVERIFY", "CHECKSEQUENCEVERIFY", "NOP4", "NOP5", "NOP6",
    "NOP7", "NOP8", "NOP9", "NOP10", "CHECKSIGADD",
];

/// A piece of a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part<'a> {
    /// An opcode that is no push of bytes.
    Op(u8),
    /// Bytes that are pushed.
    Push(&'a [u8]),
    /// A push that the script ends in.
    Broken {
        /// Bytes that it should have; none if not even that is there whole.
        of: Option<usize>,
        /// Those that are there.
        there: &'a [u8],
    },
}

/// The first part of a script and what is behind it; none if there is nothing.
pub fn first_part(script: &[u8]) -> Option<(Part<'_>, &[u8])> {
    let (&opcode, rest) = script.split_first()?;
    let len_bytes = match opcode {
        1..=DIRECT_MAX => 0,
        PUSHDATA1 => 1,
        PUSHDATA2 => 2,
        PUSHDATA4 => 4,
        _ => return Some((Part::Op(opcode), rest)),
    };
    let Some((len, rest)) = rest.split_at_checked(len_bytes) else {
        return Some((
            Part::Broken {
                of: None,
                there: rest,
            },
            &[],
        ));
    };
    let len = match len {
        [] => usize::from(opcode),
        len => len
            .iter()
            .rev()
            .fold(0, |sum, byte| sum << 8 | usize::from(*byte)),
    };
    Some(match rest.split_at_checked(len) {
        Some((pushed, rest)) => (Part::Push(pushed), rest),
        None => (
            Part::Broken {
                of: Some(len),
                there: rest,
            },
            &[],
        ),
    })
}

/// The opcode of a number from 0 to 16.
pub const fn of_number(number: u8) -> u8 {
    match number {
        0 => 0,
        _ => ONE - 1 + number,
    }
}

/// The number from 0 to 16 that an opcode pushes, if it does.
pub const fn number(opcode: u8) -> Option<u8> {
    match opcode {
        0 => Some(0),
        ONE..=0x60 => Some(opcode - ONE + 1),
        _ => None,
    }
}

/// What an opcode that is no push of bytes is called.
pub fn name(opcode: u8) -> String {
    if let Some(number) = number(opcode) {
        return format!("OP_{number}");
    }
    let named = opcode.checked_sub(FIRST_NAMED).map(usize::from);
    match (opcode, named.and_then(|at| NAMES.get(at))) {
        (0x4f, _) => "OP_1NEGATE".to_owned(),
        (0x50, _) => "OP_RESERVED".to_owned(),
        (_, Some(name)) => format!("OP_{name}"),
        (_, None) => format!("OP_UNKNOWN_{opcode:02x}"),
    }
}
