//! Lines of words, blocks and transactions.

use crate::node::io::words::Piece;

/// Pieces in lines of at most so many columns. A block or a transaction is never torn apart.
pub(in crate::ui) fn wrap<'a>(
    pieces: impl Iterator<Item = &'a Piece>,
    room: usize,
) -> Vec<Vec<Piece>> {
    let words = pieces.flat_map(|piece| match piece {
        Piece::Text(text) => {
            let words = text.split_whitespace();
            words.map(|word| Piece::Text(word.to_owned())).collect()
        }
        other => vec![other.clone()],
    });
    let (mut lines, mut used) = (vec![Vec::new()], 0);
    for word in words {
        let width = width(&word);
        let is_first = used == 0;
        // Signs that end a part stand at the word before them.
        let sticks = matches!(&word, Piece::Text(text) if text.starts_with([',', ';']));
        let gap = usize::from(!is_first && !sticks);
        if used + gap + width > room && !is_first {
            let word = match word {
                Piece::Text(text) => Piece::Text(text.trim_start_matches([',', ';']).to_owned()),
                other => other,
            };
            used = self::width(&word);
            lines.push(vec![word]);
            continue;
        }
        let line = lines.last_mut().expect("one from the start");
        if gap > 0 {
            line.push(Piece::Text(" ".to_owned()));
        }
        used += gap + width;
        line.push(word);
    }
    lines.retain(|line: &Vec<Piece>| line.iter().any(|piece| width(piece) > 0));
    lines
}

fn width(piece: &Piece) -> usize {
    match piece {
        Piece::Text(text) => text.chars().count(),
        // `#12 [a9]`
        Piece::Block(id) => id.height.to_string().len() + 6,
        // `tx 93ab`
        Piece::Tx(_) => 7,
    }
}
