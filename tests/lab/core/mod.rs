//! A lab without IO: what is asked of it, and what it does.

mod can;
mod far;
mod model;
mod same;
