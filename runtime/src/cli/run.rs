//! `run`: the job in this process.

use super::request::Request;
use super::screen::Screen;
use super::{EXIT_FAILED, refuse};
use crate::job::prepare;

/// Runs the job to its end.
pub(super) fn run(request: &Request, screen: &Screen) -> u8 {
    match prepare(&request.definition, &request.arguments, &request.operators) {
        Ok(_) => {
            screen.print("error: this build has no executor yet\n");
            EXIT_FAILED
        }
        Err(error) => refuse(&error, screen),
    }
}
