//! `savepoint` and `stop`: what is asked of a job that runs elsewhere.

use std::time::Duration;

use super::request::Request;
use super::screen::Screen;
use super::{EXIT_FAILED, checkpoints, opened, print, report};
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
    let place = opened(Place::parse(&options.dir), screen);
    let answer = place.and_then(|place| opened(ask_job(&place, wanted, PATIENCE), screen));
    match answer {
        Some(SavepointAnswer::Done { savepoint: Some(place), .. }) => {
            print(&format!("{place}\n"), screen)
        }
        Some(SavepointAnswer::Done { checkpoint, savepoint: None }) => {
            print(&format!("stopped with checkpoint {checkpoint}\n"), screen)
        }
        Some(SavepointAnswer::Refused(why)) => {
            report(screen, &ArgumentError::Other(why));
            EXIT_FAILED
        }
        None => EXIT_FAILED,
    }
}
