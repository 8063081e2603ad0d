//! Layouts that are built in.
