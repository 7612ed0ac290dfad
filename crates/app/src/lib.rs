//! Configuration and composition: what is written in files becomes checked values, and those become a running app.
//!
//! [`config`] reads and checks, all faults at once. [`dev`] is the development server: it composes the kernel, the
//! runtime and the gateway around one folder, and reloads them when a file changes.

pub mod config;
// pub mod dev;
// pub mod scaffold;
