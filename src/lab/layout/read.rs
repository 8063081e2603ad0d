//! Reads a layout.
