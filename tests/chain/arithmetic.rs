//! Amounts, heights, work and time at the ends of their ranges: they stop or refuse, never wrap.

use crate::common::*;
use chainlab::chain::amount::AmountError;
use chainlab::chain::pow::CompactTarget;
use chainlab::chain::rules::{TxError, check_spend};
use chainlab::chain::{Amount, BlockTime, Coin, Params, Target, Work};
use primitive_types::U256;
use proptest::prelude::*;

proptest! {
    #[test]
    fn amounts_add_and_subtract_like_numbers_within_their_bounds(a: u64, b: u64) {
        let max = Amount::MAX.units();
        let made = Amount::from_units(a);
        prop_assert_eq!(made.is_ok(), a <= max);
        prop_assert!(made.is_ok() || made == Err(AmountError::TooLarge));
        let (a, b) = (units(a % (max + 1)), units(b % (max + 1)));
        let sum = u128::from(a.units()) + u128::from(b.units());
        let sum = (sum <= u128::from(max)).then_some(sum);
        prop_assert_eq!(a.checked_add(b).map(|sum| u128::from(sum.units())), sum);
        let left = a.units().checked_sub(b.units());
        prop_assert_eq!(a.checked_sub(b).map(Amount::units), left);
        prop_assert_eq!(a.to_string().parse::<Amount>(), Ok(a));
    }

    #[test]
    fn every_compact_target_is_refused_or_has_work_and_comes_back(bits: u32) {
        if let Ok(target) = CompactTarget(bits).to_target() {
            prop_assert!(target.work() >= Target::MAX.work());
            prop_assert_eq!(target.to_compact().to_target(), Ok(target));
        }
    }

    #[test]
    fn an_easier_target_never_has_more_work(a in any::<[u8; 32]>(), b in any::<[u8; 32]>()) {
        let (a, b) = (U256::from_big_endian(&a), U256::from_big_endian(&b));
        let (hard, easy) = (Target::from_u256(a.min(b)), Target::from_u256(a.max(b)));
        prop_assert!(hard.work() >= easy.work());
        // Rounding to the compact form only ever makes a target harder.
        prop_assert!(easy.to_compact().to_target().expect("a target") <= easy);
    }

    #[test]
    fn what_a_block_creates_never_grows_with_its_height(
        height: u32, later: u32, halving_interval in 1_u32.., subsidy in 0_u64..=9_000_000_000
    ) {
        let params = Params {
            halving_interval,
            subsidy: units(subsidy),
            ..params()
        };
        let at = params.subsidy_at(height);
        prop_assert!(at <= params.subsidy);
        prop_assert!(params.subsidy_at(height.saturating_add(later)) <= at);
    }
}

#[test]
fn work_stops_at_its_end() {
    let most = Target::from_u256(U256::zero()).work();
    assert_eq!(most.to_u256(), U256::MAX);
    assert_eq!(most.saturating_add(most), most);
    assert_eq!(most.saturating_mul(u64::MAX), most);
    assert_eq!(Target::MAX.work().to_u256(), U256::one());
    assert_eq!(Work::ZERO.saturating_mul(7), Work::ZERO);
}

#[test]
fn time_stops_at_its_end() {
    let end = BlockTime(u64::MAX);
    assert_eq!(end.saturating_add_ms(1), end);
}

#[test]
fn a_reward_of_the_last_height_does_not_mature_by_wrapping() {
    let params = params();
    let coin = Coin {
        amount: coins(1),
        owner: owner(ALICE),
        height: u32::MAX,
        coinbase: true,
    };
    let spend = (genesis_coin(&params, ALICE).0, coin);
    let tx = pay(&params, ALICE, &[spend], &[(BOB, 1)]);
    let immature = TxError::Immature {
        input: 0,
        matures: u32::MAX,
    };
    assert_eq!(check_spend(&tx, &[coin], 0, &params), Err(immature));
}
