//! A file is one idea, so it is short.

use super::Finding;
use crate::source::Source;

/// Lines a file may have without its tests.
const LINES_MAX: usize = 600;

pub(super) fn check(files: &[Source]) -> Vec<Finding> {
    let long = files.iter().filter(|file| file.is_rust() && !file.is_test());
    long.filter_map(|file| {
        let lines = file.lines_without_tests().count();
        let what = format!("{lines} lines without tests, {LINES_MAX} at most: split it by idea");
        (lines > LINES_MAX).then(|| Finding::new(&file.path, 0, what))
    })
    .collect()
}
