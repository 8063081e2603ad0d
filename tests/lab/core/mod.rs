//! A lab without IO: what is asked of it, and what it does.

mod model;
mod same;
