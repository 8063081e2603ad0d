//! Rules for a transaction that came with a proof, for who has headers alone.

use super::error::ProofError;
use super::tx::{check_coinbase, check_tx, check_tx_len};
use crate::chain::block::Header;
use crate::chain::merkle::MerkleProof;
use crate::chain::tx::Tx;

/// Checks that a transaction stands in the block with this header, and all that it shows by itself. Not that the
/// block is valid, nor that the coins exist that it spends: for that, bodies and coins are needed (section 8 of the
/// [Bitcoin paper](https://bitcoin.org/bitcoin.pdf)).
///
/// In Bitcoin a transaction of 64 bytes can be made to pass for an inner node of the tree, and so to prove one
/// that is in no block (CVE-2017-12842). Here a header commits to the number of transactions, and with it to the
/// depth at which a path ends, so neither passes for the other. One of 64 bytes is refused all the same, as
/// full nodes do.
///
/// # Errors
/// The first [`ProofError`].
pub fn check_proof(header: &Header, tx: &Tx, proof: &MerkleProof) -> Result<(), ProofError> {
    let is_first = proof.index == 0;
    if tx.is_coinbase() != is_first {
        return Err(ProofError::Coinbase { index: proof.index });
    }
    match is_first {
        true => {
            check_tx_len(tx.encoded_len())?;
            check_coinbase(tx)?;
        }
        false => check_tx(tx)?,
    }
    Ok(proof.check(tx.txid(), header.merkle_root)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::amount::Amount;
    use crate::chain::hash::KeyHash;
    use crate::chain::merkle::commitment;
    use crate::chain::params::Params;
    use crate::chain::rules::TxError;
    use crate::chain::tx::TxOut;

    #[test]
    fn a_coinbase_that_makes_more_than_can_exist_is_refused_though_its_path_holds() {
        let header = *Params::default().genesis_block().header();
        let out = TxOut {
            amount: Amount::MAX,
            owner: KeyHash([1; 20]),
        };
        for (outputs, is_refused) in [(1, false), (2, true)] {
            let tx = Tx::coinbase(1, vec![out; outputs], [0; 64]);
            let txids = [tx.txid()];
            let merkle_root = commitment(&txids);
            let header = Header {
                merkle_root,
                ..header
            };
            let proof = MerkleProof::new(&txids, 0).expect("it is in the block");
            let checked = check_proof(&header, &tx, &proof);
            assert_eq!(checked.is_err(), is_refused, "{checked:?}");
            if let Err(error) = checked {
                assert!(
                    matches!(error, ProofError::Tx(TxError::AmountOverflow)),
                    "{error}"
                );
            }
        }
    }
}
