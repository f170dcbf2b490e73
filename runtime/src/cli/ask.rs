//! `savepoint` and `stop`: what is asked of a job that runs elsewhere.

use std::time::Duration;

use super::request::Request;
use super::screen::Screen;
use super::{EXIT_FAILED, checkpoints, print, report};
use crate::checkpoint::store::Place;
use crate::job::ArgumentError;
use crate::task::{SavepointAnswer, SavepointRequest, ask as ask_job};

/// A checkpoint of much state may take as long.
const PATIENCE: Duration = Duration::from_secs(600);

/// Asks the job that runs from the checkpoint directory.
pub(super) fn ask(request: &Request, wanted: &SavepointRequest, screen: &Screen) -> u8 {
    let Some(options) = &request.options.checkpoints else {
        return checkpoints::without_directory(screen);
    };
    let place = match Place::parse(&options.dir) {
        Ok(place) => place,
        Err(error) => {
            report(screen, &error);
            return EXIT_FAILED;
        }
    };
    match ask_job(&place, wanted, PATIENCE) {
        Ok(SavepointAnswer::Done { savepoint: Some(place), .. }) => {
            print(&format!("{place}\n"), screen)
        }
        Ok(SavepointAnswer::Done { checkpoint, savepoint: None }) => {
            print(&format!("stopped with checkpoint {checkpoint}\n"), screen)
        }
        Ok(SavepointAnswer::Refused(why)) => {
            report(screen, &ArgumentError::Other(why));
            EXIT_FAILED
        }
        Err(error) => {
            report(screen, &error);
            EXIT_FAILED
        }
    }
}
