//! The job binary: what `thalweg::main` makes of a pipeline.

mod command;
mod options;
mod request;
