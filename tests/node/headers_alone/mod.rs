//! Headers alone, as a light node has them: how they are followed, kept, and what is refused. What is
//! about headers is shown of a full node's chain as well, by the same words.

mod follow;
mod model;
mod refusals;
mod stage;
pub mod store;
